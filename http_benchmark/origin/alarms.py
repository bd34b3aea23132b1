"""Waking at exact moments, any number of them at a time, with one timer of the kernel's.

The event loop's own timers count whole milliseconds and ring up to one early. These never ring early, and late by
what the kernel needs to wake the process: 0.1 ms on an idle machine.
"""

import asyncio
import heapq
from collections.abc import Callable

from http_benchmark.clock import monotonic_ns
from http_benchmark.load.timer import attach, open_timer

_LEAST_TO_PURGE = 1024  # so many alarms may wait before it is worth looking for cancelled ones


class Alarm:
    """One call to come."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    @property
    def cancelled(self) -> bool:
        """It will not call."""
        return self._callback is None

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
        self._purge_at = _LEAST_TO_PURGE
        self._timer = open_timer()
        attach(asyncio.get_running_loop(), self._timer, self._ring)

    def at(self, moment_ns: int, callback: Callable[[], None]) -> Alarm:
        """Call `callback` at this moment of the monotonic clock, from the event loop."""
        if len(self._waiting) >= self._purge_at:
            self._purge()
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
            due.append(heapq.heappop(self._waiting))
        left = iter(due)
        try:
            for _, _, alarm in left:
                alarm.ring()
        finally:
            for entry in left:  # a fault in one call is not to take the others with it
                heapq.heappush(self._waiting, entry)
            self._arm()

    def _purge(self) -> None:
        """Let go of what was cancelled: clients that leave within an hour's delay must not take memory for an hour."""
        self._waiting = [entry for entry in self._waiting if not entry[2].cancelled]
        heapq.heapify(self._waiting)
        self._purge_at = max(_LEAST_TO_PURGE, 2 * len(self._waiting))

    def _arm(self) -> None:
        """Set the timer to the first alarm, if it is not set to it already."""
        if self._waiting and self._waiting[0][0] != self._armed_ns:
            self._armed_ns = self._waiting[0][0]
            self._timer.arm(self._armed_ns)
