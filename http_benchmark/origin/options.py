"""What kind of server the bundled origin is to be; travels from the plan to its process as JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Self

from http_benchmark.errors import ConfigurationError

CertificateKind = Literal["good", "wrong-host", "expired", "unknown-authority", "self-signed"]
"""What is wrong with the certificate that the origin shows; only "good" is to be accepted."""


@dataclass(frozen=True, slots=True)
class OriginOptions:
    """How the origin serves; all fields have defaults, and all fit into JSON.

    Attributes:
        seed: What everything that the origin does at random follows from.
        tls: Speak TLS, with a certificate from an authority made for this origin.
        http2: Speak HTTP/2 too: over TLS as the client chooses by ALPN, without it by prior knowledge.
        certificate: What is wrong with the certificate, where there is one.
        addresses: On how many addresses it listens, from its host on, each with a port of its own: as many connections
            as there are ephemeral ports can go to each.
        processes: How many such servers, with addresses of their own, act as one; each of them ignores it.
        faults: What is to go wrong, as `faults.Fault` reads it.

    Raises:
        ConfigurationError: Faults are ordered of HTTP/2.
    """

    seed: int = 0
    tls: bool = False
    http2: bool = False
    certificate: CertificateKind = "good"
    addresses: int = 1
    processes: int = 1
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.faults and self.http2:
            raise ConfigurationError(
                f"fault {self.faults[0]!r} can be ordered with HTTP/1.1 only; leave it out, or HTTP/2 (+h2, --http2)"
            )

    def to_json(self) -> str:
        """For the origin's command line; nothing in it is secret."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        values = json.loads(text)
        return cls(**values | {"faults": tuple(values.get("faults", ()))})


PLAIN = OriginOptions()
"""A server without anything special."""
