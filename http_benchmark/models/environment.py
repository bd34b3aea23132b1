"""The circumstances of a run: host, interpreter, versions. What differs here may explain a difference there."""

from http_benchmark.models.base import Model


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
        libraries: Version of each contender's distribution.
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
