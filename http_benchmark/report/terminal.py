"""What a person reads in the terminal: an experiment's ranking, the list of experiments, the known clients.

Works at 80 columns, without a terminal and in ASCII. Colour only repeats what the words say.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import compress
from math import floor, log10
from typing import Any

from rich.box import Box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from http_benchmark.models.experiment import ClientResult, Estimate, ExperimentResult, Metric, Validity
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.models.measurement import Distribution
from http_benchmark.redaction import without_passwords
from http_benchmark.report.plain import Plain
from http_benchmark.stats.sentences import sentences
from http_benchmark.units import format_duration, format_rates

WIDE = 120
"""From this many columns on, each contender takes one line and gets a bar of its relative speed."""

SHORT_ID = 8  # hexadecimal digits: four milliard ids before two begin alike
_BAR_CELLS = 16
_NO_FIGURE = "–"
_RULE_BELOW_HEAD = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_LEFT_OUT = {
    60: {"speed", "cost", "lag\np99 ms", "CPU\nµs/req", "peak\nMiB"},
    50: {"p50\nms", "p99\nms", "err."},
}
_LEFT_OUT_OPEN = {90: {"service\np99 ms", "peak\nMiB"}} | _LEFT_OUT
"""Below so many columns these headings are left out, so that contenders and requests per second can be read."""

_LEFT_ALIGNED = {"contender", "grp.", "relative speed"}
_VERDICT_STYLES = {"valid": "bold green", "suspect": "bold yellow", "invalid": "bold red"}
_METRIC_NAMES: dict[Metric, str] = {
    "throughput_rps": "throughput",
    "cpu_s_per_1k": "CPU time per request",
    "mean": "mean response time",
    "pooled_mean": "mean response time over whole trials",
    "p50": "p50 of the response time",
    "p99": "p99 of the response time",
    "p999": "p99.9 of the response time",
}


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A known client: `version` is None where it is not installed, `install` says how to get it."""

    name: str
    version: str | None
    modes: tuple[str, ...]
    protocols: tuple[str, ...]
    install: str


def print_experiment(result: ExperimentResult, console: Console) -> None:
    """Print what was measured, whether it is to be trusted, the ranking, and what can be quoted of it."""
    parts: list[RenderableType] = [*_heading(result), *_verdict(result.validity), Text()]
    ranked = [client for client in result.clients if client.rank is not None]
    if ranked:
        parts += [_ranking(result, ranked, width=console.width), Text()]
    else:
        parts += [Text("No contender was ranked." if result.blocks else "No block was finished."), Text()]
    parts += _unranked(result)
    quotable = sentences(result.clients, result.pairs, primary_metric=result.primary_metric, blocks=result.blocks)
    if quotable:
        parts += [*(Text(sentence, style="bold") for sentence in quotable), Text()]
    notes = [*(_notes(result) if ranked else []), *_retries(result)]
    parts += [Text(note, style="dim") for note in notes]
    console.print(Plain(Group(*parts)))


def print_experiment_list(experiments: Sequence[ExperimentSummary], console: Console) -> None:
    """Print stored experiments in the order given, each with as much of its id as finds it again."""
    if not experiments:
        console.print("No experiments are stored.")
        return
    table = _table("id", "started (UTC)", "status", "blocks", "experiment")
    for column in table.columns[:4]:
        column.no_wrap = True
    table.columns[3].justify = "right"
    for row in experiments:
        started = row.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        contenders = ", ".join(row.contenders)
        named_after_them = sorted(row.name.split(", ")) == sorted(row.contenders)  # the default name
        name = row.name if named_after_them else f"{row.name}: {contenders}"
        tags = f" [{', '.join(row.tags)}]" if row.tags else ""
        table.add_row(*_cells(row.id[:SHORT_ID], started, row.status, str(row.blocks), name + tags))
    console.print(Plain(table))


def print_clients(clients: Sequence[ClientRow], console: Console) -> None:
    """Print the known clients, one line each, in the order given."""
    table = _table("client", "installed", "modes", "HTTP", "how to install")
    for row in clients:
        modes, protocols = ", ".join(row.modes), ", ".join(row.protocols)
        table.add_row(*_cells(row.name, row.version or "no", modes, protocols, row.install))
    console.print(Plain(table))


def _heading(result: ExperimentResult) -> list[RenderableType]:
    configuration = result.configuration
    workload = (
        f"{configuration.get('method', 'GET')} {without_passwords(result.target.url)} ({result.target.kind} target)"
    )
    size = [
        _arrivals(configuration),
        _concurrency(configuration),
        _blocks(result),
        f"seed {result.seed}",
        "" if result.status == "finished" else result.status,
    ]
    return [
        Text.assemble((result.name, "bold"), f" ({result.id})"),
        Text(workload),
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
    blocks = f"{result.blocks} {'block' if result.blocks == 1 else 'blocks'}"
    cut_off = result.planned_blocks is not None and result.blocks < result.planned_blocks
    return f"{result.blocks} of {result.planned_blocks} blocks" if cut_off else blocks


def _verdict(validity: Validity) -> list[RenderableType]:
    verdict = Text.assemble("Verdict: ", (validity.verdict, _VERDICT_STYLES[validity.verdict]))
    return [verdict, *(_item(f"{reason.code}: {reason.message}") for reason in validity.reasons)]


def _ranking(result: ExperimentResult, ranked: Sequence[ClientResult], *, width: int) -> Table:
    wide = width >= WIDE
    is_open, is_speed = result.load_model == "open", result.primary_metric == "throughput_rps"
    headings = ["#", "contender", "requests/s", "speed" if is_speed else "cost", "p50\nms", "p99\nms",
        *(["service\np99 ms", "lag\np99 ms"] if is_open else []),
        "CPU\nµs/req", "peak\nMiB", "err.", "grp.", *(["relative speed"] if wide else [])]  # fmt: skip
    limits = _LEFT_OUT_OPEN if is_open else _LEFT_OUT
    left_out = {heading for limit, some in limits.items() if width < limit for heading in some}
    kept = [heading not in left_out for heading in headings]
    table = _table(*compress(headings, kept))
    for column in table.columns:
        column.justify = "left" if column.header in _LEFT_ALIGNED else "right"
    table.columns[0].no_wrap = True
    costs = _relative_costs(result, ranked)
    holders = Counter(client.rank for client in ranked)
    for client in ranked:
        cost = costs.get(client.contender)
        shown = None if cost is None else 1 / cost if is_speed else cost
        times, no_times = client.response_time_s or Distribution(count=0), Distribution(count=0)
        cells = [
            f"={client.rank}" if holders[client.rank] > 1 else f"{client.rank}",
            _with_detail(client.contender, client.version, between=" " if wide else "\n"),
            _with_detail(*_with_interval(client.throughput_rps), between="  " if wide else "\n"),
            _NO_FIGURE if shown is None else f"{shown:.2f}×",
            _quantile(times.p50, times),
            _quantile(times.p99, times),
            *([_figure((client.service_time_s or no_times).p99, 1e3), _figure((client.lag_s or no_times).p99, 1e3)]
                if is_open else []),
            _figure(client.cpu_s_per_1k.estimate if client.cpu_s_per_1k else None, 1e3),
            _figure(client.peak_memory_bytes, 1 / 1024**2),
            f"{sum(client.errors.values()):,}",
            client.group or "",
        ]  # fmt: skip
        bar = ["" if cost is None else "█" * max(1, round(_BAR_CELLS / cost))] if wide else []
        table.add_row(*_cells(*compress([*cells, *bar], kept)), style="bold" if client.rank == 1 else None)
    return table


def _quantile(value_s: float | None, times: Distribution) -> str:
    """A quantile in ms; where it falls on requests that were never sent, what it lies above."""
    if value_s is None and times.censored and times.censored_above_s is not None:
        return f">{_figure(times.censored_above_s, 1e3)}"
    return _figure(value_s, 1e3)


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
        *(_item(f"{client.contender}: {_why_unranked(client, metric)}") for client in unranked),
        Text(),
    ]


def _why_unranked(client: ClientResult, metric: str) -> str:
    if client.status == "ok":
        return f"no figure for the {metric}"
    reasons = [client.message] if client.message else []
    if client.status == "errors":
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in client.errors.items())
        reasons.insert(0, f"{sum(client.errors.values()):,} of {client.requests:,} requests failed ({kinds})")
    return ": ".join([client.status, *reasons])


def _notes(result: ExperimentResult) -> list[str]:
    over = "1 block" if result.blocks == 1 else f"{result.blocks} blocks"
    pairs = [pair for pair in result.pairs if pair.metric == result.primary_metric]
    has_intervals = any(client.throughput_rps and client.throughput_rps.low for client in result.clients)
    interval = ", 95 % interval" if has_intervals else ""
    notes = [
        f"Ranked by {_METRIC_NAMES[result.primary_metric]}.",
        f"Requests/s and CPU: estimate over {over}{interval}. Response time and peak memory: median over {over}.",
    ]
    if result.load_model == "open":
        notes.append("Response time counts from the moment a request was due: lag and service time together.")
    notes += _checks(result)
    if any(pair.separated for pair in pairs):
        notes.append("Contenders that share a letter (grp.) cannot be told apart.")
    detectable = [pair.mde_percent for pair in pairs if pair.mde_percent is not None]
    if detectable:
        low, high = f"{min(detectable):.1f}", f"{max(detectable):.1f}"
        span = f"{low} %" if low == high else f"{low}–{high} %, depending on the pair"
        notes.append(f"Smallest difference detectable with 90 % probability: {span}.")
    return notes


def _checks(result: ExperimentResult) -> list[str]:
    """What was found out before the first block."""
    pacing = [
        f"{check.mode} lag p50 {format_duration(check.lag_p50_s)}, p99 {format_duration(check.lag_p99_s)}, "
        f"{_figure(check.cpu_s_per_1k, 1e3)} µs of CPU per request"
        for check in result.pacing
    ]
    floors = [f"{probe.mode} {_figure(probe.throughput_rps)} /s" for probe in result.floor]
    return [
        *([f"Pacing of this machine, with a client that does nothing: {'; '.join(pacing)}."] if pacing else []),
        *([f"Floor, a bare socket on the same workload: {', '.join(floors)}."] if floors else []),
    ]


def _retries(result: ExperimentResult) -> list[str]:
    retried = [f"{client.contender} {client.retries:,}" for client in result.clients if client.retries]
    return [f"Retries, counted apart from requests: {', '.join(retried)}."] if retried else []


def _table(*headings: str) -> Table:
    table = Table(box=_RULE_BELOW_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", vertical="top")
    return table


def _cells(*texts: str) -> list[Text]:
    """Texts that rich must not read as markup: names and messages come from outside."""
    return [Text(text) for text in texts]


def _item(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))


def _with_detail(text: str, detail: str | None, *, between: str) -> str:
    return f"{text}{between}{detail}" if detail else text


def _with_interval(over_blocks: Estimate | None) -> tuple[str, str | None]:
    if over_blocks is None:
        return _NO_FIGURE, None
    if over_blocks.low is None:
        return _figure(over_blocks.estimate), None
    return _figure(over_blocks.estimate), f"{_figure(over_blocks.low)}–{_figure(over_blocks.high)}"


def _figure(value: float | None, scale: float = 1) -> str:
    """A figure to three digits, never fewer than all before the point: "12,300", "41.2", "0.213"."""
    if value is None:
        return _NO_FIGURE
    scaled = value * scale
    digits = 2 - floor(log10(abs(scaled))) if scaled else 0
    return f"{scaled:,.{min(3, max(0, digits))}f}"
