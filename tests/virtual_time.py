"""An event loop on which time passes only while everybody waits: tests of schedules neither sleep nor wobble."""

import asyncio
import os
import selectors
from collections.abc import Coroutine
from math import ceil
from typing import Any

from http_benchmark.clock import FakeClock


class _Selector(selectors.DefaultSelector):
    """Where a real one would wait, the clock moves on."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("everybody waits for something that nobody will do")
        self._clock.now_ns += ceil(timeout * 1e9)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(_Selector(clock))
        self._clock = clock

    def time(self) -> float:
        return self._clock.now_ns / 1e9


class VirtualTimer:
    """A `load.timer.Timer` of the running virtual loop."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._pending: asyncio.TimerHandle | None = None
        self._readable, self._writable = os.pipe()
        os.set_blocking(self._readable, False)
        self.closed = False

    def arm(self, at_ns: int) -> None:
        self.disarm()
        self._pending = self._loop.call_at(at_ns / 1e9, self._expire, at_ns)

    def disarm(self) -> None:
        if self._pending:
            self._pending.cancel()

    def _expire(self, at_ns: int) -> None:
        self._clock.now_ns = max(self._clock.now_ns, at_ns)
        os.write(self._writable, b"!")

    def read(self) -> int:
        try:
            return len(os.read(self._readable, 64))
        except BlockingIOError:
            return 0

    def fileno(self) -> int:
        return self._readable

    def close(self) -> None:
        if not self.closed:
            os.close(self._readable)
            os.close(self._writable)
        self.closed = True


def run_virtually(coroutine: Coroutine[Any, Any, Any], clock: FakeClock) -> Any:
    """Run a coroutine as `asyncio.run` does, in virtual time."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(coroutine)
