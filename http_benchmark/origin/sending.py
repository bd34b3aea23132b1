"""Sending answers to one client: when they are due, in pieces, and no faster than the client reads."""

import asyncio
from collections.abc import Callable, Iterator

from http_benchmark.clock import monotonic_ns
from http_benchmark.origin.alarms import Alarm, Alarms
from http_benchmark.origin.answers import LAST_CHUNK, Answer, chunk
from http_benchmark.origin.counters import Counters
from http_benchmark.origin.messages import Buffer
from http_benchmark.origin.queues import Queues


class Sender:
    """Sends one answer at a time.

    Args:
        transport: The connection.
        counters: Told what is sent.
        on_free: Called when an answer has been sent that did not go out during the call of `send`.
        queues: Where requests stand that must be served before they are answered.
        alarms: What wakes this when an answer or a piece of it is due.

    Attributes:
        busy: An answer is being sent or waits for its time.
        full: The client reads slower than we write.
        closed: The last answer was sent.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        counters: Counters,
        on_free: Callable[[], None],
        *,
        queues: Queues,
        alarms: Alarms,
    ) -> None:
        self.busy = False
        self.full = False
        self.closed = False
        self._transport = transport
        self._counters = counters
        self._on_free = on_free
        self._queues = queues
        self._alarms = alarms
        self._alarm: Alarm | None = None
        self._due_ns = 0  # what the alarm was set to
        self._answer: Answer | None = None
        self._pieces: Iterator[Buffer] | None = None  # what is left of a streamed body
        self._head = b""  # of a streamed answer; it goes out together with the first piece

    @property
    def streaming(self) -> bool:
        """A body is being sent in pieces."""
        return self._pieces is not None

    def send(self, answer: Answer) -> None:
        """Send an answer; `busy` tells whether that goes on after the return. Not to be called while busy."""
        self.busy = True
        self._answer = answer
        if answer.delay_s or answer.service:
            self._due_ns = self._due(answer)
            self._wait(self._start)
        else:
            self._start()

    def write(self, *parts: Buffer) -> None:
        """Hand bytes to the connection, which keeps what the client does not take yet."""
        self._counters.bytes_sent += sum(map(len, parts))
        self._transport.writelines(parts)

    def resume(self) -> None:
        """Go on after `full`."""
        self.full = False
        if self.streaming and self._alarm is None:
            self._send_pieces()
            self._tell_if_free()

    def cancel(self) -> None:
        """Forget the answer under way."""
        self._pieces = None
        if self._alarm is not None:
            self._alarm.cancel()

    def _start(self) -> None:
        answer = self._answer
        assert answer is not None
        self._counters.requests += 1
        self._counters.statuses[answer.status] += 1
        if answer.stream is None:
            self.write(answer.wire)
            self._finish(answer)
        else:
            self._head = answer.wire
            self._pieces = iter(answer.stream.pieces)
            self._due_ns = monotonic_ns()
            self._send_pieces()

    def _send_pieces(self) -> None:
        """Send pieces until the client's buffers are full, a rest is due, or the body ends."""
        answer = self._answer
        assert answer is not None
        assert answer.stream is not None
        assert self._pieces is not None
        while not self.full:
            piece = next(self._pieces, None)
            if piece is None:
                self._end_stream(answer)
                return
            self._write_after_head(*(chunk(piece) if answer.chunked else (piece,)))
            if answer.stream.pause_s:
                self._due_ns += round(answer.stream.pause_s * 1e9)
                self._wait(self._send_pieces)
                return

    def _end_stream(self, answer: Answer) -> None:
        self._write_after_head(LAST_CHUNK if answer.chunked else b"")
        self._pieces = None
        self._finish(answer)

    def _write_after_head(self, *parts: Buffer) -> None:
        head, self._head = self._head, b""
        self.write(head, *parts)

    def _finish(self, answer: Answer) -> None:
        self.busy = False
        if answer.closes:
            self.closed = True
            self._transport.write_eof()

    def _due(self, answer: Answer) -> int:
        """When an answer may start; a client that hangs up meanwhile has been served all the same."""
        now_ns = monotonic_ns()
        served_ns = self._queues.finish_ns(answer.service, now_ns) if answer.service else now_ns
        return served_ns + round(answer.delay_s * 1e9)

    def _wait(self, then: Callable[[], None]) -> None:
        self._alarm = self._alarms.at(self._due_ns, lambda: self._go_on(then))

    def _go_on(self, then: Callable[[], None]) -> None:
        self._alarm = None
        then()
        self._tell_if_free()

    def _tell_if_free(self) -> None:
        if not self.busy:
            self._on_free()
