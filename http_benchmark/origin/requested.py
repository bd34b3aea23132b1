"""How often each request came, by method, target and headers: what tells a client that sends other ones."""

from http_benchmark.header_marks import header_marks

UNKNOWN = ""
"""Stands for requests that could not be read, and for all that are new once there is no room for more."""

_MOST_CHARACTERS = 6 * 1024**2  # a load of ever new targets would fill memory; ten thousand of 400 characters have room
_ENTRY_CHARACTERS = 100  # about what an entry takes besides its text


def entry(line: str, headers: tuple[tuple[str, str], ...]) -> str:
    """How a request is counted: "GET /get?a=1", and in a second line the marks of its headers.

    Args:
        line: Method and target, with a space between.
        headers: (name, value) pairs as sent, in order.
    """
    return f"{line}\n{header_marks(headers)}"


class Requested:
    """Counts requests, each as in `entry`."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._room = _MOST_CHARACTERS

    def count(self, request: str, times: int = 1) -> None:
        """Count a request."""
        counts = self._counts
        if request not in counts:
            request = self._with_room(request)
        counts[request] = counts.get(request, 0) + times

    def take(self) -> dict[str, int]:
        """What was counted since this was called last; it is forgotten."""
        taken, self._counts, self._room = self._counts, {}, _MOST_CHARACTERS
        return taken

    def _with_room(self, request: str) -> str:
        needed = len(request) + _ENTRY_CHARACTERS
        if needed > self._room:
            return UNKNOWN
        self._room -= needed
        return request
