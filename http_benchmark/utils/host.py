"""Facts about this machine, its interpreter and the installed versions."""

import importlib.metadata
import os
import platform
import ssl
from collections.abc import Sequence
from pathlib import Path

import psutil

from http_benchmark import __version__
from http_benchmark.models.environment import Environment

_CPU_INFO = Path("/proc/cpuinfo")
_GOVERNOR = "/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor"


def describe(
    *, client_cpus: Sequence[int], origin_cpus: Sequence[int], libraries: dict[str, str | None]
) -> Environment:
    """Collect the circumstances of a run that is about to start."""
    return Environment(
        http_benchmark=__version__,
        python=platform.python_version(),
        python_implementation=platform.python_implementation(),
        python_build=f"{platform.python_compiler()}, {' '.join(platform.python_build())}",
        system=platform.system(),
        kernel=platform.release(),
        architecture=platform.machine(),
        cpu_model=_cpu_model(),
        cpu_count=len(available_cpus()),
        client_cpus=tuple(client_cpus),
        origin_cpus=tuple(origin_cpus),
        memory_bytes=psutil.virtual_memory().total,
        governor=_read(Path(_GOVERNOR.format(client_cpus[0]))) if client_cpus else None,
        load_average_1min=os.getloadavg()[0],
        openssl=ssl.OPENSSL_VERSION,
        libraries=libraries,
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


def _cpu_model() -> str | None:
    for line in (_read(_CPU_INFO) or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or None


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
