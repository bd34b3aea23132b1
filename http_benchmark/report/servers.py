"""What a person reads of several servers in the terminal: a table per figure, and how much faster one is."""

from collections.abc import Callable, Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.experiment import Estimate
from http_benchmark.models.servers import MeasuredServer, ServerPoint, ServerRatio, ServersOfContender, ServersResult
from http_benchmark.report import parts, wording
from http_benchmark.report.lists import SHORT_ID
from http_benchmark.report.plain import Plain
from http_benchmark.units import counted

_NAME_WIDTH = 18
_COLUMN_WIDTH = 15  # of a figure with its interval below

type _Figure = Callable[[ServerPoint], Estimate | None]

_METRICS: tuple[tuple[str, _Figure, float], ...] = (
    ("requests/s", lambda point: point.throughput_rps, 1.0),
    ("p99 ms", lambda point: point.p99_s, 1e3),
    ("client's CPU µs/request", lambda point: point.cpu_s_per_1k, 1e3),
)


def print_servers(result: ServersResult, console: Console) -> None:
    """Print what was measured, whether it is to be trusted, a table per figure, and the ratios as sentences."""
    measured = [one for one in result.contenders if any(point.throughput_rps for point in one.points)]
    shown: list[RenderableType] = [*_heading(result), *parts.verdict(result.validity), Text()]
    for name, figure, scale in _METRICS if measured else ():
        shown += [_table(result, measured, name, figure, scale=scale, width=console.width), Text()]
    if sentences := [*_sentences(result)]:
        shown += [*(Text(sentence, style="bold") for sentence in sentences), Text()]
    if others := [*_not_comparable(result)]:
        shown += [Text("Not comparable:"), *map(parts.item, others), Text()]
    shown += [Text(note, style="dim") for note in _notes(result)]
    console.print(Plain(Group(*shown)))


def _heading(result: ServersResult) -> list[RenderableType]:
    blocks = sorted({server.blocks for server in result.servers})
    each = counted(blocks[0], "block") if len(blocks) == 1 else f"{blocks[0]}–{blocks[-1]} blocks"
    size = [
        f"concurrency {result.configuration['concurrency']}",
        f"{each} each",
        f"seed {result.seed}",
        "" if result.status == "finished" else result.status,
    ]
    return [
        Text.assemble((result.name, "bold"), f" ({result.id})"),
        *(
            Text(f"{letter}  {server.server}: {parts.aim(result.configuration, server.target)}")
            for letter, server in _letters(result)
        ),
        Text(", ".join(part for part in size if part)),
    ]


def _letters(result: ServersResult) -> Iterator[tuple[str, MeasuredServer]]:
    """Columns have letters, since names of servers are long."""
    return ((chr(ord("A") + place), server) for place, server in enumerate(result.servers))


def _table(
    result: ServersResult,
    contenders: list[ServersOfContender],
    name: str,
    figure: _Figure,
    *,
    scale: float,
    width: int,
) -> Table:
    detailed = width >= _NAME_WIDTH + _COLUMN_WIDTH * len(result.servers)
    rows = [
        [
            one.contender,
            *(_cell(one, server.server, figure, scale=scale, detailed=detailed) for server in result.servers),
        ]
        for one in contenders
    ]
    headings = [name, *(letter for letter, _ in _letters(result))]
    return parts.table(headings, rows, width=width, left=(name,), wraps=(name,), least=parts.NAME_WIDTH, between=2)


def _cell(one: ServersOfContender, server: str, figure: _Figure, *, scale: float, detailed: bool) -> str:
    point = next((point for point in one.points if point.server == server), None)
    estimate = figure(point) if point else None
    text = parts.figure(estimate.estimate if estimate else None, scale)
    text += "*" if estimate and point and not point.is_comparable else ""
    limits = parts.interval(estimate, lambda value: parts.figure(value, scale)) if detailed else None
    return parts.with_detail(text, limits)


def _sentences(result: ServersResult) -> Iterator[str]:
    """What can be quoted of each contender."""
    letters = {server.server: letter for letter, server in _letters(result)}
    first = letters[result.servers[0].server]
    for one in result.contenders:
        for ratio in one.ratios:
            yield f"{one.contender}: {_sentence(result, ratio, letters[ratio.server], first)}"


def _sentence(result: ServersResult, ratio: ServerRatio, server: str, first: str) -> str:
    what = "requests/s" if result.compared_by == "throughput_rps" else "p99"
    more, less, found = (
        (server, first, ratio.ratio) if ratio.ratio.estimate >= 1 else (first, server, _inverse(ratio.ratio))
    )
    limits = parts.interval(found, lambda value: _times(value or 0.0))
    if limits is None:
        return f"{more} has {_times(found.estimate)} times the {what} of {less}, an estimate only."
    if not ratio.separated:
        return f"{more} and {less} cannot be told apart: {what} of {_times(found.estimate)} times ({limits})."
    return f"{more} has {limits} times the {what} of {less}."


def _inverse(ratio: Estimate) -> Estimate:
    ends = (1 / end if end else None for end in (ratio.high, ratio.low))
    low, high = ends
    return Estimate(estimate=1 / ratio.estimate, low=low, high=high)


def _times(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _not_comparable(result: ServersResult) -> Iterator[str]:
    for one in result.contenders:
        for point in one.points:
            if not point.is_comparable:
                status = () if point.status == "ok" else (point.status, point.message)
                yield ": ".join(
                    filter(None, (f"{one.contender} on {point.server}", *status, "; ".join(point.other_work)))
                )


def _notes(result: ServersResult) -> list[str]:
    ids = ", ".join(f"{letter}: {server.experiment_id[:SHORT_ID]}" for letter, server in _letters(result))
    others = any(not point.is_comparable for one in result.contenders for point in one.points)
    return [
        *wording.sources(result.environment),
        "Estimates over blocks, with 95 % intervals from six blocks on; ratios come from the ratio in each block.",
        *(["*: not comparable, for the reason above."] if others else []),
        f"Stored experiments: {ids}.",
    ]
