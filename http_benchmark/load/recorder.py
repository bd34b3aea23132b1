"""Noting what happened: one lane per thread or event loop, in preallocated memory, emptied into a file.

A sample is four int64: when the request was due, when it was sent, when it was done (ns of the monotonic clock), and
`place << PLACE_SHIFT | tag << CODE_BITS | code`. The code is an HTTP status or, below 100, that of an `ErrorKind`; the
tag says which name of a workload it had, the place which of a mix's requests it was; both are 0 where there is but one.
A lane's memory is allocated and touched beforehand, so that
recording allocates nothing; a full lane, and every lane at the end of a slice, goes to the file with one write. Not
even a difference is computed here: statistics are made elsewhere, later.
"""

import mmap
import os
import struct
from collections.abc import Callable

CODE_BITS = 10  # HTTP statuses end at 999
CODE_MASK = (1 << CODE_BITS) - 1
TAG_BITS = 10
TAG_MASK = (1 << TAG_BITS) - 1
PLACE_SHIFT = CODE_BITS + TAG_BITS
SAMPLE = struct.Struct("4q")
BUFFERED_SAMPLES = 65536
_LEAST_SAMPLES_PER_LANE = 256

type Record = Callable[[int, int, int, int], None]
"""Note one request: intended, started, ended (ns), code (with tag and place above it)."""


class Lane:
    """The samples of one thread, or of all tasks of one event loop.

    Args:
        capacity: Samples held before they are written out.
        sink: File descriptor, open for appending.

    Attributes:
        record: Note one request; called in the hot loop.
    """

    def __init__(self, capacity: int, sink: int) -> None:
        size = capacity * SAMPLE.size
        memory = mmap.mmap(-1, size)  # shared pages, so that the worker's own memory can be told from them
        memory.write(bytes(size))  # touched now, not while measuring
        pack_into, sample_bytes = SAMPLE.pack_into, SAMPLE.size
        filled = 0

        def record(intended: int, started: int, ended: int, code: int) -> None:
            nonlocal filled
            pack_into(memory, filled, intended, started, ended, code)
            filled += sample_bytes
            if filled == size:
                flush()

        def flush() -> None:
            nonlocal filled
            unwritten = memoryview(memory)[:filled]
            while unwritten:
                unwritten = unwritten[os.write(sink, unwritten) :]
            filled = 0

        self.record: Record = record
        self.flush = flush


def lanes(count: int, sink: int) -> list[Lane]:
    """Make the lanes of `count` threads, which share the buffer's budget."""
    capacity = max(_LEAST_SAMPLES_PER_LANE, BUFFERED_SAMPLES // count)
    return [Lane(capacity, sink) for _ in range(count)]
