"""Groups of contenders that cannot be told apart, as letters: two contenders share one when they are not separated.

The compact letter display by insertion and absorption (Piepho 2004, J. Comput. Graph. Stat. 13, 456–466).
"""

from collections.abc import Collection, Sequence
from string import ascii_letters

type Separated = Collection[frozenset[str]]
"""Pairs of contenders that were told apart."""


def tied_groups(contenders: Sequence[str], separated: Separated) -> list[tuple[str, ...]]:
    """The largest sets of contenders of which no two are separated.

    Args:
        contenders: Best first.
        separated: Pairs that were told apart.

    Returns:
        Groups in the order of their best members; each keeps the order of `contenders`. They overlap where a contender
        is tied with two that are themselves separated.
    """
    place = {contender: index for index, contender in enumerate(contenders)}
    groups = [frozenset(contenders)] if contenders else []
    for pair in sorted(separated, key=lambda pair: sorted(place.get(name, -1) for name in pair)):
        inserted = [part for group in groups for part in (_split(group, pair) if pair <= group else [group])]
        groups = _absorb(inserted)
    return sorted(
        (tuple(sorted(group, key=place.__getitem__)) for group in groups), key=lambda g: [place[n] for n in g]
    )


def letters(contenders: Sequence[str], separated: Separated) -> dict[str, str]:
    """The letters of each contender; contenders that share one cannot be told apart."""
    groups = tied_groups(contenders, separated)
    return {
        contender: "".join(_letter(index) for index, group in enumerate(groups) if contender in group)
        for contender in contenders
    }


def _split(group: frozenset[str], pair: frozenset[str]) -> list[frozenset[str]]:
    return [group - {name} for name in sorted(pair)]


def _absorb(groups: list[frozenset[str]]) -> list[frozenset[str]]:
    """Leave out each group that another one contains."""
    distinct = list(dict.fromkeys(groups))
    return [group for group in distinct if not any(group < other for other in distinct)]


def _letter(index: int) -> str:
    return ascii_letters[index] if index < len(ascii_letters) else f"[{index + 1}]"
