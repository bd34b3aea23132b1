"""Curves for the terminal: points over two axes, drawn in characters by plotext, without colour.

What the curves mean is told by those who print them: `capacity` and `scaling`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from http_benchmark.report import parts

MARKERS = "●○▲△■□◆◇"
_TRACE = "·"
_LINE = "─"
_LEAST_WIDTH = 40  # below, axes and figures leave no room for points
_MOST_WIDTH = 110
_HEIGHT = 16
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: its name and its points, (x, y), ascending by x; y is None where it lies beyond the plot."""

    name: str
    points: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        title: What it shows, with the unit.
        form: Prints a tick.
        ticks: Where; None for round figures.
        logarithmic: Equal ratios take equal space.
        from_zero: It starts at 0 and not at the least figure.
        most: Where it ends; figures above stand at the edge. None for the greatest figure.
    """

    title: str
    form: Callable[[float], str]
    ticks: tuple[float, ...] | None = None
    logarithmic: bool = False
    from_zero: bool = False
    most: float | None = None

    def place(self, figure: float) -> float:
        """Where a figure stands; plotext is given places, since its own logarithmic axes ignore limits."""
        return log10(figure) if self.logarithmic else figure


def plot(series: Sequence[Series], x: Axis, y: Axis, *, width: int, line: tuple[float, str] | None = None) -> str:
    """Draw curves with their legend; an empty text where there is nothing to draw, or no room for it.

    Args:
        series: At most as many as there are `MARKERS`; each gets one, in order.
        x: The axis to the right.
        y: The axis upwards.
        width: Columns to fill, up to what is of use.
        line: A level of y to mark, and its name.
    """
    try:
        import plotext  # noqa: PLC0415 - takes 0.3 s, and has a compiled part, without which there are no plots
    except (ImportError, OSError):
        return ""
    drawn = list(zip(MARKERS, (one for one in series if one.points), strict=False))
    levels = [value for _, one in drawn for _, value in one.points if value is not None]
    if width < _LEAST_WIDTH or not levels:
        return ""
    places = [place for _, one in drawn for place, _ in one.points]
    (left, right), (bottom, top) = _bounds(places, x), _bounds([*levels, *([line[0]] if line else [])], y)
    plotext.terminal.limit(width=False, height=False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(min(width, _MOST_WIDTH), _HEIGHT)
    if line:
        figure.draw(_signal(figure, [(left, line[0]), (right, line[0])], x, y, marker=_LINE).lines())
    for _, one in drawn:  # all traces first, so that points stand on top
        figure.draw(_signal(figure, _inside(one, top), x, y, marker=_TRACE).lines())
    for marker, one in drawn:
        figure.draw(_signal(figure, _inside(one, top), x, y, marker=marker))
    _mark(figure.ruler("x", "lower"), x, left, right)
    _mark(figure.ruler("y", "left"), y, bottom, top)
    rows = figure.build().string(colorless=True).rstrip("\n").splitlines()
    figure.clear()
    legend = [f"{marker} {one.name}" for marker, one in drawn] + ([f"{_LINE} {line[1]}"] if line else [])
    return "\n".join([*parts.filled([f"{y.title} over {x.title}:", *legend], width), *(row.rstrip() for row in rows)])


def _inside(one: Series, top: float) -> list[tuple[float, float]]:
    """The points of a series, those above the plot at its upper edge."""
    return [(place, top if value is None else min(value, top)) for place, value in one.points]


def _signal(figure: Any, points: Sequence[tuple[float, float]], x: Axis, y: Axis, *, marker: str) -> Any:
    """Points as plotext draws them, each with the marker."""
    return figure.signal(
        [x.place(point[0]) for point in points], [y.place(point[1]) for point in points], marker=marker
    )


def _mark(ruler: Any, axis: Axis, low: float, high: float) -> None:
    """Set the limits of an axis, and its ticks with their labels."""
    ticks = [tick for tick in axis.ticks or _round_figures(low, high, axis) if low <= tick <= high]
    ruler.lim(axis.place(low), axis.place(high))
    ruler.ticks([axis.place(tick) for tick in ticks], [axis.form(tick) for tick in ticks])


def _bounds(figures: Sequence[float], axis: Axis) -> tuple[float, float]:
    """Where an axis begins and ends, with a margin so that no point stands in a corner."""
    low, high = min(figures), max(figures)
    if axis.most is not None:
        high = min(high, axis.most)
    if axis.from_zero:
        return 0.0, high * 1.05 or 1.0
    if axis.logarithmic:
        return low / 1.1, high * 1.1
    margin = (high - low or abs(high) or 1.0) * 0.05
    return low - margin, high + margin


def _round_figures(low: float, high: float, axis: Axis) -> list[float]:
    """At most eight figures that people find round."""
    if axis.logarithmic:
        decades = range(floor(log10(low)), ceil(log10(high)) + 1)
        choices = [
            [factor * 10.0**decade for decade in decades for factor in some] for some in ((1, 2, 5), (1, 3), (1,))
        ]
    else:
        unit = 10.0 ** floor(log10(high - low))
        steps = [factor * unit for factor in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)]
        choices = [[step * number for number in range(ceil(low / step), floor(high / step) + 1)] for step in steps]
    visible = [[tick for tick in ticks if low <= tick <= high] for ticks in choices]
    return next((ticks for ticks in visible if len(ticks) <= _MOST_TICKS), visible[-1])
