"""Several requests in one run: which one comes next, and which one a sample was.

What is sent in which order is decided in the controller, the same for every contender; here threads or tasks share that
order as they share their turns, by one C-level iterator. A run of a single request has none of this.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from http_benchmark.clients.base import Request
from http_benchmark.load.events import Watch
from http_benchmark.load.recorder import CODE_BITS, PLACE_SHIFT, TAG_MASK, Record

MOST_TAGS = TAG_MASK
"""Samples have room for so many names of requests."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Concrete requests and the order in which they are sent.

    Attributes:
        requests: All that differ, at least one.
        tags: For each of them the number of its name, from 1 to `MOST_TAGS`; several may share one.
        order: Indices into `requests`, sent from the start of a deck on, round and round.
        deck: So many entries of `order` have exactly the shares that were asked for; `order` is a multiple of it.
    """

    requests: tuple[Request, ...]
    tags: tuple[int, ...]
    order: tuple[int, ...]
    deck: int

    @property
    def decks(self) -> int:
        """How many decks the order has."""
        return len(self.order) // self.deck


class Senders[Answer]:
    """What the threads or tasks of a run send: each the one request that it prepared, or all of a mix in turn.

    Args:
        prepared: For each thread or task its own `send`s, one per request.
        mix: Which of them comes next; None where there is but one.
        watches: For each thread or task what its `send`s show events to; none, or None, where no request has any.
        stripe: Of the processes that share the mix's order, which one this is.
        stripes: How many there are; each takes every `stripes`-th entry.
    """

    def __init__(
        self,
        prepared: Sequence[Sequence[Callable[[], Answer]]],
        mix: Mix | None,
        *,
        watches: Sequence[Watch | None] = (),
        stripe: int = 0,
        stripes: int = 1,
    ) -> None:
        self._prepared = prepared
        self._mix = mix
        self._watches = watches or [None] * len(prepared)
        self._stripe = stripe
        self._stripes = stripes
        self._first = [sends[0] for sends in prepared]
        self.deal(0)

    def deal(self, deck: int) -> None:
        """Begin the order anew, with this deck; counted round and round."""
        mix = self._mix
        if mix is not None:
            first = deck % mix.decks * mix.deck
            order = cycle(mix.order[first:] + mix.order[:first])
            self._indices = islice(order, self._stripe, None, self._stripes)

    def paired(self, records: Sequence[Record]) -> tuple[list[Callable[[], Answer]], list[Record]]:
        """A `send` for each of the records, and what the thread or task notes its samples with."""
        if self._mix is None:
            return self._first[: len(records)], list(records)
        shifted = [place << PLACE_SHIFT | tag << CODE_BITS for place, tag in enumerate(self._mix.tags)]
        pairs = [
            _tagged(self._prepared[number], shifted, self._indices, record, self._watches[number])
            for number, record in enumerate(records)
        ]
        return [send for send, _ in pairs], [record for _, record in pairs]


def _tagged[Answer](
    sends: Sequence[Callable[[], Answer]],
    tags: Sequence[int],
    indices: Iterator[int],
    record: Record,
    watch: Watch | None,
) -> tuple[Callable[[], Answer], Record]:
    """One thread's or task's `send` and `record`, of which the second one knows what the first one sent.

    Args:
        sends: The thread's own, one per request.
        tags: One per request, with its place, shifted to where they stand in a sample.
        indices: Which request comes next; shared by all threads.
        record: Where the thread notes its samples.
        watch: Has the events of its responses, which are noted after each that succeeded; None where there are none.
    """
    next_index = indices.__next__
    tag = 0

    def send() -> Answer:
        nonlocal tag
        index = next_index()
        tag = tags[index]
        return sends[index]()

    def record_with_tag(intended: int, started: int, ended: int, code: int) -> None:
        record(intended, started, ended, tag | code)

    if watch is None:
        return send, record_with_tag
    note = watch.note

    def record_with_events(intended: int, started: int, ended: int, code: int) -> None:
        record(intended, started, ended, tag | code)
        if 200 <= code < 400:
            note(started, tag, record)

    return send, record_with_events
