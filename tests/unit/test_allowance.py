"""What the system allows, read from made-up /proc and /sys."""

from unittest import mock

from http_benchmark.utils import allowance as allowance_module
from http_benchmark.utils.allowance import Ceiling, allowance
from tests.unit.test_machine import TreeCase

LINUX = {
    "proc/sys/kernel/ostype": "Linux",
    "proc/sys/kernel/threads-max": "192730",
    "proc/sys/kernel/pid_max": "32768",
    "proc/sys/net/core/somaxconn": "4096",
    "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999",
    "proc/loadavg": "0.50 0.40 0.30 2/768 12345",
}


class AllowanceTest(TreeCase):
    def setUp(self):
        self.enterContext(mock.patch.object(allowance_module.os, "geteuid", return_value=0))

    def test_linux(self):
        """Of 32,768 process ids 768 are taken by the threads that are there."""
        found = allowance(self.tree(LINUX))

        self.assertEqual(Ceiling(32_000, "kernel.pid_max"), found.threads)
        self.assertEqual(Ceiling(4_096, "net.core.somaxconn"), found.backlog)
        self.assertEqual((28_232, True), (found.ports.range, found.many_addresses))
        self.assertGreater(found.memory_bytes, 0)

    def test_the_tightest_limit_of_threads_counts(self):
        """A control group, of either version and of whichever level, less what is in it."""
        second = LINUX | {
            "proc/self/cgroup": "0::/a/b",
            "sys/fs/cgroup/a/b/pids.max": "max",
            "sys/fs/cgroup/a/pids.max": "1000",
            "sys/fs/cgroup/a/pids.current": "10",
        }
        first = LINUX | {"proc/self/cgroup": "8:pids:/c", "sys/fs/cgroup/pids/c/pids.max": "500"}

        self.assertEqual(Ceiling(990, "/sys/fs/cgroup/a/pids.max"), allowance(self.tree(second)).threads)
        self.assertEqual(Ceiling(500, "/sys/fs/cgroup/pids/c/pids.max"), allowance(self.tree(first)).threads)

    def test_the_users_own_limit(self):
        """It binds everybody but root."""
        tree = self.tree(LINUX)
        with mock.patch.object(allowance_module.resource, "getrlimit", return_value=(77, 99)):
            self.assertEqual("kernel.pid_max", allowance(tree).threads.setting)
            with mock.patch.object(allowance_module.os, "geteuid", return_value=1000):
                self.assertEqual(Ceiling(77, "ulimit -u"), allowance(tree).threads)

    def test_what_is_not_told_is_no_limit(self):
        """A system without /proc."""
        found = allowance(self.tree({}))

        self.assertEqual(
            (None, None, None, False),
            (found.threads, found.backlog, found.ports, found.many_addresses),
        )
