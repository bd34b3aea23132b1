"""What a person reads of stored experiments and known clients in the terminal: one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from rich.console import Console

from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.report import parts
from http_benchmark.report.plain import Plain

SHORT_ID = 8  # hexadecimal digits: four milliard ids before two begin alike


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A known client: `version` is None where it is not installed, `install` says how to get it."""

    name: str
    version: str | None
    modes: tuple[str, ...]
    protocols: tuple[str, ...]
    install: str


def print_experiment_list(experiments: Sequence[ExperimentSummary], console: Console) -> None:
    """Print stored experiments in the order given, each with as much of its id as finds it again."""
    if not experiments:
        console.print("No experiments found.")
        return
    headings = ("id", "started (UTC)", "status", "blocks", "experiment")
    table = parts.table(
        headings,
        [_listed(experiment) for experiment in experiments],
        width=console.width,
        left={*headings} - {"blocks"},
        wraps=("experiment",),
        least=parts.NAME_WIDTH,
        dispensable=("blocks", "status", "started (UTC)"),
    )
    console.print(Plain(table))


def _listed(experiment: ExperimentSummary) -> list[str]:
    started = experiment.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    contenders = ", ".join(experiment.contenders)
    named_after_them = sorted(experiment.name.split(", ")) == sorted(experiment.contenders)  # the default name
    name = experiment.name if named_after_them else f"{experiment.name}: {contenders}"
    tags = f" [{', '.join(experiment.tags)}]" if experiment.tags else ""
    return [experiment.id[:SHORT_ID], started, experiment.status, str(experiment.blocks), name + tags]


def print_clients(clients: Sequence[ClientRow], console: Console) -> None:
    """Print the known clients in the order given."""
    headings = ("client", "installed", "modes", "HTTP", "how to install")
    rows = [
        (row.name, row.version or "no", ", ".join(row.modes), ", ".join(row.protocols), row.install) for row in clients
    ]
    table = parts.table(
        headings, rows, width=console.width, left=headings, wraps=("how to install",), dispensable=("HTTP", "modes")
    )
    console.print(Plain(table))
