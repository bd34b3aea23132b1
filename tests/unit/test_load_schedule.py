"""When requests are due and when a run ends."""

import threading
import unittest

from http_benchmark.clock import FakeClock, monotonic_ns
from http_benchmark.load.schedule import Stop, closed, once

MS = 1_000_000


class ClosedModelTest(unittest.TestCase):
    def test_an_exact_number_of_requests_ignores_the_time(self):
        """`requests` turns come, however long they take."""
        clock = FakeClock(tick_ns=1000 * MS)

        self.assertEqual(7, len(list(closed(Stop(requests=7, duration_s=0.001), clock))))

    def test_a_duration_ends_the_turns_at_its_end(self):
        """With a reading each 10 ms from 10 ms on, 100 ms hold the readings at 10, 20, … 90 ms."""
        clock = FakeClock(tick_ns=10 * MS)

        turns = list(closed(Stop(duration_s=0.1), clock))

        self.assertEqual([10 * MS * k for k in range(1, 10)], turns)

    def test_the_least_number_of_requests_outlasts_the_duration(self):
        """Slow requests still come to the number that a slice needs."""
        clock = FakeClock(tick_ns=50 * MS)

        self.assertEqual(20, len(list(closed(Stop(duration_s=0.1, least_requests=20), clock))))

    def test_more_than_the_least_come_while_there_is_time(self):
        """Fast requests go on until the duration is over."""
        clock = FakeClock(tick_ns=MS)

        self.assertEqual(99, len(list(closed(Stop(duration_s=0.1, least_requests=20), clock))))

    def test_the_longest_time_cuts_off_the_least_number(self):
        """A warm-up ends even if its requests never come to their number."""
        clock = FakeClock(tick_ns=1000 * MS)

        self.assertEqual(2, len(list(closed(Stop(duration_s=1, least_requests=200, most_s=3), clock))))

    def test_the_turns_stay_over(self):
        """A thread that asks after the end gets no turn, even if the clock were set back."""
        clock = FakeClock(tick_ns=60 * MS)
        turns = closed(Stop(duration_s=0.1), clock)
        list(turns)
        clock.now_ns = 0

        self.assertEqual([], list(turns))

    def test_threads_share_an_exact_number(self):
        """Eight threads that take turns from one iterator take exactly as many as there are.

        With the real clock: a clock written in Python would let other threads in between.
        """
        turns = closed(Stop(requests=500_000), monotonic_ns)
        taken = [0] * 8

        def take(thread: int) -> None:
            for _ in turns:
                taken[thread] += 1

        threads = [threading.Thread(target=take, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(500_000, sum(taken))

    def test_once_is_one_turn(self):
        """What opens a connection is one request, due now."""
        self.assertEqual([5], list(once(FakeClock(now_ns=5))))
