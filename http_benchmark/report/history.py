"""The history of one figure, for the terminal: the curve by version, its shifts, and what was changed when."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.text import Text

from http_benchmark.models.comparison import Difference
from http_benchmark.models.history import History, HistoryPoint, HistoryShift
from http_benchmark.report import parts
from http_benchmark.report.comparison import METRICS
from http_benchmark.report.curves import MARKERS, Axis, Series, plot
from http_benchmark.report.plain import Plain
from http_benchmark.units import counted

_ROWS = 20  # of the table; what is older is in the curve and in the JSON
_DAYS_S = 7 * 86_400.0  # below, the times of day are shown
_NO_VERDICT = "A shift is a reason to look, no verdict: measure both versions in one job (run A==1 A==2, or gate)."


def print_history(history: History, console: Console) -> None:
    """Print the curve, the last points, the shifts with what was changed then, and what was left out."""
    shown: list[RenderableType] = [
        Text(f"{history.contender}, {METRICS[history.metric].name}: {counted(len(history.points), 'experiment')}"),
        Text(),
    ]
    curve = _curve(history, console.width)
    shown += [Text(curve), Text()] if curve else []
    shown += [_table(history, console.width), Text()]
    shown += [*map(Text, _shifts(history)), Text()]
    shown += [Text(line, style="dim") for line in _left_out(history)]
    shown.append(Text(_NO_VERDICT, style="bold"))
    console.print(Plain(Group(*shown)))


def _curve(history: History, width: int) -> str:
    """A mark per experiment, another one for each version; empty with a single point."""
    if len({point.started_at for point in history.points}) < 2:
        return ""
    metric = METRICS[history.metric]
    versions: dict[str, list[HistoryPoint]] = {}
    for point in history.points:
        versions.setdefault(point.version or "unknown", []).append(point)
    newest = [*versions.items()][-len(MARKERS) :]
    series = [Series(version, tuple(_places(points, metric.scale))) for version, points in newest]
    times = [place for one in series for place, _ in one.points]
    form = "%Y-%m-%d" if max(times) - min(times) > _DAYS_S else "%m-%d %H:%M"
    x = Axis("time", lambda time: _shown_time(time, form), ticks=_dates(min(times), max(times), width))
    y = Axis(metric.name, parts.figure)
    return plot(series, x, y, width=width)


def _places(points: Sequence[HistoryPoint], scale: float) -> Iterator[tuple[float, float]]:
    return ((point.started_at.timestamp(), point.figure.estimate * scale) for point in points)


def _dates(first: float, last: float, width: int) -> tuple[float, ...]:
    """Evenly spaced moments with room for their dates."""
    steps = max(1, min(7, width // 16 - 1))
    return tuple(first + (last - first) * number / steps for number in range(steps + 1))


def _shown_time(timestamp: float, form: str) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime(form)


def _table(history: History, width: int) -> RenderableType:
    metric = METRICS[history.metric]
    headings = ("started (UTC)", "ID", "version", metric.name, "verdict", "changed")
    rows = [
        [
            point.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
            point.experiment[:8],
            point.version or parts.NO_FIGURE,
            parts.with_detail(
                parts.figure(point.figure.estimate, metric.scale),
                parts.interval(point.figure, lambda value: parts.figure(value, metric.scale)),
            ),
            point.verdict,
            _changed(point.changed),
        ]
        for point in history.points[-_ROWS:]
    ]
    return parts.table(
        headings,
        rows,
        width=width,
        left={*headings} - {metric.name},
        wraps=("changed",),
        least=16,
        dispensable=("changed", "verdict", "ID"),
    )


def _changed(differences: Sequence[Difference]) -> str:
    return "; ".join(f"{found.field.partition('.')[2]} {found.a} → {found.b}" for found in differences)


def _shifts(history: History) -> Iterator[str]:
    if history.shifts is None:
        yield "Not searched for shifts: that takes ten experiments, and the package ruptures."
    elif not history.shifts:
        yield "No shift was found."
    else:
        yield from (_shift(shift, history) for shift in history.shifts)


def _shift(shift: HistoryShift, history: History) -> str:
    metric = METRICS[history.metric]
    before, after = (parts.figure(median, metric.scale) for median in (shift.before_median, shift.after_median))
    when = shift.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    changed = _changed(shift.changed)
    return (
        f"Shift of {shift.effect_percent:+.1f} % ({metric.name} {before} → {after}) at {when} ({shift.after[:8]}); "
        + (f"changed there: {changed}." if changed else "no version was changed there.")
    )


def _left_out(history: History) -> Iterator[str]:
    if history.invalid:
        yield f"Left out: {counted(history.invalid, 'experiment')} with errors, without the figure, or invalid."
    for other in history.others:
        fields = ", ".join(found.field.partition(".")[2] or found.field for found in other.differences)
        yield f"Another series of {counted(other.points, 'experiment')} (--like {other.like[:8]}) differs in: {fields}."
