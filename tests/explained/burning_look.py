"""A third of the time."""

from itertools import repeat


def look() -> int:
    """Burn half as much as `BurningPool` does by itself."""
    number = 0
    for _ in repeat(None, 500):
        number ^= 1
    return number
