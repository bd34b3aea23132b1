"""What the tools print, read."""

import re
from unittest import TestCase
from unittest.mock import patch

from http_benchmark.cli.explain import command
from http_benchmark.errors import ConfigurationError, WorkerError
from http_benchmark.profiling.allocations import Allocations, allocated
from http_benchmark.profiling.spy import failure, sample
from http_benchmark.profiling.syscalls import Calls, count_calls, counted_calls

STRACE = """\
strace: Process 7085 attached
strace: Process 7085 detached
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 45.21    0.065005           0    188896       271 newfstatat
 20.49    0.029460           0    120959           getpeername
  0.00    0.000000           0         2         2 ioctl
------ ----------- ----------- --------- --------- ----------------
100.00    0.143778           0    445126       273 total
"""

MEMUSAGE = (
    "\n\x1b[01;32mMemory usage summary:\x1b[0;0m heap total: 3043080, heap peak: 1434493, stack peak: 70208\n"
    "\x1b[04;34m         total calls   total memory   failed calls\x1b[0m\n"
    "\x1b[00;34m malloc|\x1b[0m      24565        2940750              0\x1b[00;00m\n"
    "\x1b[00;34mrealloc|\x1b[0m        588          50898              0\x1b[00;00m  (nomove:158, dec:97, free:0)\n"
    "\x1b[00;34m calloc|\x1b[0m        286          51432              0\x1b[00;00m\n"
    "\x1b[00;34m   free|\x1b[0m      24651        2908167\n"
)


class SyscallsTest(TestCase):
    def test_the_table_of_strace(self):
        """Calls with and without failures, and no row for their sum."""
        self.assertEqual(
            (Calls("newfstatat", 188896, 271), Calls("getpeername", 120959, 0), Calls("ioctl", 2, 2)),
            counted_calls(STRACE),
        )

    def test_who_cannot_be_looked_into(self):
        """A process that is not there: nothing is sent, and the reason is told."""
        sent = []
        found = count_calls([2**22], lambda: sent.append(1))

        self.assertIsInstance(found, str)
        self.assertIn("system calls are not told", found)
        self.assertEqual([], sent)


class AllocationsTest(TestCase):
    def test_what_the_library_prints(self):
        """The calls that allocate, and their bytes; what is freed does not count."""
        self.assertEqual(Allocations(24565 + 588 + 286, 2940750 + 50898 + 51432), allocated(MEMUSAGE))

    def test_nothing_printed(self):
        self.assertIsNone(allocated("a warning of another kind"))


class SpyTest(TestCase):
    def test_why_it_failed(self):
        """A system that forbids it is told apart from all else."""
        forbidden = failure("Permission Denied: Try running again with elevated permissions by going 'sudo env …'\n")
        other = failure("Error: Failed to find python version from target process\n\n")

        self.assertIsInstance(forbidden, ConfigurationError)
        self.assertIn("ptrace_scope", str(forbidden))
        self.assertIsInstance(other, WorkerError)
        self.assertIn("Failed to find python version", str(other))

    def test_what_never_runs_is_told_with_an_option_that_exists(self):
        """Of a client that waits for seconds nothing may be seen."""
        options = {option for parameter in command.params for option in parameter.opts}
        with (
            patch("http_benchmark.profiling.spy.py_spy", return_value="none"),
            self.assertRaises(WorkerError) as caught,
        ):
            sample([], lambda: None, rate=200, native=False, threads=False)

        self.assertLessEqual({*re.findall(r"--[a-z]+", str(caught.exception))}, options)
