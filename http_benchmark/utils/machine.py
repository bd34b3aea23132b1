"""How this machine is set up, as far as it matters to a measurement: what Linux says of itself under /sys and /proc.

Each function reads one fact from a `Tree`, which a test can fake, and returns None where the system does not tell. What
the facts mean is in `fitness`.
"""

import sys
import sysconfig
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from http_benchmark.clock import Clock, monotonic_ns

_CPU = "sys/devices/system/cpu"
_TIME_WAIT = "06"  # as /proc/net/tcp writes it
_NO_MEMORY_LIMIT = 2**60  # cgroup v1 writes a number of this size for "none"
_CLOCK_STEPS = 100
_CLOCK_READINGS = 1_000_000  # some 50 ms: long enough to see a clock that moves in steps of 4 or 10 ms


@dataclass(frozen=True, slots=True)
class Tree:
    """The files in which Linux tells about itself.

    Attributes:
        root: The folder that holds `proc` and `sys`.
    """

    root: Path = Path("/")

    def text(self, path: str) -> str | None:
        """A file's content without blanks around it; None where it is missing, unreadable or empty."""
        try:
            return (self.root / path).read_text().strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def link(self, path: str) -> str | None:
        """What a symbolic link says; None where it is missing or unreadable."""
        try:
            return str((self.root / path).readlink())
        except OSError:
            return None

    def number(self, path: str) -> int | None:
        """A file that holds one number."""
        try:
            return int(self.text(path) or "")
        except ValueError:
            return None


REAL = Tree()


@dataclass(frozen=True, slots=True)
class Ports:
    """Ephemeral ports, which outgoing connections are given.

    Attributes:
        range: How many there are.
        in_use: How many of them some socket has, those that wait after their end included.
        waiting: How many sockets wait so (TIME_WAIT).
    """

    range: int
    in_use: int
    waiting: int


def cpu_model(tree: Tree = REAL) -> str | None:
    """The processor, as the kernel names it."""
    for line in (tree.text("proc/cpuinfo") or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return None


def governors(cpus: Collection[int], tree: Tree = REAL) -> tuple[str, ...]:
    """The frequency governors of these processors, each once."""
    found = (tree.text(f"{_CPU}/cpu{cpu}/cpufreq/scaling_governor") for cpu in cpus)
    return tuple(dict.fromkeys(name for name in found if name))


def turbo(tree: Tree = REAL) -> bool | None:
    """Whether processors may run faster than their nominal clock."""
    no_turbo = tree.number(f"{_CPU}/intel_pstate/no_turbo")
    if no_turbo is not None:
        return no_turbo == 0
    boost = tree.number(f"{_CPU}/cpufreq/boost")
    return None if boost is None else boost == 1


def smt(tree: Tree = REAL) -> bool | None:
    """Whether cores run two threads at a time (hyper-threading)."""
    active = tree.number(f"{_CPU}/smt/active")
    return None if active is None else active == 1


def siblings(cpu: int, tree: Tree = REAL) -> frozenset[int]:
    """The processors that share a core with this one, itself included."""
    text = tree.text(f"{_CPU}/cpu{cpu}/topology/thread_siblings_list")
    return frozenset(_cpu_list(text)) if text else frozenset({cpu})


def shared_cores(client_cpus: Collection[int], origin_cpus: Collection[int], tree: Tree = REAL) -> tuple[int, ...]:
    """The clients' processors that share a core with one of the origin's."""
    taken = frozenset[int]().union(*(siblings(cpu, tree) for cpu in origin_cpus))
    return tuple(cpu for cpu in client_cpus if cpu in taken)


def cpu_limit(tree: Tree = REAL) -> float | None:
    """How many processors' time the control groups of this process allow; None for no limit."""
    limits = [limit for folder in groups("", tree) if (limit := _quota(tree.text(f"{folder}/cpu.max"))) is not None]
    for folder in groups("cpu", tree):
        quota, period = (tree.number(f"{folder}/cpu.cfs_{name}_us") for name in ("quota", "period"))
        if quota is not None and quota > 0 and period:
            limits.append(quota / period)
    return min(limits, default=None)


def memory_limit_bytes(tree: Tree = REAL) -> int | None:
    """How much memory the control groups of this process allow; None for no limit."""
    limits = [tree.number(f"{folder}/memory.max") for folder in groups("", tree)]
    limits += [tree.number(f"{folder}/memory.limit_in_bytes") for folder in groups("memory", tree)]
    return min((limit for limit in limits if limit is not None and limit < _NO_MEMORY_LIMIT), default=None)


def ports(tree: Tree = REAL) -> Ports | None:
    """The ephemeral ports and how they are used now."""
    bounds = (tree.text("proc/sys/net/ipv4/ip_local_port_range") or "").split()
    if len(bounds) != 2:
        return None
    first, last = map(int, bounds)
    sockets = list(_sockets(tree))
    return Ports(
        range=last - first + 1,
        in_use=len({port for port, _ in sockets if first <= port <= last}),
        waiting=sum(state == _TIME_WAIT for _, state in sockets),
    )


def timer_slack_ns(tree: Tree = REAL) -> int | None:
    """How late the kernel may wake a process, to wake several at once; workers set their own."""
    return tree.number("proc/self/timerslack_ns")


def clock_source(tree: Tree = REAL) -> str | None:
    """What the kernel reads the time from."""
    return tree.text("sys/devices/system/clocksource/clocksource0/current_clocksource")


def hypervisor(tree: Tree = REAL) -> str | None:
    """What this virtual machine runs on, or "unknown"; None where nothing speaks of one."""
    name = tree.text("sys/hypervisor/type") or tree.text("sys/class/dmi/id/sys_vendor")
    flags = next((line for line in (tree.text("proc/cpuinfo") or "").splitlines() if line.startswith("flags")), "")
    if tree.text("sys/hypervisor/type") or "hypervisor" in flags.split():
        return name or "unknown"
    return None


def clock_step_s(clock: Clock = monotonic_ns) -> float | None:
    """The smallest step in which the measuring clock is seen to move; None if it stands still."""
    steps: list[int] = []
    for before, after in pairwise(clock() for _ in range(_CLOCK_READINGS)):
        if after > before:
            steps.append(after - before)
            if len(steps) == _CLOCK_STEPS:
                break
    return min(steps) / 1e9 if steps else None


def python_faults(variable: Callable[[str], object] = sysconfig.get_config_var) -> tuple[str, ...]:
    """What makes this interpreter another one than users run: "debug", "free-threaded", "not optimised"."""
    faults = []
    if variable("Py_DEBUG") or hasattr(sys, "gettotalrefcount"):
        faults.append("debug")
    if variable("Py_GIL_DISABLED"):
        faults.append("free-threaded")
    if "--enable-optimizations" not in str(variable("CONFIG_ARGS") or ""):
        faults.append("not optimised")
    return tuple(faults)


def groups(controller: str, tree: Tree) -> Iterator[str]:
    """The folders of this process's control group and of those above it.

    Args:
        controller: One of version 1, such as "cpu"; empty for the one hierarchy of version 2.
        tree: Where to look.
    """
    for line in (tree.text("proc/self/cgroup") or "").splitlines():
        _, controllers, group = line.split(":", 2)
        if controller in controllers.split(","):
            base = f"sys/fs/cgroup/{controllers}".rstrip("/")
            inside = PurePosixPath(group.strip("/"))
            yield from dict.fromkeys(f"{base}/{part}" for part in (inside, *inside.parents))


def _cpu_list(text: str) -> Iterator[int]:
    """Processors as the kernel lists them: "0-1,4"."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _quota(text: str | None) -> float | None:
    """Processors' time that `cpu.max` allows: "200000 100000" is two, "max 100000" any."""
    quota, _, period = (text or "").partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _sockets(tree: Tree) -> Iterator[tuple[int, str]]:
    """Local port and state of each TCP socket."""
    for name in ("tcp", "tcp6"):
        for line in (tree.text(f"proc/net/{name}") or "").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            yield int(local.rpartition(":")[2], 16), state
