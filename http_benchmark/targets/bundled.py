"""The bundled origin as a target: started for the run, and the witness of what the clients do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import reduce
from operator import add
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self

from http_benchmark.models.experiment import Target
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from http_benchmark.utils.resource_monitor import rss_bytes

DEFAULT_PATH = "/bytes/1024"
"""The default workload on the bundled origin: 1 KiB down, whatever the method; a body that comes up is read."""


class BundledTarget:
    """The bundled origin in processes of its own, whose counts and memory are added up.

    Args:
        path: Where on the origin, with a leading slash.
        shown_path: What may be stored and shown of it.
        cpus: Processors to run it on; empty for any.
        options: What kind of server it is.
    """

    def __init__(self, path: str, shown_path: str, cpus: Sequence[int], options: OriginOptions) -> None:
        self._goes_wrong = bool(options.faults)
        with ExitStack() as stack:
            self._processes = [
                stack.enter_context(OriginProcess(f"127.0.{number}.1", cpus=cpus, options=options))
                for number in range(options.processes)
            ]
            ca_files = [process.ca_file for process in self._processes if process.ca_file]
            self.ca_file = stack.enter_context(_joined(ca_files))
            self._stack = stack.pop_all()
        self.origins = tuple(url for process in self._processes for url in process.urls)
        self.url = self.origins[0] + path
        self.description = Target(
            kind="bundled",
            url=self.origins[0] + shown_path,
            addresses=len(self.origins),
            processes=len(self._processes),
        )

    def counts(self) -> ServerCounts | None:
        return reduce(add, (process.settle() for process in self._processes))

    def take_requested(self) -> Counter[str] | None:
        return sum((Counter(process.take_requested()) for process in self._processes), Counter[str]())

    def memory_bytes(self) -> int | None:
        figures = [rss_bytes(process.pid) for process in self._processes]
        return None if None in figures else sum(figure for figure in figures if figure is not None)

    def processes(self) -> tuple[int, ...]:
        return ()  # they are this process's children

    def require_running(self) -> None:
        pass  # it is asked for its counts all the time

    def expect(self, contender: str | None, part: int) -> None:
        if self._goes_wrong:
            for process in self._processes:
                process.expect(contender, part)

    def open_connections(self, contender: str) -> int | None:
        return sum(process.open_connections(contender) for process in self._processes) if self._goes_wrong else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@contextmanager
def _joined(ca_files: Sequence[str]) -> Iterator[str | None]:
    """One file with all these authorities."""
    if len(ca_files) < 2:
        yield next(iter(ca_files), None)
        return
    with NamedTemporaryFile(prefix="http-benchmark-", suffix=".pem") as joined:
        for ca_file in ca_files:
            joined.write(Path(ca_file).read_bytes())
        joined.flush()
        yield joined.name
