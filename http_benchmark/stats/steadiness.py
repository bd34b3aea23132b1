"""Did a contender keep its pace, or was it still warming up or slowing down while it was measured?"""

from collections.abc import Sequence
from math import log
from statistics import mean

from http_benchmark.models.experiment import Estimate
from http_benchmark.models.measurement import SliceRecord, TrialRecord
from http_benchmark.stats.intervals import hl_interval
from http_benchmark.stats.pairs import as_percent

LEAST_SLICES = 3


def drift_percent(trials: Sequence[TrialRecord]) -> Estimate | None:
    """How much longer responses took in the last third of a trial's slices than in the first third.

    One log ratio of mean response times per block, then the Hodges–Lehmann estimate with its 95 % interval, in
    percent; positive means that the contender became slower. A trial with fewer than three slices says nothing, nor
    does one whose arrival rate changed; None is returned where all do.
    """
    ratios = [ratio for trial in trials if (ratio := _drift(trial.slices)) is not None]
    if not ratios:
        return None
    over_blocks = hl_interval(ratios)
    low, high = over_blocks.low, over_blocks.high
    return Estimate(
        estimate=as_percent(over_blocks.estimate),
        low=None if low is None else as_percent(low),
        high=None if high is None else as_percent(high),
    )


def _drift(slices: Sequence[SliceRecord]) -> float | None:
    means_s = [measured.mean_s for measured in slices if measured.mean_s]
    if len(means_s) < LEAST_SLICES or len({measured.rate_rps for measured in slices}) > 1:
        return None
    third = len(means_s) // 3
    return log(mean(means_s[-third:]) / mean(means_s[:third]))
