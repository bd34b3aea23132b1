"""What one client sends, cut into requests: pipelined, in parts, with bodies."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from http_benchmark.origin import routes
from http_benchmark.origin.answers import Answer
from http_benchmark.origin.bodies import Body, PlainBody, Take, body_of
from http_benchmark.origin.counters import Counters
from http_benchmark.origin.messages import RefusalError, Request
from http_benchmark.origin.parsing import MAX_HEAD_BYTES, HeadParser

_HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Incoming:
    """One request as it comes in.

    Attributes:
        head: Request line and headers with the empty line.
        request: The parsed head, and the body if the route keeps it; None where an answer is kept for this head.
        answer: The kept answer.
        body: The body's reader; None if there is no body.
    """

    head: bytes
    request: Request | None
    answer: Answer | None
    body: Body | None


class Reader:
    """Takes data as it arrives and gives whole requests.

    Args:
        peer: The client's address.
        kept_answer: Looks up the answer that is kept for a head, or None; such a head need not be parsed.
        send_continue: Tells the client to go on with the body that it announced.
        counters: Told how much of a body came in.
        take: Given the content of each body, except where an answer is kept for its head.
        scheme: "http", or "https" over TLS.
    """

    def __init__(
        self,
        peer: str,
        kept_answer: Callable[[bytes], Answer | None],
        send_continue: Callable[[], None],
        *,
        counters: Counters,
        take: Take | None = None,
        scheme: str = "http",
    ) -> None:
        self._peer = peer
        self._scheme = scheme
        self._take = take
        self._kept_answer = kept_answer
        self._send_continue = send_continue
        self._counters = counters
        self._number = 0  # of requests so far
        self._unread = b""
        self._position = 0  # in _unread: all before it was taken
        self._parser: HeadParser | None = None  # of a head of which only the beginning is there
        self._incoming: Incoming | None = None  # the request whose body is being read

    @property
    def waiting_bytes(self) -> int:
        """How much was received and not yet taken."""
        return len(self._unread) - self._position

    @property
    def between_requests(self) -> bool:
        """Nothing of a further request has come in yet."""
        return self._incoming is None and not self.waiting_bytes

    def further(self) -> bool:
        """Whether anything of a further request has come in, after the last one came in whole."""
        self._skip_empty_lines()
        return self.waiting_bytes > 0

    def feed(self, data: bytes) -> None:
        """Take over what the client sent."""
        self._unread = self._unread[self._position :] + data
        self._position = 0

    def next(self) -> Incoming | None:
        """The next request with its body; None until more has come in.

        Raises:
            RefusalError: What comes is no HTTP/1.1 or too long.
        """
        self._skip_empty_lines()
        if self._incoming is None:
            self._incoming = self._read_head()
        whole = self._incoming is not None and self._read_body(self._incoming)
        if not self.waiting_bytes:
            self._unread, self._position = b"", 0  # of a large upload, this is a large buffer for each connection
        if not whole:
            return None
        incoming, self._incoming = self._incoming, None
        return incoming

    def _skip_empty_lines(self) -> None:
        """Before a request they are ignored (RFC 9112, section 2.2)."""
        if self._incoming is None and self._parser is None:
            while self._unread[self._position : self._position + 1] in (b"\r", b"\n"):
                self._position += 1

    def _read_head(self) -> Incoming | None:
        start = self._position
        end = self._unread.find(_HEAD_END, start)
        whole = end >= 0
        end = end + len(_HEAD_END) if whole else len(self._unread)
        if end - start > MAX_HEAD_BYTES:
            raise RefusalError(431, f"request line and headers must not be longer than {MAX_HEAD_BYTES} bytes")
        head = self._unread[start:end]
        if whole:
            self._position = end
            return self._known(head) or self._parsed(head)
        if head:
            self._parse(head)  # garbage is refused now: the end of the head may never come
        return None

    def _known(self, head: bytes) -> Incoming | None:
        answer = self._kept_answer(head)
        if answer is None:
            return None
        self._parser = None
        body = PlainBody(answer.upload_bytes, keep=False) if answer.upload_bytes else None
        return Incoming(head, None, answer, body)

    def _parsed(self, head: bytes) -> Incoming:
        parser, self._parser = self._parse(head), None
        self._number += 1
        request = replace(parser.request(), peer=self._peer, scheme=self._scheme, number=self._number)
        body = body_of(request, keep=routes.keeps_body(request), take=self._take)
        if body is not None and request.expects_continue:
            self._send_continue()
        return Incoming(head, request, None, body)

    def _parse(self, head: bytes) -> HeadParser:
        self._parser = self._parser or HeadParser()
        self._parser.feed(head[self._parser.seen_bytes :])
        return self._parser

    def _read_body(self, incoming: Incoming) -> bool:
        body = incoming.body
        if body is None:
            return True
        known_bytes = body.content_bytes
        self._position = body.feed(self._unread, self._position)
        self._counters.body_bytes_received += body.content_bytes - known_bytes
        if body.complete and incoming.request is not None:
            incoming.request = replace(incoming.request, body=body.kept())
        return body.complete
