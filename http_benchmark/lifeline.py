"""What every child process does first: die with its parent, stay on its processors, wake in time, answer undisturbed.

Standard library only.
"""

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Collection
from typing import BinaryIO

_PR_SET_PDEATHSIG = 1
_PR_SET_TIMERSLACK = 29
_LEAST_SLACK_NS = 1


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when the parent dies, even in the middle of a measurement (Linux).

    Elsewhere a child still ends at the end of its standard input, as soon as it next reads it.

    Args:
        parent_pid: The parent that started this process; if it is gone already, this process ends at once.
    """
    if _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent_pid:
        os._exit(1)


def ending_signals() -> tuple[signal.Signals, ...]:
    """The signals that tell a program to end: also that its terminal is gone, unless nohup has that ignored."""
    hang_up = () if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGINT, signal.SIGTERM, *hang_up)


def wake_in_time() -> None:
    """End sleeps of this thread, and of all that it starts, when they are due instead of up to 50 µs later (Linux)."""
    _prctl(_PR_SET_TIMERSLACK, _LEAST_SLACK_NS)


def pin(cpus: Collection[int]) -> None:
    """Run on these processors only; does nothing for an empty collection or where the system cannot."""
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)


def raise_file_limit() -> None:
    """Allow as many open files as the system does: each connection is one, and the usual limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses its own "unlimited"
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def take_stdout() -> BinaryIO:
    """Keep standard output for the answers alone: whatever a client prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _prctl(option: int, value: int) -> bool:
    """Call prctl(2); False where there is none."""
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return False
    prctl(option, ctypes.c_ulong(value))
    return True
