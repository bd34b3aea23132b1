"""The open model's figures by arrival rate, where a trial went through several."""

from collections.abc import Callable, Sequence
from math import inf
from statistics import median

from http_benchmark.models.experiment import RatePoint
from http_benchmark.models.measurement import SliceRecord, TrialRecord


def by_rate(trials: Sequence[TrialRecord]) -> tuple[RatePoint, ...]:
    """One contender's figures at each rate, ascending; empty where the rate was constant.

    A figure is the median over all slices at that rate. A quantile that falls on requests that were never sent counts
    as larger than all others, and is None where it is the median.
    """
    slices: dict[float, list[SliceRecord]] = {}
    for trial in trials:
        for measured in trial.slices:
            if measured.rate_rps is not None:
                slices.setdefault(measured.rate_rps, []).append(measured)
    if len(slices) < 2:
        return ()
    return tuple(_point(rate_rps, slices[rate_rps]) for rate_rps in sorted(slices))


def _point(rate_rps: float, slices: Sequence[SliceRecord]) -> RatePoint:
    return RatePoint(
        rate_rps=rate_rps,
        achieved_rps=_median(slices, lambda measured: measured.throughput_rps),
        cpu_s_per_1k=_median(slices, lambda measured: measured.cpu_s_per_1k),
        p50_s=_median(slices, lambda measured: _or_censored(measured, measured.p50_s)),
        p99_s=_median(slices, lambda measured: _or_censored(measured, measured.p99_s)),
        censored=sum(measured.censored for measured in slices),
    )


def _or_censored(measured: SliceRecord, quantile_s: float | None) -> float | None:
    return inf if quantile_s is None and measured.censored else quantile_s


def _median(slices: Sequence[SliceRecord], figure: Callable[[SliceRecord], float | None]) -> float | None:
    figures = [value for measured in slices if (value := figure(measured)) is not None]
    middle = median(figures) if figures else inf
    return None if middle == inf else middle
