"""What jobs may be aimed at: the bundled origin, and servers that were listed when the server was started.

A target is its host, as it is written, and its port. A name that leads elsewhere than it did when the server was
started is refused, so that who rules over a name's entries does not rule over where the load goes.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration

_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")

type Resolve = Callable[[str], Collection[str]]


def addresses_of(host: str) -> frozenset[str]:
    """All addresses of a host; none where it has none now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(address[0]) for *_, address in found)


@dataclass(frozen=True, slots=True)
class AllowedTarget:
    """One server that jobs may be aimed at.

    Attributes:
        host: A name or an address, in lower case, an IPv6 address without its brackets.
        port: None for 80 and 443.
        addresses: Where the name led when the server was started.
    """

    host: str
    port: int | None
    addresses: frozenset[str]

    @classmethod
    def parse(cls, text: str, resolve: Resolve = addresses_of) -> Self:
        """Read `HOST[:PORT]`, and look up where it is.

        Raises:
            ConfigurationError: It is not of that form, or leads nowhere.
        """
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        if not _is_host(host) or text.lower() not in {_written(host), f"{_written(host)}:{port}"} or port == 0:
            raise ConfigurationError(
                f"allowed target {text!r} must look like HOST or HOST:PORT; for example api.example.org:8443"
            )
        addresses = frozenset(resolve(host))
        if not addresses:
            raise ConfigurationError(f"allowed target {text!r} has no address; correct it, or leave it out")
        return cls(host, port, addresses)

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"host": self.host, "port": self.port, "addresses": sorted(self.addresses)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(values["host"], values["port"], frozenset(values["addresses"]))

    def fits(self, host: str, port: int) -> bool:
        """Whether a URL of this host and port is one of its own."""
        return host == self.host and (port in _PORTS.values() if self.port is None else port == self.port)


def require_allowed(
    configuration: ExperimentConfiguration, allowed: Iterable[AllowedTarget], resolve: Resolve = addresses_of
) -> None:
    """Refuse a target that is neither on the bundled origin nor listed; containers are for the command line.

    Raises:
        ConfigurationError: It is neither, or its name leads elsewhere by now.
    """
    if configuration.target:
        raise ConfigurationError(
            f"target must be bundled here, got {configuration.target!r}; the command line starts containers"
        )
    url = configuration.url
    if url is None or str(url).startswith("/"):
        return
    parts = urlsplit(str(url.address))
    host, port = (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]
    target = next((one for one in allowed if one.fits(host, port)), None)
    if target is None:
        raise ConfigurationError(
            f"url must be a path on the bundled origin, or on a server that was allowed with --allow-target, "
            f"got {host}:{port}"
        )
    found = frozenset(resolve(host))
    if not found or found - target.addresses:
        raise ConfigurationError(
            f"url: {host} leads elsewhere than when the server was started; start it again where that is right"
        )


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_NAME.fullmatch(host))
    return True


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
