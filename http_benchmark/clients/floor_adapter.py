"""The least that a client can do: prepared bytes go out over a bare socket, the answer is read to its end and dropped.

What it reaches on a workload is the floor: nobody can be much faster here, and who comes close to it is held back by
the machine and the server, not by its own work. It speaks HTTP/1.1 without TLS, follows and decodes nothing, and keeps
one connection for each thread or task and host, opened when first used and again after it was lost. A request on a
connection that was lost meanwhile is a failed one, never repeated.
"""

import asyncio
import contextlib
import io
import math
import socket
import struct
from collections.abc import Sequence
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from http_benchmark.clients.base import (
    AsyncClient,
    AsyncSend,
    Client,
    ClientOptions,
    ErrorTable,
    Inspect,
    Observe,
    Request,
    Send,
    has_header,
    kind_of_cause,
    refuse,
    refuse_http2,
    refuse_proxy,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "http-benchmark",
    "install": "part of http-benchmark",
    "modes": {"sync": "FloorClient", "async": "AsyncFloorClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,  # like the line above: without TLS there is nothing to check
    "follow_redirects": [],
    "pool_limit": True,
    "stream": True,
    "total_timeout": False,
}

_BUFFER_BYTES = 256 * 1024
_HEAD_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_LONGEST_PART_BYTES = 64 * 1024  # of a head, or a line of a chunked body: beyond, it is no HTTP
_SAYS_ITS_LENGTH = frozenset({"POST", "PUT", "PATCH"})  # even if that is 0 (RFC 9110, section 8.6)
_NOT_QUOTED = "!$%&'()*+,-./:;=?@_~[]"


class IncompleteResponseError(Exception):
    """The connection ended in the middle of a response."""


class MalformedResponseError(Exception):
    """What came back is not HTTP/1.1."""


class DeadlineError(Exception):
    """The response was not complete in time."""


ERRORS: ErrorTable = (
    (IncompleteResponseError, ErrorKind.INCOMPLETE_RESPONSE),
    (MalformedResponseError, ErrorKind.PROTOCOL),
    (DeadlineError, ErrorKind.TIMEOUT),
    (BlockingIOError, ErrorKind.TIMEOUT),  # a blocking socket whose SO_RCVTIMEO or SO_SNDTIMEO is over
    (OSError, kind_of_cause),
    (ExceptionGroup, kind_of_cause),  # connecting failed for every address of the name
)


class FloorClient(Client):
    """A blocking socket per thread and host."""

    def open(self, options: ClientOptions) -> None:
        _refuse_options(options)
        self._timeout_s = options.timeout_s
        self._connections: list[_BlockingConnection] = []

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        if inspect is None:
            return self._prepare(request, _response_to(request), {})
        kept = KeptResponse(bodiless=_is_bodiless(request))
        send = self._prepare(request, kept, {})

        def send_inspected() -> int:
            status = send()
            inspect(status, kept.body())
            return status

        return send_inspected

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[Send]:
        _refuse_events(observe)
        connections: dict[tuple[str, int], _BlockingConnection] = {}
        return [self._prepare(request, _response_to(request), connections) for request in requests]

    def _prepare(
        self, request: Request, response: "Response", connections: "dict[tuple[str, int], _BlockingConnection]"
    ) -> Send:
        host, port, wire = on_the_wire(request)
        if (host, port) not in connections:
            connections[host, port] = _BlockingConnection(host, port, self._timeout_s)
            self._connections.append(connections[host, port])
        return connections[host, port].sender(wire, response)

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


class _BlockingConnection:
    """Sends requests one after the other over a socket of its own.

    The kernel watches the deadline of each read: a timeout of Python's would cost a system call before each of them.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._buffer = bytearray(_BUFFER_BYTES)
        self._socket: socket.socket | None = None

    def sender(self, wire: bytes, response: "Response") -> Send:
        """Make a `send` for one request, whose responses this reader reads."""
        buffer = self._buffer

        def send() -> int:
            connected = self._socket or self._connect()
            receive_into = connected.recv_into
            response.begin()
            try:
                connected.sendall(wire)
                while not response.feed(buffer, receive_into(buffer)):
                    pass
            except BaseException:
                self.close()
                raise
            if not response.reusable:
                self.close()
            return response.status

        return send

    def close(self) -> None:
        """Close the socket. Harmless when repeated."""
        connected, self._socket = self._socket, None
        if connected:
            connected.close()

    def _connect(self) -> socket.socket:
        connected = socket.create_connection((self._host, self._port), self._timeout_s)
        limit = struct.pack("@ll", int(self._timeout_s), max(1, round(self._timeout_s % 1 * 1e6)))
        connected.settimeout(None)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected
        return connected


class AsyncFloorClient(AsyncClient):
    """An asyncio transport with a protocol of our own per task and host; all share one buffer."""

    async def open(self, options: ClientOptions) -> None:
        _refuse_options(options)
        self._timeout_s = options.timeout_s
        self._buffer = bytearray(_BUFFER_BYTES)
        self._connections: set[_AsyncConnection] = set()

    def prepare(self, request: Request, inspect: Inspect | None = None) -> AsyncSend:
        if inspect is None:
            return self._prepare(request, _response_to(request), {})
        kept = KeptResponse(bodiless=_is_bodiless(request))
        send = self._prepare(request, kept, {})

        async def send_inspected() -> int:
            status = await send()
            inspect(status, kept.body())
            return status

        return send_inspected

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[AsyncSend]:
        _refuse_events(observe)
        connections: dict[tuple[str, int], _AsyncConnection] = {}
        return [self._prepare(request, _response_to(request), connections) for request in requests]

    def _prepare(
        self, request: Request, response: "Response", connections: "dict[tuple[str, int], _AsyncConnection]"
    ) -> AsyncSend:
        host, port, wire = on_the_wire(request)
        address = host, port
        connection_to = connections.get

        async def send() -> int:
            connection = connection_to(address)
            if connection is None or connection.closed:
                connection = connections[address] = await self._connect(host, port)
            try:
                return await connection.begin(wire, response)
            except BaseException:
                connection.abort()
                raise

        return send

    async def close(self) -> None:
        lost = [connection.lost for connection in self._connections]
        for connection in self._connections:
            connection.abort()
        await asyncio.gather(*lost)

    async def _connect(self, host: str, port: int) -> "_AsyncConnection":
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout_s):
            # All errors, since asyncio forgets which ones they were where a name has several addresses.
            _, connection = await loop.create_connection(  # type: ignore[call-overload]
                lambda: _AsyncConnection(self._buffer, self._timeout_s), host, port, all_errors=True
            )
            assert isinstance(connection, _AsyncConnection)
        self._connections.add(connection)
        connection.lost.add_done_callback(lambda _: self._connections.discard(connection))
        return connection


class _AsyncConnection(asyncio.BufferedProtocol):
    """One connection with at most one request under way.

    Its deadline is one timer for all requests, set anew when it rings: setting one per request would cost more than the
    request.

    Attributes:
        closed: It cannot be used any more.
        lost: Done when nothing of it is left.
    """

    _transport: asyncio.Transport

    def __init__(self, buffer: bytearray, timeout_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = buffer
        self._timeout_s = timeout_s
        self._response: Response | None = None
        self._waiter: asyncio.Future[int] | None = None
        self._began_s = 0.0
        self._alarm = self._loop.call_later(timeout_s, self._ring)
        self.closed = False
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def begin(self, wire: bytes, response: "Response") -> asyncio.Future[int]:
        """Send a request; what is returned becomes the status once the response, read by this reader, is complete."""
        response.begin()
        self._response = response
        self._began_s = self._loop.time()
        waiter = self._waiter = self._loop.create_future()
        self._transport.write(wire)
        return waiter

    def abort(self) -> None:
        """Close at once. Harmless when repeated."""
        self.closed = True
        self._alarm.cancel()
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's signature
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        waiter, response = self._waiter, self._response
        if waiter is None or response is None:  # nobody asked for it
            self.abort()
            return
        try:
            complete = response.feed(self._buffer, nbytes)
        except (OSError, IncompleteResponseError, MalformedResponseError) as error:
            self._fail(error)
            return
        if complete:
            self._waiter = None
            if not response.reusable:
                self.abort()
            if not waiter.done():  # it may have been cancelled just now
                waiter.set_result(response.status)

    def eof_received(self) -> None:
        self.closed = True
        if self._waiter is not None:
            self.buffer_updated(0)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionResetError("the connection was closed"))
        self.lost.set_result(None)

    def _ring(self) -> None:
        since_s = self._began_s if self._waiter else self._loop.time()
        if self._loop.time() - since_s >= self._timeout_s:
            self._fail(DeadlineError(f"no complete response within {self._timeout_s:g} s"))
        else:
            self._alarm = self._loop.call_at(since_s + self._timeout_s, self._ring)

    def _fail(self, error: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        self.abort()
        if waiter and not waiter.done():
            waiter.set_exception(error)


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
                self._head, self._framing = head, read_framing(bytes(head), bodiless=self._bodiless)
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


def _response_to(request: Request) -> Response:
    return Response(bodiless=_is_bodiless(request))


def _is_bodiless(request: Request) -> bool:
    return request.method == "HEAD"


def read_framing(head: bytes, *, bodiless: bool) -> _Framing:
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
        f"{request.method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (request.body),
    )


def _host_and_port(url: SplitResult) -> str:
    host = url.netloc
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode("ascii")
    return host.removesuffix(":80")


def _refuse_options(options: ClientOptions) -> None:
    refuse_http2("floor", options)
    refuse_proxy("floor", options)
    if options.follow_redirects:
        raise refuse("floor", "follow redirects", "leave out --follow-redirects, or aim at where they lead")


def _refuse_events(observe: Observe | None) -> None:
    if observe:
        raise refuse("floor", "tell when events arrive, since it does not look into bodies", "leave it out")


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
