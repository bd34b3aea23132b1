"""Response time over the arrival rate of the open model, and where a contender no longer keeps up."""

from collections.abc import Iterator

import altair as alt

from http_benchmark.report import parts
from http_benchmark.report.charts.drawing import (
    Chart,
    Evidence,
    Picture,
    Row,
    Tips,
    by_contender,
    chosen_in_legend,
    faded,
    line_data,
    lines_by_contender,
    log_axis,
    outlined,
)

_KEEPS_UP = 0.95  # of the arrivals; below, a queue grows
_HEIGHT = 300


def draw(evidence: Evidence) -> Picture | None:
    """A curve per contender; None where the rate was constant."""
    rows = list(_rows(evidence))
    if len({row["rate"] for row in rows}) < 2:
        return None
    names = list(dict.fromkeys(row["contender"] for row in rows))
    chosen = chosen_in_legend()
    x = alt.X("rate:Q", **log_axis([row["rate"] for row in rows], "arrivals per second"))
    levels = [row[part] for row in rows for part in ("ms", "low", "high") if row[part] is not None]
    axis = log_axis(levels, "p99 of the response time, ms")
    y = alt.Y("ms:Q", **axis)
    tips: Tips = [
        "contender:N",
        alt.Tooltip("rate:Q", title="arrivals/s", format=",.4~r"),
        alt.Tooltip("achieved:Q", title="done/s", format=",.4~r"),
        alt.Tooltip("ms:Q", title="p99, ms", format=",.4~r"),
        alt.Tooltip("span:N", title="p99 of single slices, ms"),
    ]
    base = alt.Chart(line_data(rows)).encode(x=x)
    spans = base.mark_rule(strokeWidth=1.5).encode(
        y=alt.Y("low:Q", **axis), y2="high:Q", **outlined(names), opacity=faded(chosen, 0.5)
    )
    lines = base.mark_line(strokeWidth=2).encode(y=y, opacity=faded(chosen), **lines_by_contender(names))
    points = base.mark_point(opacity=1).encode(y=y, tooltip=tips, opacity=faded(chosen), **by_contender(names))
    beyond = base.transform_filter("datum.late").mark_point(shape="M-1,-1L1,1M-1,1L1,-1", size=260, style="faint")
    beyond = beyond.encode(y=y, tooltip=tips)
    plot = alt.layer(spans, lines, beyond, points).add_params(chosen).properties(height=_HEIGHT)
    caption = (
        "Medians of slices, with the span of single ones. A crossed point: fewer than 95 % of the arrivals were done "
        "per second, so that a queue grows and the time says how long it was let grow."
    )
    return Picture(plot, _described(rows, names), caption)


CHART = Chart("rates", "Latency by arrival rate", draw)


def _described(rows: list[Row], names: list[str]) -> str:
    """For each contender the highest rate that it kept up with."""
    kept = []
    for name in names:
        rates = [row["rate"] for row in rows if row["contender"] == name and not row["late"]]
        kept.append(f"{name} up to {parts.figure(max(rates))} per second" if rates else f"{name} with none")
    return f"p99 of the response time by arrival rate; kept up: {', '.join(kept)}."


def _rows(evidence: Evidence) -> Iterator[Row]:
    for client in evidence.experiment.clients:
        by_rate: dict[float, list[float]] = {}
        for one in evidence.slices(client.contender):
            if one.rate_rps is not None and one.p99_s is not None:
                by_rate.setdefault(one.rate_rps, []).append(1e3 * one.p99_s)
        for point in client.by_rate:
            if point.p99_s is None:
                continue
            single = by_rate.get(point.rate_rps, [])
            yield {
                "contender": client.contender,
                "rate": point.rate_rps,
                "achieved": point.achieved_rps,
                "ms": 1e3 * point.p99_s,
                "low": min(single, default=None),
                "high": max(single, default=None),
                "span": f"{parts.figure(min(single))}–{parts.figure(max(single))}" if single else "–",
                "late": point.achieved_rps is not None and point.achieved_rps < _KEEPS_UP * point.rate_rps,
            }
