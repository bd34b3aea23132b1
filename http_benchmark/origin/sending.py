"""Sending answers to one client: after a delay, in pieces, and no faster than the client reads."""

import asyncio
import time
from collections.abc import Callable, Iterator

from http_benchmark.origin.answers import LAST_CHUNK, Answer, chunk
from http_benchmark.origin.counters import Counters
from http_benchmark.origin.messages import Buffer

_TIMER_STEP_S = 0.001  # the event loop's timers count milliseconds and may fire up to one early


class Sender:
    """Sends one answer at a time.

    Args:
        transport: The connection.
        counters: Told what is sent.
        on_free: Called when an answer has been sent that did not go out during the call of `send`.

    Attributes:
        busy: An answer is being sent or waits for its time.
        full: The client reads slower than we write.
        closed: The last answer was sent.
    """

    def __init__(self, transport: asyncio.Transport, counters: Counters, on_free: Callable[[], None]) -> None:
        self.busy = False
        self.full = False
        self.closed = False
        self._transport = transport
        self._counters = counters
        self._on_free = on_free
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0  # when the timer should have rung, by the monotonic clock
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
        self._due_s = time.monotonic() + answer.delay_s
        if answer.delay_s:
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
        if self.streaming and self._timer is None:
            self._send_pieces()
            self._tell_if_free()

    def cancel(self) -> None:
        """Forget the answer under way."""
        self._pieces = None
        if self._timer is not None:
            self._timer.cancel()

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
                self._due_s += answer.stream.pause_s
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

    def _wait(self, then: Callable[[], None]) -> None:
        left_s = max(self._due_s - time.monotonic(), _TIMER_STEP_S)
        self._timer = asyncio.get_running_loop().call_later(left_s, self._ring, then)

    def _ring(self, then: Callable[[], None]) -> None:
        if time.monotonic() < self._due_s:
            self._wait(then)
            return
        self._timer = None
        then()
        self._tell_if_free()

    def _tell_if_free(self) -> None:
        if not self.busy:
            self._on_free()
