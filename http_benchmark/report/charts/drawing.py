"""What a chart is: declared once, drawn of evidence; and the pieces that several of them are made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

import altair as alt

from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord, SliceRecord
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.report.charts.looks import Look, looks

type Spec = dict[str, Any]
"""A Vega-Lite specification as JSON."""

type Tips = list[str | alt.Tooltip]
"""What is told of the place under the pointer."""

type Row = dict[str, Any]
"""What stands at one place of a picture, by field; its figures in the units of the axes."""

WIDTH = 640
"""Of a picture in an image, pixels of CSS without axes; a page makes it as wide as there is room."""

_DIGITS = 4  # more cannot be seen, and would only make files longer


@dataclass(frozen=True, slots=True)
class Evidence:
    """What pictures are drawn of."""

    experiment: ExperimentResult
    blocks: Sequence[BlockRecord]
    scaling: ScalingResult | None = None

    @property
    def ranked(self) -> list[str]:
        """The contenders that have a rank, best first."""
        return [client.contender for client in self.experiment.clients if client.rank is not None]

    @property
    def contenders(self) -> list[str]:
        """All of which a block tells something: the ranked ones, then the others."""
        measured = {trial.contender for block in self.blocks for trial in block.trials if trial.slices}
        return [client.contender for client in self.experiment.clients if client.contender in measured]

    def slices(self, contender: str) -> list[SliceRecord]:
        """Its slices, in order of time."""
        trials = (trial for block in self.blocks for trial in block.trials if trial.contender == contender)
        return sorted((one for trial in trials for one in trial.slices), key=lambda one: one.started_s)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture.

    Attributes:
        name: Of the chart, as on the command line.
        title: For a heading.
        caption: How it is to be read: a sentence or two.
        description: What it shows, with figures, for those who cannot see it.
        spec: The Vega-Lite specification, without a theme.
    """

    name: str
    title: str
    caption: str
    description: str
    spec: Spec


@dataclass(frozen=True, slots=True)
class Picture:
    """What a chart makes of evidence: the plot, and what it shows in words."""

    plot: alt.TopLevelMixin
    description: str
    caption: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A kind of picture.

    Attributes:
        name: As on the command line.
        title: For a heading.
        draw: Makes it; None where the evidence has no figures for it.
    """

    name: str
    title: str
    draw: Callable[[Evidence], Picture | None]

    def drawn(self, evidence: Evidence) -> Drawn | None:
        """The picture, or None where the evidence has no figures for it."""
        picture = self.draw(evidence)
        return None if picture is None else finished(self.name, self.title, picture)


def finished(name: str, title: str, picture: Picture) -> Drawn:
    """The picture as a specification, which Altair checks against the schema of Vega-Lite.

    Its settings are left to the theme.
    """
    spec = picture.plot.to_dict()
    spec.pop("config", None)
    return Drawn(name, title, picture.caption, picture.description, {**spec, "description": picture.description})


def data_of(rows: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    """The rows, each figure to as many digits as can be seen."""
    return alt.InlineData(values=[{name: _short(value) for name, value in row.items()} for row in rows])


def by_contender(names: Sequence[str], *, legend: bool = True) -> dict[str, Any]:
    """What tells the points of contenders apart, the same in every picture: colour, shape, and filled or hollow."""
    known, shown = looks(names), _legend(shown=legend)
    return {
        **outlined(names, legend=legend),
        "fill": alt.Fill("contender:N", scale=_scale(known, lambda look: look.fill), legend=shown),
        "shape": alt.Shape("contender:N", scale=_scale(known, lambda look: look.shape), legend=shown),
    }


def lines_by_contender(names: Sequence[str]) -> dict[str, Any]:
    """The same for lines, of `line_data`: colour, and solid or dashed."""
    dashes = {str(look.dash): list(look.dash) for look in looks(names).values()}
    scale = alt.Scale(domain=list(dashes), range=list(dashes.values()))
    return {**outlined(names), "strokeDash": alt.StrokeDash("dash:N", scale=scale, legend=None)}


def outlined(names: Sequence[str], *, legend: bool = True) -> dict[str, Any]:
    """The same for rules and ticks: colour alone. Where there is a legend, all layers have to ask for it."""
    scale = _scale(looks(names), lambda look: look.colour)
    return {"stroke": alt.Stroke("contender:N", scale=scale, legend=_legend(shown=legend))}


LEVEL: dict[str, Any] = {"shape": "stroke", "strokeWidth": 2, "opacity": 1}
"""A short level line, as a point; a tick of Vega's would be a box with an outline."""

UPRIGHT: dict[str, Any] = {**LEVEL, "angle": 90}
"""The same upright, as at the ends of an interval."""

FILLED: dict[str, Any] = {"fill": alt.Fill("colour:N", scale=None)}
"""The same for areas, of `line_data`."""


def line_data(rows: Sequence[Row]) -> alt.InlineData:
    """`data_of`, with what only lines and areas need of the looks: in a field of their own, legends leave it alone."""
    known = looks([row["contender"] for row in rows])
    return data_of({**row, "colour": (look := known[row["contender"]]).colour, "dash": str(look.dash)} for row in rows)


def log_axis(values: Iterable[float], title: str, *, most_ticks: int = 9) -> dict[str, Any]:
    """Scale, axis and title of a logarithmic axis that shows all values, with lines at round figures only."""
    known = [value for value in values if value > 0]
    low, high = min(known), max(known)
    decades = range(floor(log10(low)), floor(log10(high)) + 1)
    choices = ((1, 2, 5), (1, 3), (1,))
    ticks = [[one * 10.0**decade for decade in decades for one in some] for some in choices]
    inside = [[tick for tick in some if low <= tick <= high] for some in ticks]
    chosen = next(
        (some for some in inside if len(some) <= most_ticks), inside[-1][:: max(1, ceil(len(inside[-1]) / most_ticks))]
    )
    return {
        "title": title,
        "scale": alt.Scale(type="log", nice=False, padding=8),
        "axis": alt.Axis(values=chosen or [low, high], format=",~r"),
    }


def chosen_in_legend() -> alt.Parameter:
    """The contenders that a reader chose by clicking on the legend; all of them as long as nobody did."""
    return alt.selection_point(name="chosen", fields=["contender"], bind="legend")


def faded(chosen: alt.Parameter, opacity: float = 1.0) -> Any:
    """An opacity that takes back those who were not chosen."""
    return alt.when(chosen).then(alt.value(opacity)).otherwise(alt.value(opacity / 8))


def _legend(*, shown: bool) -> alt.Legend | None:
    return alt.Legend(title=None, symbolOpacity=1) if shown else None  # else as faint as the faintest of the marks


def _scale(known: Mapping[str, Look], part: Callable[[Look], Any]) -> alt.Scale:
    return alt.Scale(domain=list(known), range=[part(look) for look in known.values()])


def _short(value: Any) -> Any:
    if not isinstance(value, float) or value == 0:
        return value
    return round(value, _DIGITS - 1 - floor(log10(abs(value))))
