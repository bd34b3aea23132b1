"""Bodies of any size out of one shared block, so that none of them is ever built: byte i is i modulo 256."""

import itertools
import random
from collections.abc import Iterator

from http_benchmark.origin.messages import Buffer

BLOCK_BYTES = 262144
"""Size of the shared block, a multiple of 256, and so the largest piece that is sent at a time."""

_BLOCK = memoryview(bytes(range(256)) * (BLOCK_BYTES // 256))


def payload(length: int) -> bytes:
    """The first `length` bytes, in one piece of their own; meant for small ones."""
    return b"".join(Pieces(length))


def text(length: int) -> bytes:
    """Hexadecimal digits that look random and are the same each time; they compress to about half their size."""
    return random.Random(length).randbytes(length // 2 + 1).hex()[:length].encode("ascii")


class Pieces:
    """The first `length` bytes in pieces of the shared block; can be iterated again and again.

    Args:
        length: Bytes in all.
        piece_bytes: Size of each piece but the last; at most `BLOCK_BYTES`.
    """

    def __init__(self, length: int, piece_bytes: int = BLOCK_BYTES) -> None:
        self._length = length
        self._piece_bytes = piece_bytes

    def __iter__(self) -> Iterator[Buffer]:
        for start in range(0, self._length, self._piece_bytes):
            yield _section(start, min(start + self._piece_bytes, self._length))


class Drops:
    """So many asterisks, one by one; can be iterated again and again."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __iter__(self) -> Iterator[Buffer]:
        return itertools.repeat(b"*", self._number)


def _section(start: int, end: int) -> Buffer:
    offset = start % BLOCK_BYTES
    beyond = offset + end - start - BLOCK_BYTES
    if beyond <= 0:
        return _BLOCK[offset : offset + end - start]
    return b"".join((_BLOCK[offset:], _BLOCK[:beyond]))
