"""requestx, httpx's interface on top of Rust's reqwest, sync and async.

Its errors say little and some of its settings are accepted without effect (seen in 1.0.11), so more is refused here
than elsewhere, and the cause of a failed connection is found by looking again.
"""

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

import requestx

from http_benchmark.clients.base import (
    STREAM_CHUNK_BYTES,
    AsyncClient,
    AsyncSend,
    Client,
    ClientOptions,
    ErrorTable,
    Inspect,
    Request,
    Send,
    has_header,
    headers_by_name,
    refuse,
    refuse_beyond_ascii,
    refuse_http2,
    refuse_proxy,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "requestx",
    "install": "pip install 'http-benchmark[requestx]' (on Linux it is built with a Rust toolchain)",
    "modes": {"sync": "RequestxClient", "async": "AsyncRequestxClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": ["sync"],
    "pool_limit": False,
    "stream": False,
    "total_timeout": True,
}

_MAX_REDIRECTS = 20  # fixed in the library
_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
_DIAGNOSIS_TIMEOUT_S = 1.0


def _headers(request: Request) -> dict[str, str]:
    refuse_beyond_ascii("requestx", request)  # it encodes them as UTF-8
    return headers_by_name("requestx", request)


def _kind_of_connect_error(error: BaseException) -> ErrorKind:
    """Why a connection failed: the library says only that it did, and to which URL, so look again."""
    url = re.search(r"\((https?://[^)\s]+)\)", str(error))
    return _diagnose(url[1]) if url else ErrorKind.CONNECT


@lru_cache(maxsize=64)  # once per URL: a run that fails a million times asks once
def _diagnose(url: str) -> ErrorKind:
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    try:
        socket.create_connection(address, _DIAGNOSIS_TIMEOUT_S).close()
    except socket.gaierror:
        return ErrorKind.NAME_RESOLUTION
    except ConnectionRefusedError:
        return ErrorKind.CONNECTION_REFUSED
    except OSError:
        return ErrorKind.CONNECT
    return ErrorKind.TLS if parts.scheme == "https" else ErrorKind.CONNECT


ERRORS: ErrorTable = (
    (requestx.ConnectTimeout, ErrorKind.CONNECT_TIMEOUT),
    (requestx.PoolTimeout, ErrorKind.POOL_TIMEOUT),
    (requestx.TimeoutException, ErrorKind.TIMEOUT),
    (requestx.ConnectError, _kind_of_connect_error),
    (requestx.ReadError, ErrorKind.INCOMPLETE_RESPONSE),  # the head came, the body did not
    (requestx.NetworkError, ErrorKind.CONNECTION_RESET),
    (requestx.LocalProtocolError, ErrorKind.INVALID_REQUEST),
    (requestx.ProtocolError, ErrorKind.PROTOCOL),
    (requestx.UnsupportedProtocol, ErrorKind.INVALID_REQUEST),
    (requestx.ProxyError, ErrorKind.CONNECT),
    (requestx.TransportError, ErrorKind.PROTOCOL),
    (requestx.DecodingError, ErrorKind.DECODING),
    (requestx.TooManyRedirects, ErrorKind.TOO_MANY_REDIRECTS),
    (requestx.StreamError, ErrorKind.INVALID_REQUEST),
    (requestx.RequestError, ErrorKind.CONNECTION_RESET),  # connected, but no answer: mostly a reset
    (requestx.HTTPStatusError, ErrorKind.PROTOCOL),
    (requestx.HTTPError, ErrorKind.PROTOCOL),
    (requestx.InvalidURL, ErrorKind.INVALID_REQUEST),
    (requestx.CookieConflict, ErrorKind.INVALID_REQUEST),
    (OSError, ErrorKind.CONNECT),
    (ValueError, ErrorKind.INVALID_REQUEST),
)


class RequestxClient(Client):
    """One `requestx.Client` for all threads."""

    def open(self, options: ClientOptions) -> None:
        _refuse_what_has_no_effect(options)
        if options.follow_redirects and options.max_redirects != _MAX_REDIRECTS:
            raise refuse(
                "requestx", f"stop after {options.max_redirects} redirects", f"its limit is always {_MAX_REDIRECTS}"
            )
        with _proxies_hidden():
            self._client = requestx.Client(
                trust_env=False,
                timeout=requestx.Timeout(options.timeout_s),
                follow_redirects=options.follow_redirects,
            )
        self._client.headers = requestx.Headers()
        self._follows = options.follow_redirects

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        if self._follows and has_header(request, "Authorization"):
            raise refuse("requestx", "keep Authorization from hosts that it is redirected to", "leave redirects off")
        method, url, content = request.method, request.url, request.body or None
        headers = _headers(request)
        client_request, client_stream = self._client.request, self._client.stream

        def send() -> int:
            status: int = client_request(method, url, headers=headers, content=content).status_code
            return status

        def send_streaming() -> int:
            with client_stream(method, url, headers=headers, content=content) as response:
                for _ in response.iter_bytes(STREAM_CHUNK_BYTES):
                    pass
                status: int = response.status_code
                return status

        if inspect is None:
            return send_streaming if request.stream else send

        def send_inspected() -> int:
            if not request.stream:
                response = client_request(method, url, headers=headers, content=content)
                inspect(response.status_code, response.content)
                return int(response.status_code)
            with client_stream(method, url, headers=headers, content=content) as response:
                inspect(response.status_code, b"".join(response.iter_bytes(STREAM_CHUNK_BYTES)))
                return int(response.status_code)

        return send_inspected

    def close(self) -> None:
        self._client.close()


class AsyncRequestxClient(AsyncClient):
    """One `requestx.AsyncClient` for all tasks."""

    async def open(self, options: ClientOptions) -> None:
        _refuse_what_has_no_effect(options)
        if options.follow_redirects:
            raise refuse("requestx:async", "follow redirects", "measure requestx:sync, or leave redirects off")
        with _proxies_hidden():
            self._client = requestx.AsyncClient(
                trust_env=False,
                timeout=requestx.Timeout(options.timeout_s),
                limits=requestx.Limits(
                    max_connections=options.concurrency * options.hosts,
                    max_keepalive_connections=options.concurrency * options.hosts,
                    keepalive_expiry=options.idle_timeout_s,
                ),
            )

    def prepare(self, request: Request, inspect: Inspect | None = None) -> AsyncSend:
        method, url, content = request.method, request.url, request.body or None
        headers = _headers(request)
        client_request, client_stream = self._client.request, self._client.stream

        async def send() -> int:
            status: int = (await client_request(method, url, headers=headers, content=content)).status_code
            return status

        async def send_streaming() -> int:
            async with client_stream(method, url, headers=headers, content=content) as response:
                await response.aread()  # it has been read whole, and iterating says that it is consumed
                status: int = response.status_code
                return status

        if inspect is None:
            return send_streaming if request.stream else send

        async def send_inspected() -> int:
            if not request.stream:
                response = await client_request(method, url, headers=headers, content=content)
                inspect(response.status_code, response.content)
                return int(response.status_code)
            async with client_stream(method, url, headers=headers, content=content) as response:
                inspect(response.status_code, await response.aread())
                return int(response.status_code)

        return send_inspected

    async def close(self) -> None:
        await self._client.aclose()


def _refuse_what_has_no_effect(options: ClientOptions) -> None:
    refuse_http2("requestx", options)
    refuse_proxy("requestx", options)
    if options.ca_file:
        raise refuse("requestx", f"trust the certificates in {options.ca_file!r}", "leave out --ca, or measure httpx")
    if not options.verify:
        raise refuse("requestx", "skip the check of certificates", "leave out --no-verify, or measure httpx")


@contextlib.contextmanager
def _proxies_hidden() -> Iterator[None]:
    """Keep the environment's proxies from reqwest, which reads them when a client is built, whatever `trust_env`."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.lower() in _PROXY_VARIABLES}
    try:
        yield
    finally:
        os.environ.update(hidden)


def tls() -> None:
    """The library has its own TLS inside and does not say which."""
