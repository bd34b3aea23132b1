"""urllib3, the synchronous connection pool below requests."""

from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.parse import unquote

import urllib3
import urllib3.exceptions as u3
from urllib3.util import SKIP_HEADER, Retry, Timeout, make_headers, parse_url

from http_benchmark.clients.base import (
    STREAM_CHUNK_BYTES,
    Client,
    ClientOptions,
    ErrorTable,
    Inspect,
    Observe,
    Request,
    Send,
    has_header,
    ignore_unverified_warnings,
    kind_of_cause,
    refuse_http2,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "urllib3",
    "install": "pip install 'http-benchmark[urllib3]'",
    "modes": {"sync": "Urllib3Client"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": ["sync"],
    "pool_limit": True,
    "stream": True,
    "total_timeout": False,
    "proxy": True,
}

_UNASKED_HEADERS = ("User-Agent", "Accept-Encoding")  # added where the caller gives none


_BEHIND = (  # what a wrapping error can hide
    (u3.InvalidChunkLength, ErrorKind.PROTOCOL),
    (IncompleteRead, ErrorKind.INCOMPLETE_RESPONSE),
    (u3.ReadTimeoutError, ErrorKind.TIMEOUT),
    (u3.SSLError, ErrorKind.TLS),
    (u3.ResponseError, ErrorKind.TOO_MANY_REDIRECTS),  # the only response that is retried here is a redirect
)


def _kind_of_protocol_error(error: BaseException) -> ErrorKind:
    return kind_of_cause(error, ErrorKind.PROTOCOL, rows=_BEHIND)


def _kind_of_last_attempt(error: BaseException) -> ErrorKind:
    return kind_of_cause(error, rows=_BEHIND)


ERRORS: ErrorTable = (
    (u3.InvalidChunkLength, ErrorKind.PROTOCOL),
    (IncompleteRead, ErrorKind.INCOMPLETE_RESPONSE),
    (u3.SSLError, ErrorKind.TLS),
    (u3.NameResolutionError, ErrorKind.NAME_RESOLUTION),
    (u3.NewConnectionError, kind_of_cause),
    (u3.ConnectTimeoutError, ErrorKind.CONNECT_TIMEOUT),
    (u3.TimeoutError, ErrorKind.TIMEOUT),
    (u3.EmptyPoolError, ErrorKind.POOL_TIMEOUT),
    (u3.FullPoolError, ErrorKind.POOL_TIMEOUT),
    (u3.MaxRetryError, _kind_of_last_attempt),
    (u3.ProxyError, ErrorKind.CONNECT),
    (u3.DecodeError, ErrorKind.DECODING),
    (u3.ResponseNotChunked, ErrorKind.PROTOCOL),
    (u3.ProtocolError, _kind_of_protocol_error),
    (u3.ResponseError, ErrorKind.TOO_MANY_REDIRECTS),
    (u3.BodyNotHttplibCompatible, ErrorKind.PROTOCOL),
    (u3.HeaderParsingError, ErrorKind.PROTOCOL),
    (u3.HTTPError, ErrorKind.INVALID_REQUEST),  # bad URL, header, body or pool: what is left of the tree
    (HTTPException, ErrorKind.PROTOCOL),
    (OSError, kind_of_cause),
    (ValueError, ErrorKind.INVALID_REQUEST),
)


class Urllib3Client(Client):
    """One `urllib3.PoolManager` for all threads."""

    def open(self, options: ClientOptions) -> None:
        refuse_http2("urllib3", options)
        self._pool = _manager(
            options.proxy,
            num_pools=options.hosts,
            maxsize=options.concurrency,
            block=True,
            retries=_redirects_only(options.max_redirects) if options.follow_redirects else False,
            timeout=Timeout(connect=options.timeout_s, read=options.timeout_s),
            cert_reqs="CERT_REQUIRED" if options.verify else "CERT_NONE",
            ca_certs=options.ca_file if options.verify else None,
        )
        if not options.verify:
            ignore_unverified_warnings()
        self._follow = options.follow_redirects

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        headers = _headers(request)
        method, url, body, follow = request.method, request.url, request.body or None, self._follow
        pool_request = self._pool.request

        def send() -> int:
            return pool_request(method, url, body=body, headers=headers, redirect=follow).status

        def send_streaming() -> int:
            response = pool_request(method, url, body=body, headers=headers, redirect=follow, preload_content=False)
            for _ in response.stream(STREAM_CHUNK_BYTES):
                pass
            response.release_conn()
            return response.status

        if inspect is None:
            return send_streaming if request.stream else send

        def send_inspected() -> int:
            whole = not request.stream
            response = pool_request(method, url, body=body, headers=headers, redirect=follow, preload_content=whole)
            inspect(response.status, response.data if whole else b"".join(response.stream(STREAM_CHUNK_BYTES)))
            response.release_conn()
            return response.status

        return send_inspected

    def prepare_observed(self, request: Request, observe: Observe) -> Send:
        headers = _headers(request)
        method, url, body, follow = request.method, request.url, request.body or None, self._follow
        pool_request = self._pool.request

        def send() -> int:
            response = pool_request(method, url, body=body, headers=headers, redirect=follow, preload_content=False)
            for piece in response.stream(STREAM_CHUNK_BYTES):  # a chunk of the response at a time
                observe(piece)
            response.release_conn()
            return response.status

        return send

    def close(self) -> None:
        self._pool.clear()


def _manager(proxy: str | None, **settings: Any) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(**settings)
    user = parse_url(proxy).auth  # not looked at by ProxyManager
    headers = make_headers(proxy_basic_auth=unquote(user)) if user else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **settings)


def _redirects_only(limit: int) -> Retry:
    return Retry(total=None, connect=False, read=False, redirect=limit, status=False, other=False)


def _headers(request: Request) -> dict[str, str] | urllib3.HTTPHeaderDict:
    """A plain dict, as users give it and urllib3 reads it fastest; its own kind only where a name is repeated."""
    unasked = [(name, SKIP_HEADER) for name in _UNASKED_HEADERS if not has_header(request, name)]
    pairs = [*request.headers, *unasked]
    by_name = dict(pairs)
    return by_name if len(by_name) == len(pairs) else urllib3.HTTPHeaderDict(pairs)
