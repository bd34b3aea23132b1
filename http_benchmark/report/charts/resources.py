"""What the contenders' processes took over time: processor and memory, slice by slice."""

from collections.abc import Iterator

import altair as alt

from http_benchmark.report import parts
from http_benchmark.report.charts.drawing import (
    WIDTH,
    Chart,
    Evidence,
    Picture,
    Row,
    Tips,
    by_contender,
    line_data,
    lines_by_contender,
)
from http_benchmark.report.charts.thinning import spans

_HEIGHT = 170
_CPU, _MEMORY = "CPU time, % of a processor", "resident memory, MiB"


def draw(evidence: Evidence) -> Picture | None:
    """Two panels below each other; None without slices."""
    rows = [row for name in evidence.contenders for row in _rows(evidence, name)]
    if not rows:
        return None
    names = list(dict.fromkeys(row["contender"] for row in rows))
    measures = [measure for measure in (_CPU, _MEMORY) if any(row["measure"] == measure for row in rows)]
    x = alt.X("at:Q", title="seconds since the start", scale=alt.Scale(nice=False, padding=6, zero=False))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(format=",~r"))
    tips: Tips = [
        "contender:N",
        "measure:N",
        alt.Tooltip("at:Q", title="seconds", format=",.1f"),
        alt.Tooltip("value:Q", format=",.4~r"),
    ]
    base = alt.Chart(line_data(rows)).encode(x=x, y=y)
    lines = base.mark_line(strokeWidth=1, opacity=0.6).encode(**lines_by_contender(names), detail="trial:N")
    points = base.mark_point(size=16, strokeWidth=1, opacity=1).encode(tooltip=tips, **by_contender(names))
    panel = alt.layer(lines, points).properties(width=WIDTH, height=_HEIGHT)
    facet = alt.Facet("measure:N", title=None, sort=measures, header=alt.Header(labelAnchor="start"))
    plot = panel.facet(facet=facet, columns=1).resolve_scale(y="independent")
    return Picture(plot, _described(rows), "Each block is a process of its own, so a line begins anew with it.")


CHART = Chart("resources", "Processor and memory over time", draw)


def _described(rows: list[Row]) -> str:
    said = []
    for measure, unit in ((_CPU, "% of a processor"), (_MEMORY, "MiB of memory")):
        of_it = [row for row in rows if row["measure"] == measure]
        if of_it:
            most = max(of_it, key=lambda row: row["value"])
            said.append(f"{parts.figure(most['value'])} {unit} ({most['contender']})")
    return f"Processor and memory slice by slice; at most {' and '.join(said)}."


def _rows(evidence: Evidence, contender: str) -> Iterator[Row]:
    trials = [
        (block.number, one)
        for block in evidence.blocks
        for trial in block.trials
        if trial.contender == contender
        for one in trial.slices
    ]
    for some in spans(sorted(trials, key=lambda entry: entry[1].started_s)):
        number, first = some[0]
        slices = [one for _, one in some]
        common = {"contender": contender, "at": first.started_s, "trial": number}
        lasted_s = sum(one.duration_s for one in slices)
        if lasted_s > 0:
            yield {**common, "measure": _CPU, "value": 100 * sum(one.cpu_s for one in slices) / lasted_s}
        memory = [one.memory_bytes for one in slices if one.memory_bytes is not None]
        if memory:
            yield {**common, "measure": _MEMORY, "value": max(memory) / 1024**2}
