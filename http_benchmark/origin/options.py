"""What kind of server the bundled origin is to be; travels from the plan to its process as JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Self

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
    """

    seed: int = 0
    tls: bool = False
    http2: bool = False
    certificate: CertificateKind = "good"
    addresses: int = 1
    processes: int = 1

    def to_json(self) -> str:
        """For the origin's command line; nothing in it is secret."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))


PLAIN = OriginOptions()
"""A server without anything special."""
