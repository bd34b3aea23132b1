"""How often each request came, by method and target: what tells a client that sends other requests than it should."""

UNKNOWN = ""
"""Stands for requests that could not be read, and for all that are new once there is no room for more."""

_MOST_CHARACTERS = 4 * 1024**2  # a load of ever new targets would fill memory; ten thousand of 300 characters have room
_ENTRY_CHARACTERS = 100  # about what an entry takes besides its text


class Requested:
    """Counts requests, each a method and a target with a space between: "GET /get?a=1"."""

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
