"""The floor's HTTP/1.1: the bytes of a request, and where a response ends. Of a response only the status is kept."""

import contextlib
import io
import math
from types import SimpleNamespace
from typing import NamedTuple, Self
from urllib.parse import SplitResult, quote, urlsplit

from http_benchmark.clients.base import Request, has_header, refuse

_HEAD_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_LONGEST_PART_BYTES = 64 * 1024  # of a head, or a line of a chunked body: beyond, it is no HTTP
_SAYS_ITS_LENGTH = frozenset({"POST", "PUT", "PATCH"})  # even if that is 0 (RFC 9110, section 8.6)
_NOT_QUOTED = "!$%&'()*+,-./:;=?@_~[]"


class IncompleteResponseError(Exception):
    """The connection ended in the middle of a response."""


class MalformedResponseError(Exception):
    """What came back is not HTTP/1.1."""


def on_the_wire(request: Request) -> tuple[str, int, bytes]:
    """Where a request goes, host and port, and its bytes.

    Raises:
        UnsupportedOptionError: The URL needs more than a bare connection.
    """
    url = urlsplit(request.url)
    if url.scheme != "http" or not url.hostname or url.username is not None:
        raise refuse("floor", f"send to {url.scheme}://", "it needs an http:// URL without a user name")
    target = quote(url.path or "/", safe=_NOT_QUOTED) + (f"?{quote(url.query, safe=_NOT_QUOTED)}" if url.query else "")
    headers = list(request.headers)
    if not has_header(request, "Host"):
        headers.insert(0, ("Host", _host_and_port(url)))
    if (request.body or request.method in _SAYS_ITS_LENGTH) and not has_header(request, "Content-Length"):
        headers.append(("Content-Length", str(len(request.body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return (
        url.hostname,
        url.port or 80,
        f"{request.method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + request.body,
    )


def _host_and_port(url: SplitResult) -> str:
    host = url.netloc
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode("ascii")
    return host.removesuffix(":80")


class _Framing(NamedTuple):
    """What a head says: the status, how long the body is (or that it is chunked), whether the connection stays."""

    status: int
    left: float
    chunked: bool
    reusable: bool


class Response:
    """Finds the end of one response after the other; keeps nothing of them but the status.

    Args:
        bodiless: Whether responses have no body, whatever their head says (HEAD).

    Attributes:
        status: Of the response that is being read or was read last; 0 before its head is complete.
        reusable: Whether the connection can carry another request after it.
    """

    def __init__(self, *, bodiless: bool) -> None:
        self._bodiless = bodiless
        self._head = bytearray()
        self._framing = _Framing(0, 0, chunked=False, reusable=True)
        self.begin()

    @classmethod
    def to(cls, request: Request) -> Self:
        """Read the responses to this request."""
        return cls(bodiless=request.method == "HEAD")

    def begin(self) -> None:
        """Expect a response from its start."""
        self.status = 0
        self.reusable = True
        self._unread = b""  # the beginning of a head, or of a line of a chunked body
        self._left: float = 0  # bytes of the body or chunk that are still to come; infinite until the end
        self._chunked = self._in_trailers = False

    def feed(self, buffer: bytearray, count: int) -> bool:
        """Take the first `count` bytes of the buffer, or with 0 the end of the connection; True when complete.

        Raises:
            ConnectionResetError: The connection ended before the response began.
            IncompleteResponseError: It ended in the middle.
            MalformedResponseError: This is no response.
        """
        if not count:
            return self._ends_here()
        if self._unread:
            buffer = bytearray(self._unread) + buffer[:count]
            count, self._unread = len(buffer), b""
        start = 0 if self.status else self._read_head(buffer, count)
        if not self.status:
            return False
        if self._chunked:
            return self._skip_chunks(buffer, start, count)
        self._left -= count - start
        if self._left < 0:  # more than was announced
            self.reusable = False
        return self._left <= 0

    def _read_head(self, buffer: bytearray, count: int) -> int:
        """Set the status and what the head says of the body; where the body starts."""
        start = 0
        while not self.status:
            end = buffer.find(_HEAD_END, start, count)
            if end < 0:
                self._keep(buffer, start, count)
                break
            head = buffer[start:end]
            if head != self._head:  # equal heads, as most servers send them, are read once
                self._head, self._framing = head, _read_framing(bytes(head), bodiless=self._bodiless)
            self.status, self._left, self._chunked, self.reusable = self._framing
            if 100 <= self.status < 200:  # an interim response; the real one follows
                self.status = 0
            start = end + len(_HEAD_END)
        return start

    def _skip_chunks(self, buffer: bytearray, position: int, count: int) -> bool:
        while True:
            skipped = min(self._left, count - position)
            self._left -= skipped
            position += int(skipped)
            if self._left:
                return False
            end = buffer.find(_LINE_END, position, count)
            if end < 0:
                self._keep(buffer, position, count)
                return False
            line = bytes(buffer[position:end])
            position = end + len(_LINE_END)
            if self._in_trailers:
                if not line:
                    self.reusable = self.reusable and position == count
                    return True
            elif size := _chunk_size(line):
                self._left = size + len(_LINE_END)
            else:
                self._in_trailers = True

    def _keep(self, buffer: bytearray, start: int, count: int) -> None:
        self._unread = bytes(buffer[start:count])
        looks_wrong = not self.status and not self._unread.startswith(b"HTTP/1."[: len(self._unread)])
        if looks_wrong or len(self._unread) > _LONGEST_PART_BYTES:
            raise MalformedResponseError(f"no HTTP/1.1: {self._unread[:40]!r}")

    def _ends_here(self) -> bool:
        self.reusable = False
        if not self.status and not self._unread:
            raise ConnectionResetError("the connection was closed before the response began")
        if self._left == math.inf:
            return True
        raise IncompleteResponseError("the connection was closed before the response was complete")


class KeptResponse(Response):
    """Keeps the response that was read last, to show its body."""

    def begin(self) -> None:
        super().begin()
        self._wire = bytearray()

    def feed(self, buffer: bytearray, count: int) -> bool:
        self._wire += buffer[:count]
        return super().feed(buffer, count)

    def body(self) -> bytes:
        """The body in what was taken for one whole response, as the standard library finds it."""
        from http.client import HTTPResponse  # noqa: PLC0415 - the yardstick's memory is measured; this is for looking

        connection = SimpleNamespace(makefile=lambda _: io.BytesIO(self._wire))
        response = HTTPResponse(connection, method="HEAD" if self._bodiless else "GET")  # type: ignore[arg-type] # it reads a file and no more
        response.begin()
        return response.read()


def _read_framing(head: bytes, *, bodiless: bool) -> _Framing:
    """Read of a head what its body's end depends on (RFC 9112, section 6.3).

    Raises:
        MalformedResponseError: It is no head of HTTP/1.x.
    """
    if not head.startswith(b"HTTP/1.") or not head[9:12].isdigit():
        raise MalformedResponseError(f"no HTTP/1.1: {head[:40]!r}")
    status, fields = int(head[9:12]), head.lower()
    connection = _value(fields, b"connection")
    reusable = b"close" not in connection if head[7:8] == b"1" else b"keep-alive" in connection
    if bodiless or status in {204, 304}:
        return _Framing(status, 0, chunked=False, reusable=reusable)
    if b"chunked" in _value(fields, b"transfer-encoding"):
        return _Framing(status, 0, chunked=True, reusable=reusable)
    length = _value(fields, b"content-length")
    if not length:
        return _Framing(status, math.inf, chunked=False, reusable=False)
    if not length.isdigit():
        raise MalformedResponseError(f"a body of {length[:40]!r} bytes")
    return _Framing(status, int(length), chunked=False, reusable=reusable)


def _value(fields: bytes, name: bytes) -> bytes:
    """A header's value in a head in small letters; empty where it is missing."""
    start = fields.find(_LINE_END + name + b":")
    if start < 0:
        return b""
    start += len(_LINE_END) + len(name) + 1
    end = fields.find(_LINE_END, start)
    return fields[start : end if end >= 0 else len(fields)].strip()


def _chunk_size(line: bytes) -> int:
    """The size that opens a chunk, without its extensions."""
    digits = line.partition(b";")[0].strip()
    try:
        size = int(digits, 16)
    except ValueError:
        size = -1
    if size < 0:
        raise MalformedResponseError(f"a chunk of {digits[:40]!r} bytes")
    return size
