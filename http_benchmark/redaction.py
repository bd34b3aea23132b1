"""What must not leave the process: secrets that are known, passwords in URLs, the values of telling arguments.

A secret is kept apart by its type (`secret`); here is the second line of defence, for texts that others wrote, such as
the messages of clients.
"""

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"

LEAST_KNOWN = 6
"""Characters from which on a value is taken out of texts; shorter ones stand in every text."""

_LONGEST_KNOWN = 1000  # a whole body that is longer is quoted by nobody
_LEAST_WORD = 12  # shorter words and numbers stand in other texts with another meaning

_TELLING = "auth|cookie|token|secret|password|passwd|credential|session|api.?key|signature|bearer|jwt"
_TELLING_ALONE = "key|sig|sas|pwd|pass|code|pw|pin|otp"
_TELLS = re.compile(rf"{_TELLING}|(?:^|[^a-z])(?:{_TELLING_ALONE})(?:[^a-z]|$)", re.IGNORECASE)
_PLAIN = re.compile(rf"[A-Za-z]{{0,{_LEAST_WORD - 1}}}|[+-]?[\d.]{{0,{_LEAST_WORD - 1}}}")
_SECRET_ARGUMENT = re.compile(rf"([?&][^=&#\s]*?(?:{_TELLING})[^=&#\s]*?=)[^&#\s]*", re.IGNORECASE)
_URL = re.compile(r"(://[^\s/?#\"'<>]*)[/?][^\s\"'<>]*")
_PATH = re.compile(r"(?<![\w:/])/[^\s\"'<>]+")
_QUERY = re.compile(r"\?[^\s\"<>]+")
_USER_INFO = re.compile(r"(?<=://)[^\s/?#]*@")


def without_passwords(text: str) -> str:
    """Replace what stands before the @ of each URL in a text by `***`."""
    return _USER_INFO.sub("***@", text)


def through(proxy: str | None) -> str:
    """How a heading says that a proxy stands between, without its credentials; empty where there is none."""
    return f" through the proxy {proxy.rpartition('@')[2].rpartition('://')[2].rstrip('/')}" if proxy else ""


def without_secrets(text: str) -> str:
    """The same, and the values of query arguments whose names speak of credentials."""
    return _SECRET_ARGUMENT.sub(r"\1***", without_passwords(text))


def without_queries(text: str) -> str:
    """Replace what follows the question mark of each URL or path by `…`."""
    return _QUERY.sub("?…", text)


def without_targets(text: str) -> str:
    """Replace path and query of each URL, and each path that stands alone, by `/…`; queries that stand alone, too."""
    return without_queries(_PATH.sub("/…", _URL.sub(r"\1/…", text)))


def without_values(text: str, secrets: Iterable[str]) -> str:
    """Replace each of these values, as they are or percent-encoded, by `***`."""
    for secret in filter(None, secrets):
        text = text.replace(secret, MASK).replace(quote(secret, safe=""), MASK)
    return text


def tells(name: str) -> bool:
    """Whether the name of an argument, a variable or a column speaks of credentials."""
    return bool(_TELLS.search(name))


def is_plain(value: str) -> bool:
    """Whether a value is too short, or too plain a word or number, to be a credential that is told from other text."""
    return len(value) < LEAST_KNOWN or bool(_PLAIN.fullmatch(value))


class Known:
    """A set of secrets, in all their spellings."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Take a secret in, unless it is plain."""
        if not is_plain(value) and len(value) <= _LONGEST_KNOWN and value not in self._spellings:
            self._spellings |= spellings(value)
            self._pattern = None

    def without(self, text: str) -> str:
        """A text without these secrets, and without passwords in URLs."""
        pattern = self._pattern
        if pattern is None:
            longest_first = sorted(self._spellings, key=len, reverse=True)
            self._pattern = pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        return without_passwords(pattern.sub(MASK, text))


_known = Known()
"""One for the process, since loggers and hooks for exceptions have no caller who could tell them."""


def know(value: str) -> None:
    """Have `cleared` take a secret out from now on, unless it is plain."""
    _known.add(value)


def cleared(text: str) -> str:
    """A text as it may leave the process: without the secrets that are known, and without passwords in URLs."""
    return _known.without(text)


def cleared_document(value: Any) -> Any:
    """The same data with its texts cleared; keys and single words, such as names of contenders, stay as they are."""
    if isinstance(value, str):
        return cleared(value) if " " in value else value
    if isinstance(value, dict):
        return {key: cleared_document(item) for key, item in value.items()}
    return [cleared_document(item) for item in value] if isinstance(value, list | tuple) else value


def spellings(value: str) -> set[str]:
    """How a value may stand in a text: as it is, escaped for URLs, JSON, HTML and Python, in hex and in base64.

    In base64 also inside a longer text, such as a password in `Authorization: Basic`.
    """
    raw = value.encode(errors="surrogateescape")
    percent = {quote(raw, safe=safe) for safe in ("", "/")} | {quote_plus(raw)}
    escaped = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    quoted = {repr(value)[1:-1], repr(raw)[2:-1], html.escape(value), html.escape(value, quote=False)}
    encoded = {raw.hex(), raw.hex().upper(), *_inside_base64(raw)}
    lower = {re.sub("%..", lambda match: match[0].lower(), text) for text in percent}
    found = {value} | percent | lower | escaped | quoted | encoded
    return {text for text in found if len(text) >= LEAST_KNOWN}


def _inside_base64(raw: bytes) -> set[str]:
    """What of a base64 text depends on these bytes alone, wherever in it they begin."""
    found = set()
    for before, start in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(bytes(before) + raw).decode("ascii")[start:whole])
    return found


def described_request(method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes | str = b"") -> str:
    """A request in words that may be logged: the names of its headers and the size of its body."""
    names = ", ".join(name for name, _ in headers) or "none"
    size = len(body.encode() if isinstance(body, str) else body)
    return f"{method} {without_passwords(url)}, headers: {names}, body: {size} bytes"
