"""What a run takes of the system, against what the system allows: spread it where that helps, else refuse it.

Each connection is a file at both ends and a port at one; with a synchronous client it is a thread, too. What is lacking
is told before anything is started, with its figures. Pure; what is allowed is read by `utils.allowance`.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from http_benchmark.errors import ConfigurationError
from http_benchmark.load.ramp import CONNECT_RPS
from http_benchmark.plan import Arm, Plan
from http_benchmark.units import counted
from http_benchmark.utils.allowance import Allowance

SPARE_FILES = 128  # of a process: libraries, pipes, the connections of probes
SPARE_THREADS = 128  # of all processes: the interpreters', and those that libraries start
MEMORY_PER_CONNECTION_BYTES = 64 * 1024
MEMORY_PER_THREAD_BYTES = 64 * 1024
MOST_THREADS = 4_000  # of a process: those that wait for the interpreter's lock look after it every 5 ms
TIME_WAIT_S = 60.0
MOST_PORTS = 0.5  # of the ports to one address: the fewer are free, the longer the kernel looks for one
STALL_S = 0.2  # for which a busy origin may accept nothing without a connection being lost


def fitted(plan: Plan, allowed: Allowance) -> Plan:
    """The same plan, with as many addresses and processes of the bundled origin as its connections take.

    Raises:
        ConfigurationError: The system does not offer what the run takes; a line for each thing that is lacking.
    """
    if faults := list(_faults(plan, allowed)):
        raise ConfigurationError(faults)
    if not plan.bundled:
        return plan
    processes = _origin_processes(plan, allowed)
    addresses = math.ceil(_addresses(plan, allowed) / processes)
    return replace(plan, origin=replace(plan.origin, processes=processes, addresses=addresses))


def _origin_processes(plan: Plan, allowed: Allowance) -> int:
    """One holds as many connections as it may open files."""
    if allowed.files is None or not allowed.many_addresses:
        return 1
    return math.ceil(_connections(plan) / (allowed.files.left - SPARE_FILES))


def _addresses(plan: Plan, allowed: Allowance) -> int:
    """Each takes as many connections as there are ports; those of ended connections are taken for a minute more."""
    if allowed.ports is None or not allowed.many_addresses:
        return 1
    blocks = min(plan.blocks, max(1.0, TIME_WAIT_S / plan.block_s))
    return math.ceil(blocks * len(plan.arms) * plan.options.concurrency / (MOST_PORTS * allowed.ports.range))


def _faults(plan: Plan, allowed: Allowance) -> Iterator[str]:
    yield from _files_fault(plan, allowed)
    yield from _ports_fault(plan, allowed)
    yield from _threads_fault(plan, allowed)
    yield from _backlog_fault(plan, allowed)
    yield from _memory_fault(plan, allowed)


def _files_fault(plan: Plan, allowed: Allowance) -> Iterator[str]:
    ceiling = allowed.files
    if ceiling is None:
        return
    hungriest = max(plan.arms, key=_files_per_connection)
    needed = math.ceil(plan.options.concurrency / plan.processes) * _files_per_connection(hungriest) + SPARE_FILES
    if needed > ceiling.left:
        yield (
            f"concurrency {plan.options.concurrency:,} takes {needed:,} open files in a process of {hungriest.name}, "
            f"and {ceiling.setting} allows {ceiling.left:,}; raise it, share the load (--processes), lower "
            "--concurrency, or measure others"
        )
    elif plan.bundled and not allowed.many_addresses and _connections(plan) + SPARE_FILES > ceiling.left:
        yield (
            f"the origin takes {_connections(plan) + SPARE_FILES:,} open files for "
            f"{counted(len(plan.arms), 'contender')} of concurrency {plan.options.concurrency:,}, "
            f"and {ceiling.setting} allows "
            f"{ceiling.left:,}; raise it, name fewer contenders, or lower --concurrency"
        )


def _ports_fault(plan: Plan, allowed: Allowance) -> Iterator[str]:
    """Connections to one address; the bundled origin gets more addresses instead."""
    ports = allowed.ports
    if ports is None or (plan.bundled and allowed.many_addresses):
        return
    free = ports.range - ports.in_use
    if _connections(plan) > free:
        yield (
            f"{plan.together} times concurrency {plan.options.concurrency:,} takes {_connections(plan):,} ports, and "
            f"{free:,} are free; wait a minute for old connections to go, widen net.ipv4.ip_local_port_range, "
            "name fewer contenders, or lower --concurrency"
        )


def _threads_fault(plan: Plan, allowed: Allowance) -> Iterator[str]:
    names = [arm.name for arm in plan.arms if arm.contender.mode == "sync"]
    if not names:
        return
    each = math.ceil(plan.options.concurrency / plan.processes)
    if each > MOST_THREADS:
        yield (
            f"concurrency {plan.options.concurrency:,} takes {each:,} threads in a process with {', '.join(names)}; "
            f"more than {MOST_THREADS:,} keep each other from running; share the load (--processes), lower "
            "--concurrency, or measure asynchronous clients"
        )
    threads = _threads(plan) + SPARE_THREADS
    if allowed.threads and threads > allowed.threads.left:
        yield (
            f"concurrency {plan.options.concurrency:,} takes {threads:,} threads with {', '.join(names)}, and "
            f"{allowed.threads.setting} leaves {max(0, allowed.threads.left):,}; raise it, lower --concurrency, or "
            "measure asynchronous clients"
        )


def _backlog_fault(plan: Plan, allowed: Allowance) -> Iterator[str]:
    """Few connections are soon accepted however short the queue is; of many, some would be tried again late."""
    needed = math.ceil(CONNECT_RPS * STALL_S)
    ceiling = allowed.backlog
    if plan.bundled and plan.turns == "trials" and ceiling and ceiling.left < needed:
        yield (
            f"concurrency {plan.options.concurrency:,} takes room for {needed:,} connections that wait to be accepted, "
            f"and {ceiling.setting} allows {ceiling.left:,}; raise it, or lower --concurrency"
        )


def _memory_fault(plan: Plan, allowed: Allowance) -> Iterator[str]:
    if allowed.memory_bytes is None:
        return
    needed = _connections(plan) * MEMORY_PER_CONNECTION_BYTES + _threads(plan) * MEMORY_PER_THREAD_BYTES
    if needed > allowed.memory_bytes:
        yield (
            f"{plan.together} times concurrency {plan.options.concurrency:,} takes about {_gib(needed)} of memory, and "
            f"{_gib(allowed.memory_bytes)} are free; lower --concurrency, or name fewer contenders"
        )


def _files_per_connection(arm: Arm) -> int:
    return arm.capabilities.files_per_thread if arm.contender.mode == "sync" else 1


def _connections(plan: Plan) -> int:
    """How many connections there are at the same time."""
    return plan.together * plan.options.concurrency


def _threads(plan: Plan) -> int:
    """How many threads there are at the same time: those of every synchronous contender that is there."""
    sync = sum(arm.contender.mode == "sync" for arm in plan.arms)
    return min(sync, plan.together) * plan.options.concurrency


def _gib(size: float) -> str:
    return f"{size / 1024**3:.1f} GiB"
