"""Which path is answered how: the endpoints as httpbin users know them."""

import gzip
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from http_benchmark.faults import Fault, FaultKind
from http_benchmark.origin import busy, echo, encoded, events
from http_benchmark.origin.messages import Buffer, Request, Response, Stream
from http_benchmark.origin.payload import BLOCK_BYTES, Drops, Pieces, payload
from http_benchmark.origin.queues import Service

MAX_BODY_BYTES = 1024**3
"""Longest body that can be asked for."""

MAX_LINES = 1024**2
"""Most lines that /stream can be asked for."""

MAX_DELAY_S = 3600.0
"""Longest wait that can be asked for."""

MAX_BUSY_S = 1.0
"""Most CPU time that one request can ask for: nobody else is answered meanwhile."""

MAX_REDIRECTS = 100
"""Longest chain of redirects that can be asked for."""

_IN_ONE_PIECE_BYTES = 65536  # a body up to this goes into the same system call as its head
_STREAM_CHUNK_BYTES = 10240
_MAX_DRIP_BYTES = 10 * 1024**2
_FAULTY_BYTES = 1024  # of a body to which something happens
_GZIP_HEAD_BYTES = 10
_MOST_DIGITS = 20  # more than any limit has, leading zeros included

type Handler = Callable[..., Response]
"""Takes the request and one string per placeholder of the path; raises ValueError for a bad parameter."""

_ANY = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_READ = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    Attributes:
        path: "{…}" stands for one segment, a final "*" for any number of them.
        methods: Those that it answers.
        handler: Makes the response.
        keeps_body: The handler wants to see the request's body, which otherwise is only drained and counted.
    """

    path: str
    methods: frozenset[str]
    handler: Handler
    keeps_body: bool = False

    @property
    def segments(self) -> tuple[str, ...]:
        """The path, cut at its slashes."""
        return tuple(self.path.removeprefix("/").split("/"))

    def parameters(self, segments: tuple[str, ...]) -> tuple[str, ...] | None:
        """What a path has in the placeholders, or None if it is not this route's."""
        pattern = self.segments
        if pattern[-1] == "*":
            return () if segments[: len(pattern) - 1] == pattern[:-1] else None
        if len(segments) != len(pattern):
            return None
        pairs = list(zip(pattern, segments, strict=True))
        if any(part != segment for part, segment in pairs if not part.startswith("{")):
            return None
        return tuple(segment for part, segment in pairs if part.startswith("{"))


def keeps_body(request: Request) -> bool:
    """Whether the answer to this request shows its body."""
    found = _find(request)
    return found is not None and found[0].keeps_body


def respond(request: Request) -> Response:
    """Answer a request."""
    found = _find(request)
    if found is None:
        return _text(404, f"there is nothing at {request.target[:200]}")
    route, parameters = found
    if request.method not in route.methods:
        return _not_offered(request, route)
    try:
        return route.handler(request, *parameters)
    except ValueError as error:
        return _text(400, str(error))


def _find(request: Request) -> tuple[Route, tuple[str, ...]] | None:
    for route in _BY_FIRST_SEGMENT.get(request.segments[0], ()):
        parameters = route.parameters(request.segments)
        if parameters is not None:
            return route, parameters
    return None


def _not_offered(request: Request, route: Route) -> Response:
    allow = (("Allow", ", ".join(sorted(route.methods | {"OPTIONS"}))),)
    if request.method == "OPTIONS":
        return Response(headers=allow)
    return _text(405, f"{route.path} does not answer {request.method}", headers=allow)


def _text(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(status, f"{message}\n".encode(), "text/plain; charset=utf-8", headers)


def _whole(text: str, name: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and low <= int(text) <= high):
        raise ValueError(f"{name} must be a whole number from {low} to {high}, got {text[:40]!r}")
    return int(text)


def _seconds(text: str, name: str, most: float = MAX_DELAY_S) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= most:
        raise ValueError(f"{name} must be seconds from 0 to {most:.0f}, got {text[:40]!r}")
    return seconds


def _nanoseconds(text: str, name: str) -> int:
    return round(_seconds(text, name) * 1e9)


# Sizes and streams


def _bytes(_: Request, length: str) -> Response:
    size = _whole(length, "the number of bytes", 0, MAX_BODY_BYTES)
    return Response(body=payload(size) if size <= _IN_ONE_PIECE_BYTES else Stream(Pieces(size), size))


def _stream_bytes(request: Request, length: str) -> Response:
    size = _whole(length, "the number of bytes", 0, MAX_BODY_BYTES)
    chunk_size = echo.argument(request, "chunk_size", str(_STREAM_CHUNK_BYTES))
    return Response(body=Stream(Pieces(size, _whole(chunk_size, "chunk_size", 1, BLOCK_BYTES))))


def _stream(request: Request, number: str) -> Response:
    lines = _whole(number, "the number of lines", 0, MAX_LINES)
    return Response(body=Stream(echo.Lines(request, lines)), content_type="application/json")


def _encoded(_: Request, encoding: str, length: str) -> Response:
    token = encoded.TOKENS.get(encoding)
    if token is None:
        raise ValueError(f"the encoding must be {', '.join(encoded.TOKENS)}, got {encoding[:40]!r}")
    body = encoded.encoded(encoding, _whole(length, "the number of bytes", 0, encoded.MAX_BYTES))
    return Response(body=body, headers=(("Content-Encoding", token),))


def _sse(request: Request, number: str) -> Response:
    return _event_stream(request, events.Events(_whole(number, "the number of events", 0, events.MAX_EVENTS)))


def _tokens(request: Request, number: str) -> Response:
    return _event_stream(request, events.Tokens(_whole(number, "the number of tokens", 0, events.MAX_EVENTS)))


def _event_stream(request: Request, pieces: Iterable[Buffer]) -> Response:
    gap_s = _seconds(echo.argument(request, "gap", "0"), "gap")
    return Response(
        body=Stream(pieces, pause_s=gap_s), content_type=events.CONTENT_TYPE, headers=(("Cache-Control", "no-store"),)
    )


def _drip(request: Request) -> Response:
    size = _whole(echo.argument(request, "numbytes", "10"), "numbytes", 1, _MAX_DRIP_BYTES)
    duration_s = _seconds(echo.argument(request, "duration", "2"), "duration")
    return Response(
        _whole(echo.argument(request, "code", "200"), "code", 200, 599),
        Stream(Drops(size), size, duration_s / size),
        delay_s=_seconds(echo.argument(request, "delay", "0"), "delay"),
    )


# Statuses, waiting and going elsewhere


def _status(_: Request, code: str) -> Response:
    status = _whole(code, "the status", 200, 599)
    headers = {
        401: (("WWW-Authenticate", 'Basic realm="origin"'),),
        407: (("Proxy-Authenticate", 'Basic realm="origin"'),),
    }
    if status in (301, 302, 303, 307, 308):
        return Response(status, headers=(("Location", "/get"),))
    return Response(status, headers=headers.get(status, ()))


def _delay(request: Request, seconds: str) -> Response:
    described = echo.describe(request)
    return Response(200, described.body, described.content_type, delay_s=_seconds(seconds, "the delay"))


def _fifo(request: Request, service_s: str, stall_after_s: str = "0", stall_s: str = "0") -> Response:
    service = Service(
        queue=echo.argument(request, "queue", ""),
        service_ns=_nanoseconds(service_s, "the service time"),
        stall_after_ns=_nanoseconds(stall_after_s, "the time before the stall"),
        stall_ns=_nanoseconds(stall_s, "the stall"),
    )
    return Response(200, b"served\n", "text/plain; charset=utf-8", service=service)


def _busy(request: Request, cpu_s: str) -> Response:
    dialled_s = busy.dialled(echo.argument(request, "dial", ""))
    busy.burn(_seconds(cpu_s, "the CPU time", MAX_BUSY_S) + dialled_s)
    return Response(200, b"done\n", "text/plain; charset=utf-8", repeatable=False)


def _dial(_: Request, name: str, cpu_s: str) -> Response:
    busy.dial(name, _seconds(cpu_s, "the CPU time", MAX_BUSY_S))
    return Response(204, repeatable=False)


def _redirect(_: Request, number: str) -> Response:
    left = _whole(number, "the number of redirects", 1, MAX_REDIRECTS)
    return Response(302, headers=(("Location", f"/redirect/{left - 1}" if left > 1 else "/get"),))


def _redirect_to(request: Request) -> Response:
    url = echo.argument(request, "url", "")
    if not url or not all("!" <= character <= "~" for character in url):
        raise ValueError(f"url must be where to go, of printable ASCII characters without spaces, got {url!r}")
    return Response(302, headers=(("Location", url),))


def _set_cookies(request: Request) -> Response:
    pairs = [f"{name}={value}" for name, value in echo.arguments(request)]
    if not all(pair.isascii() and pair.isprintable() and ";" not in pair for pair in pairs):
        raise ValueError("a cookie must be of printable ASCII characters without semicolons")
    return Response(302, headers=(*(("Set-Cookie", f"{pair}; Path=/") for pair in pairs), ("Location", "/cookies")))


def _uuid(_: Request) -> Response:
    body = json.dumps({"uuid": str(uuid.uuid4())}).encode()
    return Response(body=body, content_type="application/json", repeatable=False)


# Going wrong

UNAVAILABLE = Response(503, b"try again\n", "text/plain; charset=utf-8", (("Retry-After", "1"),))
"""A server that cannot answer now."""


def bad_gzip() -> Response:
    """A body that says it is compressed, and is not."""
    packed = gzip.compress(payload(_FAULTY_BYTES), mtime=0)
    broken = packed[:_GZIP_HEAD_BYTES] + bytes(byte ^ 0xFF for byte in packed[_GZIP_HEAD_BYTES:])
    return Response(body=broken, headers=(("Content-Encoding", "gzip"),))


def _broken(kind: FaultKind, _: Request, seconds: str = "0") -> Response:
    return Response(body=payload(_FAULTY_BYTES), fault=Fault(kind, _seconds(seconds, "the time")))


def _truncated_chunked(_: Request) -> Response:
    return Response(body=Stream(Pieces(2 * _FAULTY_BYTES, _FAULTY_BYTES)), fault=Fault(FaultKind.TRUNCATED))


def _drop_reused(request: Request) -> Response:
    broken = Fault(FaultKind.DROP) if request.number > 1 else None
    return Response(body=payload(_FAULTY_BYTES), fault=broken, repeatable=False)


_FAULTS = {
    "/fault/reset": FaultKind.RESET_BEFORE,
    "/fault/reset-body": FaultKind.RESET_IN,
    "/fault/reset-after": FaultKind.RESET_AFTER,
    "/fault/drop": FaultKind.DROP,
    "/fault/truncated": FaultKind.TRUNCATED,
    "/fault/close-after": FaultKind.CLOSE_AFTER,
    "/fault/stalled/{s}": FaultKind.STALLED,
    "/fault/stalled-body/{s}": FaultKind.STALLED_BODY,
    "/fault/trickle/{s}": FaultKind.TRICKLE,
    "/fault/garbage": FaultKind.GARBAGE,
    "/fault/bad-chunk": FaultKind.BAD_CHUNK,
}

ROUTES = (
    Route("/get", _READ, echo.describe),
    Route("/head", _READ, echo.describe),
    Route("/post", frozenset({"POST"}), echo.describe_upload, keeps_body=True),
    Route("/put", frozenset({"PUT"}), echo.describe_upload, keeps_body=True),
    Route("/patch", frozenset({"PATCH"}), echo.describe_upload, keeps_body=True),
    Route("/delete", frozenset({"DELETE"}), echo.describe_upload, keeps_body=True),
    Route("/anything/*", _ANY, echo.describe_anything, keeps_body=True),
    Route("/headers", _READ, echo.show_headers),
    Route("/status/{code}", _ANY, _status),
    Route("/bytes/{n}", _ANY, _bytes),
    Route("/stream/{n}", _READ, _stream),
    Route("/stream-bytes/{n}", _READ, _stream_bytes),
    Route("/delay/{s}", _ANY, _delay),
    Route("/fifo/{service_s}", _ANY, _fifo),
    Route("/fifo/{service_s}/stall/{after_s}/{length_s}", _ANY, _fifo),
    Route("/busy/{cpu_s}", _ANY, _busy),
    Route("/busy/dial/{name}/{cpu_s}", _ANY, _dial),
    Route("/drip", _READ, _drip),
    Route("/encoded/{encoding}/{n}", _READ, _encoded),
    Route("/sse/{n}", _ANY, _sse),
    Route("/tokens/{n}", _ANY, _tokens),
    Route("/gzip", _READ, echo.gzipped),
    Route("/deflate", _READ, echo.deflated),
    Route("/brotli", _READ, echo.brotlied),
    Route("/redirect/{n}", _ANY, _redirect),
    Route("/redirect-to", _ANY, _redirect_to),
    Route("/cookies", _READ, echo.show_cookies),
    Route("/cookies/set", _READ, _set_cookies),
    Route("/basic-auth/{user}/{password}", _READ, echo.check_login),
    Route("/json", _READ, echo.sample),
    Route("/uuid", _READ, _uuid),
    *(Route(path, _ANY, partial(_broken, kind)) for path, kind in _FAULTS.items()),
    Route("/fault/truncated-chunked", _ANY, _truncated_chunked),
    Route("/fault/drop-reused", _ANY, _drop_reused),
    Route("/fault/bad-gzip", _ANY, lambda _: bad_gzip()),
    Route("/fault/unavailable", _ANY, lambda _: UNAVAILABLE),
)
"""All endpoints, for the server and for the documentation."""


def _by_first_segment() -> dict[str, list[Route]]:
    index: dict[str, list[Route]] = {}
    for route in ROUTES:
        index.setdefault(route.segments[0], []).append(route)
    return index


_BY_FIRST_SEGMENT = _by_first_segment()
