"""The field types of what may hold secrets: URLs, headers, bodies, proxies, databases.

They are read once, at the border, into `SecretText` and `SecretUrl`; what is dumped is what may be shown, and is read
back. A fault never says a secret.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator, ValidationInfo

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import kind_of
from http_benchmark.models.fields import option_named
from http_benchmark.redaction import MASK
from http_benchmark.secret import Reference, SecretText, parse, parse_body, parse_header
from http_benchmark.secret_url import SecretUrl, parse_url

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def read_url(value: object, info: ValidationInfo) -> SecretUrl:
    """Read an absolute http or https URL, or what was read already."""
    url = _taken_apart(value, info)
    if isinstance(value, SecretUrl):
        return url
    shown = f"got {_shown_url(url)!r}; write for example http://127.0.0.1:8080/get"
    _check_characters(str(value), url, info)
    parts, port = _parts(url)
    if parts is None:
        raise ValueError(f"{info.field_name} is no URL, {shown}")
    if parts.scheme not in {"http", "https"}:
        raise ValueError(f"{info.field_name} must start with http:// or https://, {shown}")
    if not parts.hostname or port == 0:
        raise ValueError(f"{info.field_name} must name a host and a port that can be reached, {shown}")
    return url


def read_target(value: object, info: ValidationInfo) -> SecretUrl:
    """Read a URL, or a path on the bundled origin."""
    if not isinstance(value, str) or not value.startswith("/"):
        return read_url(value, info)
    url = _taken_apart(value, info)
    _check_characters(value, url, info)
    return url


def _taken_apart(value: object, info: ValidationInfo) -> SecretUrl:
    return value if isinstance(value, SecretUrl) else _read_text(parse_url, value, info)


def _read_text[Read](read: Callable[[str], Read], value: object, info: ValidationInfo) -> Read:
    """What a text says; a fault names the field."""
    if not isinstance(value, str):
        raise ValueError(f"{info.field_name} must be text, got {kind_of(value)}")  # noqa: TRY004 - as pydantic has it
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{info.field_name}: {error}") from None


def _parts(url: SecretUrl) -> tuple[SplitResult | None, int | None]:
    """The parts of a URL and its port; None for both where it is no URL."""
    try:
        parts = urlsplit(str(url.address))
        port = parts.port
    except ValueError:
        return None, None
    return parts, port


def _shown_url(url: SecretUrl) -> str:
    """A URL that may be at fault; a password that is not percent-encoded ends where nobody expects it."""
    text = str(url)
    if _parts(url)[0] is None and "@" in str(url.address):
        return f"{text.partition('://')[0]}://{MASK}@{text.rpartition('@')[2]}"
    return text


def _check_characters(text: str, url: SecretUrl, info: ValidationInfo) -> None:
    """Refuse, in a URL or a path, what not every client sends as it is."""
    got, literal = f"got {_shown_url(url)!r}", "".join(piece for piece in parse(text) if isinstance(piece, str))
    if re.search(r"[\x00-\x20\x7f]", literal):
        raise ValueError(f"{info.field_name} must not contain spaces or control characters, {got}; percent-encode them")
    if unsafe := re.search(r"[<>\"\\`]", literal):
        raise ValueError(f"{info.field_name} must not contain {unsafe[0]}, {got}; percent-encode it")
    if not literal.isascii():
        raise ValueError(
            f"{info.field_name} must be ASCII, {got}; percent-encode other characters, and write a host's name as xn--…"
        )
    if "#" in literal:
        raise ValueError(
            f"{info.field_name} must not have a fragment, which no client sends, {got}; leave out # and on"
        )


def read_proxy(value: object, info: ValidationInfo) -> SecretUrl:
    """Read the URL of an HTTP proxy; what stands before an @ is never shown."""
    url = _taken_apart(value, info)
    if isinstance(value, SecretUrl):
        return url
    text, address = str(value), str(url.address)
    shown = f"got {text if '@' not in text else MASK + '@' + text.rpartition('@')[2]!r}"
    advice = "write http://host:port or http://user:password@host:port, special characters percent-encoded"
    parts, port = _parts(url)
    if parts is None:
        raise ValueError(f"{info.field_name} is no URL, {shown}; {advice}")
    if parts.scheme != "http":
        raise ValueError(f"{info.field_name} must start with http://, the only kind that is offered, {shown}; {advice}")
    if not parts.hostname or not port:
        raise ValueError(f"{info.field_name} must name a host and a port that can be reached, {shown}; {advice}")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or not re.fullmatch(r"[\x21-\x7e]*", text):
        raise ValueError(f"{info.field_name} must have nothing but credentials, host and port, {shown}; {advice}")
    user_info = text.removesuffix(address.partition("://")[2]).partition("://")[2].removesuffix("@")
    if url.credentials and ("@" in user_info or not url.credentials.is_complete):
        raise ValueError(f"{info.field_name} must have a user and a password before the @, {shown}; {advice}")
    return url


def _checked(read: Callable[[object, ValidationInfo], object]) -> Callable[[str, ValidationInfo], str]:
    """A validator that leaves a text as it is when it can be read."""

    def check(value: str, info: ValidationInfo) -> str:
        read(value, info)
        return value

    return check


def read_database(value: object, info: ValidationInfo) -> SecretUrl:
    """Read the URL of a database, or a file's name; one reference may stand for the whole of it."""
    if value == "":
        raise ValueError(f"{info.field_name} must not be empty")
    if (
        isinstance(value, str)
        and len(pieces := _read_text(parse, value, info)) == 1
        and isinstance(pieces[0], Reference)
    ):
        return SecretUrl(SecretText(pieces))
    return _taken_apart(value, info)


def _body_text(value: object, info: ValidationInfo) -> SecretText:
    """Read a body that is given as text."""
    return value if isinstance(value, SecretText) else _read_text(parse_body, value, info)


def _headers(value: object, info: ValidationInfo) -> tuple[tuple[str, SecretText], ...]:
    """Read headers from a mapping, pairs, or "Name: value" texts, and check them all."""
    faults: list[str] = []
    headers = []
    for name, text in _checked_pairs(value, info):
        try:
            headers.append((name, parse_header(name, text) if isinstance(text, str) else text))
        except ValueError as error:
            faults.append(f"header {name!r}: {error}")
    if faults:
        raise ConfigurationError(faults)
    return tuple(headers)


def _checked_pairs(value: object, info: ValidationInfo) -> tuple[tuple[str, str | SecretText], ...]:
    faults: list[str] = []
    pairs = tuple(_header_pairs(value, str(info.field_name), faults))
    faults += [fault for name, text in pairs if isinstance(text, str) and (fault := header_fault(name, text))]
    if faults:
        raise ConfigurationError(faults)
    return pairs


def _header_texts(value: object, info: ValidationInfo) -> tuple[tuple[str, str], ...]:
    """Read and check headers as `_headers` does, but leave their values texts."""
    return tuple((name, str(text)) for name, text in _checked_pairs(value, info))


def _header_pairs(value: object, field: str, faults: list[str]) -> Iterable[tuple[str, str | SecretText]]:
    entries = value.items() if isinstance(value, Mapping) else [value] if isinstance(value, str) else value
    if entries is None:
        return
    if not isinstance(entries, Iterable):
        faults.append(f"{field} must be a mapping of names to values, got {kind_of(value)}")
        return
    for number, entry in enumerate(entries, 1):
        match entry.partition(":") if isinstance(entry, str) else entry:
            case (str(name), ":", str(text)) | (str(name), str(text)) | [str(name), str(text)]:
                yield name.strip(" ") if isinstance(entry, str) else name, text.strip(" ")
            case (str(name), SecretText() as read):
                yield name, read
            case _:
                faults.append(f"{option_named(field)}: entry {number} must be text of the form 'Name: value'")


def header_fault(name: str, value: str) -> str | None:
    """What is wrong with a header, without its value; None for nothing."""
    if "\n" in name + value or "\r" in name + value:
        return f"header {name!r} must not contain a line break; remove it, a header is one line"
    if not HEADER_NAME.fullmatch(name):
        return f"header name {name!r} is not valid; use letters, digits and hyphens"
    if not _HEADER_VALUE.fullmatch(value):
        return f"header {name!r} has a value with characters that HTTP cannot carry; use printable Latin-1"
    if name.lower() == "transfer-encoding":
        return f"header {name!r} must not be given, since each client frames its bodies by itself; leave it out"
    return None


_AS_SHOWN = PlainSerializer(str, return_type=str)

Url = Annotated[str, AfterValidator(_checked(read_url))]
TargetUrl = Annotated[SecretUrl, PlainValidator(read_target), _AS_SHOWN]
ProxyUrl = Annotated[SecretUrl, PlainValidator(read_proxy), _AS_SHOWN]
DatabaseUrl = Annotated[SecretUrl, PlainValidator(read_database), _AS_SHOWN]
Headers = Annotated[
    tuple[tuple[str, SecretText], ...],
    PlainValidator(_headers),
    PlainSerializer(lambda headers: [[name, str(text)] for name, text in headers], return_type=list[list[str]]),
]
HeaderTexts = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_header_texts)]
HeaderMapping = Annotated[dict[str, str], BeforeValidator(lambda value, info: dict(_header_texts(value, info)))]
BodyText = Annotated[SecretText, PlainValidator(_body_text), _AS_SHOWN]
