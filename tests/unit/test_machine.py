"""The facts of a machine, read from made-up /proc and /sys."""

import tempfile
import unittest
from itertools import repeat
from pathlib import Path

from http_benchmark.clock import FakeClock
from http_benchmark.utils import machine
from http_benchmark.utils.machine import Ports, Tree

CPU = "sys/devices/system/cpu"
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:8007 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 142656 1 0
   1: 0100007F:8001 0100007F:8007 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0
   2: 0100007F:8001 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 0 3 0
   3: 0100007F:1F90 0100007F:8003 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0
"""
TCP6 = """  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000001000000:8002 00000000000000000000000001000000:0050 01 00000000:00000000 0
"""


class TreeCase(unittest.TestCase):
    def tree(self, files: dict[str, str]) -> Tree:
        root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content + "\n")
        return Tree(root)


class ProcessorTest(TreeCase):
    def test_governors(self):
        """Each once; none where the frequency cannot be set."""
        files = {f"{CPU}/cpu{n}/cpufreq/scaling_governor": name for n, name in enumerate(["powersave"] * 2 + ["other"])}

        self.assertEqual(("powersave", "other"), machine.governors((0, 1, 2), self.tree(files)))
        self.assertEqual(("powersave",), machine.governors((0, 1), self.tree(files)))
        self.assertEqual((), machine.governors((0, 1), self.tree({})))

    def test_turbo(self):
        """Intel says "no turbo", the others "boost"."""
        for files, expected in (
            ({f"{CPU}/intel_pstate/no_turbo": "0"}, True),
            ({f"{CPU}/intel_pstate/no_turbo": "1"}, False),
            ({f"{CPU}/cpufreq/boost": "1"}, True),
            ({f"{CPU}/cpufreq/boost": "0"}, False),
            ({}, None),
        ):
            with self.subTest(files):
                self.assertIs(expected, machine.turbo(self.tree(files)))

    def test_shared_cores(self):
        """Processors 0 and 2 are one core, 1 and 3 another: the origin on 0 disturbs a client on 2."""
        lists = {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}
        tree = self.tree({f"{CPU}/cpu{n}/topology/thread_siblings_list": text for n, text in lists.items()})

        self.assertEqual((2,), machine.shared_cores((2, 3), (0,), tree))
        self.assertEqual((), machine.shared_cores((1, 3), (0,), tree))
        self.assertEqual((), machine.shared_cores((1,), (0,), self.tree({})))

    def test_a_range_of_siblings(self):
        """Written "0-1" where they are neighbours."""
        tree = self.tree({f"{CPU}/cpu0/topology/thread_siblings_list": "0-1,4"})

        self.assertEqual({0, 1, 4}, machine.siblings(0, tree))

    def test_smt(self):
        """On, off, not told."""
        for text, expected in (("1", True), ("0", False), ("strange", None)):
            self.assertIs(expected, machine.smt(self.tree({f"{CPU}/smt/active": text})))

    def test_model_and_hypervisor(self):
        """From the kernel's own words; a machine of metal has no hypervisor, though it has a vendor."""
        virtual = {"proc/cpuinfo": "processor : 0\nmodel name : Some CPU @ 2 GHz\nflags : fpu hypervisor sse"}
        metal = {"proc/cpuinfo": "flags : fpu sse", "sys/class/dmi/id/sys_vendor": "Dell Inc."}

        self.assertEqual("Some CPU @ 2 GHz", machine.cpu_model(self.tree(virtual)))
        self.assertEqual("unknown", machine.hypervisor(self.tree(virtual)))
        self.assertEqual("QEMU", machine.hypervisor(self.tree(virtual | {"sys/class/dmi/id/sys_vendor": "QEMU"})))
        self.assertEqual("xen", machine.hypervisor(self.tree({"sys/hypervisor/type": "xen"})))
        self.assertIsNone(machine.hypervisor(self.tree(metal)))
        self.assertIsNone(machine.cpu_model(self.tree({})))


class ControlGroupTest(TreeCase):
    def test_version_2(self):
        """The smallest limit of the group and those above it; "max" is none."""
        files = {
            "proc/self/cgroup": "0::/user.slice/job",
            "sys/fs/cgroup/user.slice/job/cpu.max": "400000 100000",
            "sys/fs/cgroup/user.slice/cpu.max": "150000 100000",
            "sys/fs/cgroup/user.slice/job/memory.max": "1073741824",
            "sys/fs/cgroup/user.slice/memory.max": "max",
        }
        self.assertEqual((1.5, 1073741824), self.limits(files))

    def test_inside_a_container(self):
        """There the own group is the root."""
        files = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "50000 100000", "sys/fs/cgroup/memory.max": "99"}

        self.assertEqual((0.5, 99), self.limits(files))

    def test_version_1(self):
        """Each controller has folders of its own; −1 and a huge number stand for no limit."""
        files = {
            "proc/self/cgroup": "5:memory:/job\n4:cpu,cpuacct:/job\n0::/",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "400000",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "200000",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "9223372036854771712",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912",
        }
        self.assertEqual((2.0, 536870912), self.limits(files))

    def test_no_limit(self):
        """Nor any control group."""
        huge = {"proc/self/cgroup": "5:memory:/", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"}

        self.assertEqual((None, None), self.limits({}))
        self.assertEqual((None, None), self.limits(huge))
        self.assertEqual((None, None), self.limits({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}))

    def limits(self, files: dict[str, str]) -> tuple[float | None, int | None]:
        tree = self.tree(files)
        return machine.cpu_limit(tree), machine.memory_limit_bytes(tree)


class PortTest(TreeCase):
    def test_ports(self):
        """8001, 8002 and 8007 (hexadecimal) are in the range, the first twice; two sockets wait after their end."""
        files = {
            "proc/sys/net/ipv4/ip_local_port_range": "32768\t32777",
            "proc/net/tcp": TCP,
            "proc/net/tcp6": TCP6,
        }
        self.assertEqual(Ports(range=10, in_use=3, waiting=2), machine.ports(self.tree(files)))

    def test_not_told(self):
        """Without a range nothing is known."""
        self.assertIsNone(machine.ports(self.tree({})))


class ClockTest(TreeCase):
    def test_the_smallest_step(self):
        """A clock read faster than it moves shows its step."""
        coarse, uneven = FakeClock(tick_ns=300), FakeClock()

        def moves_unevenly() -> int:
            uneven.tick_ns = 70 if uneven.tick_ns == 900 else 900
            return uneven()

        self.assertAlmostEqual(4e-6, machine.clock_step_s(lambda: coarse() // 4000 * 4000))
        self.assertAlmostEqual(3e-7, machine.clock_step_s(FakeClock(tick_ns=300)))
        self.assertAlmostEqual(7e-8, machine.clock_step_s(moves_unevenly))

    def test_a_clock_that_stands_still(self):
        """It has no step."""
        still = repeat(5)

        self.assertIsNone(machine.clock_step_s(lambda: next(still)))

    def test_what_is_read_as_it_stands(self):
        """Clock source and timer slack."""
        tree = self.tree(
            {
                "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
                "proc/self/timerslack_ns": "50000",
            }
        )
        self.assertEqual(("tsc", 50000), (machine.clock_source(tree), machine.timer_slack_ns(tree)))
        self.assertEqual((None, None), (machine.clock_source(self.tree({})), machine.timer_slack_ns(self.tree({}))))


class PythonTest(unittest.TestCase):
    def test_faults(self):
        """Each build that differs from what users run is named."""
        for variables, expected in (
            ({"CONFIG_ARGS": "'--prefix=/usr' '--enable-optimizations'"}, ()),
            ({"CONFIG_ARGS": "'--prefix=/usr'"}, ("not optimised",)),
            ({"CONFIG_ARGS": "--enable-optimizations", "Py_DEBUG": 1}, ("debug",)),
            ({"CONFIG_ARGS": "--enable-optimizations", "Py_GIL_DISABLED": 1}, ("free-threaded",)),
        ):
            with self.subTest(variables):
                self.assertEqual(expected, machine.python_faults(variables.get))


if __name__ == "__main__":
    unittest.main()
