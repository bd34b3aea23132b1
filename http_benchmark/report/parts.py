"""Pieces of terminal reports: tables, figures to three digits, estimates with their intervals, the verdict."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from math import floor, log10
from pathlib import PurePath
from typing import Any

from rich.box import Box
from rich.cells import cell_len
from rich.console import JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from http_benchmark.models.experiment import Estimate, Target, Validity
from http_benchmark.redaction import through

NO_FIGURE = "–"
NAME_WIDTH = 16
"""Characters of the usual longest name of a contender; a longer one may take several lines."""

_PARTS_OF_A_NAME = re.compile(r"(?=:|==|@)")  # httpx, ==0.27.2 or @../httpx, :async

VERDICT_STYLES = {"valid": "bold green", "suspect": "bold yellow", "invalid": "bold red"}
_RULE_BELOW_HEAD = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    width: int,
    left: Collection[str] = (),
    wraps: Collection[str] = (),
    least: int | None = None,
    dispensable: Sequence[str] = (),
    between: int = 1,
) -> Table:
    """A table with a rule below its head, in which no word is broken as long as there is a column to be left out.

    Args:
        headings: Of the columns.
        rows: A cell for each column; what is text is never read as markup, since it may come from outside.
        width: Columns of characters that there are.
        left: Headings that stand above words; the others stand above figures.
        wraps: Headings whose cells may take several lines.
        least: Characters that these need at least; None for their longest words.
        dispensable: Headings that may be left out, the first to go first.
        between: Blanks between two columns, beside one that is always there.
    """
    columns = [(heading, [row[number] for row in rows]) for number, heading in enumerate(headings)]
    for heading in dispensable:
        needed = [_needed(column, wraps=column[0] in wraps, least=least) for column in columns]
        if sum(needed) + (between + 1) * (len(needed) - 1) <= width:
            break
        columns = [column for column in columns if column[0] != heading]
    made = Table(box=_RULE_BELOW_HEAD, show_edge=False, pad_edge=False, padding=(0, between, 0, 0), header_style="bold")
    for heading, _ in columns:
        justify: JustifyMethod = "left" if heading in left else "right"
        made.add_column(heading, overflow="fold", vertical="top", justify=justify, no_wrap=heading not in wraps)
    for row in zip(*(cells for _, cells in columns), strict=True):
        made.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def _needed(column: tuple[str, Sequence[str | Text]], *, wraps: bool, least: int | None) -> int:
    """Characters of a column's longest line, or where it may be wrapped of its longest word, and `least` are enough."""
    heading, cells = column
    lines = "\n".join(map(str, (heading, *cells)))
    longest = max(map(cell_len, lines.split() if wraps else lines.splitlines()), default=0)
    return min(longest, least) if wraps and least else longest


def filled(entries: Sequence[str], width: int, *, between: str = "  ", indent: str = "  ") -> list[str]:
    """Lines that hold as many entries as go into them; an entry stays on one line."""
    lines = [entries[0]]
    for entry in entries[1:]:
        longer = f"{lines[-1]}{between}{entry}"
        lines[-1:] = [longer] if cell_len(longer) <= width else [lines[-1], f"{indent}{entry}"]
    return lines


def item(text: str) -> Padding:
    """A line of a list."""
    return Padding(Text(text), (0, 0, 0, 2))


def aim(configuration: Mapping[str, Any], target: Target) -> str:
    """What was sent to where: "GET http://127.0.0.1:8080/ (bundled target)", or "(container of nginx)"."""
    workload = configuration.get("workload")
    what = f"workload {PurePath(workload).name} on" if workload else configuration.get("method", "GET")
    server = f"container of {target.image}" if target.image else f"{target.kind} target"
    return f"{what} {target.url} ({server}){through(configuration.get('proxy'))}"


def verdict(validity: Validity) -> list[RenderableType]:
    """The verdict and its reasons."""
    line = Text.assemble("Verdict: ", (validity.verdict, VERDICT_STYLES[validity.verdict]))
    return [line, *(item(f"{reason.code}: {reason.message}") for reason in validity.reasons)]


def figure(value: float | None, scale: float = 1) -> str:
    """A figure to three digits, never fewer than all before the point: "12,300", "41.2", "0.213"."""
    if value is None:
        return NO_FIGURE
    scaled = value * scale
    digits = 2 - floor(log10(abs(scaled))) if scaled else 0
    return f"{scaled:,.{min(3, max(0, digits))}f}"


def rounded(value: float | None) -> str:
    """A figure to three digits and no more, which is what a search can tell: "1,230", "41.2"."""
    if not value:
        return figure(value)
    return figure(round(value, 2 - floor(log10(abs(value)))))


def percent(ratio: float | None) -> str:
    """A ratio in whole percent: "93 %"."""
    return NO_FIGURE if ratio is None else f"{100 * ratio:.0f} %"


def interval(estimate: Estimate | None, form: Callable[[float | None], str] = figure) -> str | None:
    """The limits of an estimate: "1,190–1,270"; with an open end "above 1,190"; None where there are none."""
    if estimate is None or estimate.low is None:
        return None
    return f"above {form(estimate.low)}" if estimate.high is None else f"{form(estimate.low)}–{form(estimate.high)}"


def folded(name: str) -> list[str]:
    """A contender's name on as few lines as narrow tables have room for, broken between library, version and mode."""
    return filled(_PARTS_OF_A_NAME.split(name), NAME_WIDTH, between="", indent="")


def contender(name: str, version: str | None, *, in_one_line: bool) -> str:
    """A contender with the version that was measured, unless its name says it."""
    detail = None if version and f"=={version}" in name else version
    return with_detail(name, detail, between=" ") if in_one_line else with_detail("\n".join(folded(name)), detail)


def with_detail(text: str, detail: str | None, *, between: str = "\n") -> str:
    """A cell's text with a second line, or what else stands between."""
    return f"{text}{between}{detail}" if detail else text
