"""From the searches of all blocks to capacities with intervals, to latency curves, and to what stood in the way.

How a rate is searched for in one block is in `search`; the unit of analysis is the block, as everywhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import exp, inf, isfinite, log
from statistics import median
from typing import Any

from http_benchmark.models.capacity import CapacitySearch, ContenderCapacity, CurvePoint, Limit, Probe
from http_benchmark.models.experiment import Estimate
from http_benchmark.models.measurement import Distribution
from http_benchmark.models.work import Work
from http_benchmark.stats.intervals import hl_interval
from http_benchmark.stats.quantiles import printable
from http_benchmark.stats.reasons import MOST_EXHAUSTED, MOST_SERVER_BUSY
from http_benchmark.stats.search import index_of, rate_of

CLIENT_BUSY = 0.90  # of a processor: the client has no time left for more requests

QUEUE_GROWTH = 0.03
"""Share by which arrivals may outrun completions before a rate counts as not sustained: the width of the search."""


def kept_up(probe_p50_s: float | None, calm_p50_s: float, duration_s: float) -> bool:
    """Whether completions kept pace with arrivals, so that latencies would last.

    Where arrivals outrun completions by a share x, the response time grows from that of a calm client by x times the
    time passed; the median request came at half time. A long objective, such as p99 < 1 s, is kept by a queue that
    grows without bound as long as one does not look for long enough.

    Args:
        probe_p50_s: Median response time; None where it lies among requests that were never sent.
        calm_p50_s: Median service time at low rates.
        duration_s: How long requests became due.
    """
    return probe_p50_s is not None and probe_p50_s - calm_p50_s <= QUEUE_GROWTH / 2 * duration_s


def limits(probe: Probe, *, served_in_time: bool) -> tuple[Limit, ...]:
    """What stood in the way of a rate that failed; empty where nothing of the following did, but latency.

    Threads and tasks are always exhausted where the client's or the server's processor is, or where answers take long,
    and a busy processor makes every schedule late; so these two are named only where they are the cause.

    Args:
        probe: One that failed.
        served_in_time: It would have passed if requests had not waited to be sent.
    """
    found: list[Limit] = []
    if probe.cpu_ratio > CLIENT_BUSY:
        found.append("client-limited")
    if (probe.server_cpu_ratio or 0.0) > MOST_SERVER_BUSY:
        found.append("server-limited")
    if not found and served_in_time:
        found.append("workers-exhausted" if probe.exhausted_ratio > MOST_EXHAUSTED else "pacing-late")
    return tuple(found)


def frequent_limits(searches: Sequence[CapacitySearch]) -> tuple[Limit, ...]:
    """What stood in the way in more than half of the searches that met a limit."""
    met = [search for search in searches if search.complete and search.failed_rps is not None]
    codes: tuple[Limit, ...] = ("client-limited", "server-limited", "workers-exhausted", "pacing-late")
    return tuple(code for code in codes if 2 * sum(code in search.limited_by for search in met) > len(met))


def summarise_searches(
    contenders: Sequence[ContenderCapacity],
    searches: Sequence[CapacitySearch],
    *,
    dropped: Mapping[str, str],
    works: Mapping[str, Work] | None = None,
) -> list[ContenderCapacity]:
    """What the searches say of each contender; the highest capacity first, those without one last.

    Args:
        contenders: Those that were to be measured, with nothing but who they are.
        searches: Of all blocks so far.
        dropped: Contenders that failed too often, with the reason.
        works: What each contender was to do and did; who is missing is taken for one that did what it was to do.
    """
    summed_up = [
        _summed_up(
            one,
            [search for search in searches if search.contender == one.contender],
            failure=dropped.get(one.contender),
            work=(works or {}).get(one.contender, Work()),
        )
        for one in contenders
    ]
    return sorted(summed_up, key=lambda one: -(one.capacity_rps.estimate if one.capacity_rps else 0.0))


def _summed_up(
    contender: ContenderCapacity, searches: Sequence[CapacitySearch], *, failure: str | None, work: Work
) -> ContenderCapacity:
    known = contender.model_copy(
        update={
            "status": "ok" if failure is None else "failed",
            "message": failure,
            "blocks": sum(search.complete for search in searches),
            "curve": latency_curve(searches),
            "work": work,
        }
    )
    return known if work.others else known.model_copy(update=_answer(searches))


def _answer(searches: Sequence[CapacitySearch]) -> dict[str, Any]:
    """The fields that say what a contender sustains."""
    capacity = capacity_over_blocks(searches)
    return {
        "capacity_rps": capacity,
        "below_rps": below_all(searches),
        "unbounded": is_unbounded(searches),
        "at_capacity": at_capacity(searches) if capacity else None,
        "limited_by": frequent_limits(searches),
    }


def capacity_over_blocks(searches: Sequence[CapacitySearch]) -> Estimate | None:
    """The capacity over the blocks with its 95 % interval; None where no rate passed in a typical block.

    A block tells that the capacity lies between the highest rate that passed and the lowest that failed. The estimate
    is Hodges–Lehmann on the logarithms of their geometric means. The lower limit of the interval is that of the rates
    that passed, the upper limit that of the rates that failed: since both limits rise with the data, the interval
    takes in that of the capacities themselves, wherever between the two rates they are.

    Args:
        searches: Of one contender. Where nothing passed the capacity counts as 0, where nothing failed as unlimited.
    """
    complete = [search for search in searches if search.complete]
    if not complete:
        return None
    passed = [log(search.passed_rps) if search.passed_rps else -inf for search in complete]
    failed = [log(search.failed_rps) if search.failed_rps else inf for search in complete]
    middles = [(low + high) / 2 if isfinite(high) else low for low, high in zip(passed, failed, strict=True)]
    estimate = exp(hl_interval(middles).estimate)
    if not estimate:
        return None
    low, high = hl_interval(passed).low, hl_interval(failed).high
    return Estimate(
        estimate=estimate,
        low=None if low is None else exp(low),
        high=None if high is None or not isfinite(high) else exp(high),
    )


def below_all(searches: Sequence[CapacitySearch]) -> float | None:
    """The lowest rate that was tried, where in more than half of the searches nothing passed; else None."""
    complete = [search for search in searches if search.complete]
    without = [search.failed_rps for search in complete if search.passed_rps is None and search.failed_rps]
    return median(without) if without and 2 * len(without) >= len(complete) else None


def is_unbounded(searches: Sequence[CapacitySearch]) -> bool:
    """Whether in at least half of the searches nothing failed."""
    complete = [search for search in searches if search.complete]
    return bool(complete) and 2 * sum(search.failed_rps is None for search in complete) >= len(complete)


def latency_curve(searches: Sequence[CapacitySearch]) -> tuple[CurvePoint, ...]:
    """Response time against arrival rate: medians over all probes of a rate, ascending by rate."""
    by_rate: dict[int, list[tuple[int, Probe]]] = {}
    for search in searches:
        for probe in search.probes:
            by_rate.setdefault(index_of(probe.rate_rps), []).append((search.block, probe))
    return tuple(_point(rate_of(index), tried) for index, tried in sorted(by_rate.items()))


def at_capacity(searches: Sequence[CapacitySearch]) -> CurvePoint | None:
    """What it was like at the highest rate that passed: medians over the blocks, each at its own rate."""
    edges = [
        (search.block, probe)
        for search in searches
        if search.complete
        for probe in search.probes
        if probe.passed and probe.thorough and probe.rate_rps == search.passed_rps
    ]
    return _point(median(probe.rate_rps for _, probe in edges), edges) if edges else None


def _point(rate_rps: float, tried: Sequence[tuple[int, Probe]]) -> CurvePoint:
    probes = [probe for _, probe in tried]
    times = [printable(probe.response_time_s) for probe in probes]

    def typical(figure: Callable[[Distribution], float | None]) -> float | None:
        """The median, where requests that were never sent have taken for ever."""
        middle = median(inf if (value := figure(part)) is None else value for part in times)
        return middle if isfinite(middle) else None

    return CurvePoint(
        rate_rps=rate_rps,
        blocks=len({block for block, _ in tried}),
        passed=len({block for block, probe in tried if probe.passed}),
        achieved_rps=_median_of_known(probe.achieved_rps for probe in probes),
        cpu_ratio=_median_of_known(probe.cpu_ratio for probe in probes),
        mean=typical(lambda part: part.mean),
        p50=typical(lambda part: part.p50),
        p90=typical(lambda part: part.p90),
        p95=typical(lambda part: part.p95),
        p99=typical(lambda part: part.p99),
        p999=typical(lambda part: part.p999),
        max=typical(lambda part: part.max),
    )


def _median_of_known(figures: Iterable[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return median(known) if known else None
