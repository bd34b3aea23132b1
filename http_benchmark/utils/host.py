"""Facts about this machine, its interpreter and the installed versions."""

import importlib.metadata
import math
import os
import platform
import resource
import ssl
from collections.abc import Sequence

import psutil

from http_benchmark import __version__
from http_benchmark.models.contender_source import ContenderSource
from http_benchmark.models.environment import Environment
from http_benchmark.utils import machine


def describe(
    *,
    client_cpus: Sequence[int],
    origin_cpus: Sequence[int],
    libraries: dict[str, str | None],
    sources: dict[str, ContenderSource],
) -> Environment:
    """Collect the circumstances of a run that is about to start."""
    governors, ports = machine.governors(client_cpus), machine.ports()
    return Environment(
        http_benchmark=__version__,
        python=platform.python_version(),
        python_implementation=platform.python_implementation(),
        python_build=f"{platform.python_compiler()}, {' '.join(platform.python_build())}",
        system=platform.system(),
        kernel=platform.release(),
        architecture=platform.machine(),
        cpu_model=machine.cpu_model() or platform.processor() or None,
        cpu_count=len(available_cpus()),
        client_cpus=tuple(client_cpus),
        origin_cpus=tuple(origin_cpus),
        memory_bytes=psutil.virtual_memory().total,
        governor=governors[0] if governors else None,
        load_average_1min=os.getloadavg()[0],
        openssl=ssl.OPENSSL_VERSION,
        libraries=libraries,
        sources=sources,
        clock_source=machine.clock_source(),
        clock_resolution_s=machine.clock_step_s(),
        ephemeral_ports=ports.range if ports else None,
        ephemeral_ports_in_use=ports.in_use if ports else None,
        file_limit=file_limit(),
        timer_slack_ns=machine.timer_slack_ns(),
        turbo=machine.turbo(),
        smt=machine.smt(),
        hypervisor=machine.hypervisor(),
        cpu_limit=machine.cpu_limit(),
        memory_limit_bytes=machine.memory_limit_bytes(),
        host=platform.node() or None,
    )


def available_cpus() -> tuple[int, ...]:
    """The processors that this process may use, ascending; numbered from 0 where the system does not pin."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def distribution_version(name: str) -> str | None:
    """The installed version of a distribution, None where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def file_limit() -> int | None:
    """How many files a child process may open, since each raises its limit as far as it can; None for any number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if hard == resource.RLIM_INFINITY else hard


def memory_bytes() -> int:
    """How much memory this process may use: the machine's, or what its control groups allow."""
    return int(min(psutil.virtual_memory().total, machine.memory_limit_bytes() or math.inf))
