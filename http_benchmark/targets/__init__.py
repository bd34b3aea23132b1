"""What is aimed at: the bundled origin, which is also the witness, or any URL."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import reduce
from operator import add
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, Self

from http_benchmark.models.experiment import Target
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from http_benchmark.utils.resource_monitor import rss_bytes

DEFAULT_PATH = "/bytes/1024"
"""The default workload on the bundled origin: 1 KiB down, whatever the method; a body that comes up is read."""


class OpenTarget(Protocol):
    """A server to aim at; a context manager that ends what it started.

    Attributes:
        url: Where the requests go; may hold secrets in its arguments.
        origins: Scheme, host and port of each of the server's addresses, that of `url` first, over which a worker's
            connections are spread; empty for a server whose addresses are not ours to choose.
        ca_file: PEM file of the authority to trust, while it is open; None where it has none of its own.
        description: What may be stored and shown of it.
    """

    url: str
    origins: tuple[str, ...]
    ca_file: str | None
    description: Target

    def counts(self) -> ServerCounts | None:
        """What the server has counted so far, to be asked between two turns; None where it does not tell."""

    def take_requested(self) -> Counter[str] | None:
        """Requests as in `origin.requested`, as many as came since this was asked last; None where it does not tell."""

    def memory_bytes(self) -> int | None:
        """Resident memory of the server now; None where it cannot be read."""

    def expect(self, contender: str | None, part: int) -> None:
        """Announce whose requests come next, so that the same faults befall everybody in this part of a trial.

        The requests of None, which are not measured, are spared.
        """

    def open_connections(self, contender: str) -> int | None:
        """How many connections of a contender are open at a server that goes wrong; None where it does not tell."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


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


class UrlTarget:
    """Somebody's server: nothing is started, nothing is counted, nothing is sent but the workload.

    Args:
        url: Where it is.
        shown_url: What may be stored and shown of it; None for all of it.
    """

    def __init__(self, url: str, shown_url: str | None = None) -> None:
        self.url = url
        self.origins: tuple[str, ...] = ()
        self.ca_file: str | None = None
        self.description = Target(kind="url", url=url if shown_url is None else shown_url)

    def counts(self) -> ServerCounts | None:
        return None

    def take_requested(self) -> Counter[str] | None:
        return None

    def expect(self, contender: str | None, part: int) -> None:
        pass

    def open_connections(self, contender: str) -> int | None:  # noqa: ARG002 - as the Protocol has it
        return None

    def memory_bytes(self) -> int | None:
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


NO_TARGET = UrlTarget("http://127.0.0.1:9/")
"""For clients that send nothing."""


def open_target(
    url: str | None, cpus: Sequence[int], options: OriginOptions, *, shown_url: str | None = None
) -> OpenTarget:
    """Open what `--url` names: None or a path for the bundled origin, else that URL.

    Args:
        url: As configured.
        cpus: Processors to run the bundled origin on; empty for any.
        options: What kind of server the bundled origin is.
        shown_url: What may be stored and shown of the URL; None for all of it.

    Raises:
        TargetError: The bundled origin could not be started.
    """
    url = DEFAULT_PATH if url is None else url
    return BundledTarget(url, shown_url or url, cpus, options) if url.startswith("/") else UrlTarget(url, shown_url)
