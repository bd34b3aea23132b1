"""Two experiments side by side, for the terminal. Works at 80 columns, without a terminal and in ASCII."""

from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.comparison import ComparedExperiment, ComparedFigure, Comparison
from http_benchmark.models.experiment import Estimate, Metric
from http_benchmark.report import parts
from http_benchmark.report.plain import Plain
from http_benchmark.units import counted

WIDE = 100
"""From this many columns on, an interval stands beside its estimate instead of below."""


class _Shown(NamedTuple):
    """How a metric is printed: its name with the unit, and what its figures are multiplied by."""

    name: str
    scale: float


_METRICS: dict[Metric, _Shown] = {
    "throughput_rps": _Shown("requests/s", 1),
    "cpu_s_per_1k": _Shown("CPU µs/req", 1e3),
    "mean": _Shown("mean ms", 1e3),
    "pooled_mean": _Shown("pooled mean ms", 1e3),
    "p50": _Shown("p50 ms", 1e3),
    "p99": _Shown("p99 ms", 1e3),
    "p999": _Shown("p99.9 ms", 1e3),
}


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print what differs around the two, their figures, and why there is no verdict."""
    shown: list[RenderableType] = [
        Text(_in_short("a", comparison.a)),
        Text(_in_short("b", comparison.b)),
        Text(),
        *(Text(f"{difference.severity}: {difference}") for difference in comparison.differences),
        *([Text()] if comparison.differences else []),
        _figures(comparison.figures, width=console.width),
        Text(),
        *(Text(line) for line in _left_over(comparison)),
        *(Text(line, style="dim") for line in _legend(comparison.figures)),
        Text(comparison.note, style="bold"),
    ]
    console.print(Plain(Group(*shown)))


def _in_short(letter: str, experiment: ComparedExperiment) -> str:
    started = experiment.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    blocks = counted(experiment.blocks, "block")
    return f"{letter}: {experiment.name} ({experiment.id}), {started} UTC, {blocks}, verdict {experiment.verdict}"


def _figures(figures: Sequence[ComparedFigure], *, width: int) -> Table:
    rows = []
    for number, figure in enumerate(figures):
        shown = _METRICS[figure.metric]
        repeated = number > 0 and figures[number - 1].contender == figure.contender
        row = [
            "" if repeated else figure.contender,
            shown.name,
            _estimate(figure.a, shown.scale, wide=width >= WIDE),
            _estimate(figure.b, shown.scale, wide=width >= WIDE),
            parts.NO_FIGURE if figure.ratio is None else f"{figure.ratio:.3f}",
        ]
        rows.append(row)
    headings = ("contender", "metric", "a", "b", "b / a")
    left = headings[:2]
    return parts.table(headings, rows, width=width, left=left, wraps=left, least=10, dispensable=("b / a",))


def _estimate(estimate: Estimate | None, scale: float, *, wide: bool) -> str:
    if estimate is None:
        return parts.NO_FIGURE
    figure = parts.figure(estimate.estimate, scale)
    if estimate.low is None or estimate.high is None:
        return figure
    between = " " if wide else "\n"
    return f"{figure}{between}({parts.figure(estimate.low, scale)}–{parts.figure(estimate.high, scale)})"


def _legend(figures: Sequence[ComparedFigure]) -> list[str]:
    has_intervals = any(side and side.low is not None for figure in figures for side in (figure.a, figure.b))
    return ["In brackets: 95 % interval over the blocks of that experiment alone."] if has_intervals else []


def _left_over(comparison: Comparison) -> list[str]:
    sides = (("a", comparison.only_a), ("b", comparison.only_b))
    return [f"Only in {letter}: {', '.join(contenders)}." for letter, contenders in sides if contenders]
