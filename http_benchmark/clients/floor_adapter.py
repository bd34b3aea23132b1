"""The least that a client can do: prepared bytes go out over a bare socket, the answer is read to its end and dropped.

What it reaches on a workload is the floor: nobody can be much faster here, and who comes close to it is held back by
the machine and the server, not by its own work. It speaks HTTP/1.1 without TLS, follows and decodes nothing, and keeps
one connection for each thread or task and host, opened when first used and again after it was lost. A request on a
connection that was lost meanwhile is a failed one, never repeated.
"""

import asyncio
import socket
import struct
from collections.abc import Sequence

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
    kind_of_cause,
    refuse,
    refuse_http2,
    refuse_proxy,
)
from http_benchmark.clients.floor_http import (
    IncompleteResponseError,
    KeptResponse,
    MalformedResponseError,
    Response,
    on_the_wire,
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
    "stream": False,  # it counts the bytes of a body, and hands none over
    "total_timeout": False,
}

_BUFFER_BYTES = 256 * 1024


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
            return self._prepare(request, Response.to(request), {})
        kept = KeptResponse.to(request)
        send = self._prepare(request, kept, {})

        def send_inspected() -> int:
            status = send()
            inspect(status, kept.body())
            return status

        return send_inspected

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[Send]:
        _refuse_events(observe)
        connections: dict[tuple[str, int], _BlockingConnection] = {}
        return [self._prepare(request, Response.to(request), connections) for request in requests]

    def _prepare(
        self, request: Request, response: Response, connections: "dict[tuple[str, int], _BlockingConnection]"
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

    def sender(self, wire: bytes, response: Response) -> Send:
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
            return self._prepare(request, Response.to(request), {})
        kept = KeptResponse.to(request)
        send = self._prepare(request, kept, {})

        async def send_inspected() -> int:
            status = await send()
            inspect(status, kept.body())
            return status

        return send_inspected

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[AsyncSend]:
        _refuse_events(observe)
        connections: dict[tuple[str, int], _AsyncConnection] = {}
        return [self._prepare(request, Response.to(request), connections) for request in requests]

    def _prepare(
        self, request: Request, response: Response, connections: "dict[tuple[str, int], _AsyncConnection]"
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

    def begin(self, wire: bytes, response: Response) -> asyncio.Future[int]:
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


def _refuse_options(options: ClientOptions) -> None:
    refuse_http2("floor", options)
    refuse_proxy("floor", options)
    if options.follow_redirects:
        raise refuse("floor", "follow redirects", "leave out --follow-redirects, or aim at where they lead")


def _refuse_events(observe: Observe | None) -> None:
    if observe:
        raise refuse("floor", "tell when events arrive, since it does not look into bodies", "leave it out")
