"""Time as the measuring code sees it: one monotonic clock in integer nanoseconds, and a fake one for tests."""

import time
from typing import Protocol


class Clock(Protocol):
    """A callable that returns nanoseconds since some fixed moment, never backwards."""

    def __call__(self) -> int: ...


monotonic_ns: Clock = time.perf_counter_ns
"""The clock of every measurement (CLOCK_MONOTONIC on Linux, the same in all processes of a machine)."""


class FakeClock:
    """A clock that stands still until it is told to move; `sleep` moves it.

    Args:
        now_ns: Where it starts.
        tick_ns: How far each reading moves it by itself.
    """

    def __init__(self, now_ns: int = 0, tick_ns: int = 0) -> None:
        self.now_ns = now_ns
        self.tick_ns = tick_ns

    def __call__(self) -> int:
        now_ns = self.now_ns
        self.now_ns += self.tick_ns
        return now_ns

    def sleep(self, seconds: float) -> None:
        """Move on by `seconds` without waiting."""
        self.now_ns += round(seconds * 1e9)
