"""What is compared of the headers of a request, as they were ordered and as they came: a short mark of each name."""

from functools import lru_cache
from zlib import crc32

_MOST_KEPT = 64  # the requests of a load have few different headers …
_MOST_KEPT_CHARACTERS = 4096  # … and short ones; hostile ones would fill memory


def header_marks(headers: tuple[tuple[str, str], ...]) -> str:
    """The marks of all headers, with spaces between, such as "accept:d5ef6b7a host:e8b7be43".

    Spaces in values and `,` or `;` between them make no difference, nor does it whether a header comes as several of
    one name: in this, clients and versions of HTTP differ.

    Args:
        headers: (name, value) pairs, in order.
    """
    short = sum(len(name) + len(value) for name, value in headers) <= _MOST_KEPT_CHARACTERS
    return _kept_marks(headers) if short else _marks(headers)


def _marks(headers: tuple[tuple[str, str], ...]) -> str:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return " ".join(f"{name}:{_digest(','.join(of_name)):x}" for name, of_name in values.items())


_kept_marks = lru_cache(_MOST_KEPT)(_marks)


def mark_name(mark: str) -> str:
    """The name of the header that is marked."""
    return mark.partition(":")[0]


def _digest(value: str) -> int:
    return crc32("".join(value.split()).replace(";", ",").encode("latin-1", "replace"))
