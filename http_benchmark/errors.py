"""What can go wrong, as exceptions for the caller and as kinds for a failed request.

    HTTPBenchmarkError
    ├── ConfigurationError          the user asked for something that cannot be done (all faults at once)
    │   ├── UnsupportedOptionError  a client cannot honour a setting; it is never dropped in silence
    │   ├── EnvironmentFailedError  a version or source tree of a client cannot be had
    │   ├── ArchiveError            a portable file is damaged, or none of ours
    │   └── ComparisonError         two experiments differ in what matters, so their figures are not compared
    ├── ClientUnavailableError      a client library is not installed here
    ├── TargetError                 the server to aim at could not be started or reached
    ├── NoAnswerError               the server answers nothing that a client asks
    ├── WorkerError                 a process that measures crashed, hung or answered nonsense
    └── StorageError                the database could not be used
        ├── UnreadableError         something in it is damaged, or of another version of this program
        └── DatabaseVersionError    its schema is older or newer than this program's

While measuring, a failed request is data, not an exception: adapters translate what their library raises into an
`ErrorKind`.
"""

from collections.abc import Sequence
from enum import StrEnum


class HTTPBenchmarkError(Exception):
    """Root of everything that this package raises on purpose."""


class ConfigurationError(HTTPBenchmarkError, ValueError):
    """The user asked for something that cannot be done.

    Attributes:
        faults: One line per fault: what was wrong, with the value, and what to do.
    """

    def __init__(self, faults: str | Sequence[str]) -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class UnsupportedOptionError(ConfigurationError):
    """A client cannot honour a setting."""


class EnvironmentFailedError(ConfigurationError):
    """The environment of a version or a source tree of a client cannot be made."""


class ArchiveError(ConfigurationError):
    """A portable file of experiments is damaged, or was not written by this program."""


class ComparisonError(ConfigurationError):
    """Two experiments differ in what matters, so their figures are not compared unless forced."""


class ClientUnavailableError(HTTPBenchmarkError):
    """A client library is not installed in the environment that should measure it."""


class TargetError(HTTPBenchmarkError):
    """The server to aim at could not be started or reached."""


class NoAnswerError(HTTPBenchmarkError):
    """The server to aim at answers nothing that a client asks."""


class WorkerError(HTTPBenchmarkError):
    """A process that measures crashed, hung or answered nonsense."""


class StorageError(HTTPBenchmarkError):
    """The database could not be used."""


class UnreadableError(StorageError):
    """A stored experiment or single result is damaged, or was stored by another version of this program."""


class DatabaseVersionError(StorageError):
    """The database's schema is older or newer than this program's."""


class ErrorKind(StrEnum):
    """The closed list of ways in which a request fails, the same for every client.

    The names appear in JSON, tables and the database.
    """

    NAME_RESOLUTION = "name-resolution"
    CONNECTION_REFUSED = "connection-refused"
    CONNECT_TIMEOUT = "connect-timeout"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    CONNECTION_RESET = "connection-reset"
    INCOMPLETE_RESPONSE = "incomplete-response"
    PROTOCOL = "protocol"
    DECODING = "decoding"
    TOO_MANY_REDIRECTS = "too-many-redirects"
    POOL_TIMEOUT = "pool-timeout"
    INVALID_REQUEST = "invalid-request"
    CANCELLED = "cancelled"
    OTHER = "other"
    HTTP_4XX = "http-4xx"
    HTTP_5XX = "http-5xx"
    NOT_SENT = "not-sent"

    @property
    def code(self) -> int:
        """The kind as a small number below 100, which a sample stores where a status (100 and above) would stand."""
        return _CODES[self]

    @classmethod
    def of_code(cls, code: int) -> "ErrorKind | None":
        """What a sample's code means: a kind of failure, or None for a request that succeeded.

        Args:
            code: `ErrorKind.code` of a request without an answer, or the HTTP status of one with an answer.
        """
        if code < 100:
            return _KINDS[code] if code < len(_KINDS) else cls.PROTOCOL  # a server may call anything its status
        if code >= 500:
            return cls.HTTP_5XX
        return cls.HTTP_4XX if code >= 400 else None


_KINDS: tuple[ErrorKind, ...] = tuple(ErrorKind)
_CODES: dict[ErrorKind, int] = {kind: code for code, kind in enumerate(_KINDS)}
