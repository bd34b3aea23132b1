"""requests, the synchronous client that most code uses; it works on urllib3's connection pool."""

from http.client import HTTPException, IncompleteRead

import requests
import requests.exceptions as rq
import urllib3.exceptions as u3
from requests.adapters import HTTPAdapter
from urllib3.util import SKIP_HEADER

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
    headers_by_name,
    ignore_unverified_warnings,
    kind_of_cause,
    refuse_http2,
    refusing_cookie_policy,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "requests",
    "install": "pip install 'http-benchmark[requests]'",
    "modes": {"sync": "RequestsClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": ["sync"],
    "pool_limit": True,
    "stream": True,
    "total_timeout": False,
    "proxy": True,
}

_UNASKED_HEADERS = ("User-Agent", "Accept-Encoding")  # urllib3 adds these where the caller gives none

_BEHIND = (  # requests wraps urllib3's errors into a few of its own; the wrapped one tells more
    (u3.ReadTimeoutError, ErrorKind.TIMEOUT),
    (u3.InvalidChunkLength, ErrorKind.PROTOCOL),
    (IncompleteRead, ErrorKind.INCOMPLETE_RESPONSE),
    (u3.EmptyPoolError, ErrorKind.POOL_TIMEOUT),
    (ConnectionResetError, ErrorKind.CONNECTION_RESET),  # before HTTPException: RemoteDisconnected is both
    (HTTPException, ErrorKind.PROTOCOL),
)


def _kind_behind(error: BaseException) -> ErrorKind:
    return kind_of_cause(error, rows=_BEHIND)


def _kind_of_body_error(error: BaseException) -> ErrorKind:
    return kind_of_cause(error, ErrorKind.INCOMPLETE_RESPONSE, rows=_BEHIND)


ERRORS: ErrorTable = (
    (rq.SSLError, ErrorKind.TLS),
    (rq.ConnectTimeout, ErrorKind.CONNECT_TIMEOUT),
    (rq.Timeout, ErrorKind.TIMEOUT),
    (rq.ProxyError, ErrorKind.CONNECT),
    (rq.ConnectionError, _kind_behind),
    (rq.ChunkedEncodingError, _kind_of_body_error),
    (rq.ContentDecodingError, ErrorKind.DECODING),
    (rq.InvalidJSONError, ErrorKind.DECODING),
    (rq.TooManyRedirects, ErrorKind.TOO_MANY_REDIRECTS),
    (rq.HTTPError, ErrorKind.PROTOCOL),
    (rq.RetryError, ErrorKind.CONNECT),
    (rq.RequestException, ErrorKind.INVALID_REQUEST),  # bad URL, header or body: what is left of the tree
    (u3.HTTPError, _kind_behind),  # one that requests forgot to wrap
    (HTTPException, ErrorKind.PROTOCOL),
    (OSError, _kind_behind),
    (ValueError, ErrorKind.INVALID_REQUEST),
)


class RequestsClient(Client):
    """One `requests.Session` for all threads, as users share it."""

    def open(self, options: ClientOptions) -> None:
        refuse_http2("requests", options)
        session = requests.Session()
        session.trust_env = False
        session.headers.clear()
        session.verify = (options.ca_file or True) if options.verify else False
        session.max_redirects = options.max_redirects
        session.cookies.set_policy(refusing_cookie_policy())
        pool = HTTPAdapter(
            pool_connections=options.hosts, pool_maxsize=options.concurrency, pool_block=True, max_retries=0
        )
        if options.proxy:
            session.proxies = {"http": options.proxy, "https": options.proxy}
        session.mount("http://", pool)
        session.mount("https://", pool)
        if not options.verify:
            ignore_unverified_warnings()
        self._session = session
        self._options = options

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        headers = headers_by_name("requests", request)
        headers |= {name: SKIP_HEADER for name in _UNASKED_HEADERS if not has_header(request, name)}
        method, url, body, stream = request.method, request.url, request.body or None, request.stream
        timeout_s, follow = self._options.timeout_s, self._options.follow_redirects
        session_request = self._session.request

        def send() -> int:
            return session_request(
                method, url, headers=headers, data=body, timeout=timeout_s, allow_redirects=follow
            ).status_code

        def send_streaming() -> int:
            with session_request(
                method, url, headers=headers, data=body, timeout=timeout_s, allow_redirects=follow, stream=True
            ) as response:
                for _ in response.iter_content(STREAM_CHUNK_BYTES):
                    pass
                return response.status_code

        if inspect is None:
            return send_streaming if stream else send

        def send_inspected() -> int:
            with session_request(
                method, url, headers=headers, data=body, timeout=timeout_s, allow_redirects=follow, stream=stream
            ) as response:
                chunks = response.iter_content(STREAM_CHUNK_BYTES) if stream else [response.content]
                inspect(response.status_code, b"".join(chunks))
                return response.status_code

        return send_inspected

    def prepare_observed(self, request: Request, observe: Observe) -> Send:
        headers = headers_by_name("requests", request)
        headers |= {name: SKIP_HEADER for name in _UNASKED_HEADERS if not has_header(request, name)}
        method, url, body = request.method, request.url, request.body or None
        timeout_s, follow = self._options.timeout_s, self._options.follow_redirects
        session_request = self._session.request

        def send() -> int:
            with session_request(
                method, url, headers=headers, data=body, timeout=timeout_s, allow_redirects=follow, stream=True
            ) as response:
                for piece in response.iter_content(None):  # of whatever size they arrive in
                    observe(piece)
                return response.status_code

        return send

    def close(self) -> None:
        self._session.close()
