"""What the worker's process has used: CPU time, context switches, threads, garbage collections, time spent waiting.

From getrusage(2), which covers all threads, native and ended ones included. Standard library only.
"""

import gc
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from http_benchmark.clock import monotonic_ns

_TASKS = Path("/proc/self/task")
_GENERATIONS = 3


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used: since the process started, or, as a difference, meanwhile.

    Attributes:
        user_ns, system_ns: CPU time of all threads, and of ended child processes.
        voluntary_switches, involuntary_switches: Context switches of all threads.
    """

    user_ns: int
    system_ns: int
    voluntary_switches: int
    involuntary_switches: int

    @classmethod
    def now(cls) -> Self:
        """Read the counters; about a microsecond."""
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(
            user_ns=round((own.ru_utime + children.ru_utime) * 1e9),
            system_ns=round((own.ru_stime + children.ru_stime) * 1e9),
            voluntary_switches=own.ru_nvcsw,
            involuntary_switches=own.ru_nivcsw,
        )

    @property
    def cpu_ns(self) -> int:
        """User and system time."""
        return self.user_ns + self.system_ns

    def __sub__(self, other: Self) -> Self:
        return type(self)(
            user_ns=self.user_ns - other.user_ns,
            system_ns=self.system_ns - other.system_ns,
            voluntary_switches=self.voluntary_switches - other.voluntary_switches,
            involuntary_switches=self.involuntary_switches - other.involuntary_switches,
        )


def thread_count() -> int | None:
    """Threads of this process now, native ones included; None where the system does not tell."""
    try:
        return sum(1 for _ in _TASKS.iterdir())
    except OSError:
        return None


class GarbageWatch:
    """Counts garbage collections and times them, from `start` to `stop`."""

    def __init__(self) -> None:
        self._collections = [0] * _GENERATIONS
        self._total_ns = [0] * _GENERATIONS
        self._longest_ns = [0] * _GENERATIONS
        self._started_ns: int | None = None

    def start(self) -> None:
        """Count from now on."""
        gc.callbacks.append(self._note)

    def stop(self) -> None:
        """Count no longer."""
        gc.callbacks.remove(self._note)

    @property
    def generations(self) -> tuple[tuple[int, int, int], ...]:
        """By generation, from the youngest on: (collections, total ns, longest ns)."""
        return tuple(zip(self._collections, self._total_ns, self._longest_ns, strict=True))

    def _note(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._started_ns = monotonic_ns()
        elif self._started_ns is not None:  # or it was under way when counting began
            pause_ns, generation = monotonic_ns() - self._started_ns, info["generation"]
            self._collections[generation] += 1
            self._total_ns[generation] += pause_ns
            self._longest_ns[generation] = max(self._longest_ns[generation], pause_ns)


class Span:
    """A run's time and what was used meanwhile, from `start` to `end`.

    Attributes:
        started_ns, ended_ns: On the monotonic clock.
        used: Meanwhile.
        garbage: Collections meanwhile.
        threads: The most that were there at the two ends.
    """

    started_ns = ended_ns = 0

    def __init__(self) -> None:
        self.garbage = GarbageWatch()
        self.threads: int | None = None

    def start(self) -> None:
        """Begin; called when the run's threads are there."""
        self.threads = thread_count()
        self.garbage.start()
        self._before = Usage.now()
        self.started_ns = monotonic_ns()

    def end(self) -> None:
        """End; called when the run's threads are gone."""
        self.ended_ns = monotonic_ns()
        self.used = Usage.now() - self._before
        self.garbage.stop()
        if self.threads is not None:
            self.threads = max(self.threads, thread_count() or 0)


class IdleWatch:
    """How long the process waits for its next order, and what that costs."""

    idle_ns = idle_cpu_ns = 0

    def start(self) -> None:
        """The last answer is on its way."""
        self._since_ns, self._used = monotonic_ns(), Usage.now()

    def end(self) -> None:
        """An order has come."""
        self.idle_ns = monotonic_ns() - self._since_ns
        self.idle_cpu_ns = (Usage.now() - self._used).cpu_ns
