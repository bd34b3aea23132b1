"""Pieces of terminal reports: tables, figures to three digits, estimates with their intervals, the verdict."""

from collections.abc import Callable, Collection, Mapping
from math import floor, log10
from pathlib import PurePath
from typing import Any

from rich.box import Box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from http_benchmark.models.experiment import Estimate, Target, Validity
from http_benchmark.redaction import through, without_passwords

NO_FIGURE = "–"
VERDICT_STYLES = {"valid": "bold green", "suspect": "bold yellow", "invalid": "bold red"}
_RULE_BELOW_HEAD = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")


def table(*headings: str, left: Collection[str] = (), between: int = 2) -> Table:
    """A table with a rule below its head.

    Args:
        headings: Of the columns.
        left: Those of them that stand above words; the others stand above figures.
        between: Blanks between two columns.
    """
    made = Table(box=_RULE_BELOW_HEAD, show_edge=False, pad_edge=False, padding=(0, between, 0, 0), header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold", vertical="top", justify="left" if heading in left else "right")
    return made


def cells(*texts: str) -> list[Text]:
    """Texts that rich must not read as markup: names and messages come from outside."""
    return [Text(text) for text in texts]


def item(text: str) -> Padding:
    """A line of a list."""
    return Padding(Text(text), (0, 0, 0, 2))


def aim(configuration: Mapping[str, Any], target: Target) -> str:
    """What was sent to where: "GET http://127.0.0.1:8080/ (bundled target)"."""
    workload = configuration.get("workload")
    what = f"workload {PurePath(workload).name} on" if workload else configuration.get("method", "GET")
    return f"{what} {without_passwords(target.url)} ({target.kind} target){through(configuration.get('proxy'))}"


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


def with_detail(text: str, detail: str | None, *, between: str = "\n") -> str:
    """A cell's text with a second line, or what else stands between."""
    return f"{text}{between}{detail}" if detail else text
