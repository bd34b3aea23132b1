"""Bodies of any size, compressed when first asked for, and kept: sending one costs what sending a plain one does."""

import gzip
import importlib
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import brotli

from http_benchmark.origin.payload import text

MAX_BYTES = 16 * 1024**2
"""Longest body, before it is compressed."""

TOKENS: Mapping[str, str] = {"gzip": "gzip", "deflate": "deflate", "brotli": "br", "zstd": "zstd"}
"""What can be asked for, and what HTTP calls it."""

_KEPT_BODIES = 64


def _zstd(body: bytes) -> bytes:
    # Not imported above: it comes with the language from 3.14 on, and few ask for it.
    try:
        library = importlib.import_module("compression.zstd")
    except ImportError:
        library = importlib.import_module("backports.zstd")
    compressed: bytes = library.compress(body)
    return compressed


_COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": partial(gzip.compress, mtime=0),  # no time of day: the same each time
    "deflate": zlib.compress,  # with zlib's head, which is what HTTP means by it
    "brotli": partial(brotli.compress, quality=5),  # the best quality takes seconds for a megabyte
    "zstd": _zstd,
}


@lru_cache(_KEPT_BODIES)
def encoded(encoding: str, length: int) -> bytes:
    """`payload.text` of this length, compressed; `encoding` is one of `TOKENS`."""
    return _COMPRESSORS[encoding](text(length))
