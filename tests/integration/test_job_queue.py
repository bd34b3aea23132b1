"""The queue of jobs on both databases: who measures, who may not, and how that ends."""

import subprocess
import sys
from pathlib import Path

from http_benchmark.database.jobs import JobQueue
from http_benchmark.errors import StorageError
from http_benchmark.storage import ResultStorage
from tests.storage_case import PostgresqlCase, SqliteCase, StorageCase

_HOLDER = """
import sys
from http_benchmark.database.jobs import JobQueue
with JobQueue(sys.argv[1]) as queue, queue.measuring() as alone:
    print(alone, flush=True)
    sys.stdin.read()
"""


class QueueSuite(StorageCase):
    """Queues on one database, as several servers have them."""

    def setUp(self) -> None:
        super().setUp()
        ResultStorage(self.database).close()
        self.queue, self.other = self.opened_queue(), self.opened_queue()

    def opened_queue(self, database: str | Path | None = None) -> JobQueue:
        return self.enterContext(JobQueue(database or self.database))

    def test_one_measures(self) -> None:
        """Another one may as soon as the first has ended."""
        with self.queue.measuring() as alone:
            with self.other.measuring() as alone_too:
                self.assertEqual((True, False), (alone, alone_too))
            self.queue.require_alone()
        with self.other.measuring() as alone:
            self.assertTrue(alone)

    def test_whoever_is_killed_lets_go(self) -> None:
        """The next one takes over, first of all what was measured."""
        with subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(self.database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            self.assertEqual("True\n", holder.stdout.readline())
            with self.queue.measuring() as alone:
                self.assertFalse(alone)
            holder.kill()
        self.wait_for_the_dead()
        with self.queue.measuring() as alone:
            self.assertTrue(alone)

    def wait_for_the_dead(self) -> None:
        """Until the database knows that its client is dead; at once where it is a file."""

    def test_order(self) -> None:
        """First come, first served; a job whose server died or ended comes before all that came later."""
        for job_id in ("j-1", "j-2"):
            self.queue.add(job_id, {})
        self.assertEqual("j-1", self.queue.claim().id)
        self.assertEqual("j-1", self.other.claim().id)
        self.queue.release("j-1")
        self.assertEqual("queued", self.other.status("j-1"))
        self.assertEqual("j-1", self.other.claim().id)
        self.other.end("j-1", "finished")
        self.assertEqual(("j-2", None), (self.other.claim().id, self.other.status("j-3")))

    def test_ended_once(self) -> None:
        """What ended stays as it ended, whoever ends it again."""
        self.queue.add("j-1", {})
        self.queue.end("j-1", "cancelled")
        self.assertEqual("cancelled", self.other.end("j-1", "failed", "too late").status)
        self.assertEqual(["queued", "cancelled"], [event.data["status"] for event in self.queue.events("j-1")])
        self.assertEqual([], self.queue.events("j-1", after=2))


class SqliteTest(QueueSuite, SqliteCase):
    def test_other_names_of_the_file(self) -> None:
        """A link is the same database, and so is a path with a detour."""
        link = self.folder / "link.db"
        link.symlink_to(self.database)
        with self.queue.measuring():
            for database in (link, self.folder / ".." / self.folder.name / Path(self.database).name):
                with self.subTest(database), self.opened_queue(database).measuring() as alone:
                    self.assertFalse(alone)


class PostgresqlTest(QueueSuite, PostgresqlCase):
    _HOLDERS = "pid FROM pg_locks WHERE locktype = 'advisory'"

    def wait_for_the_dead(self) -> None:
        while self.rows(f"SELECT {self._HOLDERS}"):
            pass

    def test_a_connection_that_breaks(self) -> None:
        """With it goes the lock; whoever held it notices before it measures on, or takes another job."""
        self.queue.add("j-1", {})
        for ask in (self.queue.require_alone, self.queue.claim):
            with self.subTest(ask.__name__), self.assertRaises(StorageError), self.queue.measuring() as alone:
                self.assertTrue(alone)
                self.rows(f"SELECT pg_terminate_backend(pid, 60000) FROM (SELECT {self._HOLDERS}) AS holders")
                with self.other.measuring() as alone_too:
                    self.assertTrue(alone_too)
                ask()
        self.assertEqual("queued", self.other.status("j-1"))


del QueueSuite
