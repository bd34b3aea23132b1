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
        console.print("No experiments are stored.")
        return
    headings = ("id", "started (UTC)", "status", "blocks", "experiment")
    table = parts.table(*headings, left={*headings} - {"blocks"}, between=1)
    for column in table.columns[:4]:
        column.no_wrap = True
    for row in experiments:
        started = row.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        contenders = ", ".join(row.contenders)
        named_after_them = sorted(row.name.split(", ")) == sorted(row.contenders)  # the default name
        name = row.name if named_after_them else f"{row.name}: {contenders}"
        tags = f" [{', '.join(row.tags)}]" if row.tags else ""
        table.add_row(*parts.cells(row.id[:SHORT_ID], started, row.status, str(row.blocks), name + tags))
    console.print(Plain(table))


def print_clients(clients: Sequence[ClientRow], console: Console) -> None:
    """Print the known clients, one line each, in the order given."""
    headings = ("client", "installed", "modes", "HTTP", "how to install")
    table = parts.table(*headings, left=headings, between=1)
    for row in clients:
        modes, protocols = ", ".join(row.modes), ", ".join(row.protocols)
        table.add_row(*parts.cells(row.name, row.version or "no", modes, protocols, row.install))
    console.print(Plain(table))
