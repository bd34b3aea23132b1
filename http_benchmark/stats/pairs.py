"""Which of two contenders costs more, block by block: log ratios, their interval, Holm's correction over all pairs.

A block is one observation. Within it the two contenders are compared round by round, so that what disturbs the machine
for a while disturbs both; the median over the rounds ignores a rare stall.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import ceil, exp, log, log1p, log2

import numpy as np
from numpy.typing import NDArray

from http_benchmark.models.experiment import Metric, PairResult
from http_benchmark.models.measurement import BlockRecord, Distribution, SliceRecord, TrialRecord
from http_benchmark.stats.intervals import (
    MIN_BLOCKS_95,
    hl_interval,
    is_skewed,
    minimum_detectable_effect,
    signed_rank_p,
    t_interval,
)
from http_benchmark.stats.quantiles import printable

FAMILY_ERROR = 0.05
"""Probability of separating any equal pair of contenders, over all pairs of one metric."""

type BlockValues = Mapping[str, Mapping[int, Mapping[int, float]]]
"""One metric's positive figures: contender → index of the block → round → figure. What could not be measured is not
in it."""

_OF_SLICE: dict[Metric, Callable[[SliceRecord], float | None]] = {
    "throughput_rps": lambda measured: measured.throughput_rps,
    "cpu_s_per_1k": lambda measured: measured.cpu_s_per_1k,
    "mean": lambda measured: measured.mean_s,
    "p50": lambda measured: measured.p50_s,
}
_OF_TRIAL: dict[Metric, Callable[[Distribution], float | None]] = {
    "pooled_mean": lambda times: times.mean,
    "p99": lambda times: times.p99,
    "p999": lambda times: times.p999,
}
"""A slice has too few requests for a tail, and the median over slices would hide a stall; these feel both."""


def block_values(blocks: Sequence[BlockRecord], metric: Metric) -> BlockValues:
    """Collect the figures of one metric.

    What is taken over the whole trial stands there as if it were a single round. A contender of which one figure is
    unknown because requests were never sent (open model) has none at all: it is known to be large, and to leave out
    that block alone would flatter the contender.
    """
    values: dict[str, dict[int, dict[int, float]]] = {}
    unknown: set[str] = set()
    for index, block in enumerate(blocks):
        for trial in block.trials:
            if _hidden_by_censoring(trial, metric):
                unknown.add(trial.contender)
            elif rounds := _rounds(trial, metric):
                values.setdefault(trial.contender, {})[index] = rounds
    return {contender: figures for contender, figures in values.items() if contender not in unknown}


def _hidden_by_censoring(trial: TrialRecord, metric: Metric) -> bool:
    times = trial.response_time_s
    if metric in ("mean", "pooled_mean"):
        return times.censored > 0 or any(measured.censored for measured in trial.slices)
    if metric == "p50":
        return any(measured.censored and measured.p50_s is None for measured in trial.slices)
    return metric in _OF_TRIAL and times.censored > 0 and _OF_TRIAL[metric](times) is None


def _rounds(trial: TrialRecord, metric: Metric) -> dict[int, float]:
    figures: dict[int, float | None]
    if metric in _OF_TRIAL:
        figures = {0: _OF_TRIAL[metric](printable(trial.response_time_s))}
    else:
        figures = {measured.round: _OF_SLICE[metric](measured) for measured in trial.slices}
    return {number: figure for number, figure in figures.items() if figure is not None and figure > 0}


def log_ratios(values: BlockValues, a: str, b: str, *, metric: Metric) -> NDArray[np.float64]:
    """How much more `b` costs than `a`, as one log ratio per block in which both have a figure.

    Throughput enters as its inverse, the cost of a request, so that positive always means that `b` is worse.
    """
    sign = -1 if metric == "throughput_rps" else 1
    of_a, of_b = values.get(a, {}), values.get(b, {})
    ratios = []
    for block in sorted(of_a.keys() & of_b.keys()):
        rounds = of_a[block].keys() & of_b[block].keys()
        if rounds:
            ratios.append(sign * float(np.median([log(of_b[block][i] / of_a[block][i]) for i in rounds])))
    return np.array(ratios, dtype=np.float64)


def compare_pairs(values: BlockValues, contenders: Sequence[str], *, metric: Metric) -> list[PairResult]:
    """Compare each contender (`a`) with each one after it (`b`); a pair that never met in a block is left out."""
    compared = [
        _compare(a, b, ratios, metric=metric)
        for a, b in combinations(contenders, 2)
        if (ratios := log_ratios(values, a, b, metric=metric)).size
    ]
    rejected = holm([pair.p_value for pair in compared])
    return [pair.model_copy(update={"separated": no}) for pair, no in zip(compared, rejected, strict=True)]


def _compare(a: str, b: str, ratios: NDArray[np.float64], *, metric: Metric) -> PairResult:
    first, second = hl_interval(ratios), t_interval(ratios)
    detectable = minimum_detectable_effect(ratios)
    return PairResult(
        a=a,
        b=b,
        metric=metric,
        effect_percent=as_percent(first.estimate),
        low_percent=_as_percent_if_known(first.low),
        high_percent=_as_percent_if_known(first.high),
        p_value=signed_rank_p(ratios) if ratios.size >= MIN_BLOCKS_95 else None,
        mde_percent=None if detectable is None else 100 * detectable,
        mean_percent=as_percent(second.estimate),
        t_low_percent=_as_percent_if_known(second.low),
        t_high_percent=_as_percent_if_known(second.high),
        skewed=is_skewed(first, second),
    )


def as_percent(log_ratio: float) -> float:
    """A log ratio as a percentage: ln 2 is 100 %."""
    return 100 * (exp(log_ratio) - 1)


def as_log_ratio(percent: float) -> float:
    """The inverse of `as_percent`."""
    return log1p(percent / 100)


def _as_percent_if_known(log_ratio: float | None) -> float | None:
    return None if log_ratio is None else as_percent(log_ratio)


def blocks_to_separate(pairs: int) -> int:
    """The fewest blocks with which `holm` can separate any of so many pairs; with fewer none passes its first step.

    The smallest two-sided p of the signed-rank test over N blocks is 2^(1−N).
    """
    return ceil(1 + log2(max(pairs, 1) / FAMILY_ERROR))


def holm(p_values: Sequence[float | None], family_error: float = FAMILY_ERROR) -> list[bool]:
    """Which hypotheses are rejected when the probability of any false rejection is held (Holm 1979).

    The smallest of m p-values must not exceed `family_error` / m, the next one `family_error` / (m − 1), and so on
    until the first that does. A pair that could not be tested (None) is not rejected and does not count.
    """
    tested = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    rejected = [False] * len(p_values)
    for done, (p, index) in enumerate(tested):
        if p > family_error / (len(tested) - done):
            break
        rejected[index] = True
    return rejected
