"""The ranking: each contender's figure with its interval, the best above, and the letters of those that are tied."""

from collections.abc import Iterator

import altair as alt

from http_benchmark.models.experiment import ClientResult, Estimate
from http_benchmark.models.measurement import Distribution, TrialRecord
from http_benchmark.report import parts
from http_benchmark.report.charts.drawing import (
    UPRIGHT,
    Chart,
    Evidence,
    Picture,
    Row,
    Tips,
    by_contender,
    data_of,
    outlined,
)
from http_benchmark.report.charts.metrics import AXES
from http_benchmark.stats.intervals import estimate_over_blocks

_ROW_HEIGHT = 30
_END = 144  # area of the stroke at the end of an interval, 12 pixels long
_LABEL = 90  # pixels that the label beside a point takes, the point included
_NEAR = 1.5  # nearer together than that, an axis from 0 would show all at one place


def draw(evidence: Evidence) -> Picture | None:
    """Dots and intervals; None where nobody was ranked."""
    rows = list(_rows(evidence))
    if not rows:
        return None
    axis, names = AXES[evidence.experiment.primary_metric], [row["contender"] for row in rows]
    values = [row[part] for row in rows for part in ("value", "low", "high") if row[part] is not None]
    from_zero = max(values) > _NEAR * min(values)
    low, high = (0.0 if from_zero else min(values)), max(values)
    span = high - low or high
    scale = alt.Scale(zero=False, nice=True, domainMin=low and low - span / 20, domainMax=_with_label(low, span))
    y = alt.Y(
        "contender:N",
        sort=names,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, grid=True, labelOverlap=False, labelPadding=6),
    )
    x = alt.X("value:Q", title=axis.title, scale=scale, axis=alt.Axis(format=",~r", tickCount=8))
    tips: Tips = [
        "contender:N",
        "version:N",
        alt.Tooltip("value:Q", title=axis.title, format=",.4~r"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("group:N"),
    ]
    base = alt.Chart(data_of(rows)).encode(y=y, tooltip=tips)
    colour = outlined(names, legend=False)
    ends = [base.mark_point(size=_END, **UPRIGHT).encode(x=alt.X(f"{end}:Q"), **colour) for end in ("low", "high")]
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", **colour)
    points = base.mark_point(size=80, strokeWidth=2, opacity=1).encode(x=x, **by_contender(names, legend=False))
    labels = base.mark_text(align="left", dx=12, style="ink").encode(x=alt.X("right:Q"), text="label:N")
    plot = alt.layer(spans, *ends, points, labels).properties(height=_ROW_HEIGHT * len(rows))
    best, last = rows[0], rows[-1]
    described = f"{axis.title}: {best['contender']} leads with {parts.figure(best['value'])}"
    if best is not last:
        described += f", {last['contender']} is last with {parts.figure(last['value'])}"
    has_intervals = any(row["low"] is not None for row in rows)
    caption = "A bar is the 95 % interval over the blocks." if has_intervals else "Too few blocks for intervals."
    if any(row["group"] for row in rows):
        caption += " Contenders that share a letter cannot be told apart."
    return Picture(plot, f"{described}; {len(rows)} contenders.", caption)


CHART = Chart("ranking", "Ranking", draw)


def _with_label(low: float, span: float) -> alt.ExprRef:
    """The upper end of an axis, so far away that the label of the greatest figure has room at any width."""
    width = f"max(width, {2 * _LABEL})"
    return alt.ExprRef(f"{low} + {span} * {width} / ({width} - {_LABEL})")


def _rows(evidence: Evidence) -> Iterator[Row]:
    metric = evidence.experiment.primary_metric
    scale = AXES[metric].scale
    for client in evidence.experiment.clients:
        estimate = _estimate(evidence, client) if client.rank is not None else None
        if estimate is None:
            continue
        value, low, high = (
            None if part is None else part * scale for part in (estimate.estimate, estimate.low, estimate.high)
        )
        yield {
            "contender": client.contender,
            "version": client.version or "",
            "value": value,
            "low": low,
            "high": high,
            "right": high or value,
            "interval": "–" if low is None or high is None else f"{parts.figure(low)}–{parts.figure(high)}",
            "group": client.group or "",
            "label": f"{parts.figure(value)}{f'  ({client.group})' if client.group else ''}",
        }


def _estimate(evidence: Evidence, client: ClientResult) -> Estimate | None:
    """As the result has it, or for a quantile over the trials."""
    metric = evidence.experiment.primary_metric
    if metric == "throughput_rps":
        return client.throughput_rps
    if metric == "cpu_s_per_1k":
        return client.cpu_s_per_1k
    field = "mean" if metric == "pooled_mean" else metric
    trials = [trial for block in evidence.blocks for trial in block.trials if trial.contender == client.contender]
    values = [value for trial in trials if (value := _of_trial(trial, field))]
    if values and len(values) == len(trials):
        return estimate_over_blocks(values)
    known: float | None = getattr(client.response_time_s or Distribution(count=0), field)
    return None if known is None else Estimate(estimate=known)


def _of_trial(trial: TrialRecord, field: str) -> float | None:
    value: float | None = getattr(trial.response_time_s, field)
    return value
