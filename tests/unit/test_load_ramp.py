"""Connections are opened one soon after the other: who begins when, and for how long each goes on."""

import asyncio
import unittest

from http_benchmark.clock import FakeClock
from http_benchmark.load.ramp import Ramp
from tests.virtual_time import run_virtually

SENDERS, RATE_RPS = 6, 100.0
BEGIN_MS = [0, 0, 0, 10, 20, 30]
"""At 100 a second, those of the first 20 ms (numbers 0, 1 and 2) begin at once, each further one after 10 ms."""


class RampTest(unittest.TestCase):
    def test_threads_begin_at_the_pace(self):
        """However fast the answers are; nobody who is late waits."""
        clock = FakeClock(now_ns=5_000_000_000)
        ramp = Ramp(SENDERS, RATE_RPS, clock=clock, sleep=clock.sleep)
        began_ms: list[int] = []
        sends = ramp.wrap([lambda: began_ms.append((clock.now_ns - 5_000_000_000) // 1_000_000) or 200] * SENDERS)
        ramp.start()

        self.assertEqual([200] * SENDERS, [send() for send in sends])
        self.assertEqual(BEGIN_MS, began_ms)
        clock.sleep(1.0)
        sends[1]()
        self.assertEqual(1030, began_ms[-1])

    def test_tasks_begin_at_the_pace(self):
        """All wait at the same time, and none stops the others."""
        clock = FakeClock()
        began_ms: list[int] = []

        async def send() -> int:
            began_ms.append(clock.now_ns // 1_000_000)
            return 200

        async def all_of_them() -> list[int]:
            ramp = Ramp(SENDERS, RATE_RPS, clock=clock)
            sends = ramp.wrap_async([send] * SENDERS)
            ramp.start()
            return await asyncio.gather(*(each() for each in sends))

        self.assertEqual([200] * SENDERS, run_virtually(all_of_them(), clock))
        self.assertEqual(BEGIN_MS, began_ms)

    def test_everybody_goes_on_until_all_have_begun(self):
        """The last one begins after 30 ms; with a request every 10 ms the first has three turns, the last one."""
        clock = FakeClock(now_ns=7)
        ramp = Ramp(SENDERS, RATE_RPS, clock=clock)
        ramp.start()
        turns = []
        for intended in ramp.turns():
            turns.append(intended)
            clock.sleep(0.010)

        self.assertEqual([7, 10_000_007, 20_000_007], turns)
        self.assertEqual(1, len(list(ramp.turns())))

    def test_few_send_one_request_each(self):
        """Up to a hundred connections at the usual pace all begin at once, and there is nothing to go on for."""
        clock = FakeClock()
        for senders, turns in ((1, 1), (101, 1), (102, 2)):
            with self.subTest(senders):
                ramp = Ramp(senders, 5_000.0, clock=clock)
                ramp.start()
                asked = ramp.turns()

                self.assertEqual(turns, sum(1 for _ in (next(asked, None), next(asked, None)) if _ is not None))
