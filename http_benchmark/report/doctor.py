"""What `doctor` says: the machine's facts, and what to do about those that are not fit."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from http_benchmark.report import parts
from http_benchmark.report.plain import Plain
from http_benchmark.utils.fitness import Finding, verdict

_STYLES = {"fit": "green", "limits": "yellow", "unfit": "red", None: "dim"}
_SENTENCES = {
    "fit": "This machine is fit to measure on.",
    "limits": "This machine can be measured on, within limits.",
    "unfit": "This machine is not fit to measure on.",
}


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print a line per fact, the verdict, and what to do."""
    headings = ("", "found", "fit?")
    rows = [
        (finding.what, finding.found, Text(finding.word or parts.NO_FIGURE, style=_STYLES[finding.word]))
        for finding in findings
    ]
    table = parts.table(headings, rows, width=console.width, left=headings, wraps=("found",), between=2)
    answer = verdict(findings)
    lines: list[RenderableType] = [table, Text(), Text(_SENTENCES[answer], style=f"bold {_STYLES[answer]}")]
    lines += [parts.item(f"{finding.what}: {finding.advice}") for finding in findings if finding.advice]
    console.print(Plain(Group(*lines)))


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The same as data; a fact that the system does not tell has the verdict null."""
    return {
        "schema": "http-benchmark/doctor/1",
        "verdict": verdict(findings),
        "findings": [
            {
                "code": finding.code,
                "what": finding.what,
                "found": finding.found,
                "verdict": finding.word,
                "advice": finding.advice or None,
            }
            for finding in findings
        ],
    }
