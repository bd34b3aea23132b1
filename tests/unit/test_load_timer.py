"""Timers that wake an event loop: never too early, again and again, and quiet when told to be."""

import asyncio
import select
import unittest

from http_benchmark.clock import monotonic_ns
from http_benchmark.load.timer import KernelTimer, ThreadTimer, Timer, attach, detach, open_timer

MS = 1_000_000
PATIENCE_S = 10.0


def kinds() -> list[type]:
    try:
        KernelTimer().close()
    except OSError:
        return [ThreadTimer]
    return [KernelTimer, ThreadTimer]


class TimerTest(unittest.TestCase):
    def each(self):
        for kind in kinds():
            with self.subTest(kind.__name__):
                timer: Timer = kind()
                self.addCleanup(timer.close)
                yield timer

    def readable(self, timer: Timer, patience_s: float = PATIENCE_S) -> bool:
        return bool(select.select([timer.fileno()], [], [], patience_s)[0])

    def test_it_expires_at_its_moment(self):
        """Not before it, and once."""
        for timer in self.each():
            at_ns = monotonic_ns() + 3 * MS
            timer.arm(at_ns)

            self.assertTrue(self.readable(timer))
            self.assertGreaterEqual(monotonic_ns(), at_ns)
            self.assertEqual(1, timer.read())
            self.assertEqual(0, timer.read())

    def test_a_moment_that_has_passed_is_now(self):
        """Even the very beginning of the clock."""
        for timer in self.each():
            for at_ns in (0, monotonic_ns()):
                timer.arm(at_ns)

                self.assertTrue(self.readable(timer))
                self.assertEqual(1, timer.read())

    def test_arming_again_replaces_the_moment(self):
        """An hour ahead, then now."""
        for timer in self.each():
            timer.arm(monotonic_ns() + 3_600_000 * MS)
            timer.arm(monotonic_ns())

            self.assertTrue(self.readable(timer))

    def test_disarmed_it_stays_quiet(self):
        """What was armed for later does not come; arming afterwards works as before."""
        for timer in self.each():
            timer.arm(monotonic_ns() + 3_600_000 * MS)
            timer.disarm()
            self.assertFalse(self.readable(timer, 0))

            timer.arm(monotonic_ns())
            self.assertTrue(self.readable(timer))

    def test_closing_twice_is_harmless(self):
        """The descriptor may belong to somebody else by then."""
        for timer in self.each():
            timer.close()
            timer.close()

    def test_the_best_one_is_opened(self):
        """The kernel's where there is one."""
        timer = open_timer()
        self.addCleanup(timer.close)

        self.assertIsInstance(timer, kinds()[0])


class AttachTest(unittest.IsolatedAsyncioTestCase):
    async def test_a_loop_calls_back_each_time(self):
        """A callback that arms the timer again is called again, each time after its moment."""
        for kind in kinds():
            with self.subTest(kind.__name__):
                loop, timer, done = asyncio.get_running_loop(), kind(), asyncio.Event()
                moments = [monotonic_ns() + k * MS for k in (1, 2, 2, 5)]
                late = []

                def callback(timer=timer, done=done, left=moments, late=late) -> None:
                    late.append(monotonic_ns() - left.pop(0))
                    if left:
                        timer.arm(left[0])
                    else:
                        done.set()

                attach(loop, timer, callback)
                timer.arm(moments[0])
                await asyncio.wait_for(done.wait(), PATIENCE_S)
                detach(loop, timer)
                timer.close()

                self.assertEqual(4, len(late))
                self.assertGreaterEqual(min(late), 0)
