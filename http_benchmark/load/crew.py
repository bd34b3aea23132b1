"""The threads of a synchronous client, which live as long as it does: what it keeps by thread is there in the next run.

Between two runs they wait for a lock, which takes no CPU time. What they do in a run is in `sync_runner`.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Self

type Job = Callable[[], None]

_WOKEN_TOGETHER = 64
"""So many threads wake at once, and each that runs wakes one more: those that wait for the interpreter's lock look
after it every 5 ms, so that thousands of them would keep each other from running for seconds."""


class Crew:
    """The calling thread and its mates; a context manager that ends these."""

    def __init__(self) -> None:
        self._mates: list[_Mate] = []

    def work(self, jobs: Sequence[Job], begin: Callable[[], object]) -> None:
        """Do all jobs at once: the first in this thread, each of the others in a thread that is the same every time.

        Args:
            jobs: At least one.
            begin: Called once when all threads are there.

        Raises:
            BaseException: Whatever `begin` raised, or a job; the other jobs are finished first.
        """
        faults: list[BaseException] = []
        mates = self._mates_for(len(jobs) - 1)
        for number, (mate, job) in enumerate(zip(mates, jobs[1:], strict=True), _WOKEN_TOGETHER):
            mate.give(job, faults, mates[number] if number < len(mates) else None)
        begin()
        for mate in mates[:_WOKEN_TOGETHER]:
            mate.wake()
        _do(jobs[0], faults)
        for mate in mates:
            mate.wait()
        if faults:
            raise faults[0]

    def close(self) -> None:
        """End the threads."""
        for mate in self._mates:
            mate.dismiss()
        self._mates = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _mates_for(self, number: int) -> "Sequence[_Mate]":
        while len(self._mates) < number:
            mate = _Mate()
            mate.start()
            self._mates.append(mate)
        return self._mates[:number]


class _Mate(threading.Thread):
    """A thread that waits for a job, does it, and waits for the next."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._turn, self._done = threading.Lock(), threading.Lock()
        self._turn.acquire()
        self._done.acquire()
        self._job: Job | None = None
        self._faults: list[BaseException] = []
        self._next: _Mate | None = None

    def give(self, job: Job, faults: list[BaseException], following: "_Mate | None") -> None:
        """Say what to do when it wakes, where to put what the job raises, and whom to wake before."""
        self._job, self._faults, self._next = job, faults, following

    def wake(self) -> None:
        """Have it do its job."""
        self._turn.release()

    def wait(self) -> None:
        """Until the job is done."""
        self._done.acquire()

    def dismiss(self) -> None:
        """End it; it has to be waiting."""
        self._job = self._next = None
        self._turn.release()
        self.join()

    def run(self) -> None:
        while self._turn.acquire() and self._job is not None:
            if self._next:
                self._next.wake()
            _do(self._job, self._faults)
            self._done.release()


def _do(job: Job, faults: list[BaseException]) -> None:
    try:
        job()
    except BaseException as fault:  # noqa: BLE001 - the edge of a thread: raised again by `work`
        faults.append(fault)
