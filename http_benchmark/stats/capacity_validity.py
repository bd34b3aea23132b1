"""Is a capacity to be trusted? The reasons of `validity` that apply to it, with their figures.

That a client's own processor is busy is no reason here: it is what a capacity is made of.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from http_benchmark.models.capacity import CapacitySearch, ContenderCapacity
from http_benchmark.models.experiment import PacingCheck, Reason, Validity
from http_benchmark.stats.intervals import MIN_BLOCKS_95
from http_benchmark.stats.reasons import (
    MOST_EXHAUSTED,
    MOST_OTHER_CPU,
    MOST_SERVER_BUSY,
    MOST_SERVER_SATURATED,
    MOST_STEAL,
)
from http_benchmark.stats.rules import verdict
from http_benchmark.stats.work_rules import WORK_RULES, OnlyWorks
from http_benchmark.units import format_duration, format_rate


def judge_capacity(
    contenders: Sequence[ContenderCapacity],
    searches: Sequence[CapacitySearch],
    pacing: Sequence[PacingCheck],
    *,
    blocks: int,
    concurrency: int,
    shared_cpus: bool,
    pacing_failure: str | None = None,
) -> Validity:
    """Weigh the searches.

    Args:
        contenders: What the searches say.
        searches: All of them.
        pacing: How well the machine keeps the schedules that it was asked to.
        blocks: How many blocks were finished.
        concurrency: The most requests in flight.
        shared_cpus: Whether clients and origin share a processor.
        pacing_failure: Why the keeping of schedules could not be checked; None where it was.
    """
    reasons = [
        *_too_few_blocks(blocks),
        *_shared_cpus(shared_cpus),
        *_limited(contenders, searches, concurrency),
        *_other_work(contenders),
        *_pacing_late(pacing),
        *_pacing_unknown(pacing_failure),
        *_machine_busy(searches),
    ]
    return verdict(reasons)


def _too_few_blocks(blocks: int) -> Iterator[Reason]:
    if blocks < MIN_BLOCKS_95:
        yield Reason(
            code="too-few-blocks",
            severity="suspect",
            message=f"no 95 % interval below {MIN_BLOCKS_95} blocks, got {blocks}; run more (--blocks)",
            value=blocks,
            limit=MIN_BLOCKS_95,
        )


def _shared_cpus(shared_cpus: bool) -> Iterator[Reason]:
    if shared_cpus:
        yield Reason(
            code="shared-processor",
            severity="suspect",
            message="clients and origin share one processor, so each slows the other; use a machine with two or more",
        )


def _limited(
    contenders: Sequence[ContenderCapacity], searches: Sequence[CapacitySearch], concurrency: int
) -> Iterator[Reason]:
    for contender in contenders:
        edges = [
            [probe for probe in search.probes if probe.rate_rps == search.failed_rps and not probe.passed][-1]
            for search in searches
            if search.contender == contender.contender and search.limited_by
        ]
        if "server-limited" in contender.limited_by:
            busy = median(probe.server_cpu_ratio or 0.0 for probe in edges)
            yield Reason(
                code="server-limited",
                severity="invalid" if busy > MOST_SERVER_SATURATED else "suspect",
                message=(
                    f"the origin used {100 * busy:.0f} % of its core just above the capacity of "
                    f"{contender.contender}, which may sustain more; aim at a faster server (--url)"
                ),
                value=busy,
                limit=MOST_SERVER_BUSY,
            )
        if "workers-exhausted" in contender.limited_by:
            exhausted = median(probe.exhausted_ratio for probe in edges)
            yield Reason(
                code="workers-exhausted",
                severity="suspect",
                message=(
                    f"just above the capacity of {contender.contender}, {100 * exhausted:.0f} % of the requests found "
                    f"all {concurrency} of --concurrency in flight; with more the capacity may be higher"
                ),
                value=exhausted,
                limit=MOST_EXHAUSTED,
            )


def _other_work(contenders: Sequence[ContenderCapacity]) -> Iterator[Reason]:
    """As for a run; one rule may concern several contenders."""
    works = OnlyWorks({contender.contender: contender.work for contender in contenders})
    return (reason for rule in WORK_RULES if (reason := rule.reason(works)) is not None)


def _pacing_late(pacing: Sequence[PacingCheck]) -> Iterator[Reason]:
    for check in pacing:
        if not check.valid:
            yield Reason(
                code="pacing-late",
                severity="suspect",
                message=(
                    f"{check.mode} requests that cost nothing were sent {format_duration(check.lag_p50_s)} (p50) to "
                    f"{format_duration(check.lag_p99_s)} (p99) late at {format_rate(check.rate_rps)}, "
                    f"{100 * check.achieved_ratio:.1f} % of the rate was reached: part of the latency is this "
                    "machine's own; http-benchmark doctor says why"
                ),
                value=check.lag_p99_s,
            )


def _pacing_unknown(failure: str | None) -> Iterator[Reason]:
    if failure is not None:
        yield Reason(
            code="pacing-unknown",
            severity="suspect",
            message=f"how well this machine keeps a schedule could not be measured: {failure}",
        )


def _machine_busy(searches: Sequence[CapacitySearch]) -> Iterator[Reason]:
    """The means over all probes, since each figure of its own is coarse."""
    loads = [(probe.machine, probe.duration_s) for search in searches for probe in search.probes]
    for name, limit, what in (
        ("other_cpu_ratio", MOST_OTHER_CPU, "other processes used {:.0f} % of a processor meanwhile; end them"),
        (
            "steal_ratio",
            MOST_STEAL,
            "the hypervisor gave {:.0f} % of the processors' time to others; use another machine or hour",
        ),
    ):
        known = [(value, weight) for load, weight in loads if (value := getattr(load, name)) is not None]
        share = sum(value * weight for value, weight in known) / (sum(weight for _, weight in known) or 1.0)
        if share > limit:
            yield Reason(
                code="machine-busy",
                severity="suspect",
                message=what.format(100 * share),
                value=share,
                limit=limit,
            )
