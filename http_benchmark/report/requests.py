"""What a person reads of a workload: figures of each request with each contender, and when events arrived."""

from collections.abc import Iterator, Sequence
from itertools import batched

from rich.console import RenderableType
from rich.text import Text

from http_benchmark.models.experiment import ClientResult, EventResult, ExperimentResult, RequestResult
from http_benchmark.models.measurement import Distribution
from http_benchmark.report import parts
from http_benchmark.units import counted

_MOST_COLUMNS = 4
_MOST_ROWS = 20
_BETWEEN = 3  # blanks between two columns
_SHARE_WIDTH = 5 + _BETWEEN
_HEADING = "p50 / p99 ms"


def by_request(result: ExperimentResult, *, width: int) -> Iterator[RenderableType]:
    """A table; nothing without a workload. Of long workloads the requests with the largest shares."""
    if result.workload is None:
        return
    largest = sorted(result.workload.requests, key=lambda request: -request.share)[:_MOST_ROWS]
    shown = [request for request in result.workload.requests if request in largest]
    for some in batched([client for client in result.clients if client.by_request], _columns(width)):
        headings = [_HEADING, "share", *(client.contender for client in some)]
        rows = [
            [request.name, parts.percent(request.share), *(_cell(_of(client, request.name)) for client in some)]
            for request in shown
        ]
        yield parts.table(
            headings, rows, width=width, left=(_HEADING,), wraps=(_HEADING,), least=parts.NAME_WIDTH, between=2
        )
        if more := len(result.workload.requests) - len(shown):
            yield Text(f"… and {counted(more, 'request')} more in the JSON", style="dim")
        yield Text()


def _columns(width: int) -> int:
    """Contenders that go side by side."""
    return max(1, min(_MOST_COLUMNS, (width - parts.NAME_WIDTH - _SHARE_WIDTH) // (parts.NAME_WIDTH + _BETWEEN)))


def _of(client: ClientResult, name: str) -> RequestResult | None:
    return next((one for one in client.by_request if one.name == name), None)


def _cell(request: RequestResult | None) -> str:
    if request is None:
        return parts.NO_FIGURE
    times = request.response_time_s or Distribution(count=0)
    cell = " / ".join(parts.figure(value, 1e3) for value in (times.p50, times.p99))
    failed = sum(request.errors.values())
    return f"{cell}, {failed:,} err." if failed else cell


def events(clients: Sequence[ClientResult], *, width: int) -> Iterator[RenderableType]:
    """When the events of streams arrived, a contender per line; nothing where nobody looked."""
    shown = [(client.contender, client.events) for client in clients if client.events]
    if not shown:
        return
    headings = ("events", "first p50\nms", "first p99\nms", "gap p50\nms", "gap p99\nms", "jitter\nms", "events/s")
    rows = [[contender, *_event_cells(figures)] for contender, figures in shown]
    yield parts.table(
        headings,
        rows,
        width=width,
        left=("events",),
        wraps=("events",),
        least=parts.NAME_WIDTH,
        dispensable=("jitter\nms", "events/s", "gap p50\nms", "first p50\nms"),
    )
    yield Text()


def _event_cells(figures: EventResult) -> list[str]:
    first, gap = (times or Distribution(count=0) for times in (figures.first_event_s, figures.gap_s))
    times_s = (first.p50, first.p99, gap.p50, gap.p99, figures.jitter_s)
    return [*(parts.figure(time_s, 1e3) for time_s in times_s), parts.figure(figures.events_per_s)]
