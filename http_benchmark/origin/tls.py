"""The certificate that the origin shows, from an authority made for the run; and those that a client has to refuse.

Authority and keys are made anew with each origin and live as long as its process; what is trusted is the authority,
whose PEM text the controller hands to the clients.
"""

import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from http_benchmark.origin.options import CertificateKind

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""The names that every good certificate is for, besides the addresses that the origin listens on."""

_UNSPECIFIED = frozenset({"0.0.0.0", "::"})  # noqa: S104 - nothing is bound here
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a server shows its clients, and what these have to trust. All PEM.

    Attributes:
        authority: The authority's certificate; a client that trusts it alone accepts the good kind and no other.
        chain: The server's certificate, and what leads to its authority.
        key: The server's private key.
    """

    authority: str
    chain: bytes
    key: bytes

    def context(self) -> ssl.SSLContext:
        """For a server that speaks HTTP/1.1 over TLS 1.2 or 1.3."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        with self.files() as (chain, key):
            context.load_cert_chain(chain, key)
        return context

    @contextmanager
    def files(self) -> Iterator[tuple[Path, Path]]:
        """Chain and key as files that nobody else can read, for libraries that take nothing else."""
        with tempfile.TemporaryDirectory(prefix="http-benchmark-") as folder:
            chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
            chain.write_bytes(self.chain)
            key.write_bytes(self.key)
            yield chain, key


def credentials(kind: CertificateKind = "good", hosts: Sequence[str] = ()) -> Credentials:
    """Make an authority and a certificate.

    Args:
        kind: What is wrong with the certificate, if anything; nothing else is.
        hosts: The addresses that the server listens on.
    """
    names = tuple(dict.fromkeys((*LOOPBACK, *(host for host in hosts if host not in _UNSPECIFIED))))
    authority = trustme.CA()
    chain, key = _MAKERS[kind](authority, names)
    return Credentials(authority.cert_pem.bytes().decode("ascii"), chain, key)


type _Pair = tuple[bytes, bytes]  # chain and key


def _good(authority: trustme.CA, names: Sequence[str]) -> _Pair:
    return _pair(authority.issue_cert(*names))


def _wrong_host(authority: trustme.CA, names: Sequence[str]) -> _Pair:  # noqa: ARG001 - it is for none of them
    return _pair(authority.issue_cert("another-host.invalid", "192.0.2.1"))


def _expired(authority: trustme.CA, names: Sequence[str]) -> _Pair:
    now = datetime.now(UTC)
    return _pair(authority.issue_cert(*names, not_before=now - 2 * _DAY, not_after=now - _DAY))


def _unknown_authority(authority: trustme.CA, names: Sequence[str]) -> _Pair:  # noqa: ARG001 - another signs
    return _pair(trustme.CA().issue_cert(*names))


def _self_signed(authority: trustme.CA, names: Sequence[str]) -> _Pair:  # noqa: ARG001 - nobody else signs
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self-signed origin")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.SubjectAlternativeName(list(map(_general_name, names))), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


_MAKERS: Mapping[CertificateKind, Callable[[trustme.CA, Sequence[str]], _Pair]] = {
    "good": _good,
    "wrong-host": _wrong_host,
    "expired": _expired,
    "unknown-authority": _unknown_authority,
    "self-signed": _self_signed,
}


def _pair(leaf: trustme.LeafCert) -> _Pair:
    return b"".join(blob.bytes() for blob in leaf.cert_chain_pems), leaf.private_key_pem.bytes()


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
