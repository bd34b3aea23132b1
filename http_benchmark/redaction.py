"""What must not leave the process: the passwords in URLs, the values of headers, the bodies."""

import re
from collections.abc import Iterable

_USER_INFO = re.compile(r"(?<=://)[^\s/?#]*@")


def without_passwords(text: str) -> str:
    """Replace what stands before the @ of each URL in a text by `***`."""
    return _USER_INFO.sub("***@", text)


def described_request(method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes | str = b"") -> str:
    """A request in words that may be logged: the names of its headers and the size of its body."""
    names = ", ".join(name for name, _ in headers) or "none"
    size = len(body.encode() if isinstance(body, str) else body)
    return f"{method} {without_passwords(url)}, headers: {names}, body: {size} bytes"
