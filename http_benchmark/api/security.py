"""What every request has to pass before anything of it is read, and what every answer carries.

In order: the name under which the server was called, how often this caller calls, the token, where a write comes from,
what kind of content it has, how much. Whatever fails inside becomes an answer without a word of what is inside.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from fastapi.responses import JSONResponse, RedirectResponse
from loguru import logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from http_benchmark.api.problems import ProblemError, problem_response
from http_benchmark.api.settings import LOOPBACK, ServerSettings

COOKIE = "http_benchmark_session"
MOST_BODY_BYTES = 2**20
REST = "/api/"
"""What programs call; all else is for people."""

_BODY_PATIENCE_S = 30.0
_MOST_CALLERS = 10_000  # whose rate is remembered
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_PATHS = frozenset({"/api/v1/health", "/api/v1/session", "/login"})
_OPEN_FOLDER = "/static/"
_STREAM = "/events"
_PURPOSE = b"http-benchmark session"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
"""Of every answer that does not have its own."""


class Guard:
    """Stands before the application.

    Args:
        app: What it guards.
        settings: Of the server.
        clock: Seconds of a monotonic clock.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._settings = settings
        self._limit = RateLimit(settings.requests_per_s, settings.burst, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        headers = Headers(scope=scope)
        try:
            self._require_good(scope, headers)
            await self._app(_as_get(scope), _limited(receive), answer.send)
        except ProblemError as refusal:
            if refusal.status_code == 401 and _wants_page(scope, headers):
                await RedirectResponse("/login", 303)(scope, receive, answer.send)
                return
            await problem_response(refusal.status_code, refusal.detail, headers=refusal.headers)(
                scope, receive, answer.send
            )
        except Exception as error:  # noqa: BLE001 - the edge of the server: the caller is told that, and no more
            logger.opt(exception=error).error("{} {} failed", scope["method"], scope["path"])
            if not answer.begun:
                await _failed()(scope, receive, answer.send)

    def _require_good(self, scope: Scope, headers: Headers) -> None:
        """Let a request pass.

        Raises:
            ProblemError: It does not.
        """
        _require_known_host(headers, self._settings)
        self._limit.require_room(scope["client"][0] if scope.get("client") else "")
        if scope["path"] not in _OPEN_PATHS and not scope["path"].startswith(_OPEN_FOLDER):
            _require_token(headers, self._settings.token)
        if scope["method"] not in _SAFE:
            _require_own_page(headers)
            if scope["path"].startswith(REST):
                _require_json(headers)
            else:
                _require_form(headers)
        if headers.get("content-length", "0").isdecimal() and int(headers.get("content-length", "0")) > MOST_BODY_BYTES:
            raise _too_large()


class RateLimit:
    """A bucket of tokens for each caller, refilled at a rate.

    Args:
        per_s: Requests per second, on average.
        burst: Requests at a time.
        clock: Seconds of a monotonic clock.
    """

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def require_room(self, caller: str) -> None:
        """Count a request.

        Raises:
            ProblemError: The caller has none left.
        """
        now_s = self._clock()
        left, then_s = self._buckets.pop(caller, (float(self._burst), now_s))
        left = min(self._burst, left + (now_s - then_s) * self._per_s)
        allowed = left >= 1
        self._buckets[caller] = (left - allowed, now_s)
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)  # who called least lately, and has most likely all of it again
        if not allowed:
            wait_s = (1 - left) / self._per_s
            raise ProblemError(429, "too many requests; wait a little", {"Retry-After": str(int(wait_s) + 1)})


def session_of(token: str) -> str:
    """What stands for a token in a cookie: who reads it cannot sign in elsewhere with it."""
    return hmac.new(token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def is_token(given: str, token: str) -> bool:
    """Whether it is the token, told in a time that says nothing of how nearly."""
    return hmac.compare_digest(hashlib.sha256(given.encode()).digest(), hashlib.sha256(token.encode()).digest())


def _require_known_host(headers: Headers, settings: ServerSettings) -> None:
    """Refuse other names, under which a page of somebody else's could call (DNS rebinding)."""
    hosts = headers.getlist("host")
    name = _name_of(hosts[0]) if len(hosts) == 1 else None
    on_loopback = settings.host in LOOPBACK
    known = {"localhost", settings.host.lower(), *(host.lower() for host in settings.allowed_hosts)}
    if name is None or not (name in known or (_is_address(name) and (not on_loopback or _is_loopback(name)))):
        raise ProblemError(421, "this server is not known under that name; use its address, or --allow-host")


def _name_of(host: str) -> str | None:
    """The name in a header Host, without port and brackets; None where it is none."""
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not colon:
        name = host
    elif not port.isdecimal() or not port.isascii():
        return None
    if name.startswith("[") and name.endswith("]"):
        return name[1:-1].lower()
    return name.lower().removesuffix(".") if name and not set(name) & set("[]:@/\\ ") else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return ipaddress.ip_address(name).is_loopback


def _require_token(headers: Headers, token: str | None) -> None:
    if token is None:
        return
    scheme, _, given = headers.get("authorization", "").partition(" ")
    shown = scheme.lower() == "bearer" and is_token(given.strip(), token)
    if not shown and not is_token(_session_in(headers.get("cookie", "")), session_of(token)):
        raise ProblemError(
            401, "show the server's token in the header Authorization: Bearer …", {"WWW-Authenticate": "Bearer"}
        )


def _session_in(cookies: str) -> str:
    try:
        morsel = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _require_own_page(headers: Headers) -> None:
    """Refuse writes that a page of another site makes its reader's browser send."""
    site, origins = headers.get("sec-fetch-site"), headers.getlist("origin")
    own = {f"{scheme}://{headers['host']}" for scheme in ("http", "https")}
    if site not in {None, "same-origin", "none"} or set(origins) - own:
        raise ProblemError(403, "writes from pages of other sites are refused")


def _require_json(headers: Headers) -> None:
    """Refuse what a form of another site could send without asking."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if (has_body or kind) and kind != "application/json":
        raise ProblemError(415, "send application/json")


def _require_form(headers: Headers) -> None:
    """Let pages of our own alone send forms: what browsers send of one says where it comes from."""
    if "sec-fetch-site" not in headers and "origin" not in headers:
        raise ProblemError(403, "forms are taken from the pages of this server only; programs use the REST API")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise ProblemError(415, "send application/x-www-form-urlencoded, or JSON to the REST API")


def _as_get(scope: Scope) -> Scope:
    """HEAD as GET, whose body the server's protocol leaves out; but for streams, which would have no end."""
    is_head = scope["method"] == "HEAD" and not scope["path"].endswith(_STREAM)
    return {**scope, "method": "GET"} if is_head else scope


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """Whether somebody who reads pages asks."""
    return scope["method"] == "GET" and not scope["path"].startswith(REST) and "text/html" in headers.get("accept", "")


def _limited(receive: Receive) -> Receive:
    """The same, until more came than may, or it takes too long; afterwards callers may stay as long as they like."""
    received, is_whole = 0, False
    deadline_s = asyncio.get_running_loop().time() + _BODY_PATIENCE_S

    async def limited() -> Message:
        nonlocal received, is_whole
        try:
            async with asyncio.timeout_at(None if is_whole else deadline_s):
                message = await receive()
        except TimeoutError:
            raise _too_slow() from None
        is_whole = not message.get("more_body", False)
        received += len(message.get("body", b""))
        if received > MOST_BODY_BYTES:
            raise _too_large()
        return message

    return limited


def _too_large() -> ProblemError:
    return ProblemError(413, f"a request has at most {MOST_BODY_BYTES // 1024} KiB; send less")


def _too_slow() -> ProblemError:
    return ProblemError(408, f"a body may take {_BODY_PATIENCE_S:g} s; send it again", {"Connection": "close"})


def _failed() -> JSONResponse:
    return problem_response(500, "the server failed at this; its log says how")


class _Answer:
    """Puts the headers on an answer.

    Attributes:
        begun: Whether it is under way, so that it cannot become another one.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Send on."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)
