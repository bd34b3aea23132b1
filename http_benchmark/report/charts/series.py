"""Pictures of several experiments: a history, a comparison, several concurrencies; and that of a capacity search."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import altair as alt

from http_benchmark.models.capacity import CapacityResult
from http_benchmark.models.comparison import Comparison
from http_benchmark.models.experiment import Estimate, Metric
from http_benchmark.models.history import History
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.report import parts
from http_benchmark.report.charts.drawing import (
    FILLED,
    WIDTH,
    Chart,
    Drawn,
    Picture,
    Row,
    Tips,
    by_contender,
    chosen_in_legend,
    data_of,
    faded,
    finished,
    line_data,
    lines_by_contender,
    log_axis,
    outlined,
)
from http_benchmark.report.charts.looks import looks
from http_benchmark.report.charts.metrics import AXES
from http_benchmark.slo import Slo

_HEIGHT = 240
_SHOWN_BY_DAY = timedelta(days=7)


def history_chart(history: History) -> Drawn | None:
    """One figure over time, with the moments of other versions, and the level before and after each shift."""
    if not history.points:
        return None
    axis = AXES[history.metric]
    rows = [
        {
            "at": point.started_at.isoformat(),
            "version": point.version or "unknown",
            "experiment": point.experiment,
            "changed": ", ".join(str(change) for change in point.changed) or "–",
            "verdict": point.verdict,
            **_scaled(point.figure, axis.scale),
        }
        for point in history.points
    ]
    scale = alt.Scale(zero=False, nice=True, padding=8)
    lasted = history.points[-1].started_at - history.points[0].started_at
    dates = alt.Axis(format="%Y-%m-%d" if lasted > _SHOWN_BY_DAY else "%m-%d %H:%M", tickCount=7)
    x = alt.X("at:T", title="start, UTC", scale=alt.Scale(type="utc", padding=8), axis=dates)
    y = alt.Y("value:Q", title=axis.title, scale=scale)
    tips: Tips = [
        alt.Tooltip("at:T", title="start, UTC", format="%Y-%m-%d %H:%M"),
        "version:N",
        alt.Tooltip("value:Q", title=axis.title, format=",.4~r"),
        "interval:N",
        "changed:N",
        "verdict:N",
        "experiment:N",
    ]
    base = alt.Chart(data_of(rows)).encode(x=x)
    stroke = looks([history.contender])[history.contender].colour
    spans = base.mark_rule(strokeWidth=1.5, color=stroke).encode(y=alt.Y("low:Q", title=axis.title), y2="high:Q")
    versions = alt.Shape("version:N", title="version", legend=alt.Legend(symbolFillColor=stroke))
    points = base.mark_point(opacity=1, stroke=stroke, size=50).encode(
        y=y,
        shape=versions,
        tooltip=tips,
        fill=alt.when(alt.datum.verdict == "valid").then(alt.value(stroke)).otherwise(alt.value("transparent")),
    )
    layers: list[alt.Chart] = [spans, points]
    if levels := list(_levels(history, axis.scale)):
        shifts = alt.Chart(data_of(levels))
        start, level = alt.X("from:T"), alt.Y("level:Q", title=axis.title)
        moved = shifts.transform_filter("datum.text != ''")
        layers = [
            shifts.mark_rule(style="ink", strokeDash=[4, 3]).encode(x=start, x2="to:T", y=level),
            moved.mark_rule(style="faint").encode(x=start),
            moved.mark_text(align="left", baseline="top", dx=5, style="ink").encode(
                x=start, y=alt.value(0), text="text:N"
            ),
            *layers,
        ]
    plot = alt.layer(*layers).properties(height=_HEIGHT)
    newest = rows[-1]
    shifted = "no shift" if not history.shifts else ", ".join(f"{one.effect_percent:+.1f} %" for one in history.shifts)
    described = (
        f"{history.contender}, {axis.title}, over {len(rows)} experiments: {parts.figure(newest['value'])} in the "
        f"newest; {shifted}."
    )
    caption = "A bar is the 95 % interval, a hollow point a suspect run, a dashed line the median between two shifts."
    return finished("history", f"History of {history.contender}", Picture(plot, described, caption))


def scaling_chart(result: ScalingResult) -> Drawn | None:
    """Throughput, CPU time and p99 over the concurrency; None where nothing was measured."""
    picture = _scaling(result)
    return None if picture is None else finished(SCALING.name, SCALING.title, picture)


def _scaling(result: ScalingResult) -> Picture | None:
    rows = list(_by_concurrency(result))
    if not rows:
        return None
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    concurrencies = sorted({level.concurrency for level in result.levels})
    x = alt.X(
        "concurrency:Q",
        scale=alt.Scale(type="log", nice=False, padding=10),
        axis=alt.Axis(values=concurrencies, format="d"),
    )
    plot = _panels(rows, x, "concurrency:Q", columns=3, measures=measures)
    fastest = max((row for row in rows if row["measure"] == measures[0]), key=lambda row: row["value"])
    described = (
        f"{measures[0].capitalize()} by concurrency, from {concurrencies[0]} to {concurrencies[-1]}: most is "
        f"{parts.figure(fastest['value'])} ({fastest['contender']} at {fastest['concurrency']})."
    )
    return Picture(plot, described, "Bars are 95 % intervals.")


SCALING = Chart(
    "scaling", "Figures by concurrency", lambda evidence: _scaling(evidence.scaling) if evidence.scaling else None
)
"""Drawn of each of the experiments that were measured together."""


def comparison_chart(comparison: Comparison, metric: Metric = "throughput_rps") -> Drawn | None:
    """One figure of each contender in every arm; None where no arm has it."""
    axis = AXES[metric]
    rows = [
        {"contender": figure.contender, "arm": _arm(comparison, number), **_scaled(estimate, axis.scale)}
        for figure in comparison.figures
        if figure.metric == metric
        for number, estimate in enumerate(figure.estimates)
        if estimate is not None
    ]
    if not rows:
        return None
    arms = [_arm(comparison, number) for number in range(len(comparison.arms))]
    x = alt.X("value:Q", title=axis.title, scale=alt.Scale(zero=False, nice=False, padding=8))
    y = alt.Y("arm:N", sort=arms, title=None)
    names = list(dict.fromkeys(str(row["contender"]) for row in rows))
    styles, colour = by_contender(names, legend=False), outlined(names, legend=False)
    base = alt.Chart(data_of(rows)).encode(y=y)
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=axis.title), x2="high:Q", **colour)
    tips: Tips = [
        "contender:N",
        "arm:N",
        alt.Tooltip("value:Q", title=axis.title, format=",.4~r"),
        "interval:N",
    ]
    points = base.mark_point(opacity=1, size=70).encode(x=x, tooltip=tips, **styles)
    panel = alt.layer(spans, points).properties(width=WIDTH, height=26 * len(arms))
    plot = panel.facet(
        facet=alt.Facet("contender:N", title=None, sort=names, header=alt.Header(labelAnchor="start")), columns=1
    )
    described = f"{axis.title.capitalize()} of {len(names)} contenders in {len(arms)} experiments."
    return finished("comparison", "Side by side", Picture(plot, described, "A bar is the 95 % interval."))


def capacity_chart(result: CapacityResult) -> Drawn | None:
    """The response time of the first objective on latency, over the rates that were tried; capacities as lines upwards.

    None where no rate has a figure for it.
    """
    statistic = Slo.parse(result.slo).latencies[0].statistic
    rows: list[Row] = [
        {"contender": client.contender, "rate": point.rate_rps, "ms": 1e3 * seconds, "passed": point.passed}
        | {"blocks": point.blocks}
        for client in result.contenders
        for point in client.curve
        if (seconds := point.figure(statistic)) is not None
    ]
    if not rows:
        return None
    names = list(dict.fromkeys(str(row["contender"]) for row in rows))
    found = [
        {"contender": client.contender, **_scaled(client.capacity_rps, 1)}
        for client in result.contenders
        if client.capacity_rps is not None
    ]
    rates = [row["rate"] for row in rows] + [row["value"] for row in found]
    x = alt.X("rate:Q", **log_axis(rates, "arrivals per second"))
    y = alt.Y("ms:Q", **log_axis([row["ms"] for row in rows], f"{statistic} of the response time, ms"))
    chosen = chosen_in_legend()
    tips: Tips = [
        "contender:N",
        "rate:Q",
        alt.Tooltip("ms:Q", title=f"{statistic}, ms", format=",.4~r"),
        "passed:Q",
        "blocks:Q",
    ]
    base = alt.Chart(line_data(rows)).encode(x=x, y=y)
    lines = base.mark_line(strokeWidth=2).encode(opacity=faded(chosen), **lines_by_contender(names))
    points = base.mark_point(opacity=1).encode(tooltip=tips, opacity=faded(chosen), **by_contender(names))
    marks = alt.Chart(data_of(found)).mark_rule(strokeDash=[5, 3], strokeWidth=1.5)
    capacities = marks.encode(x=alt.X("value:Q"), **outlined(names), tooltip=["contender:N", "value:Q", "interval:N"])
    bands = alt.Chart(line_data(found)).mark_rect(fillOpacity=0.12).encode(x=alt.X("low:Q"), x2="high:Q", **FILLED)
    layers = [bands, capacities, lines, points] if found else [lines, points]
    plot = alt.layer(*layers).add_params(chosen).properties(height=_HEIGHT + 60)
    said = [f"{row['contender']} {parts.figure(row['value'])}" for row in found]
    described = (
        f"{statistic} by arrival rate; capacity per second under {result.slo}: {', '.join(said) or 'none found'}."
    )
    interval = ", with its 95 % interval" if any(row["low"] is not None for row in found) else ""
    caption = f"Dashed: the highest rate that keeps {result.slo}{interval}."
    return finished("capacity", "Latency by arrival rate, and capacity", Picture(plot, described, caption))


def _panels(rows: Sequence[Row], x: alt.X, place: str, *, columns: int, measures: Sequence[str]) -> alt.FacetChart:
    """A panel per measure, each with its own axis, and the contenders as lines with intervals."""
    names = list(dict.fromkeys(row["contender"] for row in rows))
    base = alt.Chart(line_data(rows)).encode(x=x)
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True, nice=False))
    tips: Tips = [
        "contender:N",
        place,
        "measure:N",
        alt.Tooltip("value:Q", format=",.4~r"),
        "interval:N",
    ]
    spans = base.mark_rule(strokeWidth=1.5).encode(y=alt.Y("low:Q"), y2="high:Q", **outlined(names))
    lines = base.mark_line(strokeWidth=2).encode(y=y, **lines_by_contender(names))
    points = base.mark_point(opacity=1).encode(y=y, tooltip=tips, **by_contender(names))
    panel = alt.layer(spans, lines, points).properties(width=WIDTH // columns - 30, height=_HEIGHT)
    facet = alt.Facet("measure:N", title=None, sort=list(measures), header=alt.Header(labelAnchor="start"))
    panels: alt.FacetChart = panel.facet(facet=facet, columns=columns).resolve_scale(y="independent")
    return panels


def _by_concurrency(result: ScalingResult) -> Iterator[Row]:
    for curve in result.contenders:
        for point in curve.points:
            if not point.is_comparable:
                continue
            figures: dict[Metric, Estimate | None] = {
                "throughput_rps": point.throughput_rps,
                "cpu_s_per_1k": point.cpu_s_per_1k,
                "p99": point.p99_s,
            }
            for metric, estimate in figures.items():
                if estimate is not None:
                    axis = AXES[metric]
                    where = {"contender": curve.contender, "concurrency": point.concurrency, "measure": axis.title}
                    yield {**where, **_scaled(estimate, axis.scale)}


def _levels(history: History, scale: float) -> Iterator[Row]:
    """The median before, between and after the shifts, from when to when."""
    shifts, first, last = history.shifts or (), history.points[0].started_at, history.points[-1].started_at
    for number, shift in enumerate(shifts):
        if number == 0:
            yield _level(first.isoformat(), shift.started_at.isoformat(), scale * shift.before_median, "")
        until = shifts[number + 1].started_at if number + 1 < len(shifts) else last
        effect = f"{shift.effect_percent:+.1f} %".replace("-", "−")
        yield _level(shift.started_at.isoformat(), until.isoformat(), scale * shift.after_median, effect)


def _level(start: str, end: str, level: float, text: str) -> Row:
    return {"from": start, "to": end, "level": level, "text": text}


def _scaled(estimate: Estimate, scale: float) -> Row:
    low, high = (None if part is None else part * scale for part in (estimate.low, estimate.high))
    interval = "–" if low is None or high is None else f"{parts.figure(low)}–{parts.figure(high)}"
    return {"value": estimate.estimate * scale, "low": low, "high": high, "interval": interval}


def _arm(comparison: Comparison, number: int) -> str:
    arm = comparison.arms[number]
    return f"{chr(ord('A') + number)}  {arm.name}{f', {arm.contender}' if arm.contender else ''}"
