"""Checks of certificates: what is wrong is refused unless the user says otherwise, and the run's authority is trusted.

The origins with these certificates are shared by all contenders of a version of HTTP, so each has a target of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from http_benchmark.conformance.check import Check, expect, expect_statuses, told
from http_benchmark.conformance.examinee import Certified, DeviationError, Examinee, NotOfferedError, OpenClient
from http_benchmark.errors import ErrorKind
from http_benchmark.origin.journal import SeenRequest
from http_benchmark.origin.options import CertificateKind, OriginOptions
from http_benchmark.origin.process import OriginProcess

_WRONG: dict[CertificateKind, str] = {
    "wrong-host": "for another host",
    "expired": "that has expired",
    "unknown-authority": "of an authority that is not trusted",
    "self-signed": "that signed itself",
}


@contextmanager
def certified(*, http2: bool) -> Iterator[Certified]:
    """An origin for each kind of certificate, all of one version of HTTP."""
    with ExitStack() as stack:
        kinds: tuple[CertificateKind, ...] = ("good", *_WRONG)
        origins = {
            kind: stack.enter_context(OriginProcess(options=OriginOptions(tls=True, http2=http2, certificate=kind)))
            for kind in kinds
        }
        for origin in origins.values():
            origin.start_journal()
        yield origins


def _refused(kind: CertificateKind) -> Callable[[Examinee], str]:
    def ask(examinee: Examinee) -> str:
        # Of these two the authority is trusted, so that what is refused is what is wrong with the certificate.
        opened = _trusting(examinee, kind) if kind in {"wrong-host", "expired"} else examinee.opened()
        with opened as client:
            (answer,) = client.get(_url(examinee, kind))
        if _requests(examinee, kind) or answer.kind != ErrorKind.TLS:
            raise DeviationError(f"{told(answer)} instead of {ErrorKind.TLS}")
        return f"refused as {answer.kind}"

    return ask


def _trusted(examinee: Examinee) -> str:
    with _trusting(examinee, "good") as client:
        expect_statuses(200, client.get(_url(examinee, "good")))
    seen = [(request.method, request.version) for request in _requests(examinee, "good")]
    expect([("GET", examinee.http_version)], seen, "methods and versions of requests")
    return f"200 over TLS and HTTP/{examinee.http_version}"


def _unchecked(examinee: Examinee) -> str:
    with examinee.opened(verify=False) as client:
        expect_statuses(200, client.get(_url(examinee, "self-signed")))
        complaints = client.forget().complaints
    if complaints:
        raise DeviationError(f"Python says: {'; '.join(complaints)}")
    return "200, without a warning"


@contextmanager
def _trusting(examinee: Examinee, kind: CertificateKind) -> Iterator[OpenClient]:
    """A client that trusts the authority of this origin; a refusal says the same whatever its file is called."""
    ca_file = str(examinee.certified[kind].ca_file)
    try:
        with examinee.opened(ca_file=ca_file) as client:
            yield client
    except NotOfferedError as error:
        raise NotOfferedError(str(error).replace(ca_file, "authority.pem")) from error


def _url(examinee: Examinee, kind: CertificateKind) -> str:
    return examinee.certified[kind].url + _target(examinee)


def _target(examinee: Examinee) -> str:
    return f"/status/200?{examinee.contender.library}-{examinee.mode}"


def _requests(examinee: Examinee, kind: CertificateKind) -> list[SeenRequest]:
    """This contender's requests that this origin has seen, all over TLS."""
    return [one for one in examinee.certified[kind].journal().requests if one.target == _target(examinee)]


CHECKS = (
    *(
        Check(kind, f"Is a certificate {what} refused by default?", "no request; the client says tls", _refused(kind))
        for kind, what in _WRONG.items()
    ),
    Check(
        "own-authority",
        "Is an authority trusted when asked to?",
        "the request, over TLS, in the ordered version of HTTP; 200",
        _trusted,
    ),
    Check("unchecked", "Can the check be switched off?", "the request; no warning, or a refusal by name", _unchecked),
)
