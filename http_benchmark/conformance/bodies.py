"""Checks of what is carried: methods, headers, and bodies in both directions, byte for byte."""

import hashlib
from collections.abc import Callable, Sequence

from http_benchmark.conformance.check import Check, expect, expect_requests, expect_statuses
from http_benchmark.conformance.examinee import HEADERS, DeviationError, Examinee, NotOfferedError, OpenClient
from http_benchmark.conformance.protocol import Answer, Ask, made_body
from http_benchmark.errors import ErrorKind
from http_benchmark.origin.encoded import TOKENS, encoded
from http_benchmark.origin.journal import SeenRequest
from http_benchmark.origin.payload import text

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
UPLOADING = ("POST", "PUT", "PATCH", "DELETE")
SIZES = (0, 1, 1024, 65536, 1024**2)
LARGE_BYTES = 64 * 1024**2

_LARGE_TIMEOUT_S = 60.0
_LARGEST_UPLOAD_TIMEOUT_S = 240.0  # httpx over HTTP/2 takes a minute (docs/protocols.md)
_STREAMED_BYTES = 10 * 1024**2
_BASIC_ENCODINGS = frozenset({"gzip", "deflate"})  # a client that cannot read these must not ask for them
_SENT_BY_ALL = frozenset({"host", "content-length"})


def _version(examinee: Examinee) -> str:
    with examinee.opened() as client:
        asks = [
            client.ask(method, "/status/200", stream=stream) for method in ("GET", "POST") for stream in (False, True)
        ]
        expect_statuses(200, client.send(*asks))
    expect({examinee.http_version}, {request.version for request in expect_requests(len(asks), examinee)}, "versions")
    return f"HTTP/{examinee.http_version}"


def _methods(examinee: Examinee) -> str:
    with examinee.opened() as client:
        answers = client.send(*(client.ask(method, "/status/200") for method in METHODS))
    expect_statuses(200, answers)
    expect(list(METHODS), [request.method for request in examinee.seen().requests], "methods")
    return ", ".join(METHODS)


def _headers(examinee: Examinee) -> str:
    given = [*HEADERS, ("X-Mixed-Case", "a b")]
    if examinee.contender.http2:
        expected, spelling = [(name.lower(), value) for name, value in given], "in lower case"
    else:
        given.append(("Connection", "keep-alive"))  # which HTTP/2 does not know
        expected, spelling = given, "as they are spelled"
    with examinee.opened() as client:
        client.send(
            client.ask("GET", "/status/200", headers=given),
            client.ask("POST", "/status/200", headers=given, body_bytes=1),
        )
    for request in expect_requests(2, examinee):
        expect(expected, _chosen(request), f"headers of {request.method}")
    return f"the {len(given)} given, in their order, {spelling}"


def _no_more_headers(examinee: Examinee) -> str:
    with examinee.opened() as client:
        client.send(
            client.ask("GET", "/status/200", headers=()),
            client.ask("POST", "/status/200", headers=(), body_bytes=1024**2 + 1),
        )
    added = {name.lower() for request in expect_requests(2, examinee) for name, _ in _chosen(request)}
    if added:
        raise DeviationError(f"also {', '.join(sorted(added))}")
    return "Host, and Content-Length where there is a body"


def _repeated_header(examinee: Examinee) -> str:
    with examinee.opened() as client:
        client.send(client.ask("GET", "/status/200", headers=(("X-Twice", "1"), ("X-Twice", "2"))))
    (request,) = expect_requests(1, examinee)
    expect(["1", "2"], [value for name, value in request.headers if name.lower() == "x-twice"], "values")
    return "both values"


def _chosen(request: SeenRequest) -> list[tuple[str, str]]:
    """A request's headers without those that every client has to add."""
    return [(name, value) for name, value in request.headers if name.lower() not in _SENT_BY_ALL]


def _upload(examinee: Examinee) -> str:
    ordered = [(method, size) for method in UPLOADING for size in SIZES]
    return _uploaded(examinee, ordered)


def _large_upload(examinee: Examinee) -> str:
    return _uploaded(examinee, [("POST", LARGE_BYTES)], _LARGEST_UPLOAD_TIMEOUT_S)


def _uploaded(examinee: Examinee, ordered: Sequence[tuple[str, int]], timeout_s: float = _LARGE_TIMEOUT_S) -> str:
    with examinee.opened(timeout_s=timeout_s) as client:
        asks = [client.ask(method, "/status/200", body_bytes=size) for method, size in ordered]
        answers = client.send(*asks, patience_s=2 * timeout_s)
    expect_statuses(200, answers)
    for (method, size), request in zip(ordered, expect_requests(len(ordered), examinee), strict=True):
        _compare(f"{method} of {size} bytes", made_body(size), request.body_bytes, request.body_sha256)
    return f"{len(ordered)} bodies, byte for byte"


def _download(examinee: Examinee) -> str:
    methods = [method for method in METHODS if method != "HEAD"]
    return _downloaded(
        examinee, lambda client: [client.ask(method, f"/bytes/{n}") for method in methods for n in SIZES]
    )


def _large_download(examinee: Examinee) -> str:
    return _downloaded(examinee, lambda client: [client.ask("GET", f"/bytes/{LARGE_BYTES}")])


def _chunked(examinee: Examinee) -> str:
    return _downloaded(examinee, lambda client: [client.ask("GET", f"/stream-bytes/{n}") for n in SIZES])


def _streamed(examinee: Examinee) -> str:
    paths = [f"/{route}/{size}" for route in ("bytes", "stream-bytes") for size in (*SIZES, _STREAMED_BYTES)]
    return _downloaded(examinee, lambda client: [client.ask("GET", path, stream=True) for path in paths])


def _downloaded(examinee: Examinee, asks_of: Callable[[OpenClient], list[Ask]]) -> str:
    with examinee.opened(timeout_s=_LARGE_TIMEOUT_S) as client:
        asks = asks_of(client)
        answers = client.send(*asks, inspect=True, patience_s=2 * _LARGE_TIMEOUT_S)
    for ask, answer in zip(asks, answers, strict=True):
        size = int(ask.url.rpartition("/")[2])
        _expect_body(f"{ask.method} of {size} bytes", _counting(size), answer)
    return f"{len(asks)} bodies, byte for byte"


def _encoding(encoding: str) -> Callable[[Examinee], str]:
    def ask(examinee: Examinee) -> str:
        headers = (*HEADERS[:-1], ("Accept-Encoding", TOKENS[encoding]))
        with examinee.opened() as client:
            asks = [
                client.ask("GET", f"/encoded/{encoding}/{size}", headers=headers, stream=stream)
                for stream in (False, True)
                for size in SIZES
            ]
            (first,) = client.send(asks[2], inspect=True)
            _expect_offered(encoding, first, encoded(encoding, SIZES[2]))
            answers = client.send(*asks, inspect=True)
        for index, answer in enumerate(answers):
            size = SIZES[index % len(SIZES)]
            way = "streamed" if asks[index].stream else "whole"
            _expect_body(f"{size} bytes read {way}", text(size), answer)
        return f"{len(asks)} bodies, decoded byte for byte"

    return ask


def _expect_offered(encoding: str, answer: Answer, wire: bytes) -> None:
    if answer.body_sha256 == hashlib.sha256(wire).hexdigest():
        raise NotOfferedError("hands the body over as it came, compressed")
    if encoding not in _BASIC_ENCODINGS and answer.kind == ErrorKind.DECODING:
        raise NotOfferedError(f"says so: {answer.error}")


def _expect_body(what: str, body: bytes, answer: Answer) -> None:
    expect_statuses(200, [answer])
    if answer.body_sha256 is None:
        raise DeviationError(f"{what}: no body was shown")
    _compare(what, body, answer.body_bytes, answer.body_sha256)


def _counting(length: int) -> bytes:
    """What `/bytes` and `/stream-bytes` promise: byte i is i modulo 256."""
    return (bytes(range(256)) * (length // 256 + 1))[:length]


def _compare(what: str, body: bytes, length: int | None, sha256: str) -> None:
    expect(len(body), length, f"{what}: length")
    if hashlib.sha256(body).hexdigest() != sha256:
        raise DeviationError(f"{what}: the length is right, the content is not")


CHECKS = (
    Check(
        "version",
        "Is the ordered version of HTTP spoken?",
        "each request in HTTP/1.1, or with +h2 in HTTP/2",
        _version,
    ),
    Check("methods", "Does every method arrive as itself?", "seven requests, each with its method", _methods),
    Check(
        "headers",
        "Are the given headers sent as given?",
        "besides Host and Content-Length exactly these, in their order and spelling (HTTP/2: in lower case)",
        _headers,
    ),
    Check("no-more-headers", "Is no header added?", "Host alone, with a body Content-Length too", _no_more_headers),
    Check(
        "repeated-header", "Is a header given twice sent twice?", "both values, or a refusal by name", _repeated_header
    ),
    Check(
        "upload",
        "Do uploads from nothing to 1 MiB arrive intact?",
        "for POST, PUT, PATCH and DELETE bodies of the right length and hash",
        _upload,
    ),
    Check("upload-64mib", "Does an upload of 64 MiB arrive intact?", "a body of that length and hash", _large_upload),
    Check(
        "download",
        "Are bodies from nothing to 1 MiB handed over intact?",
        "for every method the client shows length and hash of what was sent",
        _download,
    ),
    Check("download-64mib", "Is a body of 64 MiB handed over intact?", "the same", _large_download),
    Check("chunked", "Are chunked bodies handed over intact?", "the same for bodies without a length", _chunked),
    Check("streamed", "Are bodies read as a stream intact?", "the same, piece by piece, up to 10 MiB", _streamed),
    *(
        Check(
            encoding,
            f"Are {encoding} bodies decoded?",
            "length and hash of what was compressed, read whole and as a stream",
            _encoding(encoding),
        )
        for encoding in TOKENS
    ),
)
