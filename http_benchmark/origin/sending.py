"""Sending answers to one client: when they are due, step by step, and no faster than the client reads."""

import asyncio
import sys
from collections.abc import Callable, Iterator

from http_benchmark.clock import monotonic_ns
from http_benchmark.faults import BREAKING, UNANSWERED, FaultKind
from http_benchmark.origin import resets
from http_benchmark.origin.alarms import Alarm, Alarms
from http_benchmark.origin.answers import Answer
from http_benchmark.origin.counters import Counters
from http_benchmark.origin.hangups import gone
from http_benchmark.origin.messages import Buffer
from http_benchmark.origin.queues import Queues
from http_benchmark.origin.scripts import Ending, Step, capped, script

_LOOK_AGAIN_NS = 1_000_000  # whether the kernel has sent all that it was given
_REDIRECTS = 300  # and errors, whose status tells of a failure: statuses from there on
_ENDING_IN_ORDER = frozenset({FaultKind.TRUNCATED, FaultKind.BAD_CHUNK})
_MOST_STEPS = 100  # at a time: a client that reads fast must not keep all others waiting


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
        bytes_per_s: What the line to this client carries; None for all that it can.
        followed: A further request has begun to come in. It was sent ahead if any of the answer is yet to be written.
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
        self.bytes_per_s: float | None = None
        self.followed = False
        self._transport = transport
        self._counters = self._shared_counters = counters
        self._on_free = on_free
        self._queues = queues
        self._alarms = alarms
        self._alarm: Alarm | None = None
        self._due_ns = 0  # what the alarm was set to
        self._answer: Answer | None = None
        self._steps: Iterator[Step] | None = None  # what is left of an answer that is not sent at once
        self._head_left = 0  # how much of its head was not sent yet

    @property
    def streaming(self) -> bool:
        """A body is being sent in pieces, and nothing is to go wrong with it."""
        return self._steps is not None and self._answer is not None and self._answer.fault is None

    def send(self, answer: Answer, *, followed: bool = False) -> None:
        """Send an answer; `busy` tells whether that goes on after the return. Not to be called while busy."""
        self.busy = True
        self.followed = followed
        self._counters = self._shared_counters
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
        if self._steps is not None and self._alarm is None:
            self._due_ns = max(self._due_ns, monotonic_ns())  # what the client was slow for is not made up for
            self._play()
            self._tell_if_free()

    def disown(self) -> None:
        """Let what becomes of the answer under way count for nobody, since its client does not wait for it any more."""
        if self.busy:
            self._count_unanswered()
            self._counters = Counters()

    def cancel(self) -> None:
        """Forget the answer under way, since the client is gone."""
        self._count_unanswered()
        self._counters.broken += self._is_broken
        if self._alarm is not None:
            self._alarm.cancel()
        self._steps = None

    def _count_unanswered(self) -> None:
        """Count the answer under way as none, where it waits for its start."""
        if self._alarm is not None and self._steps is None and self._answer is not None:
            self._counters.unanswered(self._answer.request)

    @property
    def _is_broken(self) -> bool:
        """The answer says success, and ends before its end; its client cannot have got it whole.

        The body of a redirect may be left unread. And where there is none, what has come of the head passes for all of
        it with half of the clients, if the connection ends in order.
        """
        answer = self._answer
        if self._steps is None or answer is None or answer.fault is None or answer.status >= _REDIRECTS:
            return False
        kind = answer.fault.kind
        return kind in BREAKING and (answer.has_body or kind not in _ENDING_IN_ORDER)

    def _start(self) -> None:
        answer = self._answer
        assert answer is not None
        answered = answer.fault is None or answer.fault.kind not in UNANSWERED
        if answered:
            self._counters.begun(answer)
        else:
            self._counters.unanswered(answer.request)
        self._head_left = answer.head_bytes if answered else sys.maxsize
        if answer.stream is None and answer.fault is None and self.bytes_per_s is None:
            self._write_on(answer.wire)
            self._finish(answer)
            return
        steps = script(answer)
        self._steps = steps if self.bytes_per_s is None else capped(steps, self.bytes_per_s)
        self._due_ns = monotonic_ns()
        self._play()

    def _play(self) -> None:
        """Take steps until the client's buffers are full, a rest or somebody else is due, or the answer ends."""
        answer = self._answer
        assert answer is not None
        assert self._steps is not None
        for _ in range(_MOST_STEPS):
            if self.full or self._transport.is_closing():
                return
            step = next(self._steps, None)
            if isinstance(step, tuple):
                self._write_on(*step)
            elif step is None:
                self._steps = None
                self._finish(answer)
                return
            elif isinstance(step, Ending):
                self._break_off(step)
                return
            else:
                self._due_ns += round(step * 1e9)
                self._wait(self._play)
                return
        self._wait(self._play)

    def _write_on(self, *parts: Buffer) -> None:
        """Hand over more of an answer; what follows its head counts as its body."""
        if self.followed:
            self.followed = False
            self._counters.asked_ahead += 1
        size = sum(map(len, parts))
        head = min(size, self._head_left)
        self._head_left -= head
        self._counters.body_bytes_sent += size - head
        self.write(*parts)

    def _finish(self, answer: Answer) -> None:
        self.busy = False
        if answer.closes:
            self.closed = True
            self._counters.closed += 1
            self._counters.closed_on_request += answer.asked_to_close
            if self._transport.can_write_eof():
                self._transport.write_eof()
            else:  # TLS, which says good-bye for both sides at once
                self._transport.close()

    def _break_off(self, ending: Ending) -> None:
        """End the connection, whatever the client thinks of it."""
        if ending is Ending.RESET and resets.unsent_bytes(self._transport):
            self._due_ns = monotonic_ns() + _LOOK_AGAIN_NS  # a reset would throw that away
            self._wait(lambda: self._break_off(ending))
            return
        self._counters.broken += self._is_broken
        self._steps = None
        self.busy = False
        self.closed = True
        self._counters.closed += 1
        if ending is Ending.RESET:
            resets.reset(self._transport)
        else:
            self._transport.close()

    def _due(self, answer: Answer) -> int:
        """When an answer may start; a client that hangs up meanwhile has been served all the same."""
        now_ns = monotonic_ns()
        served_ns = self._queues.finish_ns(answer.service, now_ns) if answer.service else now_ns
        return served_ns + round(answer.delay_s * 1e9)

    def _wait(self, then: Callable[[], None]) -> None:
        self._alarm = self._alarms.at(self._due_ns, lambda: self._go_on(then))

    def _go_on(self, then: Callable[[], None]) -> None:
        if gone(self._transport):
            return  # the client has left this very moment: it gets no answer, and `cancel` is about to come
        self._alarm = None
        then()
        self._tell_if_free()

    def _tell_if_free(self) -> None:
        if not self.busy:
            self._on_free()
