"""Measures the queued jobs, one after the other, each in a process of its own; and tells who listens.

The table of jobs is the truth (`database.jobs`). What listeners are told by `Feed` is only that there is something new,
so that no slow one can hold anything up, and a job that another server measures is seen, too.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from loguru import logger

from http_benchmark.api.targets import AllowedTarget
from http_benchmark.database.jobs import MOST_QUEUED, JobQueue
from http_benchmark.errors import HTTPBenchmarkError, StorageError, WorkerError
from http_benchmark.models.job import Job
from http_benchmark.utils.child import Child

LONGEST_S = 6 * 3600.0
"""How long a job may be measured; what it has then stays."""

_IDLE_S = 2.0  # until the table is looked at again, where nobody says that there is something new
_LISTEN_S = 0.5
_ENDING_PATIENCE_S = 30.0  # for the slice under way, and for saving
_FAILURE_PAUSE_S = 10.0


class Feed:
    """Wakes up who waits for something new of a job, and keeps how far its measurement is.

    Attributes:
        changes: How often something else than progress was told, of whichever job.
        progress: Of the job that is being measured: its ID, and how far it is.
        closed: Whether the server ends.
    """

    def __init__(self) -> None:
        self.changes = 0
        self.closed = False
        self.progress: tuple[str, Mapping[str, Any]] | None = None
        self._lock = threading.Lock()
        self._waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    @property
    def readers(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    @contextmanager
    def waiting(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is something new of a job; in an event loop."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.setdefault(job_id, set()).add(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                self._waiting[job_id].discard(entry)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def tell(self, job_id: str, progress: Mapping[str, Any] | None = None) -> None:
        """There is something new; from any thread.

        Args:
            job_id: Of the job.
            progress: How far it is; None where that is not what is new.
        """
        with self._lock:
            if progress is None:
                self.changes += 1
            else:
                self.progress = (job_id, progress)
            waiting = [*self._waiting.get(job_id, ())]
        self._wake(waiting)

    def close(self) -> None:
        """Wake up everybody, since the server ends."""
        self.closed = True
        with self._lock:
            waiting = [entry for entries in self._waiting.values() for entry in entries]
        self._wake(waiting)

    @staticmethod
    def _wake(waiting: Collection[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(event.set)


class Measuring:
    """The thread that measures; it lives until `stop`.

    Orders hold what was typed, which the table does not; where the server ended in between, they are lost.

    Args:
        database: Path or URL, with its secrets.
        allowed_targets: What jobs may be aimed at.
        feed: Is told of everything.

    Attributes:
        job: The one that is measured now, or None.
    """

    def __init__(self, database: str, allowed_targets: Collection[AllowedTarget], feed: Feed) -> None:
        self.job: Job | None = None
        self._database = database
        self._allowed_targets = allowed_targets
        self._feed = feed
        self._orders: dict[str, dict[str, Any]] = {}
        self._cancelled: set[str] = set()
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs")

    def start(self) -> None:
        """Begin; children are started with the priority and on the processors of the thread that calls this."""
        self._thread.start()

    def stop(self) -> None:
        """Interrupt what is measured, which a later server goes on with, and end."""
        self._stopped.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()

    def keep_order(self, job_id: str, order: Mapping[str, Any]) -> None:
        """Keep what was typed for a job that is about to be queued; where too many are kept, no longer the oldest's.

        Those that another server measured are never asked for.
        """
        self._orders[job_id] = dict(order)
        while len(self._orders) > MOST_QUEUED + 1:  # and the one that is measured
            self._orders.pop(next(iter(self._orders)), None)

    def look(self) -> None:
        """A job was queued."""
        self._news.set()

    def cancelled(self, job_id: str) -> None:
        """A job was cancelled, maybe the one that is measured."""
        self._orders.pop(job_id, None)
        if self.job and self.job.id == job_id:
            self._cancelled.add(job_id)

    def _work(self) -> None:
        while not self._stopped.is_set():
            try:
                with JobQueue(self._database) as queue, queue.measuring() as alone:
                    while alone and not self._stopped.is_set():
                        self._measure_next(queue)
                self._pause(_IDLE_S)
            except HTTPBenchmarkError as error:
                logger.error("jobs wait: {}", error)
                self._pause(_FAILURE_PAUSE_S)
            except Exception as error:  # noqa: BLE001 - the edge of the thread: without it no job would ever be measured
                logger.opt(exception=error).error("jobs wait")
                self._pause(_FAILURE_PAUSE_S)

    def _pause(self, seconds: float) -> None:
        self._news.wait(seconds)
        self._news.clear()

    def _measure_next(self, queue: JobQueue) -> None:
        self.job = queue.claim()
        if self.job is None:
            self._pause(_IDLE_S)
            return
        self._feed.tell(self.job.id)
        try:
            self._measure(queue, self.job)
        except WorkerError as error:
            logger.error("{}", error)
            queue.end(self.job.id, "failed", "the process that measured it died; the server's log says how")
        finally:
            job_id, self.job = self.job.id, None
            self._orders.pop(job_id, None)
            self._cancelled.discard(job_id)
            self._feed.tell(job_id)

    def _measure(self, queue: JobQueue, job: Job) -> None:
        """Have a job measured until it ends, is cancelled, or the server ends.

        Raises:
            WorkerError: Its process died.
            StorageError: Another server may be the one who measures by now.
        """
        with Child("http_benchmark.api.runner", [str(os.getpid())], name=f"job {job.id}") as child:
            child.tell(
                {
                    "job": job.id,
                    "database": self._database,
                    "configuration": self._orders.get(job.id) or job.configuration,
                    "allowed_targets": [target.to_dict() for target in self._allowed_targets],
                }
            )
            deadline_s, interrupted = time.monotonic() + LONGEST_S, False
            while True:
                over = time.monotonic() > deadline_s
                if over and interrupted:
                    raise WorkerError(f"job {job.id} did not end in time and was killed; its blocks are stored")
                if not interrupted and (over or self._stopped.is_set() or job.id in self._cancelled):
                    interrupted, deadline_s = True, time.monotonic() + _ENDING_PATIENCE_S
                    child.tell({"interrupt": True})
                queue.require_alone()
                if not child.answers_within(_LISTEN_S):
                    continue
                message = child.listen(_ENDING_PATIENCE_S)
                if "ended" in message:
                    break
                self._take(queue, job.id, message)
        if "log" in message:
            logger.error("job {}: {}", job.id, message["log"])
        if self._stopped.is_set() and message["ended"] == "interrupted":
            queue.release(job.id)
        elif message["ended"] == "interrupted":
            queue.end(job.id, "failed", f"was measured for {LONGEST_S / 3600:g} h, longer than a job may")
        else:
            queue.end(job.id, message["ended"], message.get("message"))

    def _take(self, queue: JobQueue, job_id: str, message: Mapping[str, Any]) -> None:
        is_progress = message["kind"] == "progress"
        with contextlib.suppress(StorageError):  # then listeners miss it; the blocks are stored by the child
            noted = queue.status(job_id) if is_progress else queue.note(job_id, message["kind"], message["data"])
            if noted != "running":
                self._cancelled.add(job_id)  # by another server
        self._feed.tell(job_id, message["data"] if is_progress else None)
