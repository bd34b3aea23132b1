"""Tags: words by which experiments are found, and which keep them from being pruned."""

import re
from collections.abc import Iterable

from http_benchmark.errors import ConfigurationError

_LONGEST = 100  # characters; a list shows them all in one line
_MADE = re.compile(r"gate-[0-9a-f]{8}|was:.*")


def gate_tag(gate_id: str) -> str:
    """The tag of the experiments of a gate."""
    return f"gate-{gate_id[:8]}"


def renamed_tag(former_id: str) -> str:
    """The tag of an import that got a new ID."""
    return f"was:{former_id}"[:_LONGEST]


def protects(tag: str) -> bool:
    """Whether a person may have given it; what the program tags by itself nobody chose to keep."""
    return not _MADE.fullmatch(tag)


def tag_fault(tag: str) -> str | None:
    """What keeps a text from being a tag, or None."""
    if tag and tag.isprintable() and tag == tag.strip() and len(tag) <= _LONGEST:
        return None
    return (
        f"tag {tag[:_LONGEST]!r} must have 1 to {_LONGEST} printable characters, without spaces at its ends; "
        "write for example nightly"
    )


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The same tags.

    Raises:
        ConfigurationError: Some are none.
    """
    kept = tuple(tags)
    if faults := [fault for fault in map(tag_fault, kept) if fault]:
        raise ConfigurationError(faults)
    return kept
