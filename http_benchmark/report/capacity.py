"""What a person reads of a capacity search in the terminal: sentences, a table, latency against arrival rate."""

from collections.abc import Iterator, Sequence
from itertools import batched

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.capacity import CapacityResult, ContenderCapacity, CurvePoint, Limit
from http_benchmark.report import faults, parts, wording
from http_benchmark.report.curves import Axis, Series, plot
from http_benchmark.report.plain import Plain
from http_benchmark.report.work import equal_work
from http_benchmark.slo import Slo
from http_benchmark.units import counted, format_duration

WIDE = 120
"""From this many columns on, each contender takes one line."""

_CURVES_PER_PLOT = 4
_ABOVE_OBJECTIVE = 10.0  # times the objective: there the plot ends, so that the part below keeps its shape
_LIMITS: dict[Limit, str] = {
    "client-limited": "client's CPU",
    "server-limited": "server's CPU",
    "workers-exhausted": "concurrency",
    "pacing-late": "late sending",
}


def print_capacity(result: CapacityResult, console: Console, *, verbose: bool = False) -> None:
    """Print what was searched, whether it is to be trusted, the capacities, and the curves.

    Args:
        result: What to print.
        console: Where.
        verbose: Print the work of all contenders although it was equal.
    """
    slo = Slo.parse(result.slo)
    found = [one for one in result.contenders if one.capacity_rps is not None]
    parted: list[RenderableType] = [*_heading(result, slo), *parts.verdict(result.validity), Text()]
    if found:
        parted += [_table(found, width=console.width), Text()]
    sentences = [sentence for one in result.contenders if (sentence := _sentence(one, slo))]
    parted += [*(Text(sentence, style="bold") for sentence in sentences), Text()] if sentences else []
    parted += _without_answer(result)
    parted += equal_work(result.contenders, width=console.width, verbose=verbose)
    for drawn in _plots(found or [one for one in result.contenders if not one.work.others], slo, width=console.width):
        parted += [Text(drawn, no_wrap=True, overflow="crop"), Text()]
    parted += [Text(note, style="dim") for note in _notes(result, found)] if found else []
    console.print(Plain(Group(*parted)))


def _heading(result: CapacityResult, slo: Slo) -> list[RenderableType]:
    configuration = result.configuration
    blocks = counted(result.blocks, "block")
    if result.blocks < result.planned_blocks:
        blocks = f"{result.blocks} of {counted(result.planned_blocks, 'block')}"
    size = [
        f"{result.arrivals} arrivals",
        f"concurrency at most {configuration.get('concurrency')}",
        blocks,
        faults.ordered(configuration),
        f"seed {result.seed}",
        "" if result.status == "finished" else result.status,
    ]
    return [
        Text.assemble(("capacity of ", "bold"), (result.name, "bold"), f" ({result.id})"),
        Text(parts.aim(configuration, result.target)),
        Text(f"objective: {slo.described()}"),
        Text(", ".join(part for part in size if part)),
    ]


def _table(found: Sequence[ContenderCapacity], *, width: int) -> Table:
    return parts.table(
        ("contender", "capacity\n1/s", "p50\nms", "p99\nms", "client\nCPU", "limited by"),
        [_row(one, wide=width >= WIDE) for one in found],
        width=width,
        left=("contender", "limited by"),
        wraps=("limited by",),
        dispensable=("client\nCPU", "p50\nms", "p99\nms", "limited by"),
        between=2,
    )


def _row(one: ContenderCapacity, *, wide: bool) -> list[str]:
    at = one.at_capacity or CurvePoint(rate_rps=0.0, blocks=0, passed=0)
    capacity = parts.rounded(one.capacity_rps.estimate if one.capacity_rps else None)
    interval = parts.interval(one.capacity_rps, parts.rounded)
    limits = " and ".join(_LIMITS[code] for code in one.limited_by) or "latency"
    return [
        parts.contender(one.contender, one.version, in_one_line=wide),
        parts.with_detail(capacity, interval, between="  " if wide else "\n"),
        parts.figure(at.p50, 1e3),
        parts.figure(at.p99, 1e3),
        parts.percent(at.cpu_ratio),
        "no limit found" if one.unbounded else limits,
    ]


def _sentence(one: ContenderCapacity, slo: Slo) -> str | None:
    """What can be quoted of a contender; None where nothing was found out."""
    if one.capacity_rps is None:
        if one.below_rps is None:
            return None
        return (
            f"{one.contender} sustains no rate with {slo.described()}: {parts.rounded(one.below_rps)} requests/s, the "
            f"lowest rate that can be judged, is too much already{_measured_there(one, slo)}."
        )
    interval = parts.interval(one.capacity_rps, parts.rounded)
    limits = f"95 % interval {interval}" if interval else f"{counted(one.blocks, 'block')}, no interval"
    more = " or more" if one.unbounded else ""
    return (
        f"{one.contender} sustains {parts.rounded(one.capacity_rps.estimate)} requests/s{more} ({limits}) "
        f"with {slo.described()}."
    )


def _measured_there(one: ContenderCapacity, slo: Slo) -> str:
    """The latencies at the lowest rate that was tried."""
    if not one.curve:
        return ""
    figures = [(objective.statistic, one.curve[0].figure(objective.statistic)) for objective in slo.latencies]
    known = [f"{statistic} {format_duration(value)}" for statistic, value in figures if value is not None]
    return f" ({', '.join(known)})" if known else ""


def _without_answer(result: CapacityResult) -> list[RenderableType]:
    """Who has no capacity, and why: it was not measured, or did less or other work than was ordered."""
    without = [one for one in result.contenders if one.capacity_rps is None and one.below_rps is None]
    if not without:
        return []
    lines = [f"{one.contender}: {_why_without(one)}" for one in without]
    return [Text("No capacity:"), *map(parts.item, lines), Text()]


def _why_without(one: ContenderCapacity) -> str:
    reasons = [*([one.message] if one.message else []), *one.work.others]
    return "; ".join(reasons) or "no search came to its end"


def _plots(contenders: Sequence[ContenderCapacity], slo: Slo, *, width: int) -> Iterator[str]:
    """Latency against arrival rate, for the first objective on latency."""
    objective = slo.latencies[0]
    curves = [
        Series(one.contender, tuple((point.rate_rps, point.figure(objective.statistic)) for point in one.curve))
        for one in contenders
        if one.curve
    ]
    least = min((value for one in curves for _, value in one.points if value is not None), default=0.0)
    rate = Axis("arrivals/s", lambda rate_rps: f"{rate_rps:,.0f}", logarithmic=True)
    top = _ABOVE_OBJECTIVE * max(objective.limit, least)
    latency = Axis(objective.statistic, format_duration, logarithmic=True, most=top)
    for some in batched(curves, _CURVES_PER_PLOT):
        drawn = plot(some, rate, latency, width=width, line=(objective.limit, objective.described()))
        if drawn:
            yield drawn


def _notes(result: CapacityResult, found: Sequence[ContenderCapacity]) -> list[str]:
    fewest, most = min(one.blocks for one in found), max(one.blocks for one in found)  # differ where it was cut off
    over = counted(most, "block") if fewest == most else f"{fewest}–{most} blocks"
    notes = [
        f"Capacity: estimate over {over}. Response times and CPU: median over {over} at the highest rate that passed.",
        "Response time counts from the moment a request was due. Points at a plot's upper edge lie beyond it.",
    ]
    pacing = [
        f"{check.mode} lag p50 {format_duration(check.lag_p50_s)}, p99 {format_duration(check.lag_p99_s)}"
        for check in result.pacing
    ]
    return [
        *wording.sources(result.environment),
        *notes,
        *([f"Pacing of this machine: {'; '.join(pacing)}."] if pacing else []),
    ]
