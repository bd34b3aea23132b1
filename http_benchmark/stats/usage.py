"""What a contender's processes used over all its trials, and what it costs besides requests."""

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from statistics import median

from http_benchmark.models.experiment import Estimate, LifeCycleEstimates, Resources
from http_benchmark.models.measurement import GcRecord, LifeCycle, SliceRecord, TrialRecord
from http_benchmark.stats.intervals import estimate_over_blocks

LEAST_SPLIT_S = 1.0
"""CPU time from which on its split into user and system time is told: kernels sample it, some at 100 Hz."""


def life_cycle(trials: Sequence[TrialRecord]) -> LifeCycleEstimates:
    """Each cost over the blocks; None where no trial has a figure above 0."""
    return LifeCycleEstimates(**{name: _over_trials(trials, name) for name in LifeCycle.model_fields})


def resources(trials: Sequence[TrialRecord]) -> Resources:
    """Sums, rates, medians and extremes over the measured slices; a figure that some slice lacks is left out of it."""
    slices = [measured for trial in trials for measured in trial.slices]
    user_s, system_s = _split(slices)
    return Resources(
        user_s=user_s,
        system_s=system_s,
        voluntary_switches_per_1k=_per_1k(slices, lambda measured: measured.voluntary_switches),
        involuntary_switches_per_1k=_per_1k(slices, lambda measured: measured.involuntary_switches),
        threads=max(_known(measured.threads for measured in slices), default=None),
        uss_bytes=_rounded(_middle(measured.uss_bytes for measured in slices)),
        added_memory_bytes=_rounded(_middle(_added_memory_bytes(trial) for trial in trials)),
        gc=_garbage_collections(trials),
        idle_cpu_ratio=_middle(measured.idle_cpu_ratio for measured in slices),
    )


def _over_trials(trials: Sequence[TrialRecord], name: str) -> Estimate | None:
    figures = [figure for trial in trials if (figure := getattr(trial.life_cycle, name)) is not None and figure > 0]
    return estimate_over_blocks(figures) if figures else None


def _split(slices: Sequence[SliceRecord]) -> tuple[float | None, float | None]:
    """User and system time of all slices, where both are known of each and there is enough to be split."""
    parts = [(s.user_s, s.system_s) for s in slices if s.user_s is not None and s.system_s is not None]
    user_s, system_s = sum(user for user, _ in parts), sum(system for _, system in parts)
    if len(parts) < len(slices) or user_s + system_s < LEAST_SPLIT_S:
        return None, None
    return user_s, system_s


def _per_1k(slices: Sequence[SliceRecord], count: Callable[[SliceRecord], int | None]) -> float | None:
    counted = [(number, measured.requests) for measured in slices if (number := count(measured)) is not None]
    requests = sum(requests for _, requests in counted)
    return 1000 * sum(number for number, _ in counted) / requests if requests else None


def _added_memory_bytes(trial: TrialRecord) -> int | None:
    if trial.peak_memory_bytes is None or trial.base_memory_bytes is None:
        return None
    return trial.peak_memory_bytes - trial.base_memory_bytes


def _garbage_collections(trials: Sequence[TrialRecord]) -> tuple[GcRecord, ...]:
    """By generation: counts and times added up, the longest of all."""
    generations = zip_longest(*(trial.gc for trial in trials), fillvalue=GcRecord())
    return tuple(
        GcRecord(
            collections=sum(record.collections for record in records),
            total_s=sum(record.total_s for record in records),
            longest_s=max(record.longest_s for record in records),
        )
        for records in generations
    )


def _known[T](figures: Iterable[T | None]) -> list[T]:
    return [figure for figure in figures if figure is not None]


def _middle(figures: Iterable[float | None]) -> float | None:
    known = _known(figures)
    return median(known) if known else None


def _rounded(figure: float | None) -> int | None:
    return None if figure is None else round(figure)
