"""When the events of a streamed response arrived: what a client hands over, noted while the response is read.

Meanwhile a piece costs a clock reading and an append. What the pieces were is found out when the response is complete,
and noted as samples of their own: an event's time is that at which the client handed its last byte over, so events that
it hands over together have no gap between them.
"""

from collections.abc import Callable, Sequence

from http_benchmark.clock import Clock
from http_benchmark.load.recorder import Record

FIRST_EVENT = 1000
"""Code of a sample that is no request: due when a request was sent, done when its first event arrived.

No HTTP status is that large.
"""

NEXT_EVENT = 1001
"""Code of a sample from one event to the next."""

_END = b"[DONE]"  # what ends a completion of a language model, and is no token


class Watch:
    """Notes the events of one thread's or task's responses, one after the other.

    Args:
        clock: Nanoseconds, monotonic.

    Attributes:
        observe: Takes each piece as it arrives.
    """

    def __init__(self, clock: Clock) -> None:
        pieces: list[tuple[int, bytes]] = []
        append = pieces.append

        def observe(piece: bytes) -> None:
            append((clock(), piece))

        self.observe: Callable[[bytes], None] = observe
        self._pieces = pieces

    def attempt[Answer](self, send: Callable[[], Answer]) -> Callable[[], Answer]:
        """Make a `send`, of a thread or of a task, that forgets what an earlier attempt or request has left."""
        clear = self._pieces.clear

        def send_anew() -> Answer:
            clear()
            return send()

        return send_anew

    def note(self, started: int, tag: int, record: Record) -> None:
        """Record the events of the response that has just ended.

        Args:
            started: When it was asked for; where attempts were repeated, for the first time.
            tag: Of the request, with its place, shifted to where they stand in a sample.
            record: Where the thread or task notes its samples.
        """
        before, code = started, FIRST_EVENT
        for arrived in arrivals(self._pieces):
            record(before, arrived, arrived, tag | code)
            before, code = arrived, NEXT_EVENT


def arrivals(pieces: Sequence[tuple[int, bytes]]) -> list[int]:
    """When each event was complete; comments and the end mark of completions are none.

    Args:
        pieces: (time, bytes) in order; an event may lie in several of them, and several events in one.
    """
    times: list[int] = []
    unfinished = b""
    for time_ns, piece in pieces:
        *events, unfinished = (unfinished + piece.replace(b"\r", b"")).split(b"\n\n")
        times += [time_ns for event in events if _has_data(event)]
    return times


def _has_data(event: bytes) -> bool:
    data = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
    return bool(data) and data != [_END]
