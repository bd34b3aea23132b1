"""Values of a TOML file as JSON has them, and what of them JSON cannot have."""

import json
import math
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from http_benchmark.errors import ConfigurationError


def as_json(place: str, value: Any) -> str:
    """A value as JSON.

    Args:
        place: Where in the file it stands; begins each fault.
        value: As the TOML reader gives it; not nested too deeply.

    Raises:
        ConfigurationError: With one line for each part that JSON cannot have.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        advice = "which JSON does not have; write it as text"
        raise ConfigurationError([f"{where} is {what}, {advice}" for where, what in _unfit(place, value)]) from None


def _unfit(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """The parts that JSON cannot have: the place of each, and what it is."""
    remaining = [(place, value)]
    while remaining:
        where, part = remaining.pop()
        match part:
            case dict():
                remaining += [(f"{where}.{key}", inner) for key, inner in reversed(part.items())]
            case list():
                remaining += [(f"{where}.{number}", inner) for number, inner in reversed([*enumerate(part)])]
            case float() if not math.isfinite(part):
                yield where, str(part)
            case date() | time():
                yield where, f"a {'time' if isinstance(part, time) else 'date'}"
