"""Intervals of quantiles inside a single trial, for experiments with too few blocks for better ones.

They tell how far the quantile of *this* run is known, from the order of its requests' times alone; another run may lie
elsewhere, which only blocks can show. So they carry the label "within this run" wherever they are printed.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from http_benchmark.models.experiment import Estimate
from http_benchmark.models.measurement import TrialRecord
from http_benchmark.stats.intervals import MIN_BLOCKS_95
from http_benchmark.stats.quantiles import samples_needed

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def within_run(trials: Sequence[TrialRecord]) -> dict[str, Estimate]:
    """The quantiles of the response time in the first trial that has a histogram, with 95 % intervals, in seconds.

    Empty from six blocks on, where intervals over the blocks are better; and where no histogram can be read. Different
    trials are never pooled: that would hide how much they differ.
    """
    if len(trials) >= MIN_BLOCKS_95:
        return {}
    trial = next((trial for trial in trials if trial.response_histogram), None)
    if trial is None or trial.response_histogram is None:
        return {}
    values_us, counts = _decoded(trial.response_histogram)
    return _intervals(values_us / 1e6, counts, censored=trial.response_time_s.censored)


def order_ranks(n: int, p: float) -> tuple[int, int]:
    """Ranks (from 1) of the samples between which quantile p of their population lies with at least 95 %.

    The number of samples below the quantile is binomial (David & Nagaraja, *Order Statistics*, 3rd ed., section 7.1);
    2.5 % may lie beyond either rank. Rank 0 and rank n + 1 stand for "no limit".
    """
    # scipy takes 0.3 s to load, which a command that computes nothing should not pay.
    from scipy.special import bdtrik  # noqa: PLC0415

    # bdtrik is the quantile function of the binomial law, between the integers.
    return ceil(bdtrik(0.025, n, p)), ceil(bdtrik(0.975, n, p)) + 1


def _decoded(payload: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values in µs, ascending, and how often each was recorded."""
    # Only an experiment with a handful of blocks needs it.
    from hdrh.histogram import HdrHistogram  # noqa: PLC0415

    recorded = HdrHistogram.decode(payload).get_recorded_iterator()
    rows = [(item.value_iterated_to, item.count_at_value_iterated_to) for item in recorded]
    return np.array([value for value, _ in rows], dtype=np.float64), np.array([count for _, count in rows])


def _intervals(values_s: NDArray[np.float64], counts: NDArray[np.int64], *, censored: int) -> dict[str, Estimate]:
    """Those quantiles that have enough samples; censored requests stand behind all others, without a value."""
    up_to = np.cumsum(counts)
    n = int(counts.sum()) + censored

    def at(rank: int) -> float | None:
        return float(values_s[np.searchsorted(up_to, rank)]) if 0 < rank <= n - censored else None

    found = {}
    for name, p in QUANTILES.items():
        estimate = at(ceil(round(p * n, 6)))
        if n >= samples_needed(p) and estimate is not None:
            low, high = order_ranks(n, p)
            found[name] = Estimate(estimate=estimate, low=at(low), high=at(high))
    return found
