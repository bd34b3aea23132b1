"""What goes over the wire for an answer, step by step: bytes, rests, and under a fault what breaks it off."""

import sys
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from math import ceil

from http_benchmark.faults import Fault, FaultKind
from http_benchmark.origin.answers import LAST_CHUNK, Answer, chunk
from http_benchmark.origin.messages import Buffer

_GARBAGE = b"\x16\x03\x01 this is no HTTP\r\n\r\n"
_BAD_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\nno size\r\nbytes\r\n"
_LEAST_REST_S = 0.001  # of a trickle: a long body comes in larger drops, not in more of them
_LINE_S = 0.01  # pieces of a capped line are what it carries in this time …
_LEAST_PIECE_BYTES = 512  # … but no smaller than that


class Ending(Enum):
    """How a connection is broken off: in order (FIN), or with a reset (RST)."""

    CLOSE = "close"
    RESET = "reset"


_ENDINGS = {
    FaultKind.RESET_BEFORE: Ending.RESET,
    FaultKind.RESET_IN: Ending.RESET,
    FaultKind.RESET_AFTER: Ending.RESET,
    FaultKind.DROP: Ending.CLOSE,
    FaultKind.TRUNCATED: Ending.CLOSE,
    FaultKind.CLOSE_AFTER: Ending.CLOSE,
    FaultKind.GARBAGE: Ending.CLOSE,
    FaultKind.BAD_CHUNK: Ending.CLOSE,
}

type Step = tuple[Buffer, ...] | float | Ending
"""Bytes to write, seconds to rest, or the end of the connection, after which nothing comes."""


def script(answer: Answer) -> Iterator[Step]:
    """The steps of an answer, with its fault."""
    fault = answer.fault
    if fault is None:
        return whole(answer)
    ending = _ENDINGS.get(fault.kind)
    steps = _until_it_ends(answer, fault)
    return steps if ending is None else chain(steps, (ending,))


def _until_it_ends(answer: Answer, fault: Fault) -> Iterator[Step]:
    flow = _Flow(answer)
    match fault.kind:
        case FaultKind.RESET_BEFORE | FaultKind.DROP:
            pass
        case FaultKind.GARBAGE:
            yield (_GARBAGE,)
        case FaultKind.BAD_CHUNK:
            yield (_BAD_CHUNK,)
        case FaultKind.RESET_IN | FaultKind.TRUNCATED:
            yield from flow.half()
        case FaultKind.STALLED:
            yield from chain(flow.take(flow.head_bytes // 2), (fault.amount,), flow.take())
        case FaultKind.STALLED_BODY:
            yield from chain(flow.half(), (fault.amount,), flow.take())
        case FaultKind.TRICKLE:
            yield from chain(flow.trickle(fault.amount), flow.take())
        case _:
            yield from whole(answer)


def whole(answer: Answer) -> Iterator[Step]:
    """The steps of an answer to which nothing happens; the head goes out together with the first piece."""
    stream = answer.stream
    if stream is None:
        yield (answer.wire,)
        return
    head: tuple[Buffer, ...] = (answer.wire,)
    for piece in stream.pieces:
        yield (*head, *(chunk(piece) if answer.chunked else (piece,)))
        head = ()
        if stream.pause_s:
            yield stream.pause_s
    if answer.chunked:
        yield (*head, LAST_CHUNK)
    elif head:
        yield head


def capped(steps: Iterator[Step], bytes_per_s: float) -> Iterator[Step]:
    """The same steps over a line that carries so much: each piece comes when the line is done with it."""
    piece_bytes = max(_LEAST_PIECE_BYTES, round(bytes_per_s * _LINE_S))
    for step in steps:
        if not isinstance(step, tuple):
            yield step
            continue
        for part in step:
            for start in range(0, len(part), piece_bytes):
                piece = part[start : start + piece_bytes]
                yield len(piece) / bytes_per_s
                yield (piece,)


class _Flow:
    """The bytes of an answer in order, to be taken as they are wanted; rests between its pieces are left out.

    Attributes:
        head_bytes: Length of the head.
        body_bytes: Length of the body that faults act upon: of a chunked one, which has no length, its first chunk.
    """

    def __init__(self, answer: Answer) -> None:
        self.head_bytes = answer.head_bytes
        pieces: Iterator[Buffer] = (part for step in whole(answer) if isinstance(step, tuple) for part in step)
        if answer.stream is None:
            self.body_bytes = len(answer.wire) - self.head_bytes
        elif answer.stream.length is not None:
            self.body_bytes = answer.stream.length
        else:
            first = [next(pieces, b"") for _ in range(4 if answer.chunked else 2)]  # head, size, piece, end of line
            self.body_bytes = sum(map(len, first[1:]))
            pieces = chain(first, pieces)
        self._pieces = pieces
        self._opened: Buffer = b""  # what is left of a piece

    def take(self, count: int = sys.maxsize) -> Iterator[Step]:
        """The next so many bytes, or all that are left."""
        while count > 0:
            piece = self._opened or next(self._pieces, None)
            if piece is None:
                return
            taken, self._opened = piece[:count], piece[count:]
            count -= len(taken)
            if taken:
                yield (taken,)

    def half(self) -> Iterator[Step]:
        """The head with half of the body; of an answer without a body half of the head."""
        at_once, acted_upon = self._parts()
        return self.take(at_once + acted_upon // 2)

    def trickle(self, duration_s: float) -> Iterator[Step]:
        """The head, then the body drop by drop; of an answer without a body the head drop by drop."""
        at_once, acted_upon = self._parts()
        drops = min(acted_upon, ceil(duration_s / _LEAST_REST_S) or 1)
        drop_bytes = ceil(acted_upon / drops)
        yield from self.take(at_once)
        for start in range(0, acted_upon, drop_bytes):
            now = min(drop_bytes, acted_upon - start)
            yield duration_s * now / acted_upon
            yield from self.take(now)

    def _parts(self) -> tuple[int, int]:
        return (self.head_bytes, self.body_bytes) if self.body_bytes else (0, self.head_bytes)
