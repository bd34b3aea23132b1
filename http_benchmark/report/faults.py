"""What a person reads of ordered faults: how each contender bore them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from http_benchmark.faults import Fault
from http_benchmark.models.experiment import ClientResult, ExperimentResult, FaultScore
from http_benchmark.report import parts
from http_benchmark.units import format_duration

_HEADINGS = ("contender", "faults", "failed", "unex-\nplained", "silent\nretries", "late", "recovery", "leaks")


def ordered(configuration: Mapping[str, Any]) -> str:
    """The faults as they were ordered; empty for none."""
    faults = configuration.get("fault") or ()
    return f"faults {', '.join(faults)}" if faults else ""


def under_faults(clients: Sequence[ClientResult], *, width: int) -> list[RenderableType]:
    """A table with a line per contender, and what their errors were; nothing where no faults were ordered."""
    headings, rows = cells(clients)
    if not rows:
        return []
    table = parts.table(
        headings,
        rows,
        width=width,
        left={"contender"},
        wraps=("contender",),
        least=parts.NAME_WIDTH,
        dispensable=("leaks", "late", "recovery", "silent\nretries"),
    )
    shown: list[RenderableType] = [Text("Under faults:"), table]
    scored = [client for client in clients if client.faults is not None]
    failed = [parts.item(f"{client.contender}: {_counts(client.errors)}") for client in scored if client.errors]
    if failed:
        shown += [Text("Failed:"), *failed]
    return [*shown, Text()]


def cells(clients: Sequence[ClientResult], *, in_one_line: bool = False) -> tuple[Sequence[str], list[list[str]]]:
    """The headings, with words broken where columns are narrow, and a row per contender; none without faults."""
    headings = [heading.replace("-\n", "").replace("\n", " ") for heading in _HEADINGS] if in_one_line else _HEADINGS
    return headings, [_row(client, client.faults) for client in clients if client.faults is not None]


def notes(result: ExperimentResult) -> list[str]:
    """What the table means."""
    if not any(client.faults for client in result.clients):
        return []
    return [
        "Requests/s counts successes only. Failures that the faults explain are no reason not to rank.",
        "Late: the end after --timeout. Recovery: from a failure to its thread's or task's next success.",
        "Both: median, and in brackets the longest.",
        "Leaks: connections open after the client was closed; some clients leave them without faults, too.",
        *_unmet(result),
    ]


def _unmet(result: ExperimentResult) -> list[str]:
    """Ordered faults that befell nobody."""
    orders = result.configuration.get("fault") or ()
    met = {kind for client in result.clients if client.faults for kind in client.faults.met}
    unmet = [order for order in orders if Fault.parse(order).kind not in met]
    return [f"Nobody met {', '.join(unmet)}: send more requests, or order a larger share."] if unmet else []


def _row(client: ClientResult, score: FaultScore) -> list[str]:
    return [
        client.contender,
        f"{sum(score.met.values()):,}",
        f"{sum(client.errors.values()):,}",
        f"{score.unexplained:,}",
        _count(client.work.retries_seen),
        _times(score.late_p50_s, score.late_max_s),
        _times(score.recovery_p50_s, score.recovery_max_s),
        _count(score.leaked_connections),
    ]


def _count(number: int | None) -> str:
    return parts.NO_FIGURE if number is None else f"{number:,}"


def _times(middle_s: float | None, longest_s: float | None) -> str:
    if middle_s is None:
        return parts.NO_FIGURE
    return parts.with_detail(format_duration(middle_s), f"({format_duration(longest_s)})")


def _counts(errors: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in errors.items())
