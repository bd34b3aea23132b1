"""What a person reads of several concurrencies in the terminal: tables contender by concurrency, and curves."""

from collections.abc import Callable, Iterator, Sequence
from itertools import batched

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.experiment import Estimate
from http_benchmark.models.scaling import ScalingCurve, ScalingPoint, ScalingResult
from http_benchmark.report import faults, parts, wording
from http_benchmark.report.curves import Axis, Series, plot
from http_benchmark.report.lists import SHORT_ID
from http_benchmark.report.plain import Plain
from http_benchmark.units import counted

_CURVES_PER_PLOT = 4
_NAME_WIDTH = 18
_COLUMN_WIDTH = 13  # of a figure with its interval below
_NARROW_COLUMN_WIDTH = 10  # of a figure alone
_FAR_APART = 20  # times as much: the lower curves would all lie at the bottom

type _Lines = dict[str, list[int]]
"""What is said of a contender, and at which concurrencies it holds."""

type _Figure = Callable[[ScalingPoint], Estimate | None]

_METRICS: tuple[tuple[str, _Figure, float], ...] = (
    ("requests/s", lambda point: point.throughput_rps, 1.0),
    ("CPU µs/request", lambda point: point.cpu_s_per_1k, 1e3),
    ("p99 ms", lambda point: point.p99_s, 1e3),
)


def print_scaling(result: ScalingResult, console: Console) -> None:
    """Print what was measured, whether it is to be trusted, a table per figure, what is retained, and the curves."""
    measured = [curve for curve in result.contenders if any(point.throughput_rps for point in curve.points)]
    shown: list[RenderableType] = [*_heading(result), *parts.verdict(result.validity), Text()]
    for name, figure, scale in _METRICS if measured else ():
        for table in _tables(result, measured, name, figure, scale=scale, width=console.width):
            shown += [table, Text()]
    sentences = [_sentence(curve, max(level.concurrency for level in result.levels)) for curve in measured]
    if any(sentences):
        shown += [*(Text(sentence, style="bold") for sentence in sentences if sentence), Text()]
    shown += [*_not_comparable(result), *_equal_work(result)]
    for drawn in _plots(measured, width=console.width):
        shown += [Text(drawn, no_wrap=True, overflow="crop"), Text()]
    shown += [Text(note, style="dim") for note in _notes(result)]
    console.print(Plain(Group(*shown)))


def _heading(result: ScalingResult) -> list[RenderableType]:
    configuration = result.configuration
    blocks = sorted({level.blocks for level in result.levels})
    each = counted(blocks[0], "block") if len(blocks) == 1 else f"{blocks[0]}–{blocks[-1]} blocks"
    size = [
        f"concurrency {', '.join(str(level.concurrency) for level in result.levels)}",
        f"{each} each",
        faults.ordered(configuration),
        f"seed {result.seed}",
        "" if result.status == "finished" else result.status,
    ]
    return [
        Text.assemble((result.name, "bold"), f" ({result.id})"),
        Text(parts.aim(configuration, result.target)),
        Text(", ".join(part for part in size if part)),
    ]


def _tables(
    result: ScalingResult, curves: Sequence[ScalingCurve], name: str, figure: _Figure, *, scale: float, width: int
) -> Iterator[Table]:
    """One, or where the levels do not go side by side, several."""
    levels = [level.concurrency for level in result.levels]
    detailed = width >= _NAME_WIDTH + _COLUMN_WIDTH * len(levels)
    for some in batched(levels, max(1, (width - _NAME_WIDTH) // _NARROW_COLUMN_WIDTH)):
        rows = [
            [curve.contender, *(_cell(curve, level, figure, scale=scale, detailed=detailed) for level in some)]
            for curve in curves
        ]
        headings = [name, *(f"c={level}" for level in some)]
        yield parts.table(headings, rows, width=width, left=(name,), wraps=(name,), least=parts.NAME_WIDTH, between=2)


def _cell(curve: ScalingCurve, level: int, figure: _Figure, *, scale: float, detailed: bool) -> str:
    point = next((point for point in curve.points if point.concurrency == level), None)
    estimate = figure(point) if point else None
    text = parts.figure(estimate.estimate if estimate else None, scale)
    text += "*" if estimate and point and not point.is_comparable else ""
    limits = parts.interval(estimate, lambda value: parts.figure(value, scale)) if detailed else None
    return parts.with_detail(text, limits)


def _sentence(curve: ScalingCurve, top: int) -> str | None:
    """What can be quoted of a contender."""
    best = next((point for point in curve.points if point.concurrency == curve.best_concurrency), None)
    if best is None or best.throughput_rps is None:
        return None
    rate = f"{parts.rounded(best.throughput_rps.estimate)} requests/s"
    if best.concurrency == top:
        return f"{curve.contender} is fastest at concurrency {top}, the highest: {rate}."
    kept = curve.retention
    if kept is None:
        return f"{curve.contender} is fastest at concurrency {best.concurrency}: {rate}; at {top} there is no figure."
    limits = parts.interval(kept, parts.percent)
    interval = f" (95 % interval {limits.replace(' %–', '–')})" if limits else ""
    return (
        f"{curve.contender} is fastest at concurrency {best.concurrency}, {rate}, and keeps "
        f"{parts.percent(kept.estimate)} of that at {top}{interval}."
    )


def _not_comparable(result: ScalingResult) -> list[RenderableType]:
    lines: _Lines = {}
    for contender, point in _points(result):
        if not point.is_comparable:
            status = () if point.status == "ok" else (point.status, point.message)
            what = ": ".join(filter(None, (contender, *status, "; ".join(point.other_work))))
            lines.setdefault(what, []).append(point.concurrency)
    return _list("Not comparable:", lines, result)


def _equal_work(result: ScalingResult) -> list[RenderableType]:
    """That all did as ordered at every concurrency, or what was not as ordered and leaves a point comparable.

    Nothing where the origin was not asked; the figures stand in the experiment of each level.
    """
    lines: _Lines = {}
    for contender, point in _points(result):
        for deviation in point.work.deviations:
            if deviation.severity == "shown":
                lines.setdefault(f"{contender}: {deviation.what}", []).append(point.concurrency)
    asked = {contender for contender, point in _points(result) if point.work.requests.seen is not None}
    if asked and not any(point.work.deviations for _, point in _points(result)):
        return [Text(f"Equal work: {counted(len(asked), 'contender')}, as ordered."), Text()]
    return _list("Not as ordered, but only shown:", lines, result)


def _points(result: ScalingResult) -> Iterator[tuple[str, ScalingPoint]]:
    """Every point with its contender."""
    return ((curve.contender, point) for curve in result.contenders for point in curve.points)


def _list(heading: str, lines: _Lines, result: ScalingResult) -> list[RenderableType]:
    """Lines, each with the concurrencies that it holds for where these are not all; nothing without a line."""
    every = len(result.levels)
    shown = [
        what if len(where) == every else f"{what} (concurrency {', '.join(map(str, where))})"
        for what, where in lines.items()
    ]
    return [Text(heading), *map(parts.item, shown), Text()] if shown else []


def _plots(curves: Sequence[ScalingCurve], *, width: int) -> Iterator[str]:
    """Throughput, and CPU time per request, over concurrency."""
    for name, figure, scale in _METRICS[:2]:
        series = [
            Series(
                curve.contender,
                tuple(
                    (float(point.concurrency), estimate.estimate * scale)
                    for point in curve.points
                    if point.is_comparable and (estimate := figure(point)) is not None
                ),
            )
            for curve in curves
        ]
        for some in batched([one for one in series if one.points], _CURVES_PER_PLOT):
            levels = tuple(sorted({place for one in some for place, _ in one.points}))
            concurrency = Axis("concurrency", lambda place: f"{place:,.0f}", ticks=levels, logarithmic=True)
            figures = [value for one in some for _, value in one.points if value]
            far_apart = max(figures) > _FAR_APART * min(figures)
            upwards = Axis(name, parts.figure, logarithmic=far_apart, from_zero=not far_apart)
            drawn = plot(some, concurrency, upwards, width=width)
            if drawn:
                yield drawn


def _notes(result: ScalingResult) -> list[str]:
    ids = ", ".join(f"{level.concurrency}: {level.experiment_id[:SHORT_ID]}" for level in result.levels)
    others = any(not point.is_comparable for curve in result.contenders for point in curve.points)
    return [
        *wording.sources(result.environment),
        "Estimates over blocks, with 95 % intervals from six blocks on.",
        "What is kept comes from the ratio in each block; as chance helps to choose the best, it is a little more.",
        *(["*: not comparable, for the reason above."] if others else []),
        f"Stored experiments by concurrency: {ids}.",
    ]
