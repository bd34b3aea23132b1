"""Fewer points than were measured, where nobody could see them all."""

from collections.abc import Iterator, Sequence
from itertools import batched
from math import ceil

MOST_POINTS = 100
"""Of one contender over time: three pixels for each in half the width of a page."""


def spans[Item](items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    """The items in at most `MOST_POINTS` groups of neighbours, of equal size but for the last."""
    return batched(items, max(1, ceil(len(items) / MOST_POINTS)))
