"""What is aimed at: the bundled origin, which is also the witness, or any URL."""

from collections.abc import Sequence
from typing import Protocol, Self

from http_benchmark.models.experiment import Target
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from http_benchmark.redaction import without_passwords

DEFAULT_PATH = "/bytes/1024"
"""The default workload on the bundled origin: 1 KiB down, whatever the method; a body that comes up is read."""


class OpenTarget(Protocol):
    """A server to aim at; a context manager that ends what it started.

    Attributes:
        url: Where the requests go; may hold a password.
        description: What may be stored and shown of it.
    """

    url: str
    description: Target

    def counts(self) -> ServerCounts | None:
        """What the server has counted so far; None where it does not tell."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class BundledTarget:
    """The bundled origin in a process of its own.

    Args:
        path: Where on the origin, with a leading slash.
        cpus: Processors to run it on; empty for any.
        options: What kind of server it is.
    """

    def __init__(self, path: str, cpus: Sequence[int], options: OriginOptions) -> None:
        self._origin = OriginProcess(cpus=cpus, options=options)
        self.url = self._origin.url + path
        self.description = Target(kind="bundled", url=self.url)

    def counts(self) -> ServerCounts | None:
        return self._origin.counts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._origin.stop()


class UrlTarget:
    """Somebody's server: nothing is started, nothing is counted, nothing is sent but the workload."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.description = Target(kind="url", url=without_passwords(url))

    def counts(self) -> ServerCounts | None:
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


NO_TARGET = UrlTarget("http://127.0.0.1:9/")
"""For clients that send nothing."""


def open_target(url: str | None, cpus: Sequence[int], options: OriginOptions) -> OpenTarget:
    """Open what `--url` names: None or a path for the bundled origin, else that URL.

    Args:
        url: As configured.
        cpus: Processors to run the bundled origin on; empty for any.
        options: What kind of server the bundled origin is.

    Raises:
        TargetError: The bundled origin could not be started.
    """
    if url is None:
        return BundledTarget(DEFAULT_PATH, cpus, options)
    return BundledTarget(url, cpus, options) if url.startswith("/") else UrlTarget(url)
