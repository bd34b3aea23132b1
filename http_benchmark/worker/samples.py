"""The file through which a worker's samples reach the controller."""

import fcntl
import os
import tempfile

import numpy as np
from numpy.typing import NDArray

from http_benchmark.load.recorder import SAMPLE

type Samples = NDArray[np.int64]
"""Shape (n, 3), in no particular order: intended time (ns since the run started), lag (ns), packed duration and
code; see `load.recorder`."""


class SamplesFile:
    """A temporary file without a name: the worker appends, the controller takes what is there.

    Attributes:
        descriptor: The open file, for a worker to inherit.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self.descriptor = self._file.fileno()
        flags = fcntl.fcntl(self.descriptor, fcntl.F_GETFL)
        fcntl.fcntl(self.descriptor, fcntl.F_SETFL, flags | os.O_APPEND)  # so that emptying it moves the writer too

    def take(self, started_ns: int) -> Samples:
        """Read all samples and empty the file for the next run.

        Args:
            started_ns: The run's start, which becomes 0 of the intended times.
        """
        size = os.fstat(self.descriptor).st_size
        raw = bytearray()
        while len(raw) < size:  # one pread ends at 2 GiB
            raw += os.pread(self.descriptor, size - len(raw), len(raw))
        os.ftruncate(self.descriptor, 0)
        samples = np.frombuffer(raw, dtype=np.int64).reshape(-1, SAMPLE.size // 8)
        samples[:, 0] -= started_ns
        return samples

    def close(self) -> None:
        """Close the file, which removes it. Harmless when repeated."""
        self._file.close()
