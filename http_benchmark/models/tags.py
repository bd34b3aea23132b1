"""Tags: words by which experiments are found, and which keep them from being pruned."""

import re
from collections.abc import Callable, Iterable

from http_benchmark.errors import ConfigurationError

_LONGEST = 100  # characters; a list shows them all in one line
_SCALING = re.compile(r"scaling-[0-9a-f]{8}")
_MADE = re.compile(r"(?:gate|scaling|servers)-[0-9a-f]{8}|was:.*")


def gate_tag(gate_id: str) -> str:
    """The tag of the experiments of a gate."""
    return f"gate-{gate_id[:8]}"


def together_tag(kind: str, identifier: str) -> str:
    """The tag of experiments that were measured together: "scaling", at several concurrencies, or "servers"."""
    return f"{kind}-{identifier[:8]}"


def scaling_tag_among(tags: Iterable[str]) -> str | None:
    """That of `together_tag` for several concurrencies, or None."""
    return next(filter(_SCALING.fullmatch, tags), None)


def renamed_tag(former_id: str) -> str:
    """The tag of an import that got a new ID."""
    return f"was:{former_id}"[:_LONGEST]


def protects(tag: str) -> bool:
    """Whether a person gave it; what the program tags by itself nobody chose to keep."""
    return not _MADE.fullmatch(tag)


def tag_fault(tag: str) -> str | None:
    """What keeps a text from being a tag, or None."""
    if tag and tag.isprintable() and tag == tag.strip() and len(tag) <= _LONGEST:
        return None
    return (
        f"tag {tag[:_LONGEST]!r} must have 1 to {_LONGEST} printable characters, without spaces at its ends; "
        "write for example nightly"
    )


def _given_fault(tag: str) -> str | None:
    """What keeps a text from being a tag that a person gives, or None."""
    if protects(tag):
        return tag_fault(tag)
    return (
        f"tag {tag[:_LONGEST]!r} is of a form that the program gives and that protects nothing from `results prune`; "
        "write another word, for example nightly"
    )


def given_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The same tags, which people gave.

    Raises:
        ConfigurationError: Some are none, or of a form that is the program's own.
    """
    return _without_faults(tags, _given_fault)


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The same tags, which people or the program gave.

    Raises:
        ConfigurationError: Some are none.
    """
    return _without_faults(tags, tag_fault)


def _without_faults(tags: Iterable[str], fault_of: Callable[[str], str | None]) -> tuple[str, ...]:
    kept = tuple(tags)
    if faults := [fault for fault in map(fault_of, kept) if fault]:
        raise ConfigurationError(faults)
    return kept
