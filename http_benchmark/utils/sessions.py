"""Who measures: marks a session with this process, and tells whether the process of another session still lives."""

import os
from datetime import UTC, datetime

import psutil

from http_benchmark.models.provenance import Session
from http_benchmark.utils.machine import REAL, Tree

_BOOT_ID = "proc/sys/kernel/random/boot_id"
_NAMESPACE = "proc/self/ns/pid"
_START_TIME = 19  # field 22 of /proc/PID/stat, counted from behind the command's name


def new_session(first_block: int, *, forced: tuple[str, ...] = (), tree: Tree = REAL) -> Session:
    """A session of this process that begins now."""
    return Session(
        started_at=datetime.now(UTC),
        first_block=first_block,
        boot_id=tree.text(_BOOT_ID),
        pid_namespace=tree.link(_NAMESPACE),
        pid=os.getpid(),
        process_started=_process_started(os.getpid(), tree),
        forced=forced,
    )


def is_alive(session: Session, tree: Tree = REAL) -> bool | None:
    """Whether its process is still there; one of another machine, or of before its last start, is not.

    None where that cannot be seen: a container on the same kernel has process numbers of its own.
    """
    if session.finished_at is not None or session.pid is None or session.boot_id != tree.text(_BOOT_ID):
        return False
    if session.pid_namespace not in {None, tree.link(_NAMESPACE)}:  # None: of an earlier version
        return None
    if session.process_started is None:  # no Linux
        return psutil.pid_exists(session.pid)
    return _process_started(session.pid, tree) == session.process_started


def _process_started(pid: int, tree: Tree) -> int | None:
    """The kernel's time of a process's start, in its own unit; None where there is none."""
    stat = tree.text(f"proc/{pid}/stat")
    fields = stat.rpartition(")")[2].split() if stat else []
    return int(fields[_START_TIME]) if len(fields) > _START_TIME and fields[0] != "Z" else None
