"""What a person reads of stored experiments and known clients in the terminal: one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from rich.console import Console
from rich.text import Text

from http_benchmark.clients import OWN_CLIENTS, installed_version, known_clients
from http_benchmark.models.benchmark_result import BenchmarkResult
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


def client_rows() -> list[ClientRow]:
    """All known clients but our own, installed or not."""
    return [
        ClientRow(
            name=name,
            version=installed_version(name),
            modes=tuple(capabilities.modes),
            protocols=("1.1", "2") if capabilities.http2 else ("1.1",),
            install=capabilities.install,
        )
        for name, capabilities in known_clients().items()
        if name not in OWN_CLIENTS
    ]


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


def print_result_list(results: Sequence[BenchmarkResult], console: Console) -> None:
    """Print results of single benchmarks in the order given; times as they were given, usually in UTC."""
    if not results:
        console.print("No single results found.")
        return
    headings = ("id", "started", "client", "requests/s", "benchmark")
    rows = [
        [
            result.id[:SHORT_ID],
            f"{result.start_time:%Y-%m-%d %H:%M}",
            f"{result.client_library}:{result.client_type}",
            parts.figure(result.requests_per_second),
            result.name,
        ]
        for result in results
    ]
    table = parts.table(
        headings,
        rows,
        width=console.width,
        left={*headings} - {"requests/s"},
        wraps=("benchmark",),
        least=parts.NAME_WIDTH,
        dispensable=("started",),
    )
    console.print(Plain(table))


def result_document(result: BenchmarkResult) -> dict[str, Any]:
    """A result of a single benchmark as plain values, times as ISO 8601."""
    moments = {"start_time": result.start_time.isoformat(), "end_time": result.end_time.isoformat()}
    return result.to_dict() | moments


def print_result(result: BenchmarkResult, console: Console) -> None:
    """Print all of a single result, a line for each field."""
    for name, value in result_document(result).items():
        console.print(Plain(Text(f"{name}: {'not measured' if value is None else value}")), soft_wrap=True)


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
