"""aiohttp, asynchronous, HTTP/1.1."""

import math
import ssl
from functools import partial

import aiohttp
from multidict import CIMultiDict

from http_benchmark.clients.base import (
    STREAM_CHUNK_BYTES,
    AsyncClient,
    AsyncSend,
    ClientOptions,
    ErrorTable,
    Inspect,
    Observe,
    Request,
    causes,
    has_header,
    kind_of_cause,
    refuse_beyond_ascii,
    refuse_http2,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "aiohttp",
    "install": "pip install 'http-benchmark[aiohttp]'",
    "modes": {"async": "AiohttpClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": ["async"],
    "pool_limit": True,
    "stream": True,
    "total_timeout": True,
    "proxy": True,
}

_AUTOMATIC_HEADERS = (
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Content-Type",
)
_UNTYPED_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # without a body they get no Content-Type
_SLACK_S = 0.01  # so that the timeout of connecting, which tells more, comes before that of the whole request


def _kind_of_broken_connection(error: BaseException) -> ErrorKind:
    return kind_of_cause(error, ErrorKind.CONNECTION_RESET)


def _kind_of_payload_error(error: BaseException) -> ErrorKind:
    if any(isinstance(cause, aiohttp.http_exceptions.ContentEncodingError) for cause in causes(error)):
        return ErrorKind.DECODING
    if "ConnectionResetError" in str(error):  # named in the message only
        return ErrorKind.CONNECTION_RESET
    return kind_of_cause(error, ErrorKind.INCOMPLETE_RESPONSE)


ERRORS: ErrorTable = (
    (aiohttp.ConnectionTimeoutError, ErrorKind.CONNECT_TIMEOUT),
    (aiohttp.ServerTimeoutError, ErrorKind.TIMEOUT),
    (aiohttp.ClientConnectorDNSError, ErrorKind.NAME_RESOLUTION),
    (aiohttp.ClientSSLError, ErrorKind.TLS),
    (aiohttp.ServerFingerprintMismatch, ErrorKind.TLS),
    (aiohttp.ClientConnectorError, kind_of_cause),
    (aiohttp.ClientConnectionError, _kind_of_broken_connection),
    (aiohttp.ClientPayloadError, _kind_of_payload_error),
    (aiohttp.TooManyRedirects, ErrorKind.TOO_MANY_REDIRECTS),
    (aiohttp.ClientHttpProxyError, ErrorKind.CONNECT),
    (aiohttp.ClientResponseError, ErrorKind.PROTOCOL),
    (aiohttp.ClientError, ErrorKind.INVALID_REQUEST),  # bad URL or redirect: what is left of the tree
    (TimeoutError, ErrorKind.TIMEOUT),  # the total deadline
    (OSError, kind_of_cause),
    (ValueError, ErrorKind.INVALID_REQUEST),
)


class AiohttpClient(AsyncClient):
    """One `aiohttp.ClientSession` for all tasks."""

    async def open(self, options: ClientOptions) -> None:
        refuse_http2("aiohttp", options)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=options.concurrency * options.hosts,
                limit_per_host=0,
                ssl=_tls(options),
                keepalive_timeout=options.idle_timeout_s,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=options.timeout_s + _SLACK_S,
                sock_connect=options.timeout_s,
                sock_read=options.timeout_s,
                ceil_threshold=math.inf,  # else, from 5 s on, all of them end at the next full second
            ),
            trust_env=False,
        )
        self._request = partial(self._session.request, proxy=options.proxy) if options.proxy else self._session.request
        self._options = options

    def prepare(self, request: Request, inspect: Inspect | None = None) -> AsyncSend:
        method, url, body = request.method, request.url, request.body or None
        headers = _headers(request)
        follow = self._options.follow_redirects
        max_redirects = self._options.max_redirects + 1  # aiohttp gives up on reaching its limit, others beyond it
        session_request = self._request
        if unasked := _unasked_headers(request):  # even an empty list of them would cost time with every request
            session_request = partial(session_request, skip_auto_headers=unasked)

        async def send() -> int:
            async with session_request(
                method, url, headers=headers, data=body, allow_redirects=follow, max_redirects=max_redirects
            ) as response:
                await response.read()
                return response.status

        async def send_streaming() -> int:
            async with session_request(
                method, url, headers=headers, data=body, allow_redirects=follow, max_redirects=max_redirects
            ) as response:
                async for _ in response.content.iter_chunked(STREAM_CHUNK_BYTES):
                    pass
                return response.status

        if inspect is None:
            return send_streaming if request.stream else send

        async def send_inspected() -> int:
            async with session_request(
                method, url, headers=headers, data=body, allow_redirects=follow, max_redirects=max_redirects
            ) as response:
                if request.stream:
                    chunks = [chunk async for chunk in response.content.iter_chunked(STREAM_CHUNK_BYTES)]
                else:
                    chunks = [await response.read()]
                inspect(response.status, b"".join(chunks))
                return response.status

        return send_inspected

    def prepare_observed(self, request: Request, observe: Observe) -> AsyncSend:
        method, url, body = request.method, request.url, request.body or None
        headers, unasked = _headers(request), _unasked_headers(request)
        session_request, options = self._request, self._options

        async def send() -> int:
            async with session_request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=options.follow_redirects,
                max_redirects=options.max_redirects + 1,
                skip_auto_headers=unasked,
            ) as response:
                async for piece in response.content.iter_any():
                    observe(piece)
                return response.status

        return send

    async def close(self) -> None:
        await self._session.close()


def _headers(request: Request) -> CIMultiDict[str]:
    """All of one name spelled as the first is, since aiohttp takes another spelling for a correction of the value."""
    refuse_beyond_ascii("aiohttp", request)  # it encodes them as UTF-8
    spelling: dict[str, str] = {}
    return CIMultiDict((spelling.setdefault(name.lower(), name), value) for name, value in request.headers)


def _unasked_headers(request: Request) -> list[str]:
    """The headers that aiohttp would add and nobody gave."""
    typed = request.body or request.method not in _UNTYPED_METHODS
    automatic = _AUTOMATIC_HEADERS if typed else _AUTOMATIC_HEADERS[:-1]
    return [name for name in automatic if not has_header(request, name)]


def _tls(options: ClientOptions) -> ssl.SSLContext | bool:
    if options.verify and options.ca_file:
        return ssl.create_default_context(cafile=options.ca_file)
    return options.verify
