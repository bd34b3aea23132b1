"""How a server is set up, and where its token comes from."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from http_benchmark.api.targets import AllowedTarget
from http_benchmark.errors import ConfigurationError
from http_benchmark.redaction import know
from http_benchmark.secret import Reference
from http_benchmark.utils.vault import resolve

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""What a server may listen on without a token."""

TOKEN_VARIABLE = "HTTP_BENCHMARK_TOKEN"  # noqa: S105 - its name
LEAST_TOKEN = 16
"""Characters of a token: fewer can be guessed."""

_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What a server is told at its start.

    Attributes:
        database: Path or URL, with its secrets.
        host: What it listens on.
        token: What callers have to show; None for nothing, on the loopback alone.
        allowed_hosts: Names under which it is reached, besides addresses, localhost and `host`.
        allowed_targets: What jobs may be aimed at, besides the bundled origin.
        requests_per_s: Of one caller, on average.
        burst: Requests of one caller at a time.
        most_streams: Of events, that are open at a time.

    Raises:
        ConfigurationError: It would be open to others without a token.
    """

    database: str = field(repr=False)
    host: str = "127.0.0.1"
    token: str | None = field(default=None, repr=False)
    allowed_hosts: Collection[str] = ()
    allowed_targets: Collection[AllowedTarget] = ()
    requests_per_s: float = 100.0
    burst: int = 500
    most_streams: int = 200

    def __post_init__(self) -> None:
        if self.token is None and self.host not in LOOPBACK:
            raise ConfigurationError(
                f"whoever reaches {self.host} could use this server; give it a token (--token-file, or the variable "
                f"{TOKEN_VARIABLE}), or listen on 127.0.0.1"
            )
        if self.token is not None:
            know(self.token)


def read_token(file: Path | None, environ: Mapping[str, str] = os.environ) -> str | None:
    """The token from a file, or from the variable; None where there is neither.

    Raises:
        ConfigurationError: It cannot be read, is too short, or could not be sent.
    """
    where = Reference("file", str(file)) if file else Reference("env", TOKEN_VARIABLE)
    if file is None and not environ.get(TOKEN_VARIABLE):
        return None
    token = resolve([where], environ)[where]
    if len(token) < LEAST_TOKEN or not _TOKEN.fullmatch(token):
        raise ConfigurationError(
            f"the token in {where} must be {LEAST_TOKEN} characters or more, without spaces and in ASCII; "
            "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return token
