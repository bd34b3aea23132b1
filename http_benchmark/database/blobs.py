"""Plain values as compressed JSON, the form in which documents and blocks are stored.

JSON is kept in ASCII, so that every text survives, and knows infinite numbers, which PostgreSQL's own JSON refuses.
zlib carries a checksum of its own: a damaged blob is noticed.
"""

import json
import zlib
from typing import Any

from http_benchmark.errors import UnreadableError
from http_benchmark.redaction import cleared_document

MOST_BYTES = 2**30
"""Of one value, unpacked; the largest block is a thousandth of that."""

_LEVEL = 6  # levels above take twice the time for 1 %


def pack(value: Any) -> bytes:
    """The inverse of `unpack`, but for secrets that are known: they are not stored."""
    return zlib.compress(json.dumps(cleared_document(value), separators=(",", ":")).encode("ascii"), _LEVEL)


def unpack(blob: bytes, what: str) -> Any:
    """Read what `pack` made.

    Raises:
        UnreadableError: It is not that any more; the message begins with `what`.
    """
    try:
        return json.loads(_decompressed(blob))
    except (zlib.error, ValueError, RecursionError):
        raise UnreadableError(f"{what} is damaged; restore the database from a copy") from None


def _decompressed(blob: bytes) -> bytes:
    decompressor = zlib.decompressobj()
    text = decompressor.decompress(blob, MOST_BYTES)
    if not decompressor.eof or decompressor.unused_data:
        raise ValueError("it is cut off, too long, or followed by something else")
    return text
