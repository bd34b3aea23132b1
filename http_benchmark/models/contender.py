"""How a contender is named: `NAME[==VERSION | @PATH][:sync|:async][+h2]`, and `#2` for its second appearance."""

import re
from dataclasses import dataclass, replace
from typing import Literal, cast

from http_benchmark.errors import ConfigurationError

Mode = Literal["sync", "async"]

_PATTERN = re.compile(
    r"(?P<library>[A-Za-z0-9][A-Za-z0-9._-]*)"
    r"(?:==(?P<version>[A-Za-z0-9.!+_-]+?)|@(?P<path>.+?))?"
    r"(?::(?P<mode>sync|async))?"
    r"(?P<http2>\+h2)?"
)


@dataclass(frozen=True, slots=True)
class Contender:
    """One arm of an experiment: a client library in one mode.

    Attributes:
        library: The client's name, as in `clients`.
        mode: "sync" or "async"; None stands for each mode that the library has, until it is resolved.
        version: An exact version to measure, or None for the installed one.
        path: A source tree to measure, or None.
        http2: HTTP/2 instead of HTTP/1.1.
        number: 1, or 2, 3, … for the same contender named again (A/A runs).
    """

    library: str
    mode: Mode | None = None
    version: str | None = None
    path: str | None = None
    http2: bool = False
    number: int = 1

    @classmethod
    def parse(cls, text: str) -> "Contender":
        """Read a contender as a user types it.

        Raises:
            ConfigurationError: It is not of the documented form.
        """
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise ConfigurationError(
                f"contender must look like NAME[==VERSION|@PATH][:sync|:async][+h2], got {text!r}; "
                "for example httpx:async"
            )
        return cls(
            library=match["library"],
            mode=cast("Mode | None", match["mode"]),
            version=match["version"],
            path=match["path"],
            http2=match["http2"] is not None,
        )

    @property
    def named_source(self) -> str:
        """The version or the tree as it is typed after the name; empty for the installed client."""
        return f"=={self.version}" if self.version else f"@{self.path}" if self.path else ""

    @property
    def subject(self) -> str:
        """The library with its version or tree, as typed: what is measured, in whatever mode."""
        return f"{self.library}{self.named_source}"

    def __str__(self) -> str:
        """The contender as it is written in tables, JSON and the database."""
        mode = f":{self.mode}" if self.mode else ""
        again = f"#{self.number}" if self.number > 1 else ""
        return f"{self.subject}{mode}{'+h2' if self.http2 else ''}{again}"


def number_repeats(contenders: list[Contender]) -> list[Contender]:
    """Give the second, third, … of equal contenders a number of its own, in order of appearance."""
    seen: dict[Contender, int] = {}
    numbered = []
    for contender in contenders:
        seen[contender] = seen.get(contender, 0) + 1
        numbered.append(replace(contender, number=seen[contender]))
    return numbered
