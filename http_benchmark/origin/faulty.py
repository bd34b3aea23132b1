"""An origin that goes wrong as `--fault` orders it. What it costs to look for faults, the plain origin does not pay."""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable

from http_benchmark.clock import monotonic_ns
from http_benchmark.faults import FaultKind, parse_faults
from http_benchmark.origin.alarms import Alarm
from http_benchmark.origin.app import Connection, KeptAnswer, Origin, no_answer
from http_benchmark.origin.faults import Draw, befallen
from http_benchmark.origin.hangups import hung_up
from http_benchmark.origin.messages import RefusalError, Request, Response
from http_benchmark.origin.options import OriginOptions


class FaultyOrigin(Origin):
    """An origin whose answers and connections go wrong.

    Attributes:
        contender: Whose connections are accepted now.
        draw: What the requests and connections meet that are yet to come.
    """

    def __init__(self, options: OriginOptions, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(options, tls)
        self._faults = parse_faults(options.faults)
        self._closed_meanwhile: Counter[str] = Counter()
        self.expect("", 0)

    def connect(self) -> Connection:
        return FaultyConnection(self)

    def expect(self, contender: str | None, part: int) -> None:
        """Number requests and connections from 0 again.

        Args:
            contender: Who sends them; None for somebody who meets no faults.
            part: Of its trial; each part has other faults, the same for all contenders.
        """
        self.contender = contender or ""
        self.draw = Draw(() if contender is None else self._faults, f"{self.options.seed}/{part}")

    def open_connections(self, contender: str) -> int:
        """How many connections a contender has open."""
        return sum(isinstance(one, FaultyConnection) and one.contender == contender for one in self._connections)

    def met(self, kind: FaultKind, times: int = 1) -> None:
        """Take note that a fault has befallen the contender."""
        self.counters.faults[kind] += times

    def joined(self, connection: Connection) -> None:
        super().joined(connection)
        self._count_closed(self._closed_meanwhile.pop(self.contender, 0))

    def closed_idle(self, contender: str) -> None:
        """Take note of a connection that was idle for too long; if others have their turn, when its owner is back."""
        if contender == self.contender:
            self._count_closed(1)
        else:
            self._closed_meanwhile[contender] += 1

    def _count_closed(self, number: int) -> None:
        if number:
            self.counters.closed += number
            self.met(FaultKind.IDLE_CLOSE, number)


class FaultyConnection(Connection):
    """A connection that goes wrong, and whose answers do.

    Attributes:
        contender: Whose it is.
    """

    def __init__(self, origin: FaultyOrigin) -> None:
        super().__init__(origin)
        self.contender = origin.contender
        self._faulty = origin
        self._late: Alarm | None = None  # nothing is looked at before it rings
        self._early = b""  # what came before
        self._idle_ns = 0  # how long it may be idle
        self._idle_since_ns = 0
        self._idle_alarm: Alarm | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        for fault in self._faulty.draw.next_connection():
            if fault.kind is FaultKind.BANDWIDTH:
                self._sender.bytes_per_s = fault.amount
                self._faulty.met(fault.kind)
            elif fault.kind is FaultKind.SLOW_ACCEPT:
                self._late = self._ring_in(round(fault.amount * 1e9), self._accept)
                self._faulty.met(fault.kind)
            else:
                self._idle_ns, self._idle_since_ns = round(fault.amount * 1e9), monotonic_ns()
                self._idle_alarm = self._ring_in(self._idle_ns, self._close_if_idle)

    def data_received(self, data: bytes) -> None:
        if self._late is None:
            super().data_received(data)
        else:
            self._early += data
            self._transport.pause_reading()

    def disown(self) -> None:
        super().disown()
        self._leave_unanswered()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_unanswered()
        super().connection_lost(exc)
        for alarm in (self._late, self._idle_alarm):
            if alarm is not None:
                alarm.cancel()

    def _accept(self) -> None:
        """Read for the first time; who has left by then gets no answer, as if it had waited for /delay."""
        self._late = None
        if self._transport.is_closing() or hung_up(self._transport):
            self._leave_unanswered()
            return
        self._transport.resume_reading()
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    def _leave_unanswered(self) -> None:
        """Count the requests that came too early, and for whose answers nobody waits any more."""
        early, self._early = self._early, b""
        if not early:
            return
        self._counters.bytes_received += len(early)
        self._reader.feed(early)
        with contextlib.suppress(RefusalError):
            while incoming := self._reader.next():
                assert incoming.request is not None, "no answer is kept"
                self._faulty.draw.next_request()  # it has its number, as any other
                self._counters.unanswered(incoming.request.entry)
        self._transport.close()

    def _known_answers(self, peer: str) -> KeptAnswer:  # noqa: ARG002 - overrides
        return no_answer

    def _respond(self, request: Request) -> Response:
        faults = self._faulty.draw.next_request()
        for fault in faults:
            self._faulty.met(fault.kind)
        return befallen(super()._respond(request), faults)

    def _advance(self) -> None:
        super()._advance()
        if self._idle_ns:
            self._idle_since_ns = monotonic_ns()

    def _close_if_idle(self) -> None:
        """Close it after so long without anything under way, else look again when that can be the case."""
        idle_ns = monotonic_ns() - self._idle_since_ns if self._idle else 0
        if idle_ns < self._idle_ns:
            self._idle_alarm = self._ring_in(self._idle_ns - idle_ns, self._close_if_idle)
            return
        self._faulty.closed_idle(self.contender)
        self.end()

    def _ring_in(self, wait_ns: int, callback: Callable[[], None]) -> Alarm:
        return self._faulty.alarms.at(monotonic_ns() + wait_ns, callback)
