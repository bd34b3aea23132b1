"""pycurl: libcurl, synchronously with a handle per thread, asynchronously with one `CurlMulti` on the running loop."""

import asyncio
import errno
from collections.abc import Sequence

import pycurl

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
    has_header,
    header_bytes,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "pycurl",
    "install": "pip install 'http-benchmark[pycurl]'",
    "modes": {"sync": "PycurlClient", "async": "AsyncPycurlClient"},
    "http2": True,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": ["sync", "async"],
    "pool_limit": True,
    "stream": True,
    "total_timeout": True,
    "files_per_thread": 3,  # a handle waits for its connection through an epoll and an eventfd of its own
    "proxy": True,
}

_UNASKED_HEADERS = ("User-Agent", "Accept", "Content-Type", "Expect")  # added where the caller gives none
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})  # they announce a length even of nothing

_KINDS = {
    ErrorKind.NAME_RESOLUTION: (pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_RESOLVE_PROXY),
    ErrorKind.TLS: (
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_SSL_ENGINE_NOTFOUND,
        pycurl.E_SSL_ENGINE_SETFAILED,
        pycurl.E_SSL_ENGINE_INITFAILED,
        pycurl.E_SSL_CERTPROBLEM,
        pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_CACERT,
        pycurl.E_SSL_CACERT_BADFILE,
        pycurl.E_SSL_SHUTDOWN_FAILED,
        pycurl.E_SSL_CRL_BADFILE,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_SSL_PINNEDPUBKEYNOTMATCH,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_USE_SSL_FAILED,
    ),
    ErrorKind.CONNECT: (pycurl.E_INTERFACE_FAILED,),
    ErrorKind.CONNECTION_RESET: (pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR),
    ErrorKind.INCOMPLETE_RESPONSE: (pycurl.E_PARTIAL_FILE,),
    ErrorKind.PROTOCOL: (
        pycurl.E_FTP_WEIRD_SERVER_REPLY,  # HTTP's too, under the name that pycurl has for code 8
        pycurl.E_HTTP2,
        pycurl.E_HTTP_RETURNED_ERROR,
        pycurl.E_RANGE_ERROR,
        pycurl.E_FILESIZE_EXCEEDED,
    ),
    ErrorKind.DECODING: (pycurl.E_BAD_CONTENT_ENCODING,),
    ErrorKind.TOO_MANY_REDIRECTS: (pycurl.E_TOO_MANY_REDIRECTS,),
    ErrorKind.POOL_TIMEOUT: (pycurl.E_NO_CONNECTION_AVAILABLE,),
    ErrorKind.CANCELLED: (pycurl.E_ABORTED_BY_CALLBACK,),
    ErrorKind.INVALID_REQUEST: (
        pycurl.E_URL_MALFORMAT,
        pycurl.E_NOT_BUILT_IN,
        pycurl.E_HTTP_POST_ERROR,
        pycurl.E_BAD_FUNCTION_ARGUMENT,
        pycurl.E_UNKNOWN_OPTION,
        pycurl.E_SEND_FAIL_REWIND,
        pycurl.E_LOGIN_DENIED,
    ),
}
_KIND_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}
_HTTP2_STREAM = 92  # pycurl has no name for it
_KIND_BY_CODE[_HTTP2_STREAM] = ErrorKind.PROTOCOL


def _kind(error: BaseException) -> ErrorKind:
    """Pycurl has one class; libcurl's code tells most, its words or the system's errno the rest.

    `error.args` is (code, message, errno), the last added by this adapter.
    """
    code, message = error.args[:2]
    system_error = error.args[2] if len(error.args) > 2 else 0
    if code == pycurl.E_COULDNT_CONNECT:
        refused = system_error == errno.ECONNREFUSED
        return ErrorKind.CONNECTION_REFUSED if refused else ErrorKind.CONNECT
    if code == pycurl.E_OPERATION_TIMEDOUT:
        connecting = message.startswith(("Connection timed out", "Connection timeout", "Failed to connect"))
        return ErrorKind.CONNECT_TIMEOUT if connecting else ErrorKind.TIMEOUT
    if "CONNECT tunnel failed" in message:
        return ErrorKind.CONNECT
    if code == pycurl.E_RECV_ERROR:  # a reset, or a chunk that is no chunk
        return ErrorKind.CONNECTION_RESET if system_error or "Recv failure" in message else ErrorKind.PROTOCOL
    if code == pycurl.E_UNSUPPORTED_PROTOCOL:  # what is no HTTP/1 counts as HTTP/0.9, which is off
        return ErrorKind.PROTOCOL if "HTTP/0.9" in message else ErrorKind.INVALID_REQUEST
    return _KIND_BY_CODE.get(code, ErrorKind.OTHER)


ERRORS: ErrorTable = ((pycurl.error, _kind),)


class PycurlClient(Client):
    """One handle, so one connection, for each thread: a handle must not be shared.

    A thread with several requests has a handle for each; these share their connections, which belong to that thread.
    """

    def open(self, options: ClientOptions) -> None:
        self._options = options
        self._handles: list[pycurl.Curl] = []

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[Send]:
        sends = super().prepare_each(requests, observe)
        if len(sends) > 1:
            shared = pycurl.CurlShare()
            shared.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_CONNECT)
            for handle in self._handles[-len(sends) :]:
                handle.setopt(pycurl.SHARE, shared)
        return sends

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        handle, chunks = _handle(request, self._options, keep=inspect is not None)
        self._handles.append(handle)
        perform, getinfo = handle.perform, handle.getinfo
        status, system_error = pycurl.RESPONSE_CODE, pycurl.OS_ERRNO

        def send() -> int:
            chunks.clear()
            try:
                perform()
            except pycurl.error as error:
                error.args += (getinfo(system_error),)
                raise
            b"".join(chunks)  # the body in one piece, as the other clients give it
            answer: int = getinfo(status)
            return answer

        if inspect is None:
            return send

        def send_inspected() -> int:
            answer = send()
            inspect(answer, b"".join(chunks))
            return answer

        return send_inspected

    def prepare_observed(self, request: Request, observe: Observe) -> Send:
        send = self.prepare(request)
        self._handles[-1].setopt(pycurl.WRITEFUNCTION, observe)
        return send

    def close(self) -> None:
        for handle in self._handles:
            handle.close()


class AsyncPycurlClient(AsyncClient):
    """One handle for each task, all in one `CurlMulti`, which owns the connections."""

    async def open(self, options: ClientOptions) -> None:
        self._options = options
        self._handles: list[pycurl.Curl] = []
        self._transfers = _Transfers(options.concurrency, hosts=options.hosts)

    def prepare(self, request: Request, inspect: Inspect | None = None) -> AsyncSend:
        handle, chunks = _handle(request, self._options, keep=inspect is not None)
        handle.setopt(pycurl.PIPEWAIT, 1)  # HTTP/2: share a connection instead of opening one more
        self._handles.append(handle)
        perform, getinfo, status = self._transfers.perform, handle.getinfo, pycurl.RESPONSE_CODE

        async def send() -> int:
            chunks.clear()
            await perform(handle)
            b"".join(chunks)  # the body in one piece, as the other clients give it
            answer: int = getinfo(status)
            return answer

        if inspect is None:
            return send

        async def send_inspected() -> int:
            answer = await send()
            inspect(answer, b"".join(chunks))
            return answer

        return send_inspected

    def prepare_observed(self, request: Request, observe: Observe) -> AsyncSend:
        send = self.prepare(request)
        self._handles[-1].setopt(pycurl.WRITEFUNCTION, observe)
        return send

    async def close(self) -> None:
        self._transfers.close()
        for handle in self._handles:
            handle.close()


class _Transfers:
    """Runs libcurl's transfers on the running event loop, which watches its sockets and its one timer."""

    def __init__(self, concurrency: int, *, hosts: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[pycurl.Curl, asyncio.Future[None]] = {}
        self._watched: set[int] = set()
        self._timer: asyncio.Handle | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, concurrency)
        self._multi.setopt(pycurl.M_MAXCONNECTS, concurrency * hosts)
        self._multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, concurrency)  # of 100 and more, too, on one connection
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    async def perform(self, handle: pycurl.Curl) -> None:
        """Run one transfer to its end; cancelling takes it out of libcurl's hands."""
        done = self._waiting[handle] = self._loop.create_future()
        self._multi.add_handle(handle)
        try:
            await done
        finally:
            del self._waiting[handle]
            self._multi.remove_handle(handle)

    def close(self) -> None:
        """Drop all connections."""
        self._multi.close()

    def _watch(self, interest: int, descriptor: int, *_: object) -> None:
        """Answer libcurl, which wants to know when this socket can be read or written."""
        if interest & pycurl.POLL_IN:
            self._loop.add_reader(descriptor, self._proceed, descriptor, pycurl.CSELECT_IN)
        elif descriptor in self._watched:
            self._loop.remove_reader(descriptor)
        if interest & pycurl.POLL_OUT:
            self._loop.add_writer(descriptor, self._proceed, descriptor, pycurl.CSELECT_OUT)
        elif descriptor in self._watched:
            self._loop.remove_writer(descriptor)
        if interest == pycurl.POLL_REMOVE:
            self._watched.discard(descriptor)
        else:
            self._watched.add(descriptor)

    def _set_timer(self, delay_ms: int) -> None:
        """Answer libcurl, which wants to be called after this time; below 0, not at all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if delay_ms >= 0:
            self._timer = self._loop.call_later(delay_ms / 1000, self._proceed, pycurl.SOCKET_TIMEOUT, 0)

    def _proceed(self, descriptor: int, event: int) -> None:
        self._multi.socket_action(descriptor, event)
        _, succeeded, failed = self._multi.info_read()
        for handle in succeeded:
            self._finish(handle, None)
        for handle, code, message in failed:
            self._finish(handle, pycurl.error(code, message, handle.getinfo(pycurl.OS_ERRNO)))

    def _finish(self, handle: pycurl.Curl, error: pycurl.error | None) -> None:
        done = self._waiting[handle]
        if done.done():  # cancelled in the same turn of the loop
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _handle(request: Request, options: ClientOptions, *, keep: bool) -> tuple[pycurl.Curl, list[bytes]]:
    """A handle that performs `request`, and the list that its body arrives in; a streamed one only to `keep` it."""
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, request.url)
    _set_method(handle, request)
    handle.setopt(pycurl.HTTPHEADER, _header_lines(request))
    _set_decoding(handle, request)
    _set_connection(handle, options)
    chunks: list[bytes] = []
    if request.stream:
        handle.setopt(pycurl.BUFFERSIZE, STREAM_CHUNK_BYTES)
    keep_chunk = chunks.append if keep or not request.stream else len  # `len` takes each chunk whole
    handle.setopt(pycurl.WRITEFUNCTION, keep_chunk)
    return handle, chunks


def _set_method(handle: pycurl.Curl, request: Request) -> None:
    implied = "GET"
    if request.body or request.method in _METHODS_WITH_BODY:
        handle.setopt(pycurl.POSTFIELDS, request.body)
        implied = "POST"
    if request.method == "HEAD":
        handle.setopt(pycurl.NOBODY, 1)
    elif request.method != implied:
        handle.setopt(pycurl.CUSTOMREQUEST, request.method)


def _header_lines(request: Request) -> list[bytes]:
    given = [name + b": " + value if value else name + b";" for name, value in header_bytes(request)]
    return given + [f"{name}:".encode("ascii") for name in _UNASKED_HEADERS if not has_header(request, name)]


def _set_decoding(handle: pycurl.Curl, request: Request) -> None:
    """Decode what the caller asked for; the header itself is sent as given."""
    for name, value in header_bytes(request):
        if name.lower() == b"accept-encoding":
            handle.setopt(pycurl.ACCEPT_ENCODING, value)


def _set_connection(handle: pycurl.Curl, options: ClientOptions) -> None:
    timeout_ms = max(1, round(options.timeout_s * 1000))  # 0 would be no limit
    handle.setopt(pycurl.TIMEOUT_MS, timeout_ms)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, timeout_ms)
    handle.setopt(pycurl.MAXAGE_CONN, round(options.idle_timeout_s))
    handle.setopt(pycurl.MAXCONNECTS, options.hosts)
    handle.setopt(pycurl.NOSIGNAL, 1)  # signals and threads do not mix
    handle.setopt(pycurl.PROXY, options.proxy or "")  # not even the environment's
    handle.setopt(pycurl.NOPROXY, "")  # nor its exceptions
    handle.setopt(pycurl.FOLLOWLOCATION, int(options.follow_redirects))
    handle.setopt(pycurl.MAXREDIRS, options.max_redirects)
    handle.setopt(pycurl.HTTP_VERSION, _http_version(options))
    handle.setopt(pycurl.SSL_VERIFYPEER, int(options.verify))
    handle.setopt(pycurl.SSL_VERIFYHOST, 2 if options.verify else 0)
    if options.ca_file:
        handle.setopt(pycurl.CAINFO, options.ca_file)


def _http_version(options: ClientOptions) -> int:
    if options.http_version == "1.1":
        return int(pycurl.CURL_HTTP_VERSION_1_1)
    return int(pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)  # with TLS too: the others fall back to 1.1 in silence


def tls() -> str:
    """The TLS library that libcurl was linked with, and libcurl, which may be the system's own."""
    version = pycurl.version_info()
    return f"{version[5].replace('/', ' ')}, by libcurl {version[1]}"
