"""Which task gets an arrival when the timer expires."""

import asyncio
import unittest
from unittest import mock

from http_benchmark.clock import FakeClock
from http_benchmark.load import dispatch
from http_benchmark.load.dispatch import Dispatcher
from http_benchmark.load.schedule import Arrivals, Schedule

SECOND = 1_000_000_000


class DispatcherTest(unittest.IsolatedAsyncioTestCase):
    async def test_a_cancelled_task_swallows_no_arrival(self):
        """Of two idle tasks the first is cancelled: the arrival is the other's, and the next one is still to come."""
        clock, record = FakeClock(), mock.Mock()
        for name in ("attach", "detach"):
            self.enterContext(mock.patch.object(dispatch, name))
        schedule = Schedule(Arrivals(10.0, 10.0, 1.0), SECOND)
        first_ns, second_ns, *_ = Schedule(Arrivals(10.0, 10.0, 1.0), SECOND).turns()
        with Dispatcher(schedule, mock.Mock(), record, clock=clock) as dispatcher:
            cancelled, waiting = (asyncio.create_task(dispatcher.turn()) for _ in range(2))
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.sleep(0)
            clock.now_ns = first_ns
            dispatcher._wake()
            await asyncio.sleep(0)

            self.assertTrue(waiting.done())
            self.assertEqual(first_ns, waiting.result())
            clock.now_ns = second_ns
            self.assertEqual(second_ns, await dispatcher.turn())
        self.assertTrue(cancelled.cancelled())
        record.assert_not_called()
