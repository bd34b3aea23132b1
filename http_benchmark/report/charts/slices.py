"""Latency over time, slice by slice: stalls, drifts, and what happened to all at once."""

from collections.abc import Iterator

import altair as alt

from http_benchmark.report import parts
from http_benchmark.report.charts.drawing import (
    LEVEL,
    WIDTH,
    Chart,
    Evidence,
    Picture,
    Row,
    Tips,
    by_contender,
    data_of,
    log_axis,
    outlined,
)
from http_benchmark.report.charts.thinning import spans

_HEIGHT = 84
_COLUMNS = 2


def draw(evidence: Evidence) -> Picture | None:
    """A panel per contender; None without slices that have times."""
    rows = [row for name in evidence.contenders for row in _rows(evidence, name)]
    if not rows:
        return None
    names = list(dict.fromkeys(row["contender"] for row in rows))
    x = alt.X("at:Q", title="seconds since the start", scale=alt.Scale(nice=False, padding=6, zero=False))
    y = alt.Y("p50:Q", **log_axis([row[part] for row in rows for part in ("p50", "max")], "ms", most_ticks=4))
    looks = by_contender(names, legend=False)
    tips: Tips = [
        "contender:N",
        alt.Tooltip("at:Q", title="seconds", format=",.1f"),
        alt.Tooltip("p50:Q", title="p50, ms", format=",.4~r"),
        alt.Tooltip("p99:Q", title="p99, ms", format=",.4~r"),
        alt.Tooltip("max:Q", title="slowest, ms", format=",.4~r"),
        alt.Tooltip("errors:Q", title="failed requests"),
    ]
    base = alt.Chart(data_of(rows)).encode(x=x, tooltip=tips)
    colour = outlined(names, legend=False)
    rules = base.mark_rule(strokeWidth=1, opacity=0.45).encode(y=y, y2="max:Q", **colour)
    slowest = base.mark_point(size=25, **LEVEL | {"strokeWidth": 1}).encode(y=alt.Y("max:Q"), **colour)
    tails = base.mark_point(size=81, **LEVEL).encode(y=alt.Y("p99:Q"), **colour)
    points = base.mark_point(size=14, strokeWidth=1, opacity=1).encode(y=y, **looks)
    layers = [rules, slowest, points]
    if has_tails := any(row["p99"] is not None for row in rows):
        layers.insert(2, tails)
    if failed := any(row["errors"] for row in rows):
        layers.append(
            base.transform_filter("datum.errors > 0")
            .mark_point(shape="M-1,-1L1,1M-1,1L1,-1", size=70, style="ink", strokeWidth=1.5)
            .encode(y=alt.Y("max:Q"))
        )
    columns = min(_COLUMNS, len(names))
    panel = alt.layer(*layers).properties(width=WIDTH // columns - 40, height=_HEIGHT)
    plot = panel.facet(
        facet=alt.Facet("contender:N", title=None, sort=names, header=alt.Header(labelAnchor="start")), columns=columns
    )
    caption = (
        f"Points: p50 of a slice;{' long ticks: p99;' if has_tails else ''} short ticks: the slowest request of it."
        f"{' Crossed: with failed requests.' if failed else ''} What rises in all panels at once is the machine or the "
        "server, not a client."
    )
    return Picture(plot, _described(rows), caption)


CHART = Chart("latency-over-time", "Latency over time", draw)


def _described(rows: list[Row]) -> str:
    worst = max(rows, key=lambda row: row["max"])
    return (
        f"Response times slice by slice: the slowest request took {parts.figure(worst['max'])} ms "
        f"({worst['contender']}, at {worst['at']:.0f} s)."
    )


def _rows(evidence: Evidence, contender: str) -> Iterator[Row]:
    measured = [one for one in evidence.slices(contender) if one.p50_s and one.max_s]
    for some in spans(measured):
        typical = sorted(some, key=lambda one: one.p50_s or 0)[len(some) // 2]
        tails = [one.p99_s for one in some if one.p99_s is not None]
        yield {
            "contender": contender,
            "at": some[0].started_s,
            "p50": 1e3 * (typical.p50_s or 0),
            "p99": 1e3 * max(tails) if tails else None,
            "max": 1e3 * max(one.max_s or 0 for one in some),
            "errors": sum(sum(one.errors.values()) for one in some),
        }
