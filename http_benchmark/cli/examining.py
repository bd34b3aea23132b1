"""What `doctor` does: reads and measures everything that is to be known of this machine."""

import platform
import time

from rich.console import Console

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.checks import check_pacing
from http_benchmark.clients import NULL_CLIENT
from http_benchmark.errors import ConfigurationError
from http_benchmark.instructions import valgrind_version
from http_benchmark.models.experiment import PacingCheck
from http_benchmark.models.measurement import MachineLoad
from http_benchmark.planning import share_processors
from http_benchmark.units import parse_rates
from http_benchmark.utils import host, machine
from http_benchmark.utils.fitness import PREDECESSOR, Facts
from http_benchmark.utils.resource_monitor import MachineWatch

_WATCH_S = 1.0
_PACE = "2000/s"  # threads and asyncio keep it on a machine that is fit


def examine(progress: Console) -> Facts:
    """Take some seconds, and say so on `progress`.

    Raises:
        WorkerError: The processes that try the pacing could not be started.
    """
    cpus = host.available_cpus()
    origin_cpus, client_cpus = share_processors(cpus)
    ports = machine.ports()
    progress.print(f"watching the machine for {_WATCH_S:g} s", markup=False)
    load = _watch()
    progress.print(f"keeping a schedule of {_PACE}, with threads and with asyncio", markup=False)
    return Facts(
        system=platform.system(),
        cpus=cpus,
        client_cpus=client_cpus,
        origin_cpus=origin_cpus,
        shared_cores=machine.shared_cores(client_cpus, origin_cpus),
        governors=machine.governors(cpus),
        turbo=machine.turbo(),
        smt=machine.smt(),
        cpu_limit=machine.cpu_limit(),
        memory_bytes=host.memory_bytes(),
        load=load,
        file_limit=host.file_limit(),
        ports=ports,
        timer_slack_ns=machine.timer_slack_ns(),
        clock_source=machine.clock_source(),
        clock_step_s=machine.clock_step_s(),
        hypervisor=machine.hypervisor(),
        pacing=_pacing(),
        python=platform.python_version(),
        python_faults=machine.python_faults(),
        predecessor=host.distribution_version(PREDECESSOR),
        extras={
            "valgrind (gate --instructions)": _valgrind(),
            "psycopg (PostgreSQL)": host.distribution_version("psycopg"),
            "keyring (secrets)": host.distribution_version("keyring"),
        },
    )


def _valgrind() -> str | None:
    try:
        return valgrind_version()
    except ConfigurationError:
        return None


def _watch() -> MachineLoad:
    watch = MachineWatch()
    watch.start([])
    time.sleep(_WATCH_S)
    return watch.stop()


def _pacing() -> tuple[PacingCheck, ...]:
    """The client that answers by itself, in both modes."""
    plan = Experiment(ExperimentConfiguration(contenders=(NULL_CLIENT,), rate=parse_rates(_PACE))).plan
    return check_pacing(plan)
