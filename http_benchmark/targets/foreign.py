"""Somebody's server as a target: it counts nothing for us; of one on this machine, its memory is known."""

from collections import Counter
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit

from http_benchmark.models.experiment import Target
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.utils.resource_monitor import keeps_to, listeners, rss_bytes


class UrlTarget:
    """Somebody's server: nothing is started, nothing is counted, nothing is sent but the workload.

    Args:
        url: Where it is.
        shown_url: What may be stored and shown of it; None for all of it.
        cpus: Processors that no client has. A server on this machine that keeps to them takes nothing from the clients.
    """

    def __init__(self, url: str, shown_url: str | None = None, cpus: Sequence[int] = ()) -> None:
        self.url = url
        self.origins: tuple[str, ...] = ()
        self.ca_file: str | None = None
        self._cpus = cpus
        self.description = Target(kind="url", url=url if shown_url is None else shown_url)

    def counts(self) -> ServerCounts | None:
        return None

    def take_requested(self) -> Counter[str] | None:
        return None

    def processes(self) -> tuple[int, ...]:
        server = urlsplit(self.url)
        port = server.port or (443 if server.scheme == "https" else 80)
        pids = listeners(server.hostname or "", port) if self._cpus else ()
        return pids if keeps_to(pids, self._cpus) else ()

    def require_running(self) -> None:
        pass

    def expect(self, contender: str | None, part: int) -> None:
        pass

    def open_connections(self, contender: str) -> int | None:  # noqa: ARG002 - as the Protocol has it
        return None

    def memory_bytes(self) -> int | None:
        """Of all its processes together, what they share counted for each."""
        figures = [rss_bytes(pid) for pid in self.processes()]
        return sum(figure or 0 for figure in figures) if figures else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


NO_TARGET = UrlTarget("http://127.0.0.1:9/")
"""For clients that send nothing."""
