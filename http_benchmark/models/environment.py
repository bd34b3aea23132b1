"""The circumstances of a run: host, interpreter, versions. What differs here may explain a difference there."""

from http_benchmark.models.base import Model
from http_benchmark.models.contender_source import ContenderSource


class Environment(Model):
    """Facts that are stored with every experiment; None where a system does not tell.

    Attributes:
        http_benchmark: This program's version.
        python: Version of the interpreter that ran the workers.
        python_implementation: For example "CPython".
        python_build: Compiler and build date.
        system, kernel, architecture: As `uname` calls them.
        cpu_model: As the kernel names it.
        cpu_count: Processors that this process may use.
        client_cpus, origin_cpus: Which of them clients and origin were pinned to.
        memory_bytes: Of the machine.
        governor: Frequency governor of the first client processor.
        load_average_1min: At the start.
        openssl: The interpreter's TLS library; a client may bring its own.
        libraries: Version of each contender's distribution, by its name as typed, with its version or tree.
        sources: Where those come from that are not the installed ones, by the same names.
        clock_source: What the kernel reads the time from.
        clock_resolution_s: The smallest step in which the measuring clock was seen to move.
        ephemeral_ports: Ports that outgoing connections can be given.
        ephemeral_ports_in_use: How many of them were in use at the start, those of ended connections included.
        file_limit: Files that a process may open.
        timer_slack_ns: How late the kernel may wake a process; workers set their own.
        turbo: Whether processors may run faster than their nominal clock.
        smt: Whether cores run two threads at a time.
        hypervisor: What this virtual machine runs on; None where nothing speaks of one.
        cpu_limit: Processors' time that control groups allow; None for no limit.
        memory_limit_bytes: Memory that they allow; likewise.
        host: The machine's name in its network.
    """

    http_benchmark: str
    python: str
    python_implementation: str
    python_build: str
    system: str
    kernel: str
    architecture: str
    cpu_model: str | None
    cpu_count: int
    client_cpus: tuple[int, ...]
    origin_cpus: tuple[int, ...]
    memory_bytes: int
    governor: str | None
    load_average_1min: float | None
    openssl: str
    libraries: dict[str, str | None]
    sources: dict[str, ContenderSource] = {}
    clock_source: str | None = None
    clock_resolution_s: float | None = None
    ephemeral_ports: int | None = None
    ephemeral_ports_in_use: int | None = None
    file_limit: int | None = None
    timer_slack_ns: int | None = None
    turbo: bool | None = None
    smt: bool | None = None
    hypervisor: str | None = None
    cpu_limit: float | None = None
    memory_limit_bytes: int | None = None
    host: str | None = None
