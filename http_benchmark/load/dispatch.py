"""Pacing for tasks of an event loop: a timer wakes an idle task for each arrival that becomes due.

While every task is busy nobody is woken; whoever gets free takes the next arrival that is due. For threads see
`pacing`.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

from http_benchmark.clock import Clock
from http_benchmark.load.pacing import NOT_SENT
from http_benchmark.load.recorder import Record
from http_benchmark.load.schedule import Schedule
from http_benchmark.load.timer import Timer, attach, detach


class Dispatcher:
    """Gives the tasks of a run their turns; a context manager, inside which the timer is the dispatcher's.

    Args:
        schedule: When arrivals are due.
        timer: What wakes the running loop.
        record: Where arrivals are noted that come too late to be sent.
        clock: For tests.

    Attributes:
        exhausted: Turns that found every task busy, those that were never sent included.
    """

    def __init__(self, schedule: Schedule, timer: Timer, record: Record, *, clock: Clock) -> None:
        self._turns = schedule.turns()
        self._next = next(self._turns, None)
        self._cutoff_ns = schedule.cutoff_ns
        self._timer = timer
        self._record = record
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._idle: deque[asyncio.Future[int | None]] = deque()
        self.exhausted = 0

    def __enter__(self) -> Self:
        attach(self._loop, self._timer, self._wake)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._next = None  # or a call of `_arm` that is still to come would arm a timer that is closed by then
        self._timer.disarm()
        detach(self._loop, self._timer)

    async def turn(self) -> int | None:
        """Wait for an arrival to be due; return its intended time, or None when the schedule is over."""
        if self._next is None:
            return None
        now = self._clock()
        if self._next <= now:
            self.exhausted += (
                self._next < now and not self._idle
            )  # with others idle, the timer is about to wake one of them
            if now < self._cutoff_ns:
                return self._take()
            self._give_up()
            return None
        if not self._idle:
            self._timer.arm(self._next)
        waiting: asyncio.Future[int | None] = self._loop.create_future()
        self._idle.append(waiting)
        return await waiting

    def _take(self) -> int | None:
        taken, self._next = self._next, next(self._turns, None)
        if self._next is None:
            self._dismiss()
        return taken

    def _wake(self) -> None:
        """The timer has expired: give idle tasks what is due."""
        now = self._clock()
        while self._idle and self._next is not None and self._next <= now:
            task = self._idle.popleft()
            if not task.done():  # or it was cancelled
                task.set_result(self._take())
        self._loop.call_soon(self._arm)  # after the tasks that were just woken, which are in a hurry

    def _arm(self) -> None:
        if self._idle and self._next is not None:
            self._timer.arm(self._next)

    def _give_up(self) -> None:
        """Note all that is left as never sent."""
        while (intended := self._take()) is not None:
            self._record(intended, self._cutoff_ns, self._cutoff_ns, NOT_SENT)
            self.exhausted += self._next is not None  # the first one was counted by whoever came for it

    def _dismiss(self) -> None:
        """No more arrivals: end the tasks that wait for one."""
        while self._idle:
            task = self._idle.popleft()
            if not task.done():
                task.set_result(None)
