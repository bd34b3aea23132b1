"""The open model: requests are sent when they are due, or as soon as somebody is free, or not at all."""

import asyncio
import unittest
from unittest import mock

from http_benchmark.clock import FakeClock
from http_benchmark.errors import ErrorKind
from http_benchmark.load import async_runner, sync_runner
from http_benchmark.load.crew import Crew
from http_benchmark.load.failures import Failures
from http_benchmark.load.pacing import Pacer
from http_benchmark.load.schedule import Arrivals, Schedule
from tests.virtual_time import VirtualTimer, run_virtually

MS = 1_000_000
NOT_SENT = ErrorKind.NOT_SENT.code
TABLE = ((ConnectionRefusedError, ErrorKind.CONNECTION_REFUSED),)
START_NS = 5_000 * MS

type Sample = tuple[float, float, float, int]
"""Intended (ms since the start), lag (ms), duration (ms), code."""


def threads(arrivals: Arrivals, service_s: list[float]) -> tuple[list[Sample], int]:
    """Send from one thread with these service times."""
    clock, notes, left = FakeClock(START_NS), Notes(), list(service_s)
    pacer = Pacer(Schedule(arrivals, START_NS), clock=clock, sleep=clock.sleep)

    def send() -> int:
        clock.sleep(left.pop(0))
        return 200

    sync_runner.run(
        Crew(), [send], lambda: [pacer.turns(notes.record)], [notes.record], failures=Failures(TABLE), clock=clock
    )
    return notes.samples, pacer.exhausted


def tasks(arrivals: Arrivals, service_s: list[float], count: int = 1) -> tuple[list[Sample], int]:
    """Send from tasks with these service times."""
    clock, notes, left = FakeClock(START_NS), Notes(), list(service_s)

    async def send() -> int:
        await asyncio.sleep(left.pop(0))
        return 200

    async def run() -> int:
        timer = VirtualTimer(clock)
        with mock.patch.object(async_runner, "open_timer", lambda: timer):
            exhausted = await async_runner.run_open(
                [send] * count,
                lambda: Schedule(arrivals, START_NS),
                [notes.record] * count,
                unsent=notes.record,
                failures=Failures(TABLE),
                clock=clock,
            )
        assert timer.closed
        return exhausted

    exhausted = run_virtually(run(), clock)
    return notes.samples, exhausted


class Notes:
    def __init__(self) -> None:
        self.samples: list[Sample] = []

    def record(self, intended: int, started: int, ended: int, code: int) -> None:
        times_ns = intended - START_NS, started - intended, ended - started
        self.samples.append((*(round(time_ns / MS, 3) for time_ns in times_ns), code))


class OneSenderTest(unittest.TestCase):
    """What holds for one thread holds for one task."""

    def each(self):
        for sender in (threads, tasks):
            with self.subTest(sender.__name__):
                yield sender

    def test_requests_are_sent_when_they_are_due(self):
        """10/s, each takes 10 ms: nobody is late, nobody was busy."""
        for send in self.each():
            samples, exhausted = send(Arrivals(10, 10, 0.3), [0.01] * 3)

            self.assertEqual([(0, 0, 10, 200), (100, 0, 10, 200), (200, 0, 10, 200)], samples)
            self.assertEqual(0, exhausted)

    def test_a_stall_is_charged_to_requests_due_meanwhile(self):
        """A request of half a second delays the three that become due meanwhile, not their service times."""
        for send in self.each():
            samples, exhausted = send(Arrivals(10, 10, 0.6), [0.01, 0.35, 0.01, 0.01, 0.01, 0.01])

            self.assertEqual(
                [
                    (0, 0, 10, 200),
                    (100, 0, 350, 200),
                    (200, 250, 10, 200),
                    (300, 160, 10, 200),
                    (400, 70, 10, 200),
                    (500, 0, 10, 200),
                ],
                samples,
            )
            self.assertEqual(3, exhausted)

    def test_what_comes_too_late_is_noted_and_not_sent(self):
        """Half a second's schedule and 100 ms grace: after a request of a second the other four are past it."""
        for send in self.each():
            samples, exhausted = send(Arrivals(10, 10, 0.5, grace_s=0.1), [1.0])

            self.assertEqual(
                [
                    (0, 0, 1000, 200),
                    (100, 500, 0, NOT_SENT),
                    (200, 400, 0, NOT_SENT),
                    (300, 300, 0, NOT_SENT),
                    (400, 200, 0, NOT_SENT),
                ],
                samples,
            )
            self.assertEqual(4, exhausted)

    def test_within_the_grace_late_requests_are_sent(self):
        """One that is free at 550 ms still sends, and what is under way at the cutoff of 600 ms is waited for."""
        for send in self.each():
            samples, exhausted = send(Arrivals(10, 10, 0.5, grace_s=0.1), [0.55, 0.55])

            self.assertEqual([200, 200, NOT_SENT, NOT_SENT, NOT_SENT], [sample[3] for sample in samples])
            self.assertEqual((100, 450, 550, 200), samples[1])
            self.assertEqual(4, exhausted)

    def test_an_empty_schedule_sends_nothing(self):
        """And it ends."""
        for send in self.each():
            self.assertEqual(([], 0), send(Arrivals(10, 10, 0.5, requests=0), []))


class ManySendersTest(unittest.TestCase):
    def test_two_tasks_take_turns(self):
        """10/s at 250 ms each is more than two tasks can do: from the third on each is later than the one before."""
        samples, exhausted = tasks(Arrivals(10, 10, 0.6), [0.25] * 6, count=2)

        self.assertEqual([0, 0, 50, 50, 100, 100], [lag for _, lag, _, _ in samples])
        self.assertEqual(4, exhausted)

    def test_idle_tasks_are_ended(self):
        """More tasks than arrivals: the rest of them learns that there is nothing to come."""
        samples, exhausted = tasks(Arrivals(10, 10, 0.3), [0.01] * 3, count=50)

        self.assertEqual(3, len(samples))
        self.assertEqual(0, exhausted)

    def test_arrivals_that_are_due_together_are_sent_together(self):
        """A burst (8 within 8 ns) finds as many idle tasks; one expiration of the timer serves them all."""
        samples, exhausted = tasks(Arrivals(1e9, 1e9, 8e-9), [0.1] * 8, count=8)

        self.assertEqual(8, len(samples))
        self.assertEqual([100] * 8, [duration for _, _, duration, _ in samples])
        self.assertEqual(0, exhausted)

    def test_never_sent_ones_are_noted_once(self):
        """Four tasks hang beyond the grace; whoever is free first notes all that is left."""
        samples, exhausted = tasks(Arrivals(100, 100, 0.5, grace_s=0.1), [1.0] * 4, count=4)

        self.assertEqual(50, len(samples))
        self.assertEqual(46, [sample[3] for sample in samples].count(NOT_SENT))
        self.assertEqual(46, exhausted)

    def test_a_failed_request_is_data(self):
        """The schedule goes on after it."""
        clock, notes = FakeClock(START_NS), Notes()
        answers = [ConnectionRefusedError("no"), 200]

        def send() -> int:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        pacer = Pacer(Schedule(Arrivals(10, 10, 0.2), START_NS), clock=clock, sleep=clock.sleep)
        sync_runner.run(
            Crew(), [send], lambda: [pacer.turns(notes.record)], [notes.record], failures=Failures(TABLE), clock=clock
        )

        self.assertEqual([ErrorKind.CONNECTION_REFUSED.code, 200], [sample[3] for sample in notes.samples])

    def test_a_fault_of_ours_ends_the_run(self):
        """A bug in one task cancels those that wait for arrivals, and the timer is closed."""
        clock = FakeClock()

        async def send() -> int:
            raise ZeroDivisionError

        async def run() -> None:
            timer = VirtualTimer(clock)
            with mock.patch.object(async_runner, "open_timer", lambda: timer):
                try:
                    await async_runner.run_open(
                        [send] * 3,
                        lambda: Schedule(Arrivals(10, 10, 1.0), 0),
                        [Notes().record] * 3,
                        unsent=Notes().record,
                        failures=Failures(TABLE),
                        clock=clock,
                    )
                finally:
                    self.assertTrue(timer.closed)

        with self.assertRaises(ExceptionGroup) as raised:
            run_virtually(run(), clock)
        self.assertIsInstance(raised.exception.exceptions[0], ZeroDivisionError)
