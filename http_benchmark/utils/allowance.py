"""What this system allows a run to take: files, threads, ports, places in queues, memory."""

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import psutil

from http_benchmark.utils import host, machine
from http_benchmark.utils.machine import REAL, Ports, Tree


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A limit.

    Attributes:
        left: How many may still be taken.
        setting: What sets the limit, as it is called where it can be raised.
    """

    left: int
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is allowed; None where there is no limit, or where the system does not tell.

    Attributes:
        files: That one process may open.
        threads: That all processes together may still start.
        ports: Ephemeral ports.
        backlog: Connections that may wait for a server to accept them.
        memory_bytes: Memory that is free for new processes.
        many_addresses: Whether all of 127.0.0.0/8 leads to this machine.
    """

    files: Ceiling | None = None
    threads: Ceiling | None = None
    ports: Ports | None = None
    backlog: Ceiling | None = None
    memory_bytes: int | None = None
    many_addresses: bool = False


def allowance(tree: Tree = REAL) -> Allowance:
    """Read what is allowed now.

    Args:
        tree: Where Linux tells of itself.
    """
    files = host.file_limit()
    backlog = tree.number("proc/sys/net/core/somaxconn")
    return Allowance(
        files=None if files is None else Ceiling(files, "ulimit -Hn"),
        threads=min(_thread_ceilings(tree), key=lambda ceiling: ceiling.left, default=None),
        ports=machine.ports(tree),
        backlog=None if backlog is None else Ceiling(backlog, "net.core.somaxconn"),
        memory_bytes=min(psutil.virtual_memory().available, host.memory_bytes()),
        many_addresses=tree.text("proc/sys/kernel/ostype") == "Linux",
    )


def _thread_ceilings(tree: Tree) -> Iterator[Ceiling]:
    """Every limit of threads, less those that are there; each thread takes one of the process ids, too."""
    running = int((tree.text("proc/loadavg") or "0/0").split("/")[1].split()[0])
    for setting in ("kernel.threads-max", "kernel.pid_max"):
        if (most := tree.number(f"proc/sys/{setting.replace('.', '/')}")) is not None:
            yield Ceiling(most - running, setting)
    for folder in (*machine.groups("", tree), *machine.groups("pids", tree)):
        if (most := tree.number(f"{folder}/pids.max")) is not None:
            yield Ceiling(most - (tree.number(f"{folder}/pids.current") or 0), f"/{PurePosixPath(folder)}/pids.max")
    most, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if most != resource.RLIM_INFINITY and os.geteuid():  # it does not bind root
        yield Ceiling(most, "ulimit -u")
