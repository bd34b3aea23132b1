"""Responses put into bytes once, and kept by the request head that they answer until Date changes.

Most of a benchmark's requests are the same bytes again and again; the second and all later ones within a second cost
a look into a dictionary.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from weakref import WeakValueDictionary

from http_benchmark.faults import Fault
from http_benchmark.origin.messages import Buffer, Request, Response, Stream
from http_benchmark.origin.queues import Service

_MAX_KEPT = 1024  # answers per client address; beyond that, a load of ever new heads would fill memory
_MAX_KEPT_HEAD_BYTES = 4096
_MAX_KEPT_WIRE_BYTES = 131072

LAST_CHUNK = b"0\r\n\r\n"
"""What ends a chunked body."""


@dataclass(frozen=True, slots=True, eq=False)  # counted by identity, which costs less than by its bytes
class Answer:
    """A response as it goes over the wire.

    Attributes:
        status: The HTTP status.
        version: That of the request, "1.0" or "1.1".
        wire: The head, and the body where it is in one piece.
        head_bytes: Length of the head.
        stream: The rest of the body, in pieces; None if `wire` is all.
        chunked: The pieces are sent as chunks.
        delay_s: How long to wait before sending.
        service: The queue to go through before sending.
        fault: What goes wrong while it is sent; None for nothing.
        closes: The connection ends with this answer.
        asked_to_close: The client wanted that, or speaks an HTTP/1.0 that leaves no choice.
        upload_bytes: Length of the request body to be drained before answering.
        immediate: It is sent at once and as a whole, and the connection goes on.
        request: What it answers, as it is counted in `requested`.
    """

    status: int
    version: str
    wire: bytes
    head_bytes: int
    stream: Stream | None
    chunked: bool
    delay_s: float
    service: Service | None
    fault: Fault | None
    closes: bool
    asked_to_close: bool
    upload_bytes: int
    immediate: bool
    request: str

    @property
    def has_body(self) -> bool:
        """Something follows the head, a byte or the frame of a chunk."""
        return len(self.wire) > self.head_bytes or (self.stream is not None and self.stream.length != 0)


class Kept(dict[bytes, Answer]):
    """The kept answers of one client address, by request head."""

    __slots__ = ("__weakref__",)


class Answers:
    """Makes answers, and keeps those that equal heads may get again.

    A client address is forgotten with its last connection, but not before the second is over, since clients without
    keep-alive come back at once.
    """

    def __init__(self) -> None:
        self._by_peer: WeakValueDictionary[str, Kept] = WeakValueDictionary()
        self._of_this_second: list[Kept] = []
        self._date = b""
        self.renew()

    def of_peer(self, peer: str) -> Kept:
        """The kept answers of one client address; apart from others', since routes echo the address."""
        kept = self._by_peer.get(peer)
        if kept is None:
            kept = self._by_peer[peer] = Kept()
            self._of_this_second.append(kept)
        return kept

    def renew(self) -> None:
        """Take over the time of day and forget all answers made before; to be called each full second."""
        self._date = f"Date: {formatdate(time.time(), usegmt=True)}\r\n".encode("ascii")
        for kept in self._by_peer.values():
            kept.clear()
        self._of_this_second.clear()

    def keep(self, head: bytes, request: Request, response: Response, answer: Answer) -> None:
        """Have later requests with an equal head answered the same, where that is right and takes little memory."""
        kept = self.of_peer(request.peer)
        if (
            response.repeatable
            and not (request.chunked or request.body or request.expects_continue)
            and len(head) <= _MAX_KEPT_HEAD_BYTES
            and len(answer.wire) <= _MAX_KEPT_WIRE_BYTES
            and len(kept) < _MAX_KEPT
        ):
            kept[head] = answer

    def prepare(self, request: Request, response: Response) -> Answer:
        """Put a response into bytes, as this request's method and version want it."""
        stream = response.body if isinstance(response.body, Stream) else None
        length = len(response.body) if isinstance(response.body, bytes) else response.body.length
        chunked = length is None and request.version == "1.1"
        asked_to_close = not request.keep_alive or (length is None and not chunked)
        closes = asked_to_close or response.refusal
        has_body = _may_have_body(response.status)
        head = b"".join(
            (
                _status_line(response.status),
                self._date,
                _framing(response, length, chunked=chunked) if has_body else b"",
                _lines(response.headers),
                _connection(request, closes=closes),
                b"\r\n",
            )
        )
        body = response.body if isinstance(response.body, bytes) else b""
        if request.method == "HEAD" or not has_body:
            stream, body = None, b""
        return Answer(
            status=response.status,
            version=request.version,
            wire=head + body,
            head_bytes=len(head),
            stream=stream,
            chunked=chunked,
            delay_s=response.delay_s,
            service=response.service,
            fault=response.fault,
            closes=closes,
            asked_to_close=asked_to_close,
            upload_bytes=request.content_length,
            immediate=not (
                stream or response.delay_s or response.service or response.fault or closes or request.content_length
            ),
            request=request.entry,
        )


def chunk(piece: Buffer) -> tuple[Buffer, ...]:
    """Frame one piece of a chunked body."""
    return (b"%x\r\n" % len(piece), piece, b"\r\n")


def _may_have_body(status: int) -> bool:
    return status not in (204, 304)


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


def _framing(response: Response, length: int | None, *, chunked: bool) -> bytes:
    fields = [("Content-Type", response.content_type)]
    if length is not None:
        fields.append(("Content-Length", str(length)))
    elif chunked:
        fields.append(("Transfer-Encoding", "chunked"))
    return _lines(fields)


def _connection(request: Request, *, closes: bool) -> bytes:
    if closes:
        return b"Connection: close\r\n"
    return b"Connection: keep-alive\r\n" if request.version == "1.0" else b""


def _lines(fields: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")
