"""How a contender looks, the same in every picture.

The library gives colour and shape, the mode whether points are filled and lines solid: so that each can be told from
every other without colour, too. The colours are those of Okabe and Ito (2008, *Color Universal Design*), the light ones
darkened until all stand out from white and from black alike, three to one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from zlib import crc32

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.contender import Contender

_KNOWN = {
    "requests": ("#0072b2", "circle"),
    "httpx": ("#d55e00", "square"),
    "aiohttp": ("#009e73", "triangle-up"),
    "urllib3": ("#bf6a9a", "diamond"),
    "pycurl": ("#b07d00", "triangle-down"),
    "requestx": ("#2f93cf", "cross"),
}
_COLOURS = ("#7a6fd0", "#c4473a", "#5f8f2f", "#8c6d4f", "#c2459d", "#3a8f95", "#7c7c7c", "#9d7a1f")
_SHAPES = ("triangle-right", "triangle-left", "cross", "diamond", "square", "circle", "triangle-up", "triangle-down")
_DASHES = {"sync": ((1, 0), (8, 2, 2, 2)), "async": ((5, 3), (2, 2))}


@dataclass(frozen=True, slots=True)
class Look:
    """A contender's colour, the shape of its points, what these are filled with, and the dashes of its lines."""

    colour: str
    shape: str
    fill: str
    dash: tuple[int, ...]


def looks(contenders: Sequence[str]) -> dict[str, Look]:
    """The look of each, in their order.

    It follows from the name; only where two would look alike, the one that is later in the alphabet takes another
    colour.
    """
    taken: set[tuple[str, str, str]] = set()
    made = {}
    for name in sorted(set(contenders)):
        made[name] = _look(name, taken)
        taken.add((made[name].colour, made[name].shape, made[name].fill))
    return {name: made[name] for name in contenders}


def _look(name: str, taken: set[tuple[str, str, str]]) -> Look:
    library, mode, special = _parts(name)
    number = crc32(library.encode())
    colour, shape = _KNOWN.get(library, (_COLOURS[number % len(_COLOURS)], _SHAPES[number % len(_SHAPES)]))
    if special:  # a version, a tree, HTTP/2 or a repetition: the library's shape in another colour
        colour = _COLOURS[crc32(name.encode()) % len(_COLOURS)]
    hollow = mode == "async"
    start = _COLOURS.index(colour) if colour in _COLOURS else 0
    others = cycle([*_COLOURS[start:], *_COLOURS[:start]])
    for _ in _COLOURS:
        if (colour, shape, "transparent" if hollow else colour) not in taken:
            break
        colour = next(others)
    return Look(colour, shape, "transparent" if hollow else colour, _DASHES[mode][bool(special)])


def _parts(name: str) -> tuple[str, str, bool]:
    """The library, the mode, and whether there is more to the name than these."""
    try:
        contender = Contender.parse(name.partition("#")[0])
    except ConfigurationError:  # not a name that this version gives, so it is only text
        return name, "sync", False
    mode = contender.mode or "sync"
    return contender.library, mode, name not in {f"{contender.library}:{mode}", contender.library}
