"""The origin's HTTP/2 side: the same routes behind granian, a server in Rust that runs inside the origin's event loop.

It answers HTTP/1.1 as well, so that contenders of both protocols meet the same server. What granian does not show is
None in the counts: bytes with their heads, handshakes, closed connections. Connections are told apart by the client's
address and port, so one that a port is used for a second time is not seen as new.
"""

import asyncio
import contextlib
import socket
import time
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP2Settings
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope
from granian.server.embed import Server

from http_benchmark.clock import monotonic_ns
from http_benchmark.errors import TargetError
from http_benchmark.origin import routes
from http_benchmark.origin.alarms import Alarms
from http_benchmark.origin.bodies import MAX_BODY_BYTES, MAX_KEPT_BODY_BYTES, too_long
from http_benchmark.origin.journal import Journal
from http_benchmark.origin.messages import RefusalError, Request, Response, Stream
from http_benchmark.origin.queues import Queues
from http_benchmark.origin.requested import UNKNOWN, Requested, entry

if TYPE_CHECKING:
    from http_benchmark.origin.tls import Credentials  # without TLS its libraries are not needed

_MAX_KEPT = 1024  # responses; beyond that, a load of ever new requests would fill memory
_MOST_STREAMS = 65536  # on a connection: how many requests are in flight is for the client to say
_BACKLOG = 16384
_FAULTLESS = Response(
    501, b"nothing goes wrong to order here; ask an origin without HTTP/2\n", "text/plain; charset=utf-8"
)
_BODILESS = frozenset({204, 304})
_PATH_SAFE = "/:@!$&'()*+,;=~"  # what a path has as it is (RFC 3986); granian hands it over decoded
_MOST_EMPTY_PIECES = 100  # of a body, in a row: clients may send some, granian without end where a body broke off
_START_PATIENCE_S = 10.0
_LOOK_EVERY_S = 0.005


class Http2Origin:
    """The routes behind granian; to be made on the running event loop that serves them.

    Args:
        credentials: For TLS; None for none.

    Attributes:
        journal: Of requests, and of the connections that brought them; when these end is not shown.
    """

    def __init__(self, credentials: "Credentials | None") -> None:
        self._credentials = credentials
        self.journal = Journal()
        self._counts = _Counts()
        self._queues = Queues()
        self._alarms = Alarms()
        self._kept: dict[tuple[object, ...], Response] = {}
        self._waiting: set[asyncio.Future[None]] = set()  # one for each answer that is not due yet
        self._servers: list[tuple[Server, asyncio.Task[None]]] = []

    async def listen(self, listener: socket.socket) -> None:
        """Accept connections where this socket listens, and instead of it; returns as soon as that is so.

        Raises:
            TargetError: Granian does not start.
        """
        host, port = listener.getsockname()[:2]
        with contextlib.ExitStack() as stack:
            stack.enter_context(_held(listener))
            chain, key = stack.enter_context(self._credentials.files()) if self._credentials else (None, None)
            server = Server(
                self._answer,
                address=host,
                port=port,
                interface=Interfaces.RSGI,
                websockets=False,
                backlog=_BACKLOG,
                backpressure=_BACKLOG,
                http2_settings=HTTP2Settings(max_concurrent_streams=_MOST_STREAMS),
                log_enabled=False,
                ssl_cert=chain,
                ssl_key=key,
                ssl_protocol_min=SSLProtocols.tls12,
            )
            serving = asyncio.ensure_future(server.serve())
            self._servers.append((server, serving))
            await _until_connectable(host, port, serving)

    def counts(self) -> dict[str, Any]:
        """What it saw so far."""
        return self._counts.reading()

    def settle(self) -> dict[str, Any]:
        """The same between two turns, as `app.Origin.settle`: what waits for its start is given up."""
        self._counts.dropped += len(self._waiting)
        while self._waiting:
            self._waiting.pop().set_result(None)
        return self.counts()

    def take_requested(self) -> dict[str, int]:
        """As `app.Origin.take_requested`."""
        return self._counts.requested.take()

    async def end(self, patience_s: float) -> None:
        """Stop; answers under way have `patience_s` to be sent."""
        for server, _ in self._servers:
            server.stop()
        if self._servers:
            await asyncio.wait([serving for _, serving in self._servers], timeout=patience_s)

    async def _answer(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request; granian calls this."""
        counts = self._counts
        counts.clients.add(scope.client)
        try:
            response = await self._response(scope, protocol)
        except ConnectionError:
            return
        except RefusalError as refusal:
            response = Response(refusal.status, f"{refusal}\n".encode(), "text/plain; charset=utf-8")
        counts.requested.count(_entry(scope))
        if response.fault:
            response = _FAULTLESS
        if (response.delay_s or response.service) and not await self._is_waited_for(protocol, self._due_ns(response)):
            return
        counts.requests += 1
        counts.statuses[response.status] += 1
        counts.protocols[scope.http_version] += 1
        await self._send(response, protocol, with_body=scope.method != "HEAD")

    async def _response(self, scope: Scope, protocol: HTTPProtocol) -> Response:
        """What the routes say, or said to an equal request where they would say the same again, whatever its body."""
        fields = scope.headers.items()
        peer = scope.client.rpartition(":")[0]
        key = (scope.method, scope.path, scope.query_string, scope.authority, scope.http_version, peer, *fields)
        kept = None if self.journal.on else self._kept.get(key)
        if kept is not None:
            await self._read_body(protocol, MAX_BODY_BYTES, keep=False)
            return kept
        request = _request(scope, fields, peer)
        shows_body = routes.keeps_body(request)
        limit_bytes = MAX_KEPT_BODY_BYTES if shows_body else MAX_BODY_BYTES
        body = await self._read_body(protocol, limit_bytes, keep=shows_body or self.journal.on)
        if self.journal.on:
            page = self.journal.page_of(scope.client, tls=scope.scheme == "https")
            page.take(body)
            page.note(request)
        response = routes.respond(replace(request, body=body))
        if response.repeatable and not shows_body and len(self._kept) < _MAX_KEPT:
            self._kept[key] = response
        return response

    async def _read_body(self, protocol: HTTPProtocol, limit_bytes: int, *, keep: bool) -> bytes:
        """Read a body to its end and count it; return it if it is to be kept.

        Raises:
            RefusalError: It is too long.
            ConnectionError: It broke off.
        """
        chunks, length, empty = [], 0, 0
        async for chunk in protocol:
            empty = 0 if chunk else empty + 1
            if empty > _MOST_EMPTY_PIECES:
                raise ConnectionError("a body broke off")
            length += len(chunk)
            self._counts.body_bytes_received += len(chunk)
            if length > limit_bytes:
                raise too_long(limit_bytes)
            if keep:
                chunks.append(chunk)
        return b"".join(chunks)

    async def _send(self, response: Response, protocol: HTTPProtocol, *, with_body: bool) -> None:
        body, headers = response.body, list(response.headers)
        if response.status in _BODILESS:
            protocol.response_empty(response.status, headers)
            return
        headers.append(("content-type", response.content_type))
        length = len(body) if isinstance(body, bytes) else body.length
        if length is not None:
            headers.append(("content-length", str(length)))
        if not with_body:
            protocol.response_empty(response.status, headers)
        elif isinstance(body, bytes):
            protocol.response_bytes(response.status, headers, body)
            self._counts.body_bytes_sent += len(body)
        else:
            await self._send_stream(response.status, headers, body, protocol)

    async def _send_stream(
        self, status: int, headers: list[tuple[str, str]], body: Stream, protocol: HTTPProtocol
    ) -> None:
        """Send piece by piece, though granian takes all of it at once; a client that hangs up has had enough."""
        transport = protocol.response_stream(status, headers)
        due_ns = monotonic_ns()
        with contextlib.suppress(ProtocolClosed):
            for piece in body.pieces:
                await transport.send_bytes(bytes(piece))
                self._counts.body_bytes_sent += len(piece)
                if body.pause_s:
                    due_ns += round(body.pause_s * 1e9)
                    await self._until(due_ns)

    def _due_ns(self, response: Response) -> int:
        """When an answer may start."""
        now_ns = monotonic_ns()
        served_ns = self._queues.finish_ns(response.service, now_ns) if response.service else now_ns
        return served_ns + round(response.delay_s * 1e9)

    async def _is_waited_for(self, protocol: HTTPProtocol, until_ns: int) -> bool:
        """Wait for the moment at which an answer is due; False, and counted, if nobody waits for it any more."""
        gone = asyncio.ensure_future(protocol.client_disconnect())
        due = asyncio.ensure_future(self._until(until_ns))
        given_up = asyncio.get_running_loop().create_future()
        self._waiting.add(given_up)
        try:
            await asyncio.wait((gone, due, given_up), return_when=asyncio.FIRST_COMPLETED)
            if not (due.done() or given_up.done()):
                self._counts.dropped += 1
            return due.done() and not given_up.done()
        finally:
            self._waiting.discard(given_up)
            gone.cancel()
            due.cancel()

    async def _until(self, moment_ns: int) -> None:
        """Sleep until a moment of the monotonic clock; never less, as the event loop's own timers do."""
        awake = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not awake.done():
                awake.set_result(None)

        alarm = self._alarms.at(moment_ns, wake)
        try:
            await awake
        finally:
            alarm.cancel()


class _Counts:
    """Numbers since the start; what they mean stands in `models.measurement.ServerCounts`."""

    def __init__(self) -> None:
        self.requested = Requested()
        self.clients: set[str] = set()
        self.requests = 0
        self.dropped = 0
        self.statuses: defaultdict[int, int] = defaultdict(int)
        self.protocols: defaultdict[str, int] = defaultdict(int)
        self.body_bytes_received = 0
        self.body_bytes_sent = 0

    def reading(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "dropped": self.dropped,
            "broken": 0,
            "statuses": dict(self.statuses),
            "protocols": dict(self.protocols),
            "connections": len(self.clients),
            "closed": None,
            "closed_on_request": None,
            "reset_by_client": None,
            "asked_ahead": None,
            "tls_handshakes": None,
            "tls_resumptions": None,
            "bytes_received": None,
            "header_bytes_received": None,
            "body_bytes_received": self.body_bytes_received,
            "bytes_sent": None,
            "body_bytes_sent": self.body_bytes_sent,
            "cpu_s": time.process_time(),
        }


def _request(scope: Scope, fields: list[tuple[str, str]], peer: str) -> Request:
    """The request as the routes know it; in HTTP/2 the host stands outside of the headers."""
    host = () if "host" in scope.headers else (("host", scope.authority or ""),)
    return Request(
        method=scope.method,
        target=_target(scope.path, scope.query_string),
        headers=(*host, *fields),
        version=scope.http_version,
        peer=peer,
        scheme=scope.scheme,
    )


def _entry(scope: Scope) -> str:
    """How it is counted; of a path that is no UTF-8 nobody knows how it was written."""
    if "\ufffd" in scope.path:
        return UNKNOWN
    return entry(f"{scope.method} {_target(scope.path, scope.query_string)}", tuple(scope.headers.items()))


@lru_cache(_MAX_KEPT)
def _target(path: str, query: str) -> str:
    return quote(path, safe=_PATH_SAFE) + (f"?{query}" if query else "")


def _held(listener: socket.socket) -> socket.socket:
    """Close a listening socket and keep its port with another one, until granian, which opens its own, listens there.

    A socket that is bound with SO_REUSEPORT but does not listen gets no connections, and keeps out who has not asked
    for that option.
    """
    address = listener.getsockname()
    held = socket.socket(listener.family)
    listener.close()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(address)
    return held


async def _until_connectable(host: str, port: int, serving: asyncio.Task[None]) -> None:
    deadline_s = time.monotonic() + _START_PATIENCE_S
    while time.monotonic() < deadline_s and not serving.done():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(_LOOK_EVERY_S)
        else:
            writer.close()
            return
    raise TargetError(f"cannot listen on {host} port {port} for HTTP/2; choose another port, or 0 for a free one")
