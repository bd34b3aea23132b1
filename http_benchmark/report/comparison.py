"""Stored experiments side by side, for the terminal. Works at 80 columns, without a terminal and in ASCII.

Each figure takes a line per arm, with its interval drawn: the lines of a figure share a scale.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import groupby, zip_longest
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.comparison import ComparedArm, ComparedFigure, Comparison
from http_benchmark.models.experiment import Estimate, Metric, PairResult
from http_benchmark.report import parts
from http_benchmark.report.plain import Plain
from http_benchmark.units import counted

DEFAULT_METRICS: tuple[Metric, ...] = ("throughput_rps", "cpu_s_per_1k", "p50", "p99")

_MISLEADING = "≠"
_ROOMY = 100  # columns, from which on a name takes one line and intervals are drawn larger
_CELLS, _FEW_CELLS = 20, 12  # of a drawn interval


class Shown(NamedTuple):
    """How a metric is printed: its name with the unit, and what its figures are multiplied by."""

    name: str
    scale: float


METRICS: dict[Metric, Shown] = {
    "throughput_rps": Shown("requests/s", 1),
    "cpu_s_per_1k": Shown("CPU µs/req", 1e3),
    "mean": Shown("mean ms", 1e3),
    "pooled_mean": Shown("pooled mean ms", 1e3),
    "p50": Shown("p50 ms", 1e3),
    "p99": Shown("p99 ms", 1e3),
    "p999": Shown("p99.9 ms", 1e3),
}


def print_comparison(comparison: Comparison, console: Console, *, metrics: Sequence[Metric] = DEFAULT_METRICS) -> None:
    """Print what differs around the arms, their figures, and what can be said of them.

    Args:
        comparison: What to print.
        console: Where.
        metrics: Which figures.
    """
    letters = _letters(comparison)
    figures = [figure for figure in comparison.figures if figure.metric in metrics]
    shown: list[RenderableType] = [
        *(Text(_in_short(letter, arm)) for letter, arm in letters.items()),
        Text(),
        *(Text(line) for line in _differences(comparison, letters)),
        *([Text()] if comparison.differences else []),
        *(Text(line, style="bold yellow") for line in _misleading(letters)),
        _table(figures, letters, width=console.width),
        Text(),
        *(Text(line) for line in _left_over(letters)),
        *(Text(_verdict(pair), style="bold") for pair in comparison.pairs if pair.metric in metrics),
        *(Text(line, style="dim") for line in _legend(figures)),
        Text(comparison.note, style="bold"),
    ]
    console.print(Plain(Group(*shown)))


def _letters(comparison: Comparison) -> dict[str, ComparedArm]:
    """A, B, C … → arm; far more letters than anybody compares."""
    return {chr(ord("a") + number): arm for number, arm in enumerate(comparison.arms)}


def _in_short(letter: str, arm: ComparedArm) -> str:
    started = arm.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    what = f"{arm.contender} of {arm.name}" if arm.contender else arm.name
    return f"{letter}: {what} ({arm.experiment}), {started} UTC, {counted(arm.blocks, 'block')}, verdict {arm.verdict}"


def _differences(comparison: Comparison, letters: dict[str, ComparedArm]) -> Iterator[str]:
    """A line each; of several arms, with the letters of those that differ from the first."""
    for difference in comparison.differences:
        differing = [letter for letter, arm in letters.items() if arm.experiment == difference.experiment]
        whose = f" ({', '.join(differing)})" if len(letters) > 2 else ""
        yield f"{difference.severity}{whose}: {difference}"


def _misleading(letters: dict[str, ComparedArm]) -> Iterator[str]:
    for letter, arm in letters.items():
        if arm.misleading:
            yield f"MISLEADING {_MISLEADING} {letter}: {'; '.join(arm.misleading)}."
    if any(arm.misleading for arm in letters.values()):
        yield ""


def _table(figures: Sequence[ComparedFigure], letters: dict[str, ComparedArm], *, width: int) -> Table:
    is_roomy = width >= _ROOMY
    rows: list[list[str]] = []
    for name, of_contender in groupby(figures, key=lambda figure: figure.contender):
        lines = [row for figure in of_contender for row in _rows(figure, letters, _CELLS if is_roomy else _FEW_CELLS)]
        beside = [name] if is_roomy else parts.folded(name)
        beside[len(lines) - 1 :] = ["\n".join(beside[len(lines) - 1 :])]
        rows += [[part, *line] for part, line in zip_longest(beside, lines, fillvalue="")]
    drawn = "drawn to one scale" if is_roomy else "to one scale"
    headings = ("contender", "metric", "", "estimate", "95 % interval", "÷ a", drawn)
    return parts.table(
        headings,
        rows,
        width=width,
        left=("contender", "metric", "", drawn),
        wraps=("contender",),
        least=parts.NAME_WIDTH,
        dispensable=(drawn, "95 % interval"),
    )


def _rows(figure: ComparedFigure, letters: dict[str, ComparedArm], cells: int) -> Iterator[list[str]]:
    """A line for each arm, beside the name of the contender; intervals are drawn in so many cells."""
    metric = METRICS[figure.metric]
    low, high = _range(figure.estimates)
    any_of_first = next(iter(letters.values())).misleading
    sides = zip(letters.items(), figure.estimates, figure.ratios, strict=True)
    for number, ((letter, arm), estimate, ratio) in enumerate(sides):
        mark = _MISLEADING if number and (arm.misleading or any_of_first) else ""
        yield [
            metric.name if not number else "",
            letter,
            parts.figure(estimate.estimate if estimate else None, metric.scale),
            parts.interval(estimate, lambda value: parts.figure(value, metric.scale)) or "",
            parts.NO_FIGURE if ratio is None else f"{mark}{ratio:.3f}",
            _drawn(estimate, low, high, cells),
        ]


def _range(estimates: Sequence[Estimate | None]) -> tuple[float, float]:
    ends = [end for one in estimates if one for end in (one.estimate, one.low, one.high) if end is not None]
    return min(ends, default=0.0), max(ends, default=0.0)


def _drawn(estimate: Estimate | None, low: float, high: float, cells: int) -> str:
    """The interval as a line with a dot at the estimate, between the least and the greatest of its figure."""
    if estimate is None or high <= low:
        return ""

    def cell(value: float) -> int:
        return round((value - low) / (high - low) * (cells - 1))

    line = [" "] * cells
    if estimate.low is not None and estimate.high is not None:
        first, last = cell(estimate.low), cell(estimate.high)
        line[first : last + 1] = "─" * (last + 1 - first)
        line[first], line[last] = "├", "┤"
    line[cell(estimate.estimate)] = "●"
    return "".join(line).rstrip()


def _verdict(pair: PairResult) -> str:
    name = METRICS[pair.metric].name
    if pair.low_percent is None or pair.high_percent is None:
        return f"{name}: {pair.b} costs {pair.effect_percent:+.1f} % against {pair.a}; too few blocks for an interval."
    told = "they are told apart" if pair.separated else "they cannot be told apart"
    return (
        f"{name}: {pair.b} costs {pair.effect_percent:+.1f} % against {pair.a} "
        f"(95 % interval {pair.low_percent:+.1f}..{pair.high_percent:+.1f} %); {told}."
    )


def _legend(figures: Sequence[ComparedFigure]) -> list[str]:
    has_intervals = any(one and one.low is not None for figure in figures for one in figure.estimates)
    return ["Intervals are over the blocks of each experiment alone."] if has_intervals else []


def _left_over(letters: dict[str, ComparedArm]) -> list[str]:
    return [f"Only in {letter}: {', '.join(arm.unmatched)}." for letter, arm in letters.items() if arm.unmatched]
