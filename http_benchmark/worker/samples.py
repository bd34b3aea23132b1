"""The file through which a worker's samples reach the controller."""

import ctypes
import fcntl
import os
import tempfile
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from http_benchmark.load.recorder import SAMPLE

type Samples = NDArray[np.int64]
"""Shape (n, 4), read-only, in no particular order: intended, started, ended (ns of the monotonic clock), tag and code;
see `load.recorder`."""

CHUNK_SAMPLES = 16_384  # what is computed from a chunk stays in the processor's cache; whole pages
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # fallocate(2)


class SamplesFile:
    """A temporary file without a name: the worker appends, the controller takes what is there.

    While the worker appends, what was taken is given back to the file system by punching holes: cutting the file off
    could hit samples that arrive at this moment. Where a file system cannot do that (and outside Linux) the samples of
    a run stay on disk until it is over, 32 bytes each.

    Attributes:
        descriptor: The open file, for a worker to inherit.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self.descriptor = self._file.fileno()
        self._taken = 0
        flags = fcntl.fcntl(self.descriptor, fcntl.F_GETFL)
        fcntl.fcntl(self.descriptor, fcntl.F_SETFL, flags | os.O_APPEND)  # so that emptying it moves the writer too

    @property
    def waiting(self) -> int:
        """How many samples nobody has taken yet."""
        return (os.fstat(self.descriptor).st_size - self._taken) // SAMPLE.size

    def take(self) -> Iterator[Samples]:
        """Read the samples that are there now, each once, at most `CHUNK_SAMPLES` at a time.

        The worker may go on appending; a sample that it is about to write is left for the next time.
        """
        end = self._taken + self.waiting * SAMPLE.size
        while self._taken < end:
            chunk = os.pread(self.descriptor, min(CHUNK_SAMPLES * SAMPLE.size, end - self._taken), self._taken)
            _punch_hole(self.descriptor, self._taken, len(chunk))
            self._taken += len(chunk)
            yield np.frombuffer(chunk, dtype=np.int64).reshape(-1, SAMPLE.size // 8)

    def empty(self) -> None:
        """Make the file empty for the next run. Only while the worker waits for its orders."""
        os.ftruncate(self.descriptor, 0)
        self._taken = 0

    def close(self) -> None:
        """Close the file, which removes it. Harmless when repeated."""
        self._file.close()


def _punch_hole(descriptor: int, start: int, size: int) -> None:
    """Free the disk space of a range, where the system can; a range that reaches into a page clears its part of it."""
    if _FALLOCATE is not None:
        _FALLOCATE(descriptor, _PUNCH_HOLE | _KEEP_SIZE, start, size)


def _fallocate() -> "ctypes._NamedFuncPointer | None":
    """The C library's function, with 64-bit offsets; None outside Linux."""
    library = ctypes.CDLL(None)
    function = getattr(library, "fallocate64", None) or getattr(library, "fallocate", None)  # musl has but one
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return function


_FALLOCATE = _fallocate()
