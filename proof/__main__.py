"""Run the experiments: `python -m proof [K1 K4 …]`; exit code 1 when one of them fails."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proof import closed_model, comparisons, gates, open_model
from proof.experiments import Check, Experiment, Outcome, Setting

EXPERIMENTS = {
    experiment.id: experiment
    for experiment in sorted(
        (*open_model.EXPERIMENTS, *closed_model.EXPERIMENTS, *comparisons.EXPERIMENTS, *gates.EXPERIMENTS),
        key=lambda experiment: ("KGA".index(experiment.id[0]), int(experiment.id.strip("KGA") or 0)),
    )
}
ON_DEMAND = {"AA"}
"""What is run only when it is asked for by name."""

_LEAST_WIDTH = 150

type Findings = dict[str, list[Check]]
"""Experiment → its figures."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; print figures as they come, then all in one table."""
    arguments = _parser().parse_args(argv)
    chosen = [name.upper() for name in arguments.experiments] or [id_ for id_ in EXPERIMENTS if id_ not in ON_DEMAND]
    console = Console(stderr=True, highlight=False)
    started_s = time.monotonic()

    def say(text: str) -> None:
        minutes, seconds = divmod(round(time.monotonic() - started_s), 60)
        console.print(f"[dim]{minutes:3}:{seconds:02}[/dim]  {escape(text)}", soft_wrap=True)

    findings = {id_: list(_run(EXPERIMENTS[id_], Setting(full=arguments.full, say=say))) for id_ in chosen}
    if arguments.json:
        json.dump(_document(findings), sys.stdout, indent=2)
    elif arguments.markdown:
        print("\n".join(_markdown(findings)))
    else:
        Console(highlight=False, width=max(console.width, _LEAST_WIDTH)).print(_table(findings))
    return int(any(check.outcome is Outcome.FAIL for checks in findings.values() for check in checks))


def _run(experiment: Experiment, setting: Setting) -> Sequence[Check]:
    setting.say(f"{experiment.id}: {experiment.question}")
    own = Setting(full=setting.full, say=lambda text: setting.say(f"{experiment.id}: {text}"))
    checks = []
    for check in experiment.run(own):
        own.say(f"{check.what}: {_number(check.measured)} {check.unit} ({_limits(check)}): {check.outcome}")
        checks.append(check)
    return checks


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proof", description="Does the tool measure what it says?")
    parser.add_argument(
        "experiments",
        nargs="*",
        metavar="ID",
        type=_known,
        help=f"{', '.join(EXPERIMENTS)}; by default all but {', '.join(ON_DEMAND)}",
    )
    parser.add_argument("--full", action="store_true", help="the full sets, about an hour and a half")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the figures as JSON")
    output.add_argument("--markdown", action="store_true", help="print the figures as a table for docs/proof.md")
    return parser


def _known(text: str) -> str:
    if text.upper() not in EXPERIMENTS:
        raise argparse.ArgumentTypeError(f"there is no {text}; there are {', '.join(EXPERIMENTS)}")
    return text.upper()


def _document(findings: Findings) -> list[dict[str, object]]:
    return [
        {"experiment": id_, "question": EXPERIMENTS[id_].question, "theory": EXPERIMENTS[id_].theory}
        | asdict(check)
        | {"outcome": check.outcome.name.lower()}
        for id_, checks in findings.items()
        for check in checks
    ]


def _table(findings: Findings) -> Table:
    table = Table(title="What was measured, and what theory says")
    for heading in ("", "figure", "expected", "limits", "measured", "unit", "", "note"):
        table.add_column(heading, justify="right" if heading in ("expected", "limits", "measured") else "left")
    for id_, checks in findings.items():
        for number, check in enumerate(checks):
            colour = {Outcome.PASS: "green", Outcome.FAIL: "red"}.get(check.outcome, "yellow")
            table.add_row(
                "" if number else id_, *_cells(check)[:-2], f"[{colour}]{check.outcome}[/]", _cells(check)[-1]
            )
        table.add_section()
    return table


def _markdown(findings: Findings) -> list[str]:
    rows = [f"| {id_} | {' | '.join(_cells(check))} |" for id_, checks in findings.items() for check in checks]
    return [
        "| | figure | expected | limits | measured | unit | outcome | note |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def _cells(check: Check) -> list[str]:
    expected = "" if check.expected is None else _number(check.expected)
    note = "; ".join(filter(None, (check.note, check.excuse)))
    return [check.what, expected, _limits(check), _number(check.measured), check.unit, str(check.outcome), note]


def _limits(check: Check) -> str:
    if check.low is not None and check.high is not None:
        return _number(check.low) if check.low == check.high else f"{_number(check.low)}..{_number(check.high)}"
    return f"≤ {_number(check.high)}" if check.high is not None else f"≥ {_number(check.low or 0.0)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.4g}"


if __name__ == "__main__":
    sys.exit(main())
