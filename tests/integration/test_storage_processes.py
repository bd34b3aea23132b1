"""Several processes on one database, and processes that are killed while they write."""

import multiprocessing
import signal
import subprocess
import sys
from multiprocessing.synchronize import Event

from http_benchmark.storage import ResultStorage
from tests.storage_case import PostgresqlCase, SqliteCase
from tests.unit.records import a_block, an_experiment
from tests.unit.test_models import a_result

_PATIENCE_S = 120.0


def main(job: str, database: str, name: str, count: int) -> None:
    """What the processes of these tests do: wait for a word, write to the database, say what is committed."""
    say("ready")
    sys.stdin.readline()
    with ResultStorage(database) as storage:
        if job == "results":
            for number in range(count):
                storage.save_result(a_result(id=f"{name}-{number}", name=name))
        if job == "blocks":
            storage.start_experiment(an_experiment(name))
            for number in range(count):
                storage.save_block(name, a_block(number, trials=3, slices=4))
                say(number)
            storage.finish_experiment(an_experiment(name))


def write_blocks(begin: Event, database: str, name: str, count: int) -> None:
    """Wait for the sign, and store an experiment of so many blocks."""
    begin.wait()
    with ResultStorage(database) as storage:
        storage.start_experiment(an_experiment(name))
        for number in range(count):
            storage.save_block(name, a_block(number, trials=3, slices=4))
        storage.finish_experiment(an_experiment(name))


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class ProcessesSuite:
    def start(self, job: str, name: str, count: int) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", __name__, job, str(self.database), name, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end, process)
        self.assertEqual("ready", self.heard(process))
        return process

    def go(self, *processes: subprocess.Popen[str]) -> None:
        """Have processes that are ready begin at the same time."""
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def heard(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def end(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            process.kill()
        process.communicate()

    def assert_succeed(self, *processes: subprocess.Popen[str]) -> None:
        for process in processes:
            _, stderr = process.communicate(timeout=_PATIENCE_S)
            self.assertEqual((0, ""), (process.returncode, stderr))

    def test_several_writers_lose_nothing(self) -> None:
        """Four processes that make one database and write at once all succeed, and every row is there."""
        writers = [self.start("results", f"w{number}", 15) for number in range(2)]
        writers += [self.start("blocks", f"e{number}", 6) for number in range(2)]
        self.go(*writers)
        self.assert_succeed(*writers)

        with ResultStorage(self.database) as storage:
            for name in ("w0", "w1"):
                self.assertEqual(
                    [f"{name}-{number}" for number in reversed(range(15))],
                    [result.id for result in storage.get_results_by_name(name)],
                )
            for name in ("e0", "e1"):
                self.assertEqual([a_block(number, 3, 4) for number in range(6)], storage.get_blocks(name))
                self.assertEqual("finished", storage.get_experiment(name).status)

    def test_fifty_writers_lose_nothing(self) -> None:
        """Fifty processes that write at once, to one experiment each, all succeed, and every block is there, whole."""
        self.opened()
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        begin = context.Event()
        writers = [
            context.Process(target=write_blocks, args=(begin, str(self.database), f"w{number}", 4))
            for number in range(50)
        ]
        for writer in writers:
            writer.start()
        begin.set()
        for writer in writers:
            writer.join(_PATIENCE_S)
        self.assertEqual([0] * 50, [writer.exitcode for writer in writers])

        expected = [a_block(number, 3, 4) for number in range(4)]
        store = self.opened()
        self.assertEqual({"finished"}, {summary.status for summary in store.list_experiments()})
        for number in range(50):
            self.assertEqual(expected, store.get_blocks(f"w{number}"))

    def test_kill_leaves_every_committed_block(self) -> None:
        """After kill -9 in the middle the database opens, has each block that was reported, and no half of one."""
        for round_number in range(3):
            name = f"killed{round_number}"
            with self.subTest(name):
                process = self.start("blocks", name, 1_000_000)
                self.go(process)
                reported = [self.heard(process) for _ in range(5 + round_number)]
                process.send_signal(signal.SIGKILL)
                rest, _ = process.communicate()
                last = int((reported + rest.split())[-1])

                with ResultStorage(self.database) as storage:
                    blocks = storage.get_blocks(name)
                    summary = next(row for row in storage.list_experiments() if row.id == name)
                    storage.save_result(a_result())

                self.assertIn(len(blocks), {last + 1, last + 2})  # one more may be committed and not yet reported
                self.assertEqual([a_block(number, 3, 4) for number in range(len(blocks))], blocks)
                self.assertEqual(("running", len(blocks)), (summary.status, summary.blocks))

    def test_readers_are_not_kept_waiting(self) -> None:
        """While one process writes blocks, another reads whole blocks only."""
        process = self.start("blocks", "busy", 15)
        self.go(process)
        self.assertEqual("0", self.heard(process))

        with ResultStorage(self.database) as storage:
            while process.poll() is None:
                for block in storage.get_blocks("busy"):
                    self.assertEqual(a_block(block.number, 3, 4), block)
        self.assert_succeed(process)


class SqliteProcessesTest(ProcessesSuite, SqliteCase):
    pass


class PostgresqlProcessesTest(ProcessesSuite, PostgresqlCase):
    pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
