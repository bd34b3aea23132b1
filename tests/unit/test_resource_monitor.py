"""What the machine and its processes use, worked out from readings, and read from this machine."""

import os
import socket
import unittest
from types import SimpleNamespace
from unittest import mock

import psutil

from http_benchmark.models.measurement import MachineLoad
from http_benchmark.utils.resource_monitor import (
    MachineWatch,
    Reading,
    busy_processors,
    cpu_s,
    family,
    keeps_to,
    listeners,
    load_between,
    uss_bytes,
)

NOBODY = 2**22 + 1  # above the largest process id that Linux gives


def reading(at_s: float, idle_s: float | None, *, stolen_s: float | None = 0.0, **own_s: float) -> Reading:
    return Reading(at_s, idle_s, stolen_s, own_s, processors=4)


class LoadTest(unittest.TestCase):
    def test_others_are_what_is_neither_idle_nor_stolen_nor_ours(self):
        """10 s of 4 processors: 25 s idle, 2 s stolen, 12 s ours; so 1 s others', a tenth of a processor."""
        first = reading(100.0, 500.0, stolen_s=5.0, worker=3.0, origin=1.0)
        last = reading(110.0, 525.0, stolen_s=7.0, worker=11.0, origin=5.0)
        load = load_between(first, last)

        self.assertAlmostEqual(1.3, busy_processors(first, last))
        self.assertAlmostEqual(0.1, load.other_cpu_ratio)
        self.assertAlmostEqual(0.05, load.steal_ratio)

    def test_the_kernels_steps_are_not_cut_off(self):
        """Idle time told 10 ms too early makes a negative share, which only then cancels over many slices."""
        load = load_between(reading(0.0, 0.30, worker=0.0), reading(0.1, 0.61, worker=0.1))

        self.assertAlmostEqual(-0.1, load.other_cpu_ratio)

    def test_what_is_not_known_is_none(self):
        """No idle time in a sandbox, no stolen time on macOS, a process that ended, no time between."""
        known = reading(1.0, 2.0, worker=0.0)
        for name, first, last, expected in (
            ("idle", reading(0.0, None), reading(1.0, None), (0.0, None)),
            ("stolen", reading(0.0, 0.5, stolen_s=None), reading(1.0, 3.5, stolen_s=None), (None, 1.0)),
            ("ended", reading(0.0, 1.0, worker=0.0, origin=0.0), reading(1.0, 4.0, worker=0.0), (0.0, None)),
            ("no time", known, known, (None, None)),
        ):
            with self.subTest(name):
                load = load_between(first, last)
                self.assertEqual(expected, (load.steal_ratio, load.other_cpu_ratio))


class ReadingTest(unittest.TestCase):
    def test_a_sandbox_that_hides_the_machine(self):
        """Idle time that stands at 0 is no idle time, and a system without stolen time has none."""
        hidden = SimpleNamespace(idle=0.0, iowait=0.0)
        with mock.patch.object(psutil, "cpu_times", return_value=hidden):
            read = Reading.take([])

        self.assertEqual((None, None), (read.idle_s, read.stolen_s))

    def test_waiting_for_a_disk_is_idle(self):
        """The processor has nothing to do meanwhile."""
        with mock.patch.object(psutil, "cpu_times", return_value=SimpleNamespace(idle=2.0, iowait=0.5, steal=1.0)):
            read = Reading.take([])

        self.assertEqual((2.5, 1.0), (read.idle_s, read.stolen_s))


class MachineWatchTest(unittest.TestCase):
    def test_without_a_start(self):
        """Nothing is known."""
        watch = MachineWatch()

        self.assertEqual(MachineLoad(), watch.stop())
        self.assertIsNone(watch.busy)

    def test_this_machine(self):
        """What is told has the size of a share; this process counts without being named."""
        watch = MachineWatch()
        watch.start([])
        load = watch.stop()

        self.assertEqual({os.getpid()}, set(Reading.take(watch._pids).own_s))
        self.assertGreaterEqual(load.load_average, 0)


class ProcessTest(unittest.TestCase):
    def test_cpu_time_is_that_of_the_process(self):
        """The clock read through the process id is the process's own."""
        before = os.times()
        used_s = cpu_s(os.getpid())

        self.assertGreaterEqual(used_s + 0.02, before.user + before.system)

    def test_who_is_gone_has_no_figures(self):
        """None, not 0."""
        self.assertEqual((None, None), (cpu_s(NOBODY), uss_bytes(NOBODY)))

    def test_memory_that_is_this_processs_alone(self):
        """A buffer that is written to adds its size."""
        before = uss_bytes(os.getpid())
        buffer = bytearray(b"x" * 50_000_000)

        self.assertGreaterEqual(uss_bytes(os.getpid()) - before, 0.9 * len(buffer))

    def test_this_process_belongs_to_its_family(self):
        """Alone or with children."""
        self.assertEqual(os.getpid(), family()[0])


if __name__ == "__main__":
    unittest.main()


class ListenersTest(unittest.TestCase):
    def setUp(self):
        self.port = self.enterContext(socket.create_server(("127.0.0.1", 0))).getsockname()[1]

    def test_who_listens_here(self):
        """By whichever name this machine goes; nobody where nobody listens."""
        for host in ("127.0.0.1", "localhost"):
            self.assertIn(os.getpid(), listeners(host, self.port))
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            self.assertEqual((), listeners("127.0.0.1", bound.getsockname()[1]))

    def test_elsewhere(self):
        """Another machine's port is not ours; no name is looked up."""
        with mock.patch("socket.getaddrinfo", side_effect=AssertionError("looked up")):
            for host in ("192.0.2.1", "server.example", ""):
                self.assertEqual((), listeners(host, self.port))

    @unittest.skipUnless(hasattr(os, "sched_getaffinity"), "processes have no processors of their own here")
    def test_processors_of_its_own(self):
        """All of its processors are among those."""
        own = os.sched_getaffinity(0)
        self.assertTrue(keeps_to([os.getpid()], {*own, 9999}))
        self.assertFalse(keeps_to([os.getpid()], {*own} - {min(own)}))
        self.assertFalse(keeps_to([NOBODY], own))
