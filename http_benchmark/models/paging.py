"""Pages of lists that are newest first, each found from where the last one ended, however far that is."""

import base64
import binascii
from dataclasses import dataclass
from typing import NamedTuple, Self

from http_benchmark.errors import ConfigurationError

_MOST = 2**57  # microseconds until the year 6500, well within what dates can be


class Cursor(NamedTuple):
    """A place in a list: right behind an entry, whether that is still there or not.

    Attributes:
        place: What the list is ordered by: microseconds since 1970, or a running number.
        id: Of the entry, which decides between several at one place.
    """

    place: int
    id: str

    def __str__(self) -> str:
        """As text without meaning to others, safe in URLs."""
        return base64.urlsafe_b64encode(f"{self.place:x}:{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self:
        """The inverse of `str`.

        Raises:
            ConfigurationError: No page ended so.
        """
        try:
            place, separator, identifier = base64.urlsafe_b64decode(f"{text}===").decode().partition(":")
            found = cls(int(place, 16), identifier)
        except (ValueError, binascii.Error):
            separator = ""
        if not separator or "\0" in found.id or str(found) != text or not 0 <= found.place < _MOST:
            raise ConfigurationError(f"before is no end of a page, got {text!r}; take the `next` of the page before")
        return found


@dataclass(frozen=True, slots=True)
class Page[Kind]:
    """Some entries of a list.

    Attributes:
        items: The newest first.
        next: Where the page of older ones begins, for `before`; None where there are none.
    """

    items: tuple[Kind, ...]
    next: str | None


class Count(NamedTuple):
    """How many there are, counted up to a limit.

    Attributes:
        number: How many; where it is not exact, there are more.
        exact: Whether that is all.
    """

    number: int
    exact: bool

    def __str__(self) -> str:
        return f"{self.number:,}" if self.exact else f"more than {self.number:,}"
