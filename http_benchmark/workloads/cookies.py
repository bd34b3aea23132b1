"""Cookies that answers set, as RFC 6265, 5.2 reads them: up to the first semicolon, whatever the value looks like."""

import calendar
import math
import time
from collections.abc import Iterable
from email.utils import parsedate


def cookies_set(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The cookies that an answer sets and does not delete, by name.

    Domain and path are not looked at: what is taken from an answer is sent where the workload says.

    Args:
        headers: Of the answer, in their order.
    """
    cookies: dict[str, str] = {}
    for header, text in headers:
        if header.lower() != "set-cookie":
            continue
        pair, *attributes = text.split(";")
        name, equals, value = (part.strip(" \t") for part in pair.partition("="))
        if not equals or not name:
            continue
        cookies.pop(name, None)
        if not _is_over(attributes):
            cookies[name] = value
    return cookies


def _is_over(attributes: Iterable[str]) -> bool:
    """Whether a cookie with these attributes has ended already, which deletes it; of the same one the last holds."""
    pairs = (attribute.partition("=") for attribute in attributes)
    given = {name.strip(" \t").lower(): value.strip(" \t") for name, _, value in pairs}
    max_age = given.get("max-age", "")
    if max_age.removeprefix("-").isdecimal() and max_age.isascii():
        return max_age.startswith("-") or not max_age.strip("0")
    return _seconds(given.get("expires", "")) <= time.time()


def _seconds(date: str) -> float:
    """A date as seconds of Unix time; infinity for what is none. It is in UTC, whatever zone it names."""
    try:
        return calendar.timegm(parsedate(date) or ())
    except (OverflowError, ValueError):
        return math.inf
