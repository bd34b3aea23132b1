"""httpx, sync and async, HTTP/1.1 and (with h2) HTTP/2."""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Iterator, Sequence
from http.cookiejar import CookieJar
from importlib.util import find_spec
from typing import TypedDict

import httpx

from http_benchmark.clients.base import (
    STREAM_CHUNK_BYTES,
    AsyncClient,
    AsyncSend,
    Client,
    ClientOptions,
    ErrorTable,
    Inspect,
    Observe,
    Request,
    Send,
    header_bytes,
    kind_of_cause,
    refuse,
    refusing_cookie_policy,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "httpx",
    "install": "pip install 'http-benchmark[httpx]'",
    "modes": {"sync": "HttpxClient", "async": "AsyncHttpxClient"},
    "http2": True,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": ["sync", "async"],
    "pool_limit": True,
    "stream": True,
    "total_timeout": False,
    "proxy": True,
    "extras": ["http2"],
}

_SLACK_S = 0.05  # so that httpx's own timeouts, which tell more, come before the deadline of the whole request


def _kind_of_broken_connection(error: BaseException) -> ErrorKind:
    return kind_of_cause(error, ErrorKind.CONNECTION_RESET)


def _kind_of_protocol_error(error: BaseException) -> ErrorKind:
    # One class for three situations, told apart by httpcore's and h11's words.
    message = str(error)
    if "without sending a response" in message:
        return ErrorKind.CONNECTION_RESET
    if "without sending complete message body" in message:
        return ErrorKind.INCOMPLETE_RESPONSE
    return ErrorKind.PROTOCOL


ERRORS: ErrorTable = (
    (httpx.ConnectTimeout, ErrorKind.CONNECT_TIMEOUT),
    (httpx.PoolTimeout, ErrorKind.POOL_TIMEOUT),
    (httpx.TimeoutException, ErrorKind.TIMEOUT),
    (httpx.ConnectError, kind_of_cause),
    (httpx.NetworkError, _kind_of_broken_connection),
    (httpx.RemoteProtocolError, _kind_of_protocol_error),
    (httpx.LocalProtocolError, ErrorKind.INVALID_REQUEST),
    (httpx.ProtocolError, ErrorKind.PROTOCOL),
    (httpx.UnsupportedProtocol, ErrorKind.INVALID_REQUEST),
    (httpx.ProxyError, ErrorKind.CONNECT),
    (httpx.DecodingError, ErrorKind.DECODING),
    (httpx.TooManyRedirects, ErrorKind.TOO_MANY_REDIRECTS),
    (httpx.HTTPStatusError, ErrorKind.PROTOCOL),
    (httpx.TransportError, ErrorKind.CONNECT),
    (httpx.HTTPError, ErrorKind.INVALID_REQUEST),
    (httpx.InvalidURL, ErrorKind.INVALID_REQUEST),
    (httpx.CookieConflict, ErrorKind.INVALID_REQUEST),
    (httpx.StreamError, ErrorKind.INVALID_REQUEST),
    (ExceptionGroup, kind_of_cause),  # leaks from anyio when an address is no address
    (TimeoutError, ErrorKind.TIMEOUT),  # the total deadline
    (OSError, kind_of_cause),
    (ValueError, ErrorKind.INVALID_REQUEST),
)


class HttpxClient(Client):
    """One `httpx.Client` for all threads; over HTTP/2 as many as there are requests in flight."""

    def open(self, options: ClientOptions) -> None:
        settings = _settings(options)
        if settings["http2"]:
            self._client: httpx.Client | _OneByOne = _OneByOne([_new(settings) for _ in range(options.concurrency)])
        else:
            self._client = _new(settings)

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        method, url, content = request.method, request.url, request.body or None
        headers = httpx.Headers(header_bytes(request))
        client_request, client_stream = self._client.request, self._client.stream

        def send() -> int:
            return client_request(method, url, headers=headers, content=content).status_code

        def send_streaming() -> int:
            with client_stream(method, url, headers=headers, content=content) as response:
                for _ in response.iter_bytes(STREAM_CHUNK_BYTES):
                    pass
                return response.status_code

        if inspect is None:
            return send_streaming if request.stream else send

        def send_inspected() -> int:
            if not request.stream:
                response = client_request(method, url, headers=headers, content=content)
                inspect(response.status_code, response.content)
                return response.status_code
            with client_stream(method, url, headers=headers, content=content) as response:
                inspect(response.status_code, b"".join(response.iter_bytes(STREAM_CHUNK_BYTES)))
                return response.status_code

        return send_inspected

    def prepare_observed(self, request: Request, observe: Observe) -> Send:
        method, url, content = request.method, request.url, request.body or None
        headers = httpx.Headers(header_bytes(request))
        client_stream = self._client.stream

        def send() -> int:
            with client_stream(method, url, headers=headers, content=content) as response:
                for piece in response.iter_bytes():  # of whatever size they arrive in
                    observe(piece)
                return response.status_code

        return send

    def close(self) -> None:
        self._client.close()


class _OneByOne:
    """Clients of which each is used by one thread at a time.

    Threads that share an HTTP/2 connection corrupt it: httpcore 1.0 numbers streams and encodes headers without a lock.
    """

    def __init__(self, clients: Sequence[httpx.Client]) -> None:
        self._clients = clients
        self._free = deque(clients)  # the one used last is at hand first, as in a pool of connections

    def request(self, method: str, url: str, *, headers: httpx.Headers, content: bytes | None) -> httpx.Response:
        client = self._free.pop()
        try:
            return client.request(method, url, headers=headers, content=content)
        finally:
            self._free.append(client)

    @contextlib.contextmanager
    def stream(
        self, method: str, url: str, *, headers: httpx.Headers, content: bytes | None
    ) -> Iterator[httpx.Response]:
        client = self._free.pop()
        try:
            with client.stream(method, url, headers=headers, content=content) as response:
                yield response
        finally:
            self._free.append(client)

    def close(self) -> None:
        for client in self._clients:
            client.close()


def _new(settings: "_Settings") -> httpx.Client:
    client = httpx.Client(**settings)
    client.headers.clear()
    return client


class AsyncHttpxClient(AsyncClient):
    """One `httpx.AsyncClient` for all tasks."""

    async def open(self, options: ClientOptions) -> None:
        self._client = httpx.AsyncClient(**_settings(options))
        self._deadline_s = options.timeout_s + _SLACK_S
        self._client.headers.clear()

    def prepare(self, request: Request, inspect: Inspect | None = None) -> AsyncSend:
        method, url, content = request.method, request.url, request.body or None
        headers = httpx.Headers(header_bytes(request))
        client_request, client_stream, deadline_s = self._client.request, self._client.stream, self._deadline_s

        async def send() -> int:
            async with asyncio.timeout(deadline_s):  # httpx knows no deadline of the whole request
                return (await client_request(method, url, headers=headers, content=content)).status_code

        async def send_streaming() -> int:
            async with (
                asyncio.timeout(deadline_s),
                client_stream(method, url, headers=headers, content=content) as response,
            ):
                async for _ in response.aiter_bytes(STREAM_CHUNK_BYTES):
                    pass
                return response.status_code

        if inspect is None:
            return send_streaming if request.stream else send

        async def send_inspected() -> int:
            async with asyncio.timeout(deadline_s):
                if not request.stream:
                    response = await client_request(method, url, headers=headers, content=content)
                    inspect(response.status_code, response.content)
                    return response.status_code
                async with client_stream(method, url, headers=headers, content=content) as response:
                    chunks = [chunk async for chunk in response.aiter_bytes(STREAM_CHUNK_BYTES)]
                    inspect(response.status_code, b"".join(chunks))
                    return response.status_code

        return send_inspected

    def prepare_observed(self, request: Request, observe: Observe) -> AsyncSend:
        method, url, content = request.method, request.url, request.body or None
        headers = httpx.Headers(header_bytes(request))
        client_stream, deadline_s = self._client.stream, self._deadline_s

        async def send() -> int:
            async with (
                asyncio.timeout(deadline_s),
                client_stream(method, url, headers=headers, content=content) as response,
            ):
                async for piece in response.aiter_bytes():
                    observe(piece)
                return response.status_code

        return send

    async def close(self) -> None:
        await self._client.aclose()


class _Settings(TypedDict):
    http1: bool
    http2: bool
    verify: ssl.SSLContext | bool
    timeout: httpx.Timeout
    limits: httpx.Limits
    cookies: CookieJar
    proxy: str | None
    trust_env: bool
    follow_redirects: bool
    max_redirects: int


def _settings(options: ClientOptions) -> _Settings:
    http2 = options.http_version == "2"
    if http2 and find_spec("h2") is None:
        raise refuse("httpx", "speak HTTP/2 without the package h2", "install it with: pip install 'httpx[http2]'")
    return {
        "http1": not http2,  # with both, a server without HTTP/2 would be measured over HTTP/1.1 in silence
        "http2": http2,
        "verify": _trusting(options.ca_file) if options.verify and options.ca_file else options.verify,
        "timeout": httpx.Timeout(options.timeout_s),
        "limits": httpx.Limits(
            max_connections=options.concurrency * options.hosts,
            max_keepalive_connections=options.concurrency * options.hosts,
            keepalive_expiry=options.idle_timeout_s,
        ),
        "cookies": CookieJar(refusing_cookie_policy()),
        "proxy": options.proxy,
        "trust_env": False,
        "follow_redirects": options.follow_redirects,
        "max_redirects": options.max_redirects,
    }


def _trusting(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
