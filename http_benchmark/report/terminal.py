"""What a person reads of an experiment in the terminal: the verdict, the ranking, and what can be quoted.

Works at 80 columns, without a terminal and in ASCII. Colour only repeats what the words say.
"""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.report import faults, parts, ranking, rates, requests, sparks, wording
from http_benchmark.report.plain import Plain
from http_benchmark.report.work import equal_work
from http_benchmark.stats.sentences import sentences

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


def print_experiment(
    result: ExperimentResult, console: Console, *, blocks: Sequence[BlockRecord] = (), verbose: bool = False
) -> None:
    """Print what was measured, whether it is to be trusted, the ranking, and what can be quoted of it.

    Args:
        result: What to print.
        console: Where.
        blocks: What it was concluded from; without them nothing is said of how it went over time.
        verbose: Print the work of all contenders although it was equal.
    """
    ranked, width = ranking.ranked(result), console.width
    shown: list[RenderableType] = [
        Text.assemble((result.name, "bold"), f" ({result.id})"),
        Text(parts.aim(result.configuration, result.target)),
        Text(wording.size(result)),
        *parts.verdict(result.validity),
        Text(),
        _ranking(result, width=width) if ranked else Text(wording.no_ranking(result)),
        Text(),
    ]
    if not console.options.ascii_only:
        shown += sparks.over_time(ranked, blocks, is_open=result.load_model == "open", width=width)
    shown += [*rates.by_rate(ranked, width=width), *requests.by_request(result, width=width)]
    shown += [*requests.events(ranked, width=width), *faults.under_faults(result.clients, width=width)]
    if unranked := wording.unranked(result):
        shown += [Text("Not ranked:"), *map(parts.item, unranked), Text()]
    shown += equal_work(result.clients, width=width, verbose=verbose)
    quotable = sentences(result.clients, result.pairs, primary_metric=result.primary_metric, blocks=result.blocks)
    if quotable:
        shown += [*(Text(sentence, style="bold") for sentence in quotable), Text()]
    shown += [Text(note, style="dim") for note in wording.notes(result)]
    console.print(Plain(Group(*shown)))


def _ranking(result: ExperimentResult, *, width: int) -> Table:
    """The ranking, with bars of the relative speed where there is room."""
    wide = width >= WIDE
    headings, rows = ranking.headings(result), ranking.rows(result, in_one_line=wide)
    ranked = ranking.ranked(result)
    if wide:
        costs = ranking.relative_costs(result)
        headings = [*headings, "relative speed"]
        rows = [[*row, _bar(costs.get(client.contender))] for row, client in zip(rows, ranked, strict=True)]
    table = parts.table(
        headings,
        rows,
        width=width,
        left=_LEFT_ALIGNED,
        wraps=("contender",),
        least=parts.NAME_WIDTH,
        dispensable=_DISPENSABLE_OPEN if result.load_model == "open" else _DISPENSABLE,
    )
    for row, client in zip(table.rows, ranked, strict=True):
        row.style = "bold" if client.rank == 1 else None
    return table


def _bar(cost: float | None) -> str:
    return "" if cost is None else "█" * max(1, round(_BAR_CELLS / cost))
