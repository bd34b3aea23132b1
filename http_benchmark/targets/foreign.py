"""Somebody's server as a target: it counts nothing for us."""

from collections import Counter
from typing import Self

from http_benchmark.models.experiment import Target
from http_benchmark.models.measurement import ServerCounts


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

    def processes(self) -> tuple[int, ...]:
        return ()

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
