"""The latency curve: every quantile up to the last that the samples support, for response and for service time."""

from collections.abc import Iterator, Sequence

import altair as alt

from http_benchmark.models.measurement import TrialRecord
from http_benchmark.report import parts
from http_benchmark.report.charts.drawing import (
    FILLED,
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
)
from http_benchmark.stats.hdr import quantiles_us
from http_benchmark.stats.intervals import median_interval
from http_benchmark.stats.quantiles import samples_needed

_TICKS = {1: "min", 2: "p50", 10: "p90", 100: "p99", 1000: "p99.9", 10_000: "p99.99"}
_PER_DECADE = 12
_QUANTILES = tuple(1 - 10 ** -(step / _PER_DECADE) for step in range(1, 4 * _PER_DECADE + 1))
_MARKED = {0.9, 0.99, 0.999, 0.9999}
_PANELS = {"response": "response time", "service": "service time"}
_HEIGHT = 320


def draw(evidence: Evidence) -> Picture | None:
    """A curve per contender, in the open model in two panels; None where no trial kept its times."""
    kinds = ["response", "service"] if evidence.experiment.load_model == "open" else ["response"]
    rows = [row for kind in kinds for row in _rows(evidence, kind)]
    if not rows:
        return None
    present = {row["contender"] for row in rows}
    names = [name for name in evidence.contenders if name in present]
    chosen = chosen_in_legend()
    ticks = f"{{{', '.join(f'{place}: {label!r}' for place, label in _TICKS.items())}}}[datum.value]"
    x = alt.X(
        "place:Q",
        title="percentile",
        scale=alt.Scale(type="log", domain=[1, max(row["place"] for row in rows)], nice=False),
        axis=alt.Axis(values=list(_TICKS), labelExpr=ticks, labelFlush=False),
    )
    y_title = "time, ms" if len(kinds) > 1 else "response time, ms"
    levels = [row[part] for row in rows for part in ("ms", "low", "high") if row[part] is not None]
    axis = log_axis(levels, y_title)
    y = alt.Y("ms:Q", **axis)
    tips: Tips = [
        "contender:N",
        alt.Tooltip("percentile:N"),
        alt.Tooltip("ms:Q", title="ms", format=",.4~r"),
        alt.Tooltip("interval:N", title="95 % interval, ms"),
    ]
    base = alt.Chart(line_data(rows)).encode(x=x)
    bands = base.mark_area().encode(
        y=alt.Y("low:Q", **axis),
        y2="high:Q",
        **FILLED,
        detail="contender:N",
        fillOpacity=faded(chosen, 0.15),
    )
    lines = base.mark_line(strokeWidth=2).encode(y=y, opacity=faded(chosen), **lines_by_contender(names))
    points = base.transform_filter("datum.marked").mark_point(opacity=1)
    points = points.encode(y=y, tooltip=tips, opacity=faded(chosen), **by_contender(names))
    layered = alt.layer(bands, lines, points).add_params(chosen)
    plot: alt.TopLevelMixin = layered.properties(height=_HEIGHT)
    if len(kinds) > 1:
        panel = alt.Facet("panel:N", title=None, sort=list(_PANELS.values()))
        plot = layered.properties(height=_HEIGHT).facet(facet=panel, columns=2)
    has_bands = any(row["low"] is not None for row in rows)
    return Picture(plot, _described(rows), _caption(open_model=len(kinds) > 1, has_bands=has_bands))


CHART = Chart("latency-curve", "Latency by percentile", draw)


def _caption(*, open_model: bool, has_bands: bool) -> str:
    sentences = ["Each line ends where there are too few requests for a percentile."]
    if has_bands:
        sentences.append("The band is the 95 % interval over the blocks.")
    if open_model:
        sentences.append("Response time counts from the moment a request was due, service time from its sending.")
    return " ".join(sentences)


def _described(rows: Sequence[Row]) -> str:
    """The tails, at the last percentile that all contenders have."""
    of_response = [row for row in rows if row["panel"] == _PANELS["response"] and row["marked"]]
    names = list(dict.fromkeys(row["contender"] for row in of_response))
    places = [
        place
        for place in sorted({row["place"] for row in of_response})
        if {row["contender"] for row in of_response if row["place"] == place} == set(names)
    ]
    if not places:
        return "Response time by percentile."
    tails = [row for row in of_response if row["place"] == places[-1]]
    least, most = min(tails, key=lambda row: row["ms"]), max(tails, key=lambda row: row["ms"])
    label = tails[0]["percentile"]
    if least is most:
        return f"Response time by percentile: {label} of {least['contender']} is {parts.figure(least['ms'])} ms."
    return (
        f"Response time by percentile: {label} goes from {parts.figure(least['ms'])} ms ({least['contender']}) "
        f"to {parts.figure(most['ms'])} ms ({most['contender']})."
    )


def _rows(evidence: Evidence, kind: str) -> Iterator[Row]:
    trials: dict[str, list[TrialRecord]] = {}
    for block in evidence.blocks:
        for trial in block.trials:
            if _payload(trial, kind) is not None:
                trials.setdefault(trial.contender, []).append(trial)
    for name in evidence.contenders:
        if name in trials:
            yield from _curve(name, trials[name], kind)


def _curve(contender: str, trials: Sequence[TrialRecord], kind: str) -> Iterator[Row]:
    """The median over the trials at each quantile that the smallest of them has enough requests for."""
    counts = [_censored_too(trial, kind) for trial in trials]
    supported = [p for p in _QUANTILES if samples_needed(p) <= min(counts)]
    by_trial = [_times_us(trial, kind, supported) for trial in trials]
    for p, times in zip(supported, zip(*by_trial, strict=True), strict=True):
        known = [time for time in times if time is not None]
        if len(known) < len(times):  # beyond, requests were never sent, and times are not known
            return
        over = median_interval(known)
        ms, low, high = (None if part is None else part / 1000 for part in over)
        yield {
            "contender": contender,
            "panel": _PANELS[kind],
            "place": round(1 / (1 - p), 6),
            "percentile": f"p{100 * p:.4g}",
            "ms": ms,
            "low": low,
            "high": high,
            "interval": "–" if low is None or high is None else f"{parts.figure(low)}–{parts.figure(high)}",
            "marked": round(p, 9) in _MARKED,
        }


def _times_us(trial: TrialRecord, kind: str, ps: Sequence[float]) -> list[int | None]:
    """Quantiles of one trial; None for those that fall on requests never sent, which stand behind all others."""
    payload = _payload(trial, kind)
    assert payload is not None  # those without were left out
    everything, sent = _censored_too(trial, kind), _count(trial, kind)
    inside = [p * everything / sent for p in ps]
    times = quantiles_us(payload, [p for p in inside if p <= 1])
    return [*times, *[None] * (len(ps) - len(times))]


def _payload(trial: TrialRecord, kind: str) -> str | None:
    return trial.response_histogram if kind == "response" else trial.service_histogram


def _count(trial: TrialRecord, kind: str) -> int:
    return (trial.response_time_s if kind == "response" else trial.service_time_s).count


def _censored_too(trial: TrialRecord, kind: str) -> int:
    times = trial.response_time_s if kind == "response" else trial.service_time_s
    return times.count + times.censored
