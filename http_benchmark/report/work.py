"""Did all contenders do the same work? One line where they did, else a table of what the origin saw of each.

What keeps a contender from being ranked, or from having a capacity, is said by `terminal` and `capacity`.
"""

from collections.abc import Sequence
from itertools import compress

from rich.console import RenderableType
from rich.text import Text

from http_benchmark.models.capacity import ContenderCapacity
from http_benchmark.models.experiment import ClientResult
from http_benchmark.models.work import Work
from http_benchmark.report import parts
from http_benchmark.units import counted

type Contender = ClientResult | ContenderCapacity

_HEADINGS = ("contender", "requests\nsent", "\nseen", "\nconn.", "TLS\n(resumed)", "request\nbytes", "answer\nbytes",
    "not\n2xx", "\nagain")  # fmt: skip
_WHERE_ANY = {"TLS\n(resumed)", "not\n2xx", "\nagain"}
_SIZES = ("answer\nbytes", "request\nbytes")


def equal_work(clients: Sequence[Contender], *, width: int, verbose: bool) -> list[RenderableType]:
    """The part of the report, ending with an empty line; nothing where the origin was not asked.

    Args:
        clients: All contenders.
        width: Columns that there are.
        verbose: Show the table in any case.
    """
    seen = [client for client in clients if client.work.requests.seen is not None]
    deviating = any(client.work.deviations for client in clients)
    if seen and not deviating and not verbose:
        return [Text(f"Equal work: {counted(len(seen), 'contender')}, as ordered."), Text()]
    shown = [parts.item(what) for what in only_shown(clients)]
    table = [*_table(seen, width), Text()] if seen else []
    return table + ([Text("Not as ordered, but only shown:"), *shown, Text()] if shown else [])


def cells(clients: Sequence[Contender]) -> tuple[list[str], list[list[str]]]:
    """The headings, and a row per contender; columns of what nobody has are left out."""
    rows = [_row(client) for client in clients]
    kept = [any(cells) or heading not in _WHERE_ANY for heading, *cells in zip(_HEADINGS, *rows, strict=True)]
    return list(compress(_HEADINGS, kept)), [list(compress(row, kept)) for row in rows]


def only_shown(clients: Sequence[Contender]) -> list[str]:
    """What was not as ordered, and is held against nobody."""
    return [
        f"{client.contender}: {deviation.what}"
        for client in clients
        for deviation in client.work.deviations
        if deviation.severity == "shown"
    ]


def _table(clients: Sequence[Contender], width: int) -> list[RenderableType]:
    headings, rows = cells(clients)
    table = parts.table(
        headings,
        rows,
        width=width,
        left={"contender"},
        wraps=("contender",),
        least=parts.NAME_WIDTH,
        dispensable=(*_SIZES, "requests\nsent"),
    )
    shown = {column.header for column in table.columns}
    sizes = " (bytes are those of a request: head + body)" if shown & {*_SIZES} else ""
    return [Text(f"Equal work, as the origin saw it{sizes}:"), table]


def _row(client: Contender) -> list[str]:
    work = client.work
    return [
        client.contender,
        _number(work.requests.ordered),
        _number(work.requests.seen),
        _number(work.connections.seen),
        f"{work.tls_handshakes.seen:,} ({_number(work.tls_resumptions)})" if work.tls_handshakes.seen else "",
        _per_request(work, work.request_header_bytes, work.request_body_bytes.seen),
        _per_request(work, work.response_header_bytes, work.response_body_bytes),
        "\n".join(f"{status}: {count:,}" for status, count in work.statuses.items() if not 200 <= status < 300),
        f"{work.retries_seen:,}" if work.retries_seen else "",
    ]


def _per_request(work: Work, head_bytes: int | None, body_bytes: int | None) -> str:
    """Both by request, on average: "152+1,024"."""
    requests = work.requests.seen
    if not requests or (head_bytes is None and body_bytes is None):
        return parts.NO_FIGURE
    return "+".join(_number(None if count is None else round(count / requests)) for count in (head_bytes, body_bytes))


def _number(value: int | None) -> str:
    return parts.NO_FIGURE if value is None else f"{value:,}"
