"""Reading request heads with llhttp, the parser of Node.js; bodies are read in `bodies`."""

from typing import Self

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from http_benchmark.origin.messages import RefusalError, Request

MAX_HEAD_BYTES = 65536
"""Longest request line and headers together; longer ones are answered 431."""


class HeadParser:
    """Reads one request head, which may come in parts.

    Attributes:
        seen_bytes: How much of the head was fed.
    """

    def __init__(self) -> None:
        self.seen_bytes = 0
        self._found = _Found()
        self._llhttp = HttpRequestParser(self._found)

    @classmethod
    def parse(cls, head: bytes) -> Request:
        """Read a head that is there as a whole."""
        parser = cls()
        parser.feed(head)
        return parser.request()

    def feed(self, part: bytes) -> None:
        """Take the next part of the head, and nothing of what follows the head.

        Raises:
            RefusalError: This is no HTTP/1 request.
        """
        self.seen_bytes += len(part)
        try:
            self._llhttp.feed_data(part)
        except HttpParserUpgrade:
            pass  # nothing is offered to upgrade to, so that the request is answered as if it had not asked
        except HttpParserError as error:
            raise RefusalError(400, f"not an HTTP/1.1 request: {error}") from error

    def request(self) -> Request:
        """The request, once the whole head was fed.

        Raises:
            RefusalError: The head is not whole, or asks for something that this server does not speak.
        """
        if not self._found.complete:
            raise RefusalError(400, "not an HTTP/1.1 request: the head ends too early")
        version = self._llhttp.get_http_version()
        if version not in ("1.0", "1.1"):
            raise RefusalError(505, f"HTTP/1.0 and HTTP/1.1 are spoken here, not {version}")
        return self._found.request(self._llhttp.get_method().decode("ascii"), version)


class _Found:
    """What llhttp reports; apart from the parser, so that the two do not hold each other alive."""

    def __init__(self) -> None:
        self.complete = False
        self._target = b""
        self._headers: list[tuple[str, str]] = []

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.complete:
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.complete = True

    def request(self, method: str, version: str) -> Request:
        framing = _Framing.of(self._headers)
        if version == "1.1" and framing.hosts != 1:
            raise RefusalError(400, f"an HTTP/1.1 request has one Host header, this one has {framing.hosts}")
        return Request(
            method=method,
            target=self._target.decode("latin-1"),
            headers=tuple(self._headers),
            version=version,
            keep_alive="close" not in framing.connection and (version == "1.1" or "keep-alive" in framing.connection),
            content_length=framing.content_length,
            chunked=framing.chunked,
            expects_continue=framing.expects_continue and version == "1.1",
        )


class _Framing:
    """What the headers say about the connection and the body; llhttp has checked that they do not contradict."""

    def __init__(self) -> None:
        self.hosts = 0
        self.content_length = 0
        self.chunked = False
        self.expects_continue = False
        self.connection: set[str] = set()

    @classmethod
    def of(cls, headers: list[tuple[str, str]]) -> Self:
        framing = cls()
        for name, value in headers:
            match name.lower():
                case "host":
                    framing.hosts += 1
                case "content-length":
                    framing.content_length = int(value)
                case "transfer-encoding":
                    if value.lower() != "chunked":
                        raise RefusalError(501, f"a body is read plain or chunked, not {value!r}")
                    framing.chunked = True
                case "connection":
                    framing.connection.update(token.strip() for token in value.lower().split(","))
                case "expect":
                    if value.lower() != "100-continue":
                        raise RefusalError(417, f"100-continue is what can be expected, not {value!r}")
                    framing.expects_continue = True
        return framing
