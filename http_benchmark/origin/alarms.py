"""Waking at exact moments, any number of them at a time, with one timer of the kernel's.

The event loop's own timers count whole milliseconds and ring up to one early. These never ring early, and late by
what the kernel needs to wake the process: 0.1 ms on an idle machine.
"""

import asyncio
import heapq
from collections.abc import Callable

from http_benchmark.clock import monotonic_ns
from http_benchmark.load.timer import attach, open_timer


class Alarm:
    """One call to come."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Do not call. Harmless when repeated, and after the call."""
        self._callback = None

    def ring(self) -> None:
        """Call, unless it was cancelled."""
        if self._callback is not None:
            self._callback()


class Alarms:
    """Calls at set moments; to be made on the running event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Alarm]] = []  # a heap: moment, number, alarm
        self._number = 0  # of two alarms for one moment, the one that was set first rings first
        self._armed_ns: int | None = None
        self._timer = open_timer()
        attach(asyncio.get_running_loop(), self._timer, self._ring)

    def at(self, moment_ns: int, callback: Callable[[], None]) -> Alarm:
        """Call `callback` at this moment of the monotonic clock, from the event loop."""
        alarm = Alarm(callback)
        self._number += 1
        heapq.heappush(self._waiting, (moment_ns, self._number, alarm))
        self._arm()
        return alarm

    def _ring(self) -> None:
        """Ring what is due now; what those alarms set anew waits for the next time, so that the loop gets its turn."""
        self._armed_ns, now_ns = None, monotonic_ns()
        due = []
        while self._waiting and self._waiting[0][0] <= now_ns:
            due.append(heapq.heappop(self._waiting)[2])
        try:
            for alarm in due:
                alarm.ring()
        finally:
            self._arm()

    def _arm(self) -> None:
        """Set the timer to the first alarm, if it is not set to it already."""
        if self._waiting and self._waiting[0][0] != self._armed_ns:
            self._armed_ns = self._waiting[0][0]
            self._timer.arm(self._armed_ns)
