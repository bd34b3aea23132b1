"""How each contender's slices went, first to last, as bars in one line: slow starts, stalls and drifts are seen."""

from collections.abc import Callable, Iterator, Sequence
from itertools import batched
from math import ceil

from rich.console import RenderableType
from rich.text import Text
from sparklines import sparklines

from http_benchmark.models.experiment import ClientResult
from http_benchmark.models.measurement import BlockRecord, SliceRecord
from http_benchmark.report import parts

type _Slowest = Callable[..., float | None]  # min or max

_BESIDE = 40  # columns for the contender, two figures and what is between
_LEAST_BARS = 10  # fewer show no course
_MOST_BARS = 80


def over_time(
    clients: Sequence[ClientResult], blocks: Sequence[BlockRecord], *, is_open: bool, width: int
) -> Iterator[RenderableType]:
    """A line per contender, with its least and its greatest figure; nothing where slices are few or room is scarce.

    Args:
        clients: Whose.
        blocks: What they were concluded from, in order.
        is_open: p99 of the response time counts, as the rate is given; in the closed model the throughput.
        width: Columns of characters that there are.
    """
    most = min(_MOST_BARS, width - _BESIDE)
    if most < _LEAST_BARS:
        return
    rows = []
    for client in clients:
        trials = [trial for block in blocks for trial in block.trials if trial.contender == client.contender]
        figures = [_p99_ms(one) if is_open else one.throughput_rps for trial in trials for one in trial.slices]
        known = [figure for figure in figures if figure is not None]
        if len(known) > 1:
            bars = _bars(figures, slowest=max if is_open else min, most=most)
            [line] = sparklines(bars, minimum=0)
            rows.append([client.contender, line, parts.figure(min(known)), parts.figure(max(known))])
    if rows:
        what, course = "p99 ms" if is_open else "requests/s", "slice by slice"
        headings = [what, course, "least", "most"]
        yield parts.table(
            headings, rows, width=width, left=(what, course), wraps=(what,), least=parts.NAME_WIDTH, between=2
        )
        yield Text("Bars begin at 0; of slices that share one, the slowest counts.", style="dim")
        yield Text()


def _p99_ms(measured: SliceRecord) -> float | None:
    return None if measured.p99_s is None else 1e3 * measured.p99_s


def _bars(figures: Sequence[float | None], *, slowest: _Slowest, most: int) -> list[float | None]:
    """A figure for each bar, None where none of its slices has one."""
    groups = batched(figures, max(1, ceil(len(figures) / most)))
    return [slowest((figure for figure in group if figure is not None), default=None) for group in groups]
