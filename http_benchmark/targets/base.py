"""What every target offers to those who measure against it."""

from collections import Counter
from typing import Protocol, Self

from http_benchmark.models.experiment import Target
from http_benchmark.models.measurement import ServerCounts


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

    def processes(self) -> tuple[int, ...]:
        """Processes of the server that were started for it, but not by this one; what they use is not others' load."""

    def require_running(self) -> None:
        """Make sure that a server that was started for the run has not ended by itself.

        Raises:
            TargetError: It has.
        """

    def expect(self, contender: str | None, part: int) -> None:
        """Announce whose requests come next, so that the same faults befall everybody in this part of a trial.

        The requests of None, which are not measured, are spared.
        """

    def open_connections(self, contender: str) -> int | None:
        """How many connections of a contender are open at a server that goes wrong; None where it does not tell."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
