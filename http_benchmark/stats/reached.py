"""Whether anybody answered a contender at all."""

from http_benchmark.errors import ErrorKind
from http_benchmark.models.experiment import ClientResult

_NEVER_CONNECTED = (
    ErrorKind.NAME_RESOLUTION,
    ErrorKind.CONNECTION_REFUSED,
    ErrorKind.CONNECT_TIMEOUT,
    ErrorKind.CONNECT,
    ErrorKind.TLS,
)


def reached_target(client: ClientResult) -> bool:
    """Whether a contender finished and got at least one answer, be it a late or a bad one."""
    unanswered = sum(client.errors.get(kind, 0) for kind in _NEVER_CONNECTED)
    return client.status != "failed" and client.requests > unanswered
