"""Opening connections at a bounded pace, so that they do not overflow the queue in which a server has them wait.

A server accepts connections one by one; those that come meanwhile wait in a queue of bounded length (listen(2)). What
finds it full is tried again by the kernel after one, three, seven seconds, and looks like a slow server. Only the
requests that open a run go this way, and nobody measures them.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, takewhile

from http_benchmark.clients.base import AsyncSend, Send
from http_benchmark.clock import Clock, monotonic_ns

CONNECT_RPS = 5_000.0
"""About as fast as clients open connections, and a fifth of what the bundled origin accepts."""

BURST_S = 0.02
"""So much of the pace at once: 100 connections, where the shortest usual queue has room for 128."""


class Ramp:
    """Has many threads or tasks begin one after the other, and go on until all have begun.

    They go on since one that is done would leave its connection to the next, which then opens none.

    Args:
        senders: How many there are.
        rate_rps: How many begin per second.
        clock, sleep: For tests.
    """

    def __init__(
        self,
        senders: int,
        rate_rps: float,
        *,
        clock: Clock = monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate_rps = rate_rps
        self._clock = clock
        self._sleep = sleep
        self._lasts_ns = self._begins_ns(senders - 1)
        self._started_ns = 0

    def start(self) -> None:
        """Count from now on."""
        self._started_ns = self._clock()

    @property
    def elapsed_s(self) -> float:
        """Time since `start`."""
        return (self._clock() - self._started_ns) / 1e9

    def turns(self) -> Iterator[int]:
        """The turns of one thread or task, to be asked for after `start`: one, and more until all have begun."""
        now = iter(self._clock, None)  # no reading equals None, so this never ends by itself
        return chain(islice(now, 1), takewhile((self._started_ns + self._lasts_ns).__gt__, now))

    def wrap(self, sends: Sequence[Send]) -> list[Send]:
        """Have the `send` of each thread wait until it may begin."""
        return [self._after(self._begins_ns(number), send) for number, send in enumerate(sends)]

    def wrap_async(self, sends: Sequence[AsyncSend]) -> list[AsyncSend]:
        """As `wrap`, for tasks."""
        return [self._after_async(self._begins_ns(number), send) for number, send in enumerate(sends)]

    def _after(self, begins_ns: int, send: Send) -> Send:
        def send_in_turn() -> int:
            if (wait_s := self._wait_s(begins_ns)) > 0:
                self._sleep(wait_s)
            return send()

        return send_in_turn

    def _after_async(self, begins_ns: int, send: AsyncSend) -> AsyncSend:
        async def send_in_turn() -> int:
            if (wait_s := self._wait_s(begins_ns)) > 0:
                await asyncio.sleep(wait_s)
            return await send()

        return send_in_turn

    def _begins_ns(self, number: int) -> int:
        return round(max(0.0, number / self._rate_rps - BURST_S) * 1e9)

    def _wait_s(self, begins_ns: int) -> float:
        return (self._started_ns + begins_ns - self._clock()) / 1e9
