"""What a person reads of an experiment in the terminal: the verdict, the ranking, and what can be quoted.

Works at 80 columns, without a terminal and in ASCII. Colour only repeats what the words say.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.experiment import ClientResult, Estimate, ExperimentResult, Metric
from http_benchmark.models.measurement import Distribution
from http_benchmark.report import faults, parts, rates, requests
from http_benchmark.report.plain import Plain
from http_benchmark.report.work import equal_work
from http_benchmark.stats.sentences import sentences
from http_benchmark.units import counted, format_duration, format_rates

WIDE = 120
"""From this many columns on, each contender takes one line and gets a bar of its relative speed."""

_BAR_CELLS = 16
_DISPENSABLE = ("peak\nMiB", "CPU\nµs/req", "speed", "cost", "err.", "p50\nms", "p99\nms")
_DISPENSABLE_OPEN = (
    "service\np99 ms",
    "peak\nMiB",
    "speed",
    "cost",
    "p50\nms",
    "CPU\nµs/req",
    "lag\np99 ms",
    "err.",
    "p99\nms",
)
"""What is left out where there is no room for all, the first to go first."""

_LEFT_ALIGNED = {"contender", "grp.", "relative speed"}
_METRIC_NAMES: dict[Metric, str] = {
    "throughput_rps": "throughput",
    "cpu_s_per_1k": "CPU time per request",
    "mean": "mean response time",
    "pooled_mean": "mean response time over whole trials",
    "p50": "p50 of the response time",
    "p99": "p99 of the response time",
    "p999": "p99.9 of the response time",
}


def print_experiment(result: ExperimentResult, console: Console, *, verbose: bool = False) -> None:
    """Print what was measured, whether it is to be trusted, the ranking, and what can be quoted of it.

    Args:
        result: What to print.
        console: Where.
        verbose: Print the work of all contenders although it was equal.
    """
    shown: list[RenderableType] = [*_heading(result), *parts.verdict(result.validity), Text()]
    ranked = [client for client in result.clients if client.rank is not None]
    if ranked:
        shown += [_ranking(result, ranked, width=console.width), Text()]
    else:
        shown += [Text("No contender was ranked." if result.blocks else "No block was finished."), Text()]
    shown += [*rates.by_rate(ranked, width=console.width), *requests.by_request(result, width=console.width)]
    shown += [*requests.events(ranked, width=console.width), *faults.under_faults(result.clients, width=console.width)]
    shown += _unranked(result)
    shown += equal_work(result.clients, width=console.width, verbose=verbose)
    quotable = sentences(result.clients, result.pairs, primary_metric=result.primary_metric, blocks=result.blocks)
    if quotable:
        shown += [*(Text(sentence, style="bold") for sentence in quotable), Text()]
    notes = [*(_notes(result) if ranked else []), *faults.notes(result), *_retries(result)]
    shown += [Text(note, style="dim") for note in notes]
    console.print(Plain(Group(*shown)))


def _heading(result: ExperimentResult) -> list[RenderableType]:
    configuration = result.configuration
    size = [
        _arrivals(configuration),
        _concurrency(configuration),
        _blocks(result),
        faults.ordered(configuration),
        f"seed {result.seed}",
        "" if result.status == "finished" else result.status,
    ]
    return [
        Text.assemble((result.name, "bold"), f" ({result.id})"),
        Text(parts.aim(configuration, result.target)),
        Text(", ".join(part for part in size if part)),
    ]


def _arrivals(configuration: Mapping[str, Any]) -> str:
    rate = configuration.get("rate")
    return f"open model, {configuration['arrivals']} arrivals {format_rates(rate)}" if rate else ""


def _concurrency(configuration: Mapping[str, Any]) -> str:
    if "concurrency" not in configuration:
        return ""
    most = "at most " if configuration.get("rate") else ""
    processes = configuration.get("processes", 1)
    return f"concurrency {most}{configuration['concurrency']}" + (f" in {processes} processes" if processes > 1 else "")


def _blocks(result: ExperimentResult) -> str:
    planned = result.planned_blocks
    if planned is not None and result.blocks < planned:
        return f"{result.blocks} of {counted(planned, 'block')}"
    return counted(result.blocks, "block")


def _ranking(result: ExperimentResult, ranked: Sequence[ClientResult], *, width: int) -> Table:
    wide = width >= WIDE
    is_open, is_speed = result.load_model == "open", result.primary_metric == "throughput_rps"
    headings = ["#", "contender", "requests/s", "speed" if is_speed else "cost", "p50\nms", "p99\nms",
        *(["service\np99 ms", "lag\np99 ms"] if is_open else []),
        "CPU\nµs/req", "peak\nMiB", "err.", "grp.", *(["relative speed"] if wide else [])]  # fmt: skip
    costs = _relative_costs(result, ranked)
    holders = Counter(client.rank for client in ranked)
    rows = []
    for client in ranked:
        cost = costs.get(client.contender)
        shown = None if cost is None else 1 / cost if is_speed else cost
        place = f"={client.rank}" if holders[client.rank] > 1 else f"{client.rank}"
        ratio = parts.NO_FIGURE if shown is None else f"{shown:.2f}×"
        bar = ["" if cost is None else "█" * max(1, round(_BAR_CELLS / cost))] if wide else []
        rows.append([place, *_cells(client, ratio, is_open=is_open, wide=wide), *bar])
    table = parts.table(
        headings,
        rows,
        width=width,
        left=_LEFT_ALIGNED,
        wraps=("contender",),
        least=parts.NAME_WIDTH,
        dispensable=_DISPENSABLE_OPEN if is_open else _DISPENSABLE,
    )
    for row, client in zip(table.rows, ranked, strict=True):
        row.style = "bold" if client.rank == 1 else None
    return table


def _cells(client: ClientResult, ratio: str, *, is_open: bool, wide: bool) -> list[str]:
    """A contender's line, without its place."""
    times = client.response_time_s or Distribution(count=0)
    return [
        parts.with_detail(client.contender, client.version, between=" " if wide else "\n"),
        parts.with_detail(*_with_interval(client.throughput_rps), between="  " if wide else "\n"),
        ratio,
        _quantile(times.p50, times),
        _quantile(times.p99, times),
        *(_service_and_lag(client) if is_open else []),
        parts.figure(client.cpu_s_per_1k.estimate if client.cpu_s_per_1k else None, 1e3),
        parts.figure(client.peak_memory_bytes, 1 / 1024**2),
        f"{sum(client.errors.values()):,}",
        client.group or "",
    ]


def _service_and_lag(client: ClientResult) -> list[str]:
    """p99 of both, ms; each for itself, since they do not add up."""
    return [parts.figure(times.p99 if times else None, 1e3) for times in (client.service_time_s, client.lag_s)]


def _quantile(value_s: float | None, times: Distribution) -> str:
    """A quantile in ms; where it falls on requests that were never sent, what it lies above."""
    if value_s is None and times.censored and times.censored_above_s is not None:
        return f">{parts.figure(times.censored_above_s, 1e3)}"
    return parts.figure(value_s, 1e3)


def _relative_costs(result: ExperimentResult, ranked: Sequence[ClientResult]) -> dict[str, float]:
    """How many times as much as the first contender each one costs, as compared block by block."""
    first = ranked[0].contender
    compared = {
        pair.b: 1 + pair.effect_percent / 100
        for pair in result.pairs
        if pair.metric == result.primary_metric and pair.a == first
    }
    return {first: 1.0} | compared


def _unranked(result: ExperimentResult) -> list[RenderableType]:
    unranked = [client for client in result.clients if client.rank is None]
    if not unranked:
        return []
    metric = _METRIC_NAMES[result.primary_metric]
    return [
        Text("Not ranked:"),
        *(parts.item(f"{client.contender}: {_why_unranked(client, metric)}") for client in unranked),
        Text(),
    ]


def _why_unranked(client: ClientResult, metric: str) -> str:
    other_work = client.work.others
    if client.status == "ok":
        return "; ".join(other_work) or f"no figure for the {metric}"
    reasons = [*([client.message] if client.message else []), *other_work]
    if client.status == "errors":
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in client.errors.items())
        reasons.insert(0, f"{sum(client.errors.values()):,} of {counted(client.requests, 'request')} failed ({kinds})")
    return ": ".join([client.status, *reasons])


def _notes(result: ExperimentResult) -> list[str]:
    over = counted(result.blocks, "block")
    pairs = [pair for pair in result.pairs if pair.metric == result.primary_metric]
    has_intervals = any(client.throughput_rps and client.throughput_rps.low for client in result.clients)
    interval = ", 95 % interval" if has_intervals else ""
    notes = [
        f"Ranked by {_METRIC_NAMES[result.primary_metric]}.",
        f"Requests/s and CPU: estimate over {over}{interval}. Response time and peak memory: median over {over}.",
    ]
    if result.load_model == "open":
        notes.append("Response time counts from the moment a request was due: lag and service time together.")
    if any(client.by_rate for client in result.clients):
        notes.append("The rate changed: requests/s and CPU are those of a median slice, response times mix all rates.")
    if result.turns == "trials":
        notes += _many(result)
    notes += _checks(result)
    if any(pair.separated for pair in pairs):
        notes.append("Contenders that share a letter (grp.) cannot be told apart.")
    detectable = [pair.mde_percent for pair in pairs if pair.mde_percent is not None]
    if detectable:
        low, high = f"{min(detectable):.1f}", f"{max(detectable):.1f}"
        span = f"{low} %" if low == high else f"{low}–{high} %, depending on the pair"
        notes.append(f"Smallest difference detectable with 90 % probability: {span}.")
    return notes


def _many(result: ExperimentResult) -> list[str]:
    """What very many connections mean."""
    connecting = [
        f"{client.contender} {format_duration(client.life_cycle.connect_all_s.estimate)}"
        for client in result.clients
        if client.life_cycle.connect_all_s
    ]
    origin = [
        f"{client.contender} {parts.figure(client.origin_memory_bytes, 1 / 1024**2)} MiB"
        for client in result.clients
        if client.origin_memory_bytes is not None
    ]
    apart = (
        "Above 4,000 connections contenders are measured one after the other within a block: what changed on the "
        "machine meanwhile is part of the differences."
    )
    return [
        *([apart] if len(result.clients) > 1 else []),
        *(
            [f"Connecting all, a first answer on each connection included: {', '.join(connecting)}."]
            if connecting
            else []
        ),
        *([f"Memory of the origin: {', '.join(origin)}."] if origin else []),
    ]


def _checks(result: ExperimentResult) -> list[str]:
    """What was found out before the first block."""
    pacing = [
        f"{check.mode} lag p50 {format_duration(check.lag_p50_s)}, p99 {format_duration(check.lag_p99_s)}, "
        f"{parts.figure(check.cpu_s_per_1k, 1e3)} µs of CPU per request"
        for check in result.pacing
    ]
    floors = [f"{probe.mode} {parts.figure(probe.throughput_rps)} /s" for probe in result.floor]
    return [
        *([f"Pacing of this machine, with a client that does nothing: {'; '.join(pacing)}."] if pacing else []),
        *([f"Floor, a bare socket on the same workload: {', '.join(floors)}."] if floors else []),
    ]


def _retries(result: ExperimentResult) -> list[str]:
    retried = [f"{client.contender} {client.retries:,}" for client in result.clients if client.retries]
    return [f"Retries, counted apart from requests: {', '.join(retried)}."] if retried else []


def _with_interval(over_blocks: Estimate | None) -> tuple[str, str | None]:
    return parts.figure(over_blocks.estimate if over_blocks else None), parts.interval(over_blocks)
