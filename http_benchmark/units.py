"""Quantities as people write them: read "10s", "500/s", "64KiB", "2%"; print durations and rates."""

import re
from datetime import UTC, datetime, timedelta

_NUMBER = r"(?P<number>\d+(?:_\d+)*(?:\.\d+)?|\.\d+)"
_DURATION = re.compile(rf"{_NUMBER}\s*(?P<unit>ns|us|µs|ms|s|min|m|h|d|w)?")
_RATE = re.compile(rf"{_NUMBER}\s*(?:/\s*(?P<unit>s|min|m|h))?")
_PERCENT = re.compile(rf"{_NUMBER}\s*%?")
_SIZE = re.compile(rf"{_NUMBER}\s*(?P<unit>[kKmMgG]i?)?[bB]?")

_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 7 * 86400.0,
}
_BYTES = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}


def parse_duration(text: str | float) -> float:
    """Read a duration in seconds from "250ms", "10s", "1.5m", "2h" or a plain number of seconds.

    Raises:
        ValueError: It is no duration.
    """
    match = _DURATION.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"not a duration: {text!r}; write for example 10s, 250ms or 2m")
    return float(match["number"]) * _SECONDS[match["unit"] or "s"]


def parse_moment(text: str, now: datetime) -> datetime:
    """Read a moment from "2026-11-01", "2026-11-01T12:30+01:00" or how long ago it is, "7d"; UTC where no zone is said.

    Raises:
        ValueError: It is no moment.
    """
    try:
        if _DURATION.fullmatch(text.strip()):
            return now - timedelta(seconds=parse_duration(text))
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ValueError(f"no moment: {text!r}; write for example 2026-11-01, 2026-11-01T12:30Z or 7d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_rate(text: str | float) -> float:
    """Read a rate in 1/s from "500/s", "30/min" or a plain number per second.

    Raises:
        ValueError: It is no rate.
    """
    match = _RATE.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"not a rate: {text!r}; write for example 500/s")
    return float(match["number"]) / _SECONDS[match["unit"] or "s"]


type Rates = tuple[tuple[float, float], ...]
"""An arrival rate over time, as steps of equal length: (rate at the start, rate at the end), 1/s."""


def parse_rates(text: str | float) -> Rates:
    """Read a rate over time: constant "500/s", an even ramp "100..2000/s", or steps "100, 200, 500..1000/s".

    A part without a unit takes that of the part after it.

    Raises:
        ValueError: It is no such rate.
    """
    steps: list[tuple[float, float]] = []
    unit = ""
    for part in reversed(str(text).split(",")):
        amounts, slash, own_unit = part.partition("/")
        unit = slash + own_unit if slash else unit
        start, dots, end = amounts.partition("..")
        try:
            first, last = parse_rate(start + unit), parse_rate((end if dots else start) + unit)
        except ValueError:
            raise ValueError(f"not a rate: {text!r}; write for example 500/s, 100..2000/s or 100,200,400/s") from None
        steps.insert(0, (first, last))
    return tuple(steps)


def format_rates(rates: Rates) -> str:
    """Print a rate over time as `parse_rates` reads it."""
    parts = (f"{start:g}" if start == end else f"{start:g}..{end:g}" for start, end in rates)
    return f"{', '.join(parts)} /s"


def parse_percent(text: str | float) -> float:
    """Read a percentage from "2%", "0.5 %" or a plain number of percent.

    Raises:
        ValueError: It is no percentage.
    """
    match = _PERCENT.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"not a percentage: {text!r}; write for example 2%")
    return float(match["number"])


def parse_size(text: str | int) -> int:
    """Read a size in bytes from "64KiB", "1MB", "1.5 MiB" or a plain number of bytes.

    Raises:
        ValueError: It is no size, or no whole number of bytes.
    """
    match = _SIZE.fullmatch(str(text).strip())
    size = float(match["number"]) * _BYTES[(match["unit"] or "").lower()] if match else 0.5
    if not size.is_integer():
        raise ValueError(f"not a size in bytes: {text!r}; write for example 64KiB, 1MB or 1000")
    return int(size)


def format_duration(seconds: float | None) -> str:
    """Print a duration for people, to three significant digits: "312 µs", "4.21 ms", "1.50 s", "2m 05s"."""
    if seconds is None:
        return "–"
    if abs(seconds) >= 60:
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            return f"{_three_digits(seconds / size)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def counted(number: int, what: str) -> str:
    """A number with its noun: "1 block", "7 blocks", "1,000 requests"."""
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"


def format_rate(per_second: float | None) -> str:
    """Print a rate for people: "412 /s", "12,300 /s"."""
    if per_second is None:
        return "–"
    return f"{per_second:,.0f} /s" if per_second >= 100 else f"{_three_digits(per_second)} /s"


def _three_digits(value: float) -> str:
    decimals = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{decimals}f}"
