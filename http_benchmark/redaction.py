"""What must not leave the process: the passwords in URLs, the values of headers, the bodies."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

_TELLING = "auth|cookie|token|secret|password|credential|session|api.?key|signature"
_SECRET_HEADER = re.compile(_TELLING, re.IGNORECASE)
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
    return f" through the proxy {urlsplit(proxy).netloc.rpartition('@')[2]}" if proxy else ""


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
        text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return text


def shareable(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration that may be stored and shown: without the passwords in its URLs and the values of secret headers.

    Args:
        configuration: As an experiment's or a benchmark's `to_dict` gives it; headers as a mapping or as pairs.
    """
    shown = dict(configuration)
    for name in ("url", "target_url", "proxy"):
        if shown.get(name):
            shown[name] = without_passwords(shown[name])
    headers = shown.get("headers")
    if isinstance(headers, Mapping):
        shown["headers"] = {name: _masked(name, value) for name, value in headers.items()}
    elif headers:
        shown["headers"] = [[name, _masked(name, value)] for name, value in headers]
    return shown


def _masked(name: str, value: str) -> str:
    return "***" if _SECRET_HEADER.search(name) else value


def described_request(method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes | str = b"") -> str:
    """A request in words that may be logged: the names of its headers and the size of its body."""
    names = ", ".join(name for name, _ in headers) or "none"
    size = len(body.encode() if isinstance(body, str) else body)
    return f"{method} {without_passwords(url)}, headers: {names}, body: {size} bytes"
