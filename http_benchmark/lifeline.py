"""What every child process does first: die with its parent, stay on its processors. Standard library only."""

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Collection

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when the parent dies, even in the middle of a measurement (Linux).

    Elsewhere a child still ends at the end of its standard input, as soon as it next reads it.

    Args:
        parent_pid: The parent that started this process; if it is gone already, this process ends at once.
    """
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


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
