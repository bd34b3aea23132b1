"""What the worker's process used: counted while it is watched, and only then."""

import gc
import unittest
from pathlib import Path
from unittest import mock

from http_benchmark.worker import usage
from http_benchmark.worker.usage import GarbageWatch, Usage, thread_count


class GarbageWatchTest(unittest.TestCase):
    def setUp(self):
        gc.disable()
        self.addCleanup(gc.enable)

    def test_collections_are_counted_by_generation(self):
        """Two of the youngest, one of the middle, three of all, while watching; those before and after are not."""
        watch = GarbageWatch()
        gc.collect()
        watch.start()
        for generation in (0, 0, 1, 2, 2, 2):
            gc.collect(generation)
        watch.stop()
        gc.collect()

        self.assertEqual([2, 1, 3], [collections for collections, _, _ in watch.generations])

    def test_pauses_are_timed(self):
        """Pauses of 2, 7 and 3 ms: 12 ms in all, 7 ms at most."""
        watch, moments = GarbageWatch(), iter([0, 2, 10, 17, 20, 23])
        with mock.patch.object(usage, "monotonic_ns", lambda: next(moments) * 1_000_000):
            watch.start()
            for _ in range(3):
                gc.collect(1)
            watch.stop()

        self.assertEqual(((0, 0, 0), (3, 12_000_000, 7_000_000), (0, 0, 0)), watch.generations)

    def test_one_that_was_under_way_does_not_count(self):
        """Its beginning was not seen."""
        watch = GarbageWatch()
        watch._note("stop", {"generation": 2})

        self.assertEqual(((0, 0, 0),) * 3, watch.generations)

    def test_nothing_is_left_behind(self):
        """Afterwards the interpreter calls nobody."""
        before, watch = list(gc.callbacks), GarbageWatch()
        watch.start()
        watch.stop()

        self.assertEqual(before, gc.callbacks)


class UsageTest(unittest.TestCase):
    def test_a_difference_is_what_was_used_meanwhile(self):
        """Each figure by itself."""
        used = Usage(50, 40, 30, 20) - Usage(10, 15, 20, 5)

        self.assertEqual(Usage(40, 25, 10, 15), used)
        self.assertEqual(65, used.cpu_ns)

    def test_threads_are_unknown_where_the_system_does_not_tell(self):
        """None, not a guess."""
        with mock.patch.object(usage, "_TASKS", Path("/nowhere/task")):
            self.assertIsNone(thread_count())
