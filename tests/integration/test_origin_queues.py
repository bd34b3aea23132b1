"""The origin's known answers over the wire: queues, exact moments, requests that cost CPU time; never early."""

import asyncio
import contextlib
import time
import unittest

from http_benchmark.clock import monotonic_ns
from http_benchmark.origin.alarms import Alarms
from tests.integration.origin_wire import OriginTestCase, Wire, get

MS = 1_000_000


class QueueTest(OriginTestCase):
    def served(self, paths: list[str]) -> list[int]:
        """Ask on one connection each, in this order; return when each was answered, ns since before the first."""
        before = self.origin.counts()
        wires, sent_bytes = [self.wire() for _ in paths], 0
        started_ns = monotonic_ns()
        for wire, path in zip(wires, paths, strict=True):
            wire.send(get(path))
            sent_bytes += len(get(path))
            self.until(lambda sent=sent_bytes: (self.origin.counts() - before).bytes_received == sent)
        answered = []
        for wire in wires:
            self.assertEqual((200, b"served\n"), wire.answer())
            answered.append(monotonic_ns() - started_ns)
        return answered

    def test_connections_share_a_queue(self):
        """Three requests of 20 ms on three connections are done after 20, 40 and 60 ms, never earlier."""
        answered = self.served(["/fifo/0.02?queue=shared"] * 3)

        for number, after_ns in enumerate(answered):
            self.assertGreaterEqual(after_ns, (number + 1) * 20 * MS)

    def test_a_stall_holds_answers_back(self):
        """Stalled from its first moment for 100 ms, a request of 10 ms takes 110 ms."""
        self.assertGreaterEqual(self.served(["/fifo/0.01/stall/0/0.1?queue=stalled"])[0], 110 * MS)

    def test_who_hangs_up_does_not_stop_the_queue(self):
        """The first of three goes away while it waits: the others are answered in their turn."""
        with Wire(self.origin) as gone:
            gone.send(get("/fifo/0.05?queue=left"))
            before = self.origin.counts()
            other = self.wire()
            other.send(get("/fifo/0.05?queue=left"))
            self.until(lambda: self.origin.counts().bytes_received > before.bytes_received)
        self.assertEqual((200, b"served\n"), other.answer())
        self.assertEqual((200, b"served\n"), self.answer_to("/fifo/0.01?queue=left"))

    def test_the_counters_know_who_was_answered(self):
        """A request is counted when it is answered, as everywhere; one whose client is gone is not."""
        before = self.origin.counts()
        with Wire(self.origin) as gone:
            gone.send(get("/fifo/30?queue=counted"))
        self.answer_to("/fifo/0.01?queue=other")
        self.assertEqual(1, (self.origin.counts() - before).requests)

    def test_wrong_times_are_refused(self):
        """Negative, absurd or no numbers at all are a mistake of the one who asks."""
        for path in ("/fifo/-1", "/fifo/nan", "/fifo/x", "/fifo/1/stall/-1/1", "/busy/2", "/busy/dial/a/x"):
            with self.subTest(path):
                self.assertEqual(400, self.answer_to(path)[0])

    def answer_to(self, path: str) -> tuple[int, bytes]:
        wire = self.wire()
        wire.send(get(path))
        return wire.answer()


class BusyTest(OriginTestCase):
    def cpu_of(self, path: str, requests: int = 5) -> float:
        """CPU seconds of the origin per request."""
        wire, before = self.wire(), self.origin.counts()
        for _ in range(requests):
            wire.send(get(path))
            self.assertEqual((200, b"done\n"), wire.answer())
        return (self.origin.counts() - before).cpu_s / requests

    def test_each_request_costs_what_it_asks_for(self):
        """20 ms of CPU time every time, the same request again included."""
        self.assertGreaterEqual(self.cpu_of("/busy/0.02"), 0.02)

    def test_the_dial_adds_to_it(self):
        """What the dial says is added from then on, to those that name it."""
        wire = self.wire()
        for more_s in (0.03, 0.0):
            wire.send(get(f"/busy/dial/more/{more_s}"))
            self.assertEqual(204, wire.answer()[0])
            with self.subTest(more_s=more_s):
                self.assertGreaterEqual(self.cpu_of("/busy/0.01?dial=more"), 0.01 + more_s)
        self.assertGreaterEqual(self.cpu_of("/busy/0.01?dial=another"), 0.01)


class AlarmsTest(unittest.IsolatedAsyncioTestCase):
    async def test_alarms_ring_in_order_and_never_early(self):
        """Set in any order, each rings at its moment or later, and those of one moment in the order of setting."""
        alarms, rung = Alarms(), []
        done = asyncio.Event()
        start_ns = monotonic_ns()
        moments_ns = {"c": 30 * MS, "a": 10 * MS, "b": 20 * MS, "b2": 20 * MS, "end": 40 * MS}
        for name, moment_ns in moments_ns.items():
            alarms.at(start_ns + moment_ns, lambda name=name: rung.append((name, monotonic_ns() - start_ns)))
        alarms.at(start_ns + 50 * MS, done.set)
        await done.wait()

        self.assertEqual(["a", "b", "b2", "c", "end"], [name for name, _ in rung])
        for name, after_ns in rung:
            self.assertGreaterEqual(after_ns, moments_ns[name])

    async def test_a_cancelled_alarm_stays_silent(self):
        """Whether it would be the first or a later one."""
        alarms, rung = Alarms(), []
        done = asyncio.Event()
        now_ns = monotonic_ns()
        silent = [alarms.at(now_ns + moment * MS, lambda: rung.append("cancelled")) for moment in (1, 5)]
        alarms.at(now_ns + 10 * MS, done.set)
        for alarm in silent:
            alarm.cancel()
        await done.wait()

        self.assertEqual([], rung)

    async def test_an_alarm_that_sets_another_one_lets_the_loop_go_on(self):
        """Alarms that are due at once, one after the other for ever, leave the loop time for other things."""
        alarms, done = Alarms(), asyncio.Event()

        def again() -> None:
            if not done.is_set():
                alarms.at(0, again)

        again()
        asyncio.get_running_loop().call_later(0.01, done.set)
        await done.wait()

    async def test_a_fault_in_one_call_does_not_stop_the_others(self):
        """The loop hears of the fault; later alarms still ring."""
        alarms, done = Alarms(), asyncio.Event()
        faults = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))

        def fail() -> None:
            raise ValueError

        alarms.at(0, fail)
        alarms.at(monotonic_ns() + MS, done.set)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), 10)

        self.assertTrue(done.is_set())
        self.assertEqual([ValueError], [type(fault) for fault in faults])


class DelayTest(OriginTestCase):
    def test_a_delay_is_never_cut_short(self):
        """Of 20 requests for 3 ms none is answered earlier."""
        wire = self.wire()
        for _ in range(20):
            started_ns = time.perf_counter_ns()
            wire.send(get("/delay/0.003"))
            wire.answer()
            self.assertGreaterEqual(time.perf_counter_ns() - started_ns, 3 * MS)
