"""The matrix of effects: how much more each contender costs than each other, and whether that is certain."""

from collections.abc import Iterator, Sequence
from math import log

import altair as alt

from http_benchmark.models.experiment import PairResult
from http_benchmark.report.charts.drawing import Chart, Evidence, Picture, Row, Tips, data_of
from http_benchmark.report.wording import METRIC_NAMES
from http_benchmark.units import counted

_ROOM, _NARROWEST, _WIDEST, _HEIGHT = 560, 52, 120, 32  # pixels of all columns, of each at least and at most; of rows
_LETTER = 6.5  # pixels
_SHADES = ("#1d5a9c", "#4a7fb3", "#ab6e2c", "#974803")  # much less, less, more, much more; white stands out from all
_MOST = 0.7  # the logarithm of a ratio: from twice as much on, the colour stays the same
_LEAST = 1e-6


def draw(evidence: Evidence) -> Picture | None:
    """A cell for each pair in both directions; None where nobody was compared."""
    metric, names = evidence.experiment.primary_metric, evidence.ranked
    pairs = [pair for pair in evidence.experiment.pairs if pair.metric == metric and {pair.a, pair.b} <= set(names)]
    if not pairs:
        return None
    rows = list(_rows(pairs, names))
    width = min(_WIDEST, max(_NARROWEST, _ROOM // len(names)))
    angle = 0 if max(map(len, names)) * _LETTER < width else -40
    x = alt.X(
        "column:N",
        sort=names,
        title="compared to",
        axis=alt.Axis(orient="top", labelAngle=angle, labelOverlap=False, domain=False),
    )
    y = alt.Y(
        "row:N", sort=names, title=None, axis=alt.Axis(domain=False, ticks=False, labelOverlap=False, labelPadding=6)
    )
    tips: Tips = [
        alt.Tooltip("row:N", title="contender"),
        alt.Tooltip("column:N", title="compared to"),
        alt.Tooltip("text:N", title="costs"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("says:N", title="verdict"),
    ]
    base = alt.Chart(data_of(rows)).encode(x=x, y=y, tooltip=tips)
    scale = alt.Scale(domain=[-_MOST, -_LEAST, _LEAST, _MOST], range=list(_SHADES), clamp=True)
    told = alt.datum.separated == True  # noqa: E712 - altair builds an expression of it
    cells = base.transform_filter(told).mark_rect(stroke="#ffffff", strokeWidth=1, strokeOpacity=0.6)
    cells = cells.encode(fill=alt.Fill("log:Q", scale=scale, legend=None))
    figures = (
        base.transform_filter(told).mark_text(fontSize=11, fontWeight="bold", color="#ffffff").encode(text="text:N")
    )
    untold = alt.datum.separated == False  # noqa: E712 - likewise
    others = base.transform_filter(untold).mark_text(fontSize=11, style="ink").encode(text="text:N")
    plot = alt.layer(cells, figures, others).properties(width=alt.Step(width), height=alt.Step(_HEIGHT))
    separated = sum(pair.separated for pair in pairs)
    described = f"Of {counted(len(pairs), 'pair')}, {separated} can be told apart by {METRIC_NAMES[metric]}."
    what = "time per request" if metric == "throughput_rps" else METRIC_NAMES[metric]
    caption = f"How much more {what} a row has than a column" + (
        "; coloured where the two can be told apart: brown for more, blue for less." if separated else "."
    )
    return Picture(plot, described, caption)


CHART = Chart("effects", "Pair by pair", draw)


def _rows(pairs: Sequence[PairResult], names: Sequence[str]) -> Iterator[Row]:
    """Both directions: what costs 25 % more than another, costs that other 20 % less."""
    for pair in pairs:
        limits = (pair.low_percent, pair.high_percent)
        yield _row(pair, pair.b, pair.a, [_ratio(pair.effect_percent), *map(_ratio, limits)])
        inverse = [None if ratio is None else 1 / ratio for ratio in map(_ratio, (pair.effect_percent, *limits[::-1]))]
        yield _row(pair, pair.a, pair.b, inverse)
    for name in names:
        yield {
            "row": name,
            "column": name,
            "text": "",
            "separated": False,
            "log": 0.0,
            "interval": "",
            "says": "itself",
        }


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else max(1e-9, 1 + percent / 100)


def _row(pair: PairResult, name: str, other: str, ratios: Sequence[float | None]) -> Row:
    ratio, low, high = ratios
    assert ratio is not None  # only intervals can be missing
    if pair.separated:
        says = "can be told apart"
    elif pair.limited:
        says = f"not to be judged: {', '.join(pair.limited)}"
    else:
        says = "cannot be told apart"
    return {
        "row": name,
        "column": other,
        "text": _shown(ratio),
        "separated": pair.separated,
        "log": log(ratio),
        "interval": "–" if low is None or high is None else f"{_shown(low)} … {_shown(high)}",
        "says": says,
    }


def _shown(ratio: float) -> str:
    """A ratio as people say it: "+23 %", "−19 %", "3.4×"."""
    if ratio >= 2:
        return f"{ratio:.1f}×" if ratio < 100 else f"{ratio:.0f}×"
    percent = 100 * (ratio - 1)
    digits = 1 if abs(percent) < 9.95 else 0
    return f"{'−' if percent < 0 else '+'}{abs(percent):.{digits}f} %"
