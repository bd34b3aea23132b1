"""URLs with secrets in them: user and password are taken out, arguments that may be a credential are hidden."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from http_benchmark.redaction import MASK, is_plain, know, tells
from http_benchmark.secret import (
    Hidden,
    Piece,
    Reference,
    SecretText,
    described_body,
    merged,
    parse,
    parse_body,
    parse_header,
)

_URLS = frozenset({"url", "target_url", "proxy"})
"""Settings that are URLs."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password, as they are, not percent-encoded."""

    user: SecretText
    password: SecretText

    @property
    def references(self) -> tuple[Reference, ...]:
        """Of both."""
        return (*self.user.references, *self.password.references)

    def __str__(self) -> str:
        user, password = (_encoded(text) for text in (self.user, self.password))
        return user if not password or user == password == MASK else f"{user}:{password}"

    @property
    def is_complete(self) -> bool:
        """Whether there are both."""
        return bool(self.user.pieces and self.password.pieces)

    def authorization(self, values: Mapping[Reference, str]) -> str:
        """The value of the header that says the same."""
        pair = f"{self.user.reveal(values)}:{self.password.reveal(values)}".encode(errors="surrogateescape")
        encoded = base64.b64encode(pair).decode("ascii")
        know(encoded)
        return f"Basic {encoded}"

    def in_url(self, values: Mapping[Reference, str]) -> str:
        """User and password as a URL has them before the @."""
        return ":".join(
            quote(text.reveal(values), safe="", errors="surrogateescape") for text in (self.user, self.password)
        )


def _encoded(text: SecretText) -> str:
    return "".join(quote(piece, safe="") if isinstance(piece, str) else str(piece) for piece in text.pieces)


@dataclass(frozen=True, slots=True, repr=False)
class SecretUrl:
    """A URL, taken apart into where it leads and who is let in.

    Attributes:
        address: The URL without user and password.
        credentials: What stood before the @; None for nothing.
    """

    address: SecretText
    credentials: Credentials | None = None

    def __str__(self) -> str:
        return _joined(str(self.address), str(self.credentials) if self.credentials else "")

    def __repr__(self) -> str:
        return repr(str(self))

    @property
    def references(self) -> tuple[Reference, ...]:
        """What must be looked up before it can be revealed."""
        return (*(self.credentials.references if self.credentials else ()), *self.address.references)

    @property
    def texts(self) -> tuple[SecretText, ...]:
        """What it is made of."""
        return (self.address, *((self.credentials.user, self.credentials.password) if self.credentials else ()))

    @property
    def has_typed_secret(self) -> bool:
        """Whether a piece that is hidden was typed as text."""
        return any(text.has_typed_secret for text in self.texts)

    @property
    def is_lost(self) -> bool:
        """Whether a piece was typed as text and is not known any more."""
        return any(text.is_lost for text in self.texts)

    @property
    def is_path(self) -> bool:
        """Whether it is a path on the bundled origin."""
        return str(self.address).startswith("/")

    def reveal_address(self, values: Mapping[Reference, str]) -> str:
        """The URL without user and password; see `SecretText.reveal`."""
        return self.address.reveal(values, str if self.address.pieces == self.references else _percent_encoded)

    def reveal(self, values: Mapping[Reference, str]) -> str:
        """The URL with user and password, for who wants them there; see `SecretText.reveal`."""
        return _joined(self.reveal_address(values), self.credentials.in_url(values) if self.credentials else "")


def _percent_encoded(value: str) -> str:
    return quote(value, safe="")


def _joined(address: str, user_info: str) -> str:
    scheme, mark, rest = address.partition("://")
    return f"{scheme}{mark}{user_info}@{rest}" if user_info else address


class _Parts(NamedTuple):
    """A URL in three: "http://host:80", "user:password" and "/path?query"; a path has no origin."""

    origin: str
    user_info: str | None
    rest: str


def _split(text: str) -> _Parts:
    if text.startswith("/"):
        return _Parts("", None, text)
    scheme, mark, rest = text.partition("://")
    end = re.search(r"[/?#]|$", rest)
    assert end, "a text has an end"
    user_info, at, host = rest[: end.start()].rpartition("@")
    return _Parts(scheme + mark + host, user_info if at else None, rest[end.start() :])


def parse_url(text: str) -> SecretUrl:
    """Read any URL, or a path: without user and password, which are kept apart, and with telling arguments hidden.

    Hidden are the values of arguments whose names speak of credentials, and those that could be a token.

    Raises:
        ValueError: A reference is none, or stands where a host or a port should be; says so without the text.
    """
    marks, marked = _with_marks(text, parse(text))
    origin, user_info, rest = _split(marked)
    if any(symbol in origin for symbol in marks):
        raise ValueError("a reference may stand before the @, in the path and in the query, but not in scheme or host")
    path, question, query = rest.partition("?")
    address = [*_unmarked(origin + path + question, marks), *_arguments(query, marks)]
    return SecretUrl(SecretText(merged(address)), None if user_info is None else _credentials(user_info, marks))


def apart(url: str) -> tuple[str, str | None]:
    """Split a URL without references into the URL without user and password, and the header Authorization for these."""
    origin, user_info, rest = _split(url)
    if user_info is None:
        return url, None
    return origin + rest, _credentials(user_info, {}).authorization({})


def shareable(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration of plain values as it may be stored and shown.

    Args:
        configuration: Headers as a mapping or as pairs; the body as text or bytes.
    """
    shown = dict(configuration)
    for name in shown.keys() & _URLS:
        shown[name] = shown[name] and _as_shown(parse_url, str(shown[name]))
    if body := shown.get("body"):
        shown["body"] = described_body(body) if isinstance(body, bytes) else _as_shown(parse_body, str(body))
    headers = shown.get("headers")
    if isinstance(headers, Mapping):
        shown["headers"] = {name: _shown_header(str(name), str(text)) for name, text in headers.items()}
    elif headers:
        shown["headers"] = [[name, _shown_header(name, text)] for name, text in headers]
    return shown


def hidden_in(configuration: Mapping[str, Any]) -> Iterator[str]:
    """The secrets that `shareable` hides, as they were typed, and the words of each, such as a token after Bearer."""
    texts: list[SecretText] = []
    for name in configuration.keys() & _URLS:
        with suppress(ValueError):
            texts += parse_url(str(configuration[name] or "")).texts
    headers = configuration.get("headers") or ()
    for name, text in headers.items() if isinstance(headers, Mapping) else headers:
        with suppress(ValueError):
            texts.append(parse_header(str(name), str(text)))
    for hidden in (piece.text for text in texts for piece in text.pieces if isinstance(piece, Hidden) and piece.text):
        yield from {hidden, *hidden.split()}
    if not str(body := configuration.get("body") or "").startswith(MASK):
        yield str(body)


def _shown_header(name: str, text: str) -> str:
    return _as_shown(partial(parse_header, name), text)


def _as_shown(read: Callable[[str], object], text: str) -> str:
    """A text as it may be shown; nothing of one that cannot be read."""
    try:
        return str(read(text))
    except ValueError:
        return MASK


def _with_marks(text: str, pieces: tuple[Piece, ...]) -> tuple[dict[str, Reference], str]:
    """The text with something in the place of each reference in which no character has a meaning in a URL."""
    unused = "xReferenceX"
    while unused in text:
        unused += "X"
    marks: dict[str, Reference] = {}
    marked = ""
    for piece in pieces:
        if isinstance(piece, Reference):
            marks[f"{unused}{len(marks)}Z"] = piece
            marked += f"{unused}{len(marks) - 1}Z"
        else:
            marked += str(piece)
    return marks, marked


def _unmarked(text: str, marks: Mapping[str, Reference]) -> list[Piece]:
    """The inverse of `_with_marks`, for a part of a text."""
    parts = re.split("|".join(f"({symbol})" for symbol in marks) or r"(?!)", text)
    return [marks.get(part, part) for part in parts if part]


def _arguments(query: str, marks: Mapping[str, Reference]) -> list[Piece]:
    pieces: list[Piece] = []
    for number, argument in enumerate(query.split("&")):
        name, equals, value = argument.partition("=")
        pieces += ["&"] * (number > 0) + _unmarked(name + equals, marks)
        read = _unmarked(value, marks)
        referring = any(isinstance(piece, Reference) for piece in read)
        hidden = value and not referring and (tells(name) or not is_plain(unquote(value)))
        pieces += [Hidden(None if value == MASK else value)] if hidden else read
    return pieces


def _credentials(user_info: str, marks: Mapping[str, Reference]) -> Credentials:
    user, _, password = user_info.partition(":")
    if user_info == MASK:
        return Credentials(*(SecretText((Hidden(None),)) for _ in range(2)))
    referring = any(symbol in user_info for symbol in marks)
    return Credentials(*(_credential(text, marks, hidden=not referring) for text in (user, password)))


def _credential(text: str, marks: Mapping[str, Reference], *, hidden: bool) -> SecretText:
    pieces = [
        piece if isinstance(piece, Reference) else unquote(str(piece), errors="surrogateescape")
        for piece in _unmarked(text, marks)
    ]
    return SecretText(tuple(Hidden(piece) if hidden and isinstance(piece, str) else piece for piece in pieces))
