"""Puts a form together as `multipart/form-data` (RFC 7578)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form.

    Attributes:
        name: Of the field.
        content: What is uploaded.
        filename: Of a file; None for a field that is none.
        content_type: Of the content; "" for plain text, which goes without.
    """

    name: str
    content: bytes
    filename: str | None = None
    content_type: str = ""


def multipart(parts: Sequence[Part]) -> tuple[str, bytes]:
    """Content type and body of a form, the same for the same parts."""
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    boundary = f"form-{digest[:32]}"  # of a hash, so that no part contains it
    lines = [line for part in parts for line in (f"--{boundary}".encode(), *_head(part), b"", part.content)]
    return f"multipart/form-data; boundary={boundary}", b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])


def _head(part: Part) -> list[bytes]:
    disposition = f'form-data; name="{_quoted(part.name)}"'
    if part.filename is not None:
        disposition += f'; filename="{_quoted(part.filename)}"'
    head = [f"Content-Disposition: {disposition}".encode()]
    return [*head, f"Content-Type: {part.content_type}".encode()] if part.content_type else head


def _quoted(text: str) -> str:
    """A name as HTML's forms write it: in UTF-8, with what would end it percent-encoded."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
