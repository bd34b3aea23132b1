"""Burns CPU time, makes system calls and allocates, all of it so often that it can be told beforehand."""

import os
from itertools import repeat

from burning_look import look

LOOKS = 12
SYSCALLS = 3
ALLOCATIONS = 5
BLOCK_BYTES = 5_000


class BurningPool:
    """A pool that looks through all of its connections for each request."""

    def find_connection(self) -> None:
        """Burn most of the time here, and some of it in another file."""
        for _ in range(SYSCALLS):
            os.getppid()
        for _ in range(ALLOCATIONS):
            bytearray(BLOCK_BYTES)  # one block for its bytes, one for itself
        for number in range(LOOKS):
            self._expired(number)
            look()

    def _expired(self, number: int) -> int:
        for _ in repeat(None, 1_000):  # numbers as small as these are there already
            number ^= 1
        return number
