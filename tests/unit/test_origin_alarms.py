"""The origin's alarms: many at a time on one timer, cancelled ones, faults in what they call."""

import asyncio
import unittest
from typing import Any

from http_benchmark.clock import monotonic_ns
from http_benchmark.load.timer import detach
from http_benchmark.origin.alarms import Alarms

HOUR_NS = 3600 * 10**9


class AlarmsTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.rung = []
        self.faults = []

    async def asyncSetUp(self):
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda _, context: self.faults.append(context["exception"]))
        self.alarms = Alarms()
        self.addCleanup(self.alarms._timer.close)
        self.addCleanup(detach, self.loop, self.alarms._timer)

    def note(self, mark: Any) -> Any:
        return lambda: self.rung.append(mark)

    async def test_they_ring_in_order(self):
        """By their moment, and in the order in which they were set where that is the same; cancelled ones never."""
        now_ns, done = monotonic_ns(), asyncio.Event()
        self.alarms.at(now_ns + 3_000_000, done.set)
        self.alarms.at(now_ns + 2_000_000, self.note("later"))
        cancelled = self.alarms.at(now_ns, self.note("cancelled"))
        self.alarms.at(now_ns, self.note("first"))
        self.alarms.at(now_ns, self.note("second"))
        cancelled.cancel()
        await done.wait()

        self.assertEqual(["first", "second", "later"], self.rung)

    async def test_a_fault_in_one_does_not_take_the_others_with_it(self):
        """Of alarms that are due together, those after a faulty one ring all the same; the loop hears of the fault."""
        done = asyncio.Event()
        for callback in (self.note("before"), lambda: 1 / 0, self.note("after"), done.set):
            self.alarms.at(1, callback)
        await asyncio.wait_for(done.wait(), 10)

        self.assertEqual(["before", "after"], self.rung)
        self.assertEqual([ZeroDivisionError], [type(fault) for fault in self.faults])

    async def test_cancelled_alarms_are_let_go(self):
        """However many are set for an hour from now and cancelled, a thousand or so stay; those that count all do."""
        late_ns, done = monotonic_ns() + HOUR_NS, asyncio.Event()
        kept = [self.alarms.at(late_ns, self.note(number)) for number in range(1500)]
        for _ in range(5_000):
            self.alarms.at(late_ns, done.set).cancel()

        self.assertLess(len(self.alarms._waiting), 4_000)
        self.assertLessEqual(set(kept), {alarm for *_, alarm in self.alarms._waiting})
        self.alarms.at(1, done.set)
        await asyncio.wait_for(done.wait(), 10)
