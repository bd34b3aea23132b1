"""Checks of what is told of a failure: its kind, a client that is usable after it, and no try that nobody asked for."""

import socket
from collections.abc import Callable

from http_benchmark.conformance.check import Check, expect_statuses, told
from http_benchmark.conformance.examinee import DeviationError, Examinee
from http_benchmark.errors import ErrorKind
from http_benchmark.units import counted

_TIMEOUT_S = 2.0
_RESOLVER_TIMEOUT_S = 20.0  # a resolver that gets no answer asks again; what it says in the end is what counts
_TROUBLE = ("/fault/stalled-body/2", "/fault/reset", "/fault/truncated")
_TROUBLE_HTTP2 = ("/delay/2", "/drip?numbytes=2&duration=4")
_NO_FAULTS = "the server behind HTTP/2 breaks no connection and no answer to order"

_KINDS = {
    "dropped": ("/fault/drop", "a connection that ends instead of an answer", ErrorKind.CONNECTION_RESET),
    "reset": ("/fault/reset", "a reset instead of an answer", ErrorKind.CONNECTION_RESET),
    "reset-body": ("/fault/reset-body", "a reset in the body", ErrorKind.CONNECTION_RESET),
    "truncated": ("/fault/truncated", "a body that is too short", ErrorKind.INCOMPLETE_RESPONSE),
    "truncated-chunked": (
        "/fault/truncated-chunked",
        "a chunked body without an end",
        ErrorKind.INCOMPLETE_RESPONSE,
    ),
    "garbage": ("/fault/garbage", "an answer that is no HTTP", ErrorKind.PROTOCOL),
    "bad-chunk": ("/fault/bad-chunk", "a chunk without a size", ErrorKind.PROTOCOL),
    "bad-gzip": ("/fault/bad-gzip", "a body that is not compressed as it says", ErrorKind.DECODING),
}


def _kind(path: str, kind: ErrorKind, *, timeout_s: float = _TIMEOUT_S) -> Callable[[Examinee], str]:
    def ask(examinee: Examinee) -> str:
        with examinee.opened(timeout_s=timeout_s) as client:
            answers = client.send(*(client.ask("GET", path, stream=stream) for stream in (False, True)))
        for answer, stream in zip(answers, (False, True), strict=True):
            if answer.kind != kind:
                raise DeviationError(f"{told(answer)} instead of {kind}{' where it is streamed' if stream else ''}")
        return kind

    return ask


def _refused(examinee: Examinee) -> str:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    return "; ".join(
        dict.fromkeys(
            _kind(f"http://{host}:{port}/", ErrorKind.CONNECTION_REFUSED)(examinee)
            for host in ("127.0.0.1", "localhost")
        )
    )


def _usable(examinee: Examinee) -> str:
    http2 = examinee.contender.http2
    for stream in (False, True):
        with examinee.opened(timeout_s=0.3) as client:
            for path in _TROUBLE_HTTP2 if http2 else _TROUBLE:
                client.send(client.ask("GET", path, stream=stream))
            expect_statuses(200, client.send(client.ask("GET", "/status/200", stream=stream)))
    return "answered after timeouts" if http2 else "answered after a timeout, a reset and a cut body"


def _tries(method: str, *, reused: bool) -> Callable[[Examinee], str]:
    path, before = ("/fault/drop-reused", 1) if reused else ("/fault/drop", 0)

    def ask(examinee: Examinee) -> str:
        with examinee.opened(timeout_s=_TIMEOUT_S) as client:
            answers = client.send(client.ask(method, path, body_bytes=2 if method == "POST" else 0), times=before + 1)
        expect_statuses(200, answers[:before])
        tries = len(examinee.seen().requests) - before
        if tries != 1:
            raise DeviationError(f"sent {counted(tries, 'time')}, then {told(answers[-1])}")
        if answers[-1].status is not None:
            raise DeviationError(f"sent once, and told {answers[-1].status}")
        return f"sent once, told {answers[-1].kind}"

    return ask


CHECKS = (
    *(
        Check(
            name,
            f"Is {what} told as {kind}?",
            "the failure, whole and streamed",
            _kind(path, kind),
            None if name == "bad-gzip" else _NO_FAULTS,
        )
        for name, (path, what, kind) in _KINDS.items()
    ),
    Check(
        "refused",
        "Is a port where nobody listens told as connection-refused?",
        "by address and by name",
        _refused,
    ),
    Check(
        "unknown-host",
        "Is a name that cannot be told as name-resolution?",
        "the failure (RFC 6761: .invalid)",
        _kind("http://nonexistent.invalid/", ErrorKind.NAME_RESOLUTION, timeout_s=_RESOLVER_TIMEOUT_S),
    ),
    Check("usable", "Is the client usable after failures?", "the next request is answered", _usable),
    *(
        Check(
            f"retry-{method.lower()}-{'reused' if reused else 'fresh'}",
            f"Is a {method} sent once when a {'reused' if reused else 'fresh'} connection is dropped?",
            "the request once, however the client likes to go on",
            _tries(method, reused=reused),
            _NO_FAULTS,
        )
        for method in ("GET", "POST")
        for reused in (False, True)
    ),
)
