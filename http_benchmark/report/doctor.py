"""What `doctor` says: the machine's facts, and what to do about those that are not fit."""

from collections.abc import Sequence
from typing import Any

from rich.box import Box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from http_benchmark.report.plain import Plain
from http_benchmark.utils.fitness import Finding, verdict

_STYLES = {"fit": "green", "limits": "yellow", "unfit": "red", None: "dim"}
_SENTENCES = {
    "fit": "This machine is fit to measure on.",
    "limits": "This machine can be measured on, within limits.",
    "unfit": "This machine is not fit to measure on.",
}
_RULE_BELOW_HEAD = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_UNKNOWN = "–"


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print a line per fact, the verdict, and what to do."""
    table = Table(box=_RULE_BELOW_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in ("", "found", ""):
        table.add_column(heading, overflow="fold", vertical="top")
    for finding in findings:
        table.add_row(
            Text(finding.what), Text(finding.found), Text(finding.word or _UNKNOWN, style=_STYLES[finding.word])
        )
    word = verdict(findings)
    parts: list[RenderableType] = [table, Text(), Text(_SENTENCES[word], style=f"bold {_STYLES[word]}")]
    parts += [
        Padding(Text(f"{finding.what}: {finding.advice}"), (0, 0, 0, 2)) for finding in findings if finding.advice
    ]
    console.print(Plain(Group(*parts)))


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
