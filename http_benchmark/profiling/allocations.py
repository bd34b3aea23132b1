"""Counts what a contender's requests allocate, with the C library's own `libmemusage.so` in a worker of its own.

It counts all that is asked of the C library until the process ends. Python takes its objects from there, too, where
`PYTHONMALLOC=malloc` says so; what it keeps in its free lists and uses again is no allocation. Two workers that differ
by nothing but the number of their requests tell what a request takes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from http_benchmark.plan import Arm, Plan
from http_benchmark.targets import OpenTarget
from http_benchmark.trial import opening
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Run

_LIBRARY = "libmemusage.so"
_FOLDERS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib")
_PATIENCE_S = 120.0
_ROW = re.compile(r"(?P<call>malloc|realloc|calloc)\|\D*(?P<calls>\d+)\s+(?P<size>\d+)\s")
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Allocations:
    """What a process allocated: how often, and bytes."""

    blocks: float
    size_bytes: float


def count_allocations(
    arm: Arm, plan: Plan, target: OpenTarget, requests: int, order: Callable[[int], Run]
) -> Allocations | str:
    """What a request allocates, on average over so many.

    Args:
        arm: The contender.
        plan: How it is set up and what it sends, aimed at the target.
        target: What to aim at.
        requests: By how many the two workers differ; the first sends as many to begin with.
        order: How a worker is told to send so many.

    Returns:
        The figures; or why they cannot be told, in words.

    Raises:
        WorkerError: A worker crashed or hung.
    """
    counter = library()
    if counter is None:
        return f"allocations are not told: the C library's {_LIBRARY} is not here"
    few, many = (_allocated(arm, plan, target, order(number), counter) for number in (requests, 2 * requests))
    if few is None or many is None:
        return f"allocations are not told: {_LIBRARY} printed no figures"
    return Allocations((many.blocks - few.blocks) / requests, (many.size_bytes - few.size_bytes) / requests)


def allocated(words: str) -> Allocations | None:
    """The figures in what the library prints when a process ends; None where it printed none."""
    rows = list(_ROW.finditer(_COLOURS.sub("", words)))
    if not rows:
        return None
    return Allocations(sum(int(row["calls"]) for row in rows), sum(int(row["size"]) for row in rows))


def _allocated(arm: Arm, plan: Plan, target: OpenTarget, order: Run, counter: Path) -> Allocations | None:
    """What a worker allocates from its start to its end, with these requests."""
    counting = (("LD_PRELOAD", str(counter)), ("PYTHONMALLOC", "malloc"), ("PYTHONHASHSEED", "0"))
    share = ceil(plan.options.concurrency / plan.processes)
    setup = opening(arm, plan, target)
    setup = replace(setup, options=replace(setup.options, concurrency=share))
    with WorkerProcess(arm.name, plan.client_cpus, interpreter=replace(arm.interpreter, variables=counting)) as worker:
        worker.open(setup)
        worker.opened()
        worker.start(order)
        worker.ran(_PATIENCE_S, lambda _: None)
        worker.finish()
        return allocated(worker.end())


def library() -> Path | None:
    """Where it lies: in a folder of libraries, or in that of a system with several architectures."""
    patterns = (_LIBRARY, f"*-linux-gnu/{_LIBRARY}")
    return next((path for folder in _FOLDERS for pattern in patterns for path in Path(folder).glob(pattern)), None)
