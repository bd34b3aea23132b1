"""What the machine and its processes use, read from the controller; a worker reads its own figures by itself.

What the machine does comes from its idle time, which Linux measures instead of sampling it at each tick, but tells in
steps of 10 ms; what a process uses comes from its own clock, to the nanosecond. What a system does not tell is None,
never a guess.
"""

import contextlib
import os
import platform
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

import psutil

from http_benchmark.models.measurement import MachineLoad

_EACH_PROCESS_IS_A_CLOCK = platform.system() == "Linux"
_CPU_CLOCK = 2  # CPUCLOCK_SCHED: what clock_getcpuclockid(3) puts beside the inverted process id


@dataclass(frozen=True, slots=True)
class Reading:
    """The machine at one moment.

    Attributes:
        at_s: On the monotonic clock.
        idle_s: Time that all processors together had nothing to do, since the machine started; None where the system
            does not tell.
        stolen_s: Likewise, time that the hypervisor gave to others.
        own_s: CPU time by process id; processes that are gone are missing.
        processors: Of the machine, used by this experiment or not.
    """

    at_s: float
    idle_s: float | None
    stolen_s: float | None
    own_s: Mapping[int, float]
    processors: int

    @classmethod
    def take(cls, pids: Collection[int]) -> Self:
        """Read now, which takes some 20 µs and 1 µs more per process."""
        times = psutil.cpu_times()
        idle_s = times.idle + getattr(times, "iowait", 0.0)
        return cls(
            at_s=time.monotonic(),
            idle_s=idle_s or None,  # 0 is what a sandbox shows that hides the machine
            stolen_s=getattr(times, "steal", None),
            own_s={pid: used_s for pid in pids if (used_s := cpu_s(pid)) is not None},
            processors=psutil.cpu_count() or 1,
        )


def busy_processors(first: Reading, last: Reading) -> float | None:
    """How many processors were in use between two readings, by whomever; those stolen are not in use."""
    elapsed_s = last.at_s - first.at_s
    if first.idle_s is None or last.idle_s is None or elapsed_s <= 0:
        return None
    stolen_s = (last.stolen_s or 0.0) - (first.stolen_s or 0.0)
    return last.processors - (last.idle_s - first.idle_s + stolen_s) / elapsed_s


def load_between(first: Reading, last: Reading) -> MachineLoad:
    """What happened between two readings, as it is stored with a slice.

    A process that ended meanwhile took what it used with it: then nothing is known of the others.
    """
    elapsed_s = last.at_s - first.at_s
    busy = busy_processors(first, last)
    steal_ratio = other_cpu_ratio = None
    if first.stolen_s is not None and last.stolen_s is not None and elapsed_s > 0:
        steal_ratio = (last.stolen_s - first.stolen_s) / elapsed_s / last.processors
    if busy is not None and first.own_s.keys() == last.own_s.keys():
        other_cpu_ratio = busy - (sum(last.own_s.values()) - sum(first.own_s.values())) / elapsed_s
    return MachineLoad(load_average=_load_average(), steal_ratio=steal_ratio, other_cpu_ratio=other_cpu_ratio)


class MachineWatch:
    """Watches the machine while a slice runs.

    Since idle and stolen time come in steps of 10 ms, each ratio of a slice of 0.1 s is off by up to ±0.1, and
    `other_cpu_ratio` may come out below 0. These errors cancel only if they are not cut off at 0: a run is judged by
    all of its slices together (`stats.validity`), where less than 0.01 is left of them after 20 s.
    """

    def __init__(self) -> None:
        self._first: Reading | None = None
        self._last: Reading | None = None
        self._pids: frozenset[int] = frozenset()

    def start(self, own_pids: Collection[int]) -> None:
        """Begin to watch.

        Args:
            own_pids: The processes of this experiment, as `family` finds them; this one is always among them.
        """
        self._pids = frozenset((*own_pids, os.getpid()))
        self._first, self._last = Reading.take(self._pids), None

    def stop(self) -> MachineLoad:
        """Say what has happened since `start`; without one nothing is known."""
        if self._first is None:
            return MachineLoad()
        self._last = Reading.take(self._pids)
        return load_between(self._first, self._last)

    @property
    def busy(self) -> float | None:
        """How many processors were in use between `start` and `stop`, by whomever."""
        return busy_processors(self._first, self._last) if self._first and self._last else None


def family(pid: int | None = None) -> tuple[int, ...]:
    """A process, by default this one, and all that descend from it; none if it is gone.

    Takes milliseconds, so it is asked for once per block.
    """
    try:
        this = psutil.Process(pid)
        return (this.pid, *(child.pid for child in this.children(recursive=True)))
    except psutil.Error:
        return ()


def listeners(host: str, port: int) -> tuple[int, ...]:
    """Processes of this machine that listen there, with all that descend from them.

    None for a name other than localhost, which is not looked up; for another machine; and for another user's processes.
    """
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
        if not address.is_loopback and host not in _own_addresses():
            return ()
        sockets = psutil.net_connections("tcp")
    except (ValueError, psutil.Error):  # it is a name; or the system tells nobody
        return ()
    heard = (one for one in sockets if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port)
    pids = sorted({one.pid for one in heard if one.pid})
    return tuple({member for pid in pids for member in family(pid)})


def _own_addresses() -> set[str]:
    return {one.address for interface in psutil.net_if_addrs().values() for one in interface}


def keeps_to(pids: Collection[int], cpus: Collection[int]) -> bool:
    """Whether processes run on no other processors than these; False where that is not known."""
    try:
        return all({*psutil.Process(pid).cpu_affinity()} <= {*cpus} for pid in pids)
    except (psutil.Error, AttributeError):  # the latter where there is no such thing as affinity
        return False


def cpu_s(pid: int) -> float | None:
    """CPU time that a process has used, with all threads that it ever had; None if it is gone."""
    if _EACH_PROCESS_IS_A_CLOCK:
        with contextlib.suppress(OSError):
            return time.clock_gettime((~pid << 3) | _CPU_CLOCK)
        return None
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return times.user + times.system


def uss_bytes(pid: int) -> int | None:
    """Memory that is a process's alone and that its end would free; None where it cannot be read.

    It takes the kernel some 0.4 ms and more for a large process, so it is read between slices.
    """
    try:
        return int(psutil.Process(pid).memory_full_info().uss)
    except (psutil.Error, OSError):
        return None


def rss_bytes(pid: int) -> int | None:
    """Resident memory of a process; None where it cannot be read."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.Error, OSError):
        return None


def _load_average() -> float | None:
    with contextlib.suppress(OSError):
        return os.getloadavg()[0]
    return None
