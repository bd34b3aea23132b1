"""The server itself: one `Connection` per client connection, and the `Origin` that they share.

A request whose head was answered within the last second costs a dictionary look-up and one write. Every other one is
read (`reading`), routed (`routes`), put into bytes (`answers`) and sent (`sending`). A connection answers one request
at a time, in order; what the client sends meanwhile waits.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from http_benchmark.origin import routes
from http_benchmark.origin.alarms import Alarms
from http_benchmark.origin.answers import Answer, Answers
from http_benchmark.origin.counters import Counters
from http_benchmark.origin.hangups import hung_up
from http_benchmark.origin.journal import Ending, Journal, Page
from http_benchmark.origin.messages import RefusalError, Request, Response
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.queues import Queues
from http_benchmark.origin.reading import Incoming, Reader
from http_benchmark.origin.requested import UNKNOWN
from http_benchmark.origin.resets import unsent_bytes
from http_benchmark.origin.sending import Sender

BACKLOG = 16384
"""Connections that may wait to be accepted; the kernel cuts it to net.core.somaxconn."""

_MAX_WAITING_BYTES = 65536  # of pipelined requests; then reading rests until the answer under way is sent
_LOOK_S = 1.0  # how often to look whether a client is still there that is not read from
_LINGER_S = 2.0  # how long a client may leave the connection open after the last answer
_UNREADABLE = Request("GET", "/")  # stands for what could not be read as a request
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

type KeptAnswer = Callable[[bytes], Answer | None]
"""Looks up the answer that is kept for a head."""


class Origin:
    """What all connections share: the counters, the journal, the kept answers, the queues, and who is connected.

    To be made on the running event loop that serves it.

    Args:
        options: What kind of server it is.
        tls: For TLS; None for none.
    """

    def __init__(self, options: OriginOptions, tls: ssl.SSLContext | None = None) -> None:
        self.options = options
        self._tls = tls
        self.counters = Counters()
        self.journal = Journal()
        self.answers = Answers()
        self.queues = Queues()
        self.alarms = Alarms()
        self._connections: set[Connection] = set()
        self._deserted = asyncio.Event()
        self._servers: list[asyncio.Server] = []
        self._renew_answers()

    def connect(self) -> "Connection":
        """Make the protocol of a new connection; for `loop.create_server`."""
        return Connection(self)

    async def listen(self, listener: socket.socket) -> None:
        """Accept connections from this socket; may be called for several."""
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(self.connect, sock=listener, backlog=BACKLOG, ssl=self._tls))

    def counts(self) -> dict[str, Any]:
        """What it saw so far, under the names of `models.measurement.ServerCounts`."""
        return self.counters.reading()

    def joined(self, connection: "Connection") -> None:
        """Take note of a connection."""
        self._connections.add(connection)
        self._deserted.clear()

    def left(self, connection: "Connection") -> None:
        """Take note that a connection is closed."""
        self._connections.discard(connection)
        if not self._connections:
            self._deserted.set()

    def settle(self) -> dict[str, Any]:
        """Read the counters between two turns.

        Who had its turn waits for nothing any more: what is under way it gave up, and what becomes of that would
        otherwise count for whoever comes next.
        """
        for connection in tuple(self._connections):
            connection.disown()
        return self.counters.reading()

    def take_requested(self) -> dict[str, int]:
        """Requests as in `requested`, as many as were counted since this was asked last."""
        self.counters.settle()
        return self.counters.requested.take()

    async def end(self, patience_s: float) -> None:
        """Close idle connections now, the others after the answer under way, or when `patience_s` is over."""
        for server in self._servers:
            server.close()
        for connection in tuple(self._connections):
            connection.end()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._deserted.wait(), patience_s)
        for connection in tuple(self._connections):
            connection.abort()

    def _renew_answers(self) -> None:
        self.counters.settle()
        self.answers.renew()
        to_full_second_s = 1.0 - time.time() % 1.0
        asyncio.get_running_loop().call_later(to_full_second_s + 0.001, self._renew_answers)


class Connection(asyncio.Protocol):
    """One client connection."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._counters = origin.counters
        self._idle = True  # nothing is half read, half sent or full: what comes next starts a request
        self._ending = False  # close when nothing is under way any more
        self._hung_up = False  # the client has sent all that it will
        self._cut: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer: str = (transport.get_extra_info("peername") or ("",))[0]  # none if the client is gone already
        self._transport = cast("asyncio.Transport", transport)
        self._write = self._transport.write
        self._page = _page(self._origin.journal, transport)
        self._kept_answer = self._known_answers(peer) if self._page is None else no_answer
        self._sender = Sender(
            self._transport, self._counters, self._advance, queues=self._origin.queues, alarms=self._origin.alarms
        )
        self._count_connection()
        self._reader = Reader(
            peer,
            self._kept_answer,
            lambda: self._sender.write(_CONTINUE),
            counters=self._counters,
            take=self._page.take if self._page else None,
            scheme="http" if transport.get_extra_info("ssl_object") is None else "https",
        )
        self._origin.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, ConnectionError):  # Linux resets where a client closes with data unread
            self._counters.reset_by_client += 1
        self._origin.left(self)
        if self._page:
            self._page.end(self._ended_by(exc))
        self._sender.cancel()
        for timer in (self._cut, self._look):
            if timer is not None:
                timer.cancel()
        del self._sender, self._reader  # they refer back to this, and would keep it until the collector comes

    def data_received(self, data: bytes) -> None:
        counters = self._counters
        counters.bytes_received += len(data)
        if self._idle:
            answer = self._kept_answer(data)
            if answer is not None and answer.immediate:  # the fast path, with nothing in it that can be left out
                counters.kept[answer] += 1
                self._write(answer.wire)
                return
        if not self._sender.closed:  # what comes after the last answer is thrown away
            ahead = self._sender.busy and not self._reader.further()
            self._reader.feed(data)
            if ahead:
                self._sender.followed = self._reader.further()
            self._advance()

    def eof_received(self) -> bool:
        """Close, but not in the middle of a body; a client that hangs up while it waits for /delay has given up.

        TLS knows no connection that is closed on one side only.
        """
        self._ending = self._hung_up = True
        return self._is_read_to_its_end

    def pause_writing(self) -> None:
        self._idle = False
        self._sender.full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._sender.resume()
        self._advance()

    def disown(self) -> None:
        """Let the answer under way count for nobody, and ask for nothing that was sent behind it."""
        self._sender.disown()
        if self._sender.busy and self._reader.further():
            self.abort()

    def end(self) -> None:
        """Close when the answer under way is sent; at once if there is none."""
        self._ending = True
        self._advance()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    def _count_connection(self) -> None:
        self._counters.connections += 1
        tls = self._transport.get_extra_info("ssl_object")  # there once the handshake is done, which it is by now
        if tls is not None:
            self._counters.tls_handshakes += 1
            self._counters.tls_resumptions += tls.session_reused

    def _advance(self) -> None:
        """Answer what has come in, as far as what goes out allows."""
        try:
            while self._may_answer:
                incoming = self._reader.next()
                if incoming is None:
                    break
                self._sender.send(incoming.answer or self._answer(incoming), followed=self._reader.further())
        except RefusalError as refusal:
            answer = self._origin.answers.prepare(_UNREADABLE, _refusal(refusal))
            self._sender.send(replace(answer, request=UNKNOWN))
        self._idle = self._may_answer and self._reader.between_requests
        if self._sender.closed:
            self._linger()
        elif self._ending and (self._may_answer or self._gave_up):
            self._transport.close()
        if not (self._ending or self._transport.is_closing()):
            self._regulate_reading()

    @property
    def _may_answer(self) -> bool:
        sender = self._sender
        return not (sender.busy or sender.full or sender.closed or self._transport.is_closing())

    @property
    def _is_read_to_its_end(self) -> bool:
        """Who hangs up now still gets the answer under way."""
        return self._sender.streaming and self._transport.can_write_eof()

    @property
    def _gave_up(self) -> bool:
        """The client has hung up, and an answer under way waits for its time: nobody waits for it any more."""
        return self._hung_up and self._sender.busy and not self._is_read_to_its_end

    def _regulate_reading(self) -> None:
        if self._sender.full:
            self._transport.pause_reading()
        elif self._sender.busy and self._reader.waiting_bytes > _MAX_WAITING_BYTES:
            self._transport.pause_reading()
            self._watch()
        else:
            self._transport.resume_reading()

    def _watch(self) -> None:
        """Look now and then whether the client is still there: where reading rests, the event loop does not tell."""
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(_LOOK_S, self._look_for_client)

    def _look_for_client(self) -> None:
        self._look = None
        if self._transport.is_reading() or self._transport.is_closing():
            return
        if hung_up(self._transport) and not self._sender.streaming:
            self._hung_up = True
            self._transport.close()  # earlier answers may still be on their way
        else:
            self._watch()

    def _known_answers(self, peer: str) -> KeptAnswer:
        return self._origin.answers.of_peer(peer).get

    def _answer(self, incoming: Incoming) -> Answer:
        request = incoming.request
        assert request is not None
        if self._page:
            self._page.note(request)
        response = self._respond(request)
        answer = self._origin.answers.prepare(request, response)
        self._origin.answers.keep(incoming.head, request, response, answer)
        return answer

    def _ended_by(self, exc: Exception | None) -> Ending:
        if self._sender.closed:
            return "origin"
        if self._hung_up:
            return "client"
        return "client-reset" if exc else "origin"

    def _respond(self, request: Request) -> Response:
        return routes.respond(request)

    def _linger(self) -> None:
        """After the last answer, let the client close; cut it off if it does not.

        Closing at once, with data unread, would reset the connection and take the answer with it.
        """
        if self._cut is None:
            self._cut = asyncio.get_running_loop().call_later(_LINGER_S, self._cut_off)

    def _cut_off(self) -> None:
        self._cut = None
        if unsent_bytes(self._transport):  # it reads slowly, but it may still be reading
            self._linger()
        else:
            self._transport.abort()


def _page(journal: Journal, transport: asyncio.BaseTransport) -> Page | None:
    tls = transport.get_extra_info("ssl_object") is not None
    return journal.open_page(tls=tls) if journal.on else None


def no_answer(_head: bytes) -> None:
    """Keep no answer: every request is read, since what is written down of it, or befalls it, is its own."""


def _refusal(refusal: RefusalError) -> Response:
    return Response(refusal.status, f"{refusal}\n".encode(), "text/plain; charset=utf-8", refusal=True)
