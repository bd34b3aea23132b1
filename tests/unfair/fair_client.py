"""What the clients of this folder share: one on http.client that does its work; each of the others spoils one thing."""

import http.client
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from http_benchmark.clients.base import (
    Client,
    ClientOptions,
    ErrorTable,
    Inspect,
    Observe,
    Request,
    Send,
    headers_by_name,
    kind_of_cause,
    refuse,
    refuse_http2,
)
from http_benchmark.errors import ErrorKind

ERRORS: ErrorTable = (
    (http.client.IncompleteRead, ErrorKind.INCOMPLETE_RESPONSE),
    (http.client.RemoteDisconnected, ErrorKind.CONNECTION_RESET),
    (http.client.InvalidURL, ErrorKind.INVALID_REQUEST),
    (http.client.HTTPException, ErrorKind.PROTOCOL),
    (TimeoutError, ErrorKind.TIMEOUT),
    (OSError, kind_of_cause),
    (ValueError, ErrorKind.INVALID_REQUEST),
)


class FairClient(Client):
    """A kept connection for each thread."""

    name = "fair"

    def open(self, options: ClientOptions) -> None:
        refuse_http2(self.name, options)
        if options.follow_redirects:
            raise refuse(self.name, "follow redirects", "leave out --follow-redirects")
        self.options = options
        self._connections: list[http.client.HTTPConnection] = []
        self._shared: http.client.HTTPConnection | None = None

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        url = urlsplit(request.url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        if self.options.proxy and url.scheme == "http":
            target = f"http://{url.netloc}{target}"
        arguments = request.method, target, request.body or None, headers_by_name(self.name, request)
        connection = self._shared or self.connection(url.scheme, url.netloc.rpartition("@")[2])
        self._connections.append(connection)

        def send() -> int:
            try:
                connection.request(*arguments)
                status, body = self.answer(connection)
            except BaseException:
                connection.close()  # half an answer may still be under way; the next request opens a new one
                raise
            if inspect:
                inspect(status, body)
            return status

        return send

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[Send]:
        """The requests of a workload go to one host, and those of a thread over one connection."""
        if len(requests) > 1:
            url = urlsplit(requests[0].url)
            self._shared = self.connection(url.scheme, url.netloc)
        try:
            return super().prepare_each(requests, observe)
        finally:
            self._shared = None

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def connection(self, scheme: str, host: str) -> http.client.HTTPConnection:
        """Make a connection that is opened with its first request."""
        proxy = urlsplit(self.options.proxy).netloc if self.options.proxy else None
        if scheme == "http":
            return http.client.HTTPConnection(proxy or host, timeout=self.options.timeout_s)
        connection = http.client.HTTPSConnection(proxy or host, timeout=self.options.timeout_s, context=self.tls())
        if proxy:
            connection.set_tunnel(host)
        return connection

    def tls(self) -> ssl.SSLContext:
        """How certificates are checked."""
        context = ssl.create_default_context(cafile=self.options.ca_file)
        if not self.options.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def answer(self, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        """Read a whole answer; return its status and body."""
        with connection.getresponse() as response:
            return response.status, response.read()
