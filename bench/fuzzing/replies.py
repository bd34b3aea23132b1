"""Reading what the origin answers with h11, a parser that has nothing in common with the origin's."""

from collections.abc import Iterable
from dataclasses import dataclass

import h11


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole answer.

    Attributes:
        closes: It says that it is the last one.
    """

    status: int
    content: bytes
    closes: bool


class WrongReplyError(Exception):
    """What came is no HTTP, or comes after the last answer."""


class Replies:
    """Takes what comes in on one connection and gives whole answers.

    Args:
        methods: Of the requests, in order; what is answered beyond them was a GET.

    Attributes:
        whole: The answers that are complete.
        begun: The status of the answer that is under way, once its head is there; else None.
        continues: How many "100 Continue" came.
    """

    def __init__(self, methods: Iterable[str]) -> None:
        self.whole: list[Reply] = []
        self.begun: int | None = None
        self.continues = 0
        self._methods = iter(methods)
        self._fresh = True
        self._closes = False
        self._content = bytearray()
        self._next()

    def feed(self, data: bytes) -> None:
        """Take what came; b"" for the end.

        Raises:
            WrongReplyError: It cannot be right.
        """
        if not data and self._fresh:
            return
        if data and self.whole and self.whole[-1].closes:
            raise WrongReplyError(f"after the last answer came {data[:60]!r}")
        try:
            self._feed(data)
        except h11.RemoteProtocolError as error:
            raise WrongReplyError(f"{error}, where {data[:60]!r} came") from error

    def _feed(self, data: bytes) -> None:
        self._fresh = False
        self._parser.receive_data(data)
        while True:
            event = self._parser.next_event()
            match event:
                case h11.InformationalResponse():
                    self.continues += 1
                    self._fresh = not self._parser.trailing_data[0]  # who hangs up now may get no answer
                case h11.Response():
                    self.begun = event.status_code
                    self._closes = (b"connection", b"close") in event.headers
                case h11.Data():
                    self._content += event.data
                case h11.EndOfMessage():
                    self._end()
                    if self._fresh:
                        return
                case _:  # more is needed
                    return

    def _end(self) -> None:
        assert self.begun is not None
        self.whole.append(Reply(self.begun, bytes(self._content), self._closes))
        self.begun = None
        self._content.clear()
        rest, _ = self._parser.trailing_data
        self._next()
        self._fresh = not rest
        if rest:
            if self._closes:
                raise WrongReplyError(f"after the last answer came {rest[:60]!r}")
            self._parser.receive_data(rest)

    def _next(self) -> None:
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=200_000)
        self._parser.send(h11.Request(method=next(self._methods, "GET"), target="/", headers=[("Host", "a")]))
        self._parser.send(h11.EndOfMessage())
