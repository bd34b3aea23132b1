"""What a person reads of an open model whose rate changed: p99 of the response time by rate, as a table and a curve."""

from collections.abc import Iterator, Sequence
from itertools import batched

from rich.console import RenderableType
from rich.text import Text

from http_benchmark.models.experiment import ClientResult
from http_benchmark.report import parts
from http_benchmark.report.curves import Axis, Series, plot

_CURVES_PER_PLOT = 4
_MOST_COLUMNS = 8
_COLUMN_WIDTH = 12  # of a rate such as "12,345 /s", and what is between


def by_rate(clients: Sequence[ClientResult], *, width: int) -> Iterator[RenderableType]:
    """Table and curves; nothing where the rate was constant."""
    rates = sorted({point.rate_rps for client in clients for point in client.by_rate})
    if not rates:
        return
    for some in batched(rates, max(1, min(_MOST_COLUMNS, (width - parts.NAME_WIDTH) // _COLUMN_WIDTH))):
        headings = ["p99 ms", *(f"{parts.figure(rate)} /s" for rate in some)]
        rows = []
        for client in clients:
            p99_s = {point.rate_rps: point.p99_s for point in client.by_rate}
            rows.append([client.contender, *(parts.figure(p99_s.get(rate), 1e3) for rate in some)])
        yield parts.table(headings, rows, width=width, left=("p99 ms",), wraps=("p99 ms",), between=2)
        yield Text()
    series = [
        Series(
            client.contender,
            tuple((point.rate_rps, point.p99_s * 1e3) for point in client.by_rate if point.p99_s is not None),
        )
        for client in clients
    ]
    for drawn in batched([one for one in series if len(one.points) > 1], _CURVES_PER_PLOT):
        arrivals = Axis("arrivals/s", parts.figure, logarithmic=True)
        chart = plot(drawn, arrivals, Axis("p99 ms", parts.figure, logarithmic=True), width=width)
        if chart:
            yield Text(chart, no_wrap=True, overflow="crop")
            yield Text()
