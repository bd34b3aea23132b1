"""When requests are due and when a run ends."""

import threading
import unittest
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, pstdev

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.clock import FakeClock, monotonic_ns
from http_benchmark.load.schedule import Arrivals, Schedule, Stop, closed, once

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


def due_ms(arrivals: Arrivals, start_ns: int = 0) -> list[float]:
    """All intended times, in ms since the schedule's start."""
    return [(due_ns - start_ns) / MS for due_ns in Schedule(arrivals, start_ns).turns()]


rates = st.floats(0.5, 5000)
schedules = st.builds(
    Arrivals,
    start_rps=st.just(0.0) | rates,
    end_rps=rates,
    duration_s=st.floats(0.001, 2.0),
    requests=st.none() | st.integers(0, 2000),
    poisson=st.booleans(),
    seed=st.integers(0, 2**32),
)


class ScheduleTest(unittest.TestCase):
    def test_a_constant_rate(self):
        """10/s for half a second: the first at once, none at the very end."""
        self.assertEqual([0, 100, 200, 300, 400], due_ms(Arrivals(10, 10, 0.5), start_ns=7_000 * MS))

    def test_a_ramp_from_nothing(self):
        """0 to 100/s in one second: N(t) = 50 t², so that arrivals 2, 8, 18 and 32 are due at 0.2, 0.4, 0.6, 0.8 s."""
        times_ms = due_ms(Arrivals(0, 100, 1.0))

        self.assertEqual(50, len(times_ms))
        self.assertEqual([0, 200, 400, 600, 800], [times_ms[k] for k in (0, 2, 8, 18, 32)])

    def test_a_ramp_upwards_and_downwards(self):
        """10 to 30/s in 2 s: N(t) = 10 t + 5 t², 15 after one second; downwards N(t) = 30 t - 5 t², 25 after one."""
        for arrivals, after_a_second in ((Arrivals(10, 30, 2.0), 15), (Arrivals(30, 10, 2.0), 25)):
            with self.subTest(arrivals):
                times_ms = due_ms(arrivals)

                self.assertEqual(40, len(times_ms))
                self.assertEqual(1000, times_ms[after_a_second])

    def test_a_ramp_to_nothing(self):
        """100/s to 0 in one second: N(t) = 100 t - 50 t², 50 arrivals, the 32nd of them at 0.4 s."""
        times_ms = due_ms(Arrivals(100, 0, 1.0))

        self.assertEqual(50, len(times_ms))
        self.assertEqual(400, times_ms[32])

    def test_a_long_constant_schedule_does_not_drift(self):
        """Arrival 2,000,000 at 3/s has its exact time, to the nanosecond."""
        schedule = Schedule(Arrivals(3, 3, 1.0, requests=2_000_001, stripe=2_000_000, stripes=2_000_001), 0)

        self.assertEqual([666_666_666_666_667], list(schedule.turns()))

    def test_an_exact_number_goes_on_at_the_last_rate(self):
        """After 15 arrivals in the ramp's second the others follow 50 ms apart, the first of them at its end."""
        times_ms = due_ms(Arrivals(10, 20, 1.0, requests=18))

        self.assertEqual(18, len(times_ms))
        self.assertEqual([1000, 1050, 1100], times_ms[-3:])

    def test_an_exact_number_may_be_over_before_the_time(self):
        """Three requests are three requests."""
        self.assertEqual([0, 100, 200], due_ms(Arrivals(10, 10, 60.0, requests=3)))
        self.assertEqual([], due_ms(Arrivals(10, 10, 60.0, requests=0)))
        self.assertEqual([0, 100, 200], due_ms(Arrivals(10, 10, 0.0, requests=3)))

    def test_poisson_gaps_are_exponential(self):
        """100/s for 500 s: 50,000 ± 4 √50,000 arrivals; gaps with mean and standard deviation 10 ms, ± 2 %."""
        times_ms = due_ms(Arrivals(100, 100, 500.0, poisson=True, seed=1))
        gaps_ms = [later - earlier for earlier, later in pairwise(times_ms)]

        self.assertAlmostEqual(50_000, len(times_ms), delta=895)
        self.assertAlmostEqual(10, fmean(gaps_ms), delta=0.2)
        self.assertAlmostEqual(10, pstdev(gaps_ms), delta=0.2)
        self.assertAlmostEqual(0.3679, sum(gap_ms > 10 for gap_ms in gaps_ms) / len(gaps_ms), delta=0.01)

    def test_a_seed_makes_the_arrivals(self):
        """The same for every contender of a block, others in the next."""
        arrivals = Arrivals(100, 100, 1.0, poisson=True, seed=5)

        self.assertEqual(due_ms(arrivals), due_ms(arrivals))
        self.assertNotEqual(due_ms(arrivals), due_ms(replace(arrivals, seed=6)))

    def test_a_poisson_ramp_follows_its_rate(self):
        """0 to 1000/s in 20 s: a quarter of the arrivals comes in the first half."""
        times_ms = due_ms(Arrivals(0, 1000, 20.0, poisson=True, seed=3))

        self.assertAlmostEqual(0.25, sum(time_ms < 10_000 for time_ms in times_ms) / len(times_ms), delta=0.02)

    def test_the_end_of_sending(self):
        """Grace counts from the schedule's end: its duration, or the last of an exact number of requests."""
        for arrivals, cutoff_ms in (
            (Arrivals(10, 10, 2.0, grace_s=5.0), 7000),
            (Arrivals(10, 10, 2.0, requests=31, grace_s=5.0), 8000),
            (Arrivals(10, 10, 2.0, requests=31, grace_s=5.0, stripe=1, stripes=2), 8000),
            (Arrivals(10, 10, 2.0, requests=0, grace_s=5.0), 5000),
        ):
            with self.subTest(arrivals):
                self.assertEqual((cutoff_ms + 1) * MS, Schedule(arrivals, MS).cutoff_ns)

    def test_the_end_of_sending_with_random_gaps(self):
        """The last arrival is known before the first is sent, in each stripe the same."""
        arrivals = Arrivals(10, 10, 1.0, requests=1000, poisson=True, grace_s=0.0)
        last_ns = round(due_ms(arrivals)[-1] * MS)

        self.assertEqual(last_ns, Schedule(arrivals, 0).cutoff_ns)
        self.assertEqual(last_ns, Schedule(replace(arrivals, stripe=1, stripes=3), 0).cutoff_ns)

    @given(schedules)
    def test_intended_times_ascend_within_the_duration(self, arrivals):
        """Whatever the schedule: ascending, from its start on, and before its end unless an exact number is asked."""
        times_ms = due_ms(arrivals)

        self.assertEqual(sorted(times_ms), times_ms)
        self.assertGreaterEqual(min(times_ms, default=0), 0)
        if arrivals.requests is None:
            self.assertLessEqual(max(times_ms, default=0), arrivals.duration_s * 1000 + 1e-6)
        else:
            self.assertEqual(arrivals.requests, len(times_ms))

    @given(schedules)
    def test_the_number_of_evenly_spaced_arrivals_is_the_area_under_the_rate(self, arrivals):
        """N(T) = (start + end) / 2 · T, the arrival at the start counted."""
        arrivals = replace(arrivals, poisson=False, requests=None)
        area = (arrivals.start_rps + arrivals.end_rps) / 2 * arrivals.duration_s

        self.assertLess(abs(len(due_ms(arrivals)) - area), 1.0)

    @given(schedules, st.integers(1, 7))
    def test_stripes_share_a_schedule_exactly(self, arrivals, stripes):
        """Process p of P has the arrivals p, p + P, p + 2 P, …; together they have all."""
        everything = due_ms(arrivals)

        for stripe in range(stripes):
            self.assertEqual(everything[stripe::stripes], due_ms(replace(arrivals, stripe=stripe, stripes=stripes)))

    def test_threads_share_a_schedule(self):
        """Eight threads that take arrivals, each by its own iterator, lose none and get none twice."""
        for poisson in (False, True):
            with self.subTest(poisson=poisson):
                arrivals = Arrivals(1000, 3000, 100.0, poisson=poisson)
                schedule = Schedule(arrivals, 0)
                taken: list[list[int]] = [[] for _ in range(8)]
                threads = [threading.Thread(target=own.extend, args=(schedule.turns(),)) for own in taken]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

                self.assertEqual(list(Schedule(arrivals, 0).turns()), sorted(due for own in taken for due in own))
                self.assertGreater(sum(map(bool, taken)), 1, "one thread had them all, so nothing was shared")
