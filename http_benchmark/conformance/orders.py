"""What a client was ordered to send, beside what the origin saw: compared after every check, whatever that looks at.

So a client that does its work only where its bodies are inspected is found wherever it does not. That a request comes
more often than it was ordered is left to the checks of silent retries.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import batched
from urllib.parse import urlsplit

from http_benchmark.conformance.protocol import Answer, Ask
from http_benchmark.origin.journal import SeenRequest
from http_benchmark.units import counted

type _Line = tuple[str, str, int]  # method, target, length of the body


class Orders:
    """What was ordered since the origin's journal began.

    Args:
        url: Of the origin, without a slash at the end.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._ordered: set[_Line] = set()
        self._answered: Counter[_Line] = Counter()
        self._open_ended = False

    def leave_open(self) -> None:
        """The client may send what nobody ordered: it is told to follow redirects, or to use a proxy."""
        self._open_ended = True

    def note(self, asks: Sequence[Ask], times: int, answers: Sequence[Answer]) -> None:
        """Each of these was ordered so many times, with these answers: those of one request together."""
        for ask, own in zip(asks, batched(answers, times), strict=False):  # who was cancelled has fewer
            url = urlsplit(ask.url)
            line = ask.method, (url.path or "/") + (f"?{url.query}" if url.query else ""), ask.body_bytes
            self._ordered.add(line)
            if ask.url.startswith(f"{self._url}/"):
                self._answered[line] += sum(answer.status is not None for answer in own)

    def difference(self, requests: Iterable[SeenRequest]) -> str | None:
        """What of the requests that the origin saw is not as ordered; None where all is."""
        if self._open_ended:
            return None
        seen = Counter((request.method, request.target, request.body_bytes) for request in requests)
        if unordered := seen.keys() - self._ordered:
            return f"the origin saw {_told(min(unordered))}, which was not ordered"
        for line, answers in self._answered.items():
            if seen[line] < answers:
                return f"the origin saw {_told(line)} {seen[line]} of {counted(answers, 'time')} that it was answered"
        return None


def _told(line: _Line) -> str:
    method, target, body_bytes = line
    return f"{method} {target}" + (f" with {counted(body_bytes, 'byte')} of body" if body_bytes else "")
