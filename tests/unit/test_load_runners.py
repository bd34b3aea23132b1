"""The two load loops: what they note, what they catch, what they let through."""

import asyncio
import threading
import time
import unittest

from http_benchmark.clock import FakeClock, monotonic_ns
from http_benchmark.errors import ErrorKind
from http_benchmark.load import async_runner, sync_runner
from http_benchmark.load.crew import Crew
from http_benchmark.load.failures import Failures
from http_benchmark.load.retry import Retries
from http_benchmark.load.schedule import Stop, closed

REFUSED = ErrorKind.CONNECTION_REFUSED.code
TABLE = ((ConnectionRefusedError, ErrorKind.CONNECTION_REFUSED), (TimeoutError, ErrorKind.TIMEOUT))


class Notes(list[tuple[int, int, int, int]]):
    def record(self, *sample: int) -> None:
        self.append(sample)


def sender(clock: FakeClock, answers: list[int | BaseException], seconds: float = 0.01):
    """A sync `send` that gives these answers in turn."""
    left = list(answers)

    def send() -> int:
        clock.sleep(seconds)
        answer = left.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return send


def run_threads(*arguments, **settings) -> None:
    """A run with threads of its own."""
    with Crew() as crew:
        sync_runner.run(crew, *arguments, **settings)


def async_sender(clock: FakeClock, answers: list[int | BaseException], seconds: float = 0.01):
    """An async `send` that gives these answers in turn."""
    send = sender(clock, answers, seconds)

    async def send_async() -> int:
        await asyncio.sleep(0)
        return send()

    return send_async


class DriveTest(unittest.TestCase):
    """Both loops, sync and async, note the same for the same answers."""

    def drive_both(self, answers, table=TABLE):
        for asynchronous in (False, True):
            clock, notes, failures = FakeClock(), Notes(), Failures(table)
            turns = closed(Stop(requests=len(answers)), clock)
            with self.subTest(asynchronous=asynchronous):
                if asynchronous:
                    asyncio.run(
                        async_runner.run(
                            [async_sender(clock, answers)],
                            lambda turns=turns: [turns],
                            [notes.record],
                            failures=failures,
                            clock=clock,
                        )
                    )
                else:
                    run_threads(
                        [sender(clock, answers)],
                        lambda turns=turns: [turns],
                        [notes.record],
                        failures=failures,
                        clock=clock,
                    )
                yield notes, failures

    def test_a_request_is_noted_with_its_times_and_status(self):
        """Two requests of 10 ms, one after the other."""
        for notes, _ in self.drive_both([200, 503]):
            self.assertEqual([(0, 0, 10_000_000, 200), (10_000_000, 10_000_000, 20_000_000, 503)], notes)

    def test_a_failed_request_is_data(self):
        """What the client raises becomes a code, with its time; the loop goes on."""
        for notes, failures in self.drive_both([ConnectionRefusedError("no"), 200]):
            self.assertEqual([REFUSED, 200], [sample[3] for sample in notes])
            self.assertEqual(10_000_000, notes[0][2] - notes[0][1])
            self.assertEqual({"connection-refused": "builtins.ConnectionRefusedError: no"}, failures.messages)

    def test_a_fault_of_ours_ends_the_run(self):
        """What no client raises for a failed request is not swallowed."""
        clock = FakeClock()
        with self.assertRaises(ZeroDivisionError):
            run_threads(
                [sender(clock, [ZeroDivisionError("bug")])],
                lambda: [closed(Stop(requests=1), clock)],
                [Notes().record],
                failures=Failures(TABLE),
                clock=clock,
            )

    def test_a_fault_in_a_task_ends_the_run(self):
        """The same for a task."""
        clock = FakeClock()
        with self.assertRaises(ExceptionGroup) as raised:
            asyncio.run(
                async_runner.run(
                    [async_sender(clock, [ZeroDivisionError("bug")])],
                    lambda: [closed(Stop(requests=1), clock)],
                    [Notes().record],
                    failures=Failures(TABLE),
                    clock=clock,
                )
            )
        self.assertIsInstance(raised.exception.exceptions[0], ZeroDivisionError)

    def test_a_request_that_the_client_takes_back_is_data(self):
        """Otherwise its task would end without a word, and its request would be in no figure."""
        clock, notes, failures = FakeClock(), Notes(), Failures(TABLE)
        asyncio.run(
            async_runner.run(
                [async_sender(clock, [asyncio.CancelledError("lost"), 200])],
                lambda: [closed(Stop(requests=2), clock)],
                [notes.record],
                failures=failures,
                clock=clock,
            )
        )

        self.assertEqual([ErrorKind.CANCELLED.code, 200], [sample[3] for sample in notes])
        self.assertEqual({"cancelled": "asyncio.exceptions.CancelledError: lost"}, failures.messages)

    def test_a_run_that_ends_takes_its_tasks_along(self):
        """A fault in one task cancels the other, whose request is no failure of the client's."""
        clock, notes = FakeClock(), Notes()

        async def wait_for_ever() -> int:
            await asyncio.Event().wait()
            return 200

        with self.assertRaises(ExceptionGroup):
            asyncio.run(
                async_runner.run(
                    [wait_for_ever, async_sender(clock, [ZeroDivisionError("bug")])],
                    lambda: [closed(Stop(requests=1), clock) for _ in range(2)],
                    [notes.record] * 2,
                    failures=Failures(TABLE),
                    clock=clock,
                )
            )
        self.assertEqual([], notes)


class ConcurrencyTest(unittest.TestCase):
    def test_threads_are_in_flight_together(self):
        """Four sends that wait for one another finish, so they ran at the same time."""
        barrier, notes = threading.Barrier(4, timeout=10), Notes()

        def send() -> int:
            barrier.wait()
            return 200

        turns = closed(Stop(requests=8), monotonic_ns)
        run_threads([send] * 4, lambda: [turns] * 4, [notes.record] * 4, failures=Failures(TABLE), clock=FakeClock())

        self.assertEqual(8, len(notes))

    def test_no_thread_takes_turns_before_all_are_there(self):
        """As many requests as threads: with answers that take a moment, each thread sends exactly one."""
        senders = []

        def send() -> int:
            senders.append(threading.get_ident())
            time.sleep(0.05)
            return 200

        run_threads(
            [send] * 64,
            lambda: [closed(Stop(requests=64), monotonic_ns)] * 64,
            [Notes().record] * 64,
            failures=Failures(TABLE),
            clock=monotonic_ns,
        )

        self.assertEqual(64, len(set(senders)))

    def test_hundreds_of_threads_all_get_their_turns(self):
        """Only some wake at a time, but each wakes another one."""
        notes = Notes()
        running = threading.Thread(
            target=run_threads,
            args=([lambda: 200] * 200, lambda: [iter((number,)) for number in range(200)], [notes.record] * 200),
            kwargs={"failures": Failures(TABLE), "clock": monotonic_ns},
            daemon=True,
        )
        running.start()
        running.join(30.0)

        self.assertFalse(running.is_alive())
        self.assertCountEqual(range(200), [intended for intended, *_ in notes])

    def test_the_run_begins_when_all_threads_are_there(self):
        """The time that it takes to start threads is nobody's service time."""
        threads = []

        def begin():
            threads.append(threading.active_count())
            return [iter(())] * 8

        before = threading.active_count()
        run_threads([lambda: 200] * 8, begin, [Notes().record] * 8, failures=Failures(TABLE), clock=FakeClock())

        self.assertEqual([before + 7], threads)

    def test_a_fault_in_another_thread_is_raised(self):
        """A bug in any thread ends the run with that bug."""

        def bad() -> int:
            raise ZeroDivisionError

        turns = [iter([1]), iter([1])]
        with self.assertRaises(ZeroDivisionError):
            run_threads(
                [lambda: 200, bad], lambda: turns, [Notes().record] * 2, failures=Failures(TABLE), clock=FakeClock()
            )

    def test_think_time_follows_each_request(self):
        """A user pauses after each request; the pause is in nobody's duration."""
        clock, notes = FakeClock(), Notes()
        sync_runner.drive(
            sender(clock, [200, 200]),
            closed(Stop(requests=2), clock),
            notes.record,
            failures=Failures(TABLE),
            clock=clock,
            think_time_s=0.5,
            sleep=clock.sleep,
        )

        self.assertEqual([(0, 0, 10_000_000, 200), (510_000_000, 510_000_000, 520_000_000, 200)], notes)


class RetryTest(unittest.TestCase):
    def attempt(self, answers, delays_s=(0.0, 0.0)):
        """Send once through both wrappers; yield what came of it."""
        for asynchronous in (False, True):
            clock, failures = FakeClock(), Failures(TABLE)
            retries = Retries(delays_s, failures)
            with self.subTest(asynchronous=asynchronous):
                if asynchronous:
                    wrapped = retries.wrap_async(async_sender(clock, answers))
                    yield (lambda wrapped=wrapped: asyncio.run(wrapped())), retries
                else:
                    yield retries.wrap(sender(clock, answers)), retries

    def test_a_failure_is_tried_again_and_counted(self):
        """Refused, then 503, then 200: one request, two retries."""
        for send, retries in self.attempt([ConnectionRefusedError(), 503, 200]):
            self.assertEqual(200, send())
            self.assertEqual(2, retries.count)

    def test_the_last_attempt_decides(self):
        """After the last attempt the failure stands."""
        for send, retries in self.attempt([503, 503, 503, 200]):
            self.assertEqual(503, send())
            self.assertEqual(2, retries.count)

    def test_a_final_answer_is_not_tried_again(self):
        """404 will be 404 again."""
        for send, retries in self.attempt([404, 200]):
            self.assertEqual(404, send())
            self.assertEqual(0, retries.count)

    def test_without_retries_send_is_left_alone(self):
        """Who asks for no retries pays nothing for them."""
        send = sender(FakeClock(), [200])

        self.assertIs(send, Retries((), Failures(TABLE)).wrap(send))
