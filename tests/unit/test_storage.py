import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from http_benchmark import storage
from http_benchmark.errors import DatabaseVersionError, StorageError
from http_benchmark.migrations import revisions
from http_benchmark.migrations.engine import database_url, open_engine, reading, writing
from http_benchmark.migrations.schema import METADATA
from http_benchmark.models.experiment import ClientResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.storage import ResultStorage
from tests.unit.records import NOON, a_block, an_experiment, blocks
from tests.unit.test_models import a_result

NOBODY = 65534


class StorageCase(unittest.TestCase):
    """A fresh database in a folder of its own."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "results.db"

    def opened(self) -> ResultStorage:
        return self.enterContext(ResultStorage(self.path))

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """What another program sees in the file."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(statement).fetchall()


class ResultsTest(StorageCase):
    def test_path_and_url(self) -> None:
        """A path, a `Path` and a URL mean the same file; `db_path` is what was given."""
        result = a_result()
        for given_as in (str(self.path), self.path, f"sqlite:///{self.path}"):
            with self.subTest(given_as), ResultStorage(given_as) as store:
                self.assertEqual(given_as, store.db_path)
                if not store.get_all_results():
                    store.save_result(result)
                self.assertEqual([result], store.get_all_results())

    def test_default_and_keyword(self) -> None:
        """The file is benchmark_results.db in the current folder, and the keyword of old is `db_path`."""
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)

        with ResultStorage() as store:
            self.assertEqual("benchmark_results.db", store.db_path)
        with ResultStorage(db_path="other.db"):
            pass

        self.assertEqual(["benchmark_results.db", "other.db"], sorted(path.name for path in Path().glob("*.db")))

    def test_save_and_load_give_the_same(self) -> None:
        """All fields survive, times without a zone and missing figures included."""
        store = self.opened()
        for result in (
            a_result(start_time=datetime(2026, 1, 1, 12), end_time=datetime.now(UTC), p50_response_time=0.09),
            a_result(
                requests_per_second=None,
                cpu_usage_avg=None,
                network_io={"bytes_sent": 2**40, "bytes_recv": None},
                config_snapshot={"headers": {"A": "ä"}, "timeout": 30, "nested": [1, None, 0.1]},
            ),
        ):
            with self.subTest(result):
                store.save_result(result)
                self.assertEqual(result, store.get_result_by_id(result.id))

    def test_newest_first(self) -> None:
        """The last one saved comes first, among all and among those of a name."""
        store = self.opened()
        for number in range(4):
            store.save_result(a_result(id=f"r{number}", name="even" if number % 2 == 0 else "odd"))

        self.assertEqual(["r3", "r2", "r1", "r0"], [result.id for result in store.get_all_results()])
        self.assertEqual(["r2", "r0"], [result.id for result in store.get_results_by_name("even")])
        self.assertEqual([], store.get_results_by_name("eve"))

    def test_unknown_id(self) -> None:
        """An id that is not there gives None, and False from `delete_result`."""
        store = self.opened()

        self.assertIsNone(store.get_result_by_id("x"))
        self.assertFalse(store.delete_result("x"))

    def test_delete(self) -> None:
        """Exactly the named result goes."""
        store = self.opened()
        store.save_result(a_result(id="a"))
        store.save_result(a_result(id="b"))

        self.assertTrue(store.delete_result("a"))
        self.assertEqual(["b"], [result.id for result in store.get_all_results()])

    def test_compare_in_the_order_asked(self) -> None:
        """The documented figures, in the order asked, without those that are not there."""
        store = self.opened()
        for number in range(3):
            store.save_result(a_result(id=f"r{number}", requests_per_second=float(number)))

        rows = store.compare_results(["r2", "x", "r0"])

        self.assertEqual(["r2", "r0"], [row["id"] for row in rows])
        self.assertEqual(
            {
                "id": "r2",
                "name": "n",
                "client_library": "requests",
                "requests_per_second": 2.0,
                "avg_response_time": 0.1,
                "error_rate": 0.0,
                "cpu_usage_avg": 50.0,
                "memory_usage_avg": 20.0,
            },
            rows[0],
        )
        self.assertEqual([], store.compare_results([]))

    def test_an_id_can_be_stored_once(self) -> None:
        """A second result with the same id is refused, and the first stays."""
        store = self.opened()
        store.save_result(a_result(id="a", name="first"))

        with self.assertRaisesRegex(StorageError, "result 'a' is stored already"):
            store.save_result(a_result(id="a", name="second"))
        self.assertEqual(["first"], [result.name for result in store.get_all_results()])

    def test_bytes_in_the_configuration(self) -> None:
        """A configuration with a body of bytes is stored; the body becomes Base64."""
        store = self.opened()
        store.save_result(a_result(id="a", config_snapshot={"body": b"\x00\xff"}))

        loaded = store.get_result_by_id("a")
        assert loaded is not None
        self.assertEqual({"body": "AP8="}, loaded.config_snapshot)

    def test_what_is_no_json_is_refused(self) -> None:
        """A configuration with an object in it is refused in one line."""
        with self.assertRaisesRegex(StorageError, "object cannot be stored as JSON"):
            self.opened().save_result(a_result(config_snapshot={"x": object()}))

    def test_the_earlier_tools_table_is_left_alone(self) -> None:
        """A file of the earlier tool keeps its table and rows, beside ours."""
        self.sql("CREATE TABLE benchmark_results (id TEXT PRIMARY KEY, name TEXT)")
        self.sql("INSERT INTO benchmark_results VALUES ('old', 'n')")

        store = self.opened()
        store.save_result(a_result())
        store.delete_result("old")

        self.assertEqual([("old", "n")], self.sql("SELECT * FROM benchmark_results"))
        self.assertEqual(1, len(store.get_all_results()))

    def test_usable_without_close_and_after_it(self) -> None:
        """Code of old never closes; a file has no connection that could stay open."""
        store = ResultStorage(self.path)
        store.save_result(a_result(id="a"))
        store.close()
        store.close()

        self.assertIsNotNone(store.get_result_by_id("a"))

    def test_in_memory(self) -> None:
        """A database in memory lasts as long as the storage."""
        with ResultStorage("sqlite://") as store:
            store.save_result(a_result())
            self.assertEqual(1, len(store.get_all_results()))


class ExperimentsTest(StorageCase):
    def test_blocks_come_back_as_saved(self) -> None:
        """Two blocks of two trials with three slices each, in order of their numbers."""
        store = self.opened()
        store.start_experiment(an_experiment())
        saved = [a_block(0), a_block(1)]
        for block in reversed(saved):
            store.save_block("e-1", block)

        self.assertEqual(saved, store.get_blocks("e-1"))
        self.assertEqual([], store.get_blocks("e-2"))

    @given(blocks)
    @settings(max_examples=50)
    def test_any_block_comes_back_as_saved(self, block: BlockRecord) -> None:
        """Figures of every size, infinite ones too, texts and times of every zone survive."""
        experiment_id = str(uuid4())
        with ResultStorage(self.path) as store:
            store.start_experiment(an_experiment(experiment_id))
            store.save_block(experiment_id, block)
            (loaded,) = store.get_blocks(experiment_id)

        self.assertEqual(block, loaded)
        self.assertEqual(timedelta(0), loaded.started_at.utcoffset())

    def test_slices_are_rows(self) -> None:
        """The main figures of a slice can be asked for in SQL."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", a_block(trials=1, slices=2))

        self.assertEqual(
            [(0, "httpx:sync#0", 0, 100, 1000.0), (0, "httpx:sync#0", 1, 100, 1000.0)],
            self.sql(
                "SELECT block, contender, round, requests, throughput_rps"
                " FROM slices JOIN trials USING (experiment_id, block, trial) ORDER BY slice"
            ),
        )

    def test_an_experiment_is_running_until_it_is_finished(self) -> None:
        """What was started is stored as running; what was finished as its own status, whole."""
        store = self.opened()
        experiment = an_experiment(status="finished", environment={"cpu": "ä", "cores": 2})
        store.start_experiment(experiment)

        running = store.get_experiment("e-1")
        self.assertEqual(experiment.model_copy(update={"status": "running"}), running)

        for status in ("interrupted", "failed", "finished"):
            ended = experiment.model_copy(update={"status": status, "finished_at": NOON})
            store.finish_experiment(ended)
            self.assertEqual(ended, store.get_experiment("e-1"))
            self.assertEqual(status, store.list_experiments()[0].status)

    def test_an_experiment_must_be_started(self) -> None:
        """A block or an end of an unknown experiment is refused and stores nothing."""
        store = self.opened()

        with self.assertRaisesRegex(StorageError, "there is no experiment 'e-1'"):
            store.save_block("e-1", a_block())
        with self.assertRaisesRegex(StorageError, "there is no experiment 'e-1'"):
            store.finish_experiment(an_experiment())
        self.assertEqual([(0,)], self.sql("SELECT count(*) FROM blocks"))

    def test_a_block_is_stored_whole_or_not_at_all(self) -> None:
        """When a slice cannot be stored, neither the block nor its trials are."""
        store = self.opened()
        store.start_experiment(an_experiment())
        block = a_block()
        broken = block.trials[1].slices[2].model_copy(update={"requests": 2**70})  # beyond SQLite's integers
        trial = block.trials[1].model_copy(update={"slices": (*block.trials[1].slices[:2], broken)})

        with self.assertRaisesRegex(StorageError, "too large"):
            store.save_block("e-1", block.model_copy(update={"trials": (block.trials[0], trial)}))

        self.assertEqual([], store.get_blocks("e-1"))
        self.assertEqual([(0, 0)], self.sql("SELECT (SELECT count(*) FROM trials), (SELECT count(*) FROM slices)"))

    def test_a_block_or_experiment_can_be_stored_once(self) -> None:
        """A number or an id that is there already is refused, and what is there stays."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", a_block())

        with self.assertRaisesRegex(StorageError, "block 0 of experiment 'e-1' is stored already"):
            store.save_block("e-1", a_block(slices=1))
        with self.assertRaisesRegex(StorageError, "experiment 'e-1' is stored already"):
            store.start_experiment(an_experiment(name="again"))
        self.assertEqual([a_block()], store.get_blocks("e-1"))

    def test_a_time_without_a_zone_is_refused(self) -> None:
        """Stored moments are UTC, so one whose zone is unknown is not guessed."""
        store = self.opened()
        store.start_experiment(an_experiment())

        with self.assertRaisesRegex(StorageError, "must know its time zone"):
            store.save_block("e-1", a_block().model_copy(update={"started_at": datetime(2026, 1, 1)}))

    def test_unique_beginning_of_an_id(self) -> None:
        """A unique beginning finds; an ambiguous one names the candidates; a whole id wins over longer ones."""
        store = self.opened()
        for experiment_id in ("ab", "ab1", "ac%", "B"):
            store.start_experiment(an_experiment(experiment_id))

        found = {prefix: store.get_experiment(prefix) for prefix in ("ab1", "ab", "ac", "x", "", "%", "a_", "b")}
        self.assertEqual(
            {"ab1": "ab1", "ab": "ab", "ac": "ac%", "x": None, "": None, "%": None, "a_": None, "b": None},
            {prefix: experiment and experiment.id for prefix, experiment in found.items()},
        )
        with self.assertRaisesRegex(StorageError, r"^'a' fits several experiments: ab, ab1, ac%; give more"):
            store.get_experiment("a")

    def test_many_candidates_are_not_all_named(self) -> None:
        """An ambiguous beginning names five candidates."""
        store = self.opened()
        for number in range(9):
            store.start_experiment(an_experiment(f"a{number}"))

        with self.assertRaisesRegex(StorageError, r"a0, a1, a2, a3, a4, …; give"):
            store.delete_experiment("a")
        self.assertEqual(9, len(store.list_experiments()))

    def test_list(self) -> None:
        """Summaries, the last one started first, in pages."""
        store = self.opened()
        clients = tuple(
            ClientResult(contender=name, library=name, mode="sync", status="ok") for name in ("httpx", "pycurl")
        )
        for number in range(3):
            moment = NOON + timedelta(hours=number)
            store.start_experiment(an_experiment(f"e{number}", started_at=moment, clients=clients))
        store.start_experiment(an_experiment("older", started_at=NOON - timedelta(days=1), clients=()))
        store.save_block("e2", a_block(0))
        store.save_block("e2", a_block(1))

        summaries = store.list_experiments()

        self.assertEqual(["e2", "e1", "e0", "older"], [summary.id for summary in summaries])
        self.assertEqual(["e1", "e0"], [summary.id for summary in store.list_experiments(limit=2, offset=1)])
        self.assertEqual(["e0", "older"], [summary.id for summary in store.list_experiments(offset=2)])
        self.assertEqual(
            ("nightly", NOON + timedelta(hours=2), "running", 2, ("httpx", "pycurl"), ("a", "b")),
            tuple(
                getattr(summaries[0], name) for name in ("name", "started_at", "status", "blocks", "contenders", "tags")
            ),
        )
        self.assertEqual(UTC, summaries[0].started_at.tzinfo)

    def test_delete_takes_everything_along(self) -> None:
        """An experiment goes with its blocks, trials and slices; others stay."""
        store = self.opened()
        for experiment_id in ("first", "second"):
            store.start_experiment(an_experiment(experiment_id))
            store.save_block(experiment_id, a_block())

        self.assertTrue(store.delete_experiment("fir"))
        self.assertFalse(store.delete_experiment("first"))

        self.assertEqual(["second"], [summary.id for summary in store.list_experiments()])
        for table, count in (("blocks", 1), ("trials", 2), ("slices", 6)):
            with self.subTest(table):
                self.assertEqual([(count,)], self.sql(f"SELECT count(*) FROM {table}"))
        self.assertEqual([a_block()], store.get_blocks("second"))

    def test_a_document_of_another_version(self) -> None:
        """An experiment whose document is not understood is told in one line."""
        store = self.opened()
        store.start_experiment(an_experiment())
        self.sql("""UPDATE experiments SET document = '{"schema": "http-benchmark/experiment/9"}'""")

        with self.assertRaisesRegex(StorageError, "experiment e-1 was stored by another version"):
            store.get_experiment("e")


class RevisionTest(StorageCase):
    def at(self, revision: str) -> None:
        """Make the file with the schema of an earlier revision."""
        engine = open_engine(database_url(self.path))
        with writing(engine) as connection:
            revisions.upgrade(connection, revision)
        engine.dispose()

    def test_migrations_lead_to_the_schema(self) -> None:
        """What the migrations make is what the program expects, column by column."""
        self.opened()
        engine = open_engine(database_url(self.path))
        with reading(engine) as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "version_table": revisions.VERSION_TABLE,
                    "compare_type": True,
                    "include_object": lambda item, name, kind, reflected, _: name != "benchmark_results",
                },
            )
            differences = compare_metadata(context, METADATA)
        engine.dispose()

        self.assertEqual([], differences)

    def test_foreign_keys_cascade(self) -> None:
        """Deleting a block in another program's session, with foreign keys on, takes its slices along."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", a_block())

        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("DELETE FROM blocks")
            self.assertEqual([(0,)], connection.execute("SELECT count(*) FROM slices").fetchall())

    def test_current(self) -> None:
        """A missing file is at no revision and is not made; ours is at the newest one."""
        self.assertEqual((None, revisions.head()), storage.current(self.path))
        self.assertFalse(self.path.exists())

        self.opened()
        self.assertEqual((revisions.head(), revisions.head()), storage.current(f"sqlite:///{self.path}"))

    def test_older_database(self) -> None:
        """An older database is refused with the command that upgrades it, and keeps its results when upgraded."""
        self.opened().save_result(a_result(id="kept"))
        rows = self.sql("SELECT * FROM results")
        self.path.unlink()
        self.at("0001")
        marks = ", ".join("?" * len(rows[0]))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(f"INSERT INTO results VALUES ({marks})", rows[0])

        with self.assertRaisesRegex(DatabaseVersionError, "at revision 0001, older.*http-benchmark db upgrade"):
            ResultStorage(self.path)
        storage.upgrade(self.path)
        storage.upgrade(self.path)

        self.assertEqual(["kept"], [result.id for result in self.opened().get_all_results()])

    def test_newer_database(self) -> None:
        """A newer database is refused with the advice to upgrade the program, also by `upgrade`."""
        self.opened()
        self.sql(f"UPDATE {revisions.VERSION_TABLE} SET version_num = '9999'")

        for use in (ResultStorage, storage.upgrade):
            with self.subTest(use), self.assertRaisesRegex(DatabaseVersionError, "revision 9999, newer.*upgrade the"):
                use(self.path)
        self.assertEqual("9999", storage.current(self.path)[0])

    def test_a_migration_happens_whole_or_not_at_all(self) -> None:
        """A migration that fails in its middle leaves the revision, and no half of its tables."""
        self.at("0001")
        self.sql("CREATE TABLE trials (x)")  # the third of the tables that 0002 makes

        with self.assertRaisesRegex(StorageError, "holds another program's tables"):
            storage.upgrade(self.path)

        self.assertEqual("0001", storage.current(self.path)[0])
        self.assertEqual([], self.sql("SELECT name FROM sqlite_master WHERE name IN ('experiments', 'blocks')"))

    def test_upgrade_makes_a_database(self) -> None:
        """`upgrade` of a missing file makes it at the newest revision."""
        storage.upgrade(self.path)

        self.assertEqual(revisions.head(), storage.current(self.path)[0])

    def test_schema_for_postgresql(self) -> None:
        """Every table can be written for PostgreSQL, with moments that know their zone and numbers of full width."""
        statements = " ".join(
            str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in METADATA.sorted_tables
        )

        self.assertIn("started_at TIMESTAMP WITH TIME ZONE", statements)
        self.assertIn("cpu_s DOUBLE PRECISION", statements)
        self.assertIn("number BIGSERIAL", statements)

    def test_a_write_holds_the_lock_from_its_start(self) -> None:
        """Another writer is kept out before the first statement, so that what was read first is still true."""
        self.opened()
        engine = open_engine(database_url(self.path))
        with (
            writing(engine),
            closing(sqlite3.connect(self.path, timeout=0)) as other,
            self.assertRaisesRegex(sqlite3.OperationalError, "locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        with reading(engine), closing(sqlite3.connect(self.path, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
        engine.dispose()

    def test_opening_waits_for_a_writer_of_an_older_file(self) -> None:
        """A file that is not in WAL mode yet is opened as soon as the other program's write is done."""
        with closing(sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)) as other:
            other.execute("CREATE TABLE benchmark_results (id)")
            other.execute("BEGIN IMMEDIATE")
            release = threading.Timer(0.2, other.rollback)
            release.start()
            self.addCleanup(release.join)

            self.assertEqual([], self.opened().get_all_results())
            release.join()

    def test_settings_of_sqlite(self) -> None:
        """The file is in WAL mode, foreign keys are on, and a write waits for others."""
        self.opened()
        engine = open_engine(database_url(self.path))
        with reading(engine) as connection:
            values = [
                connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "foreign_keys", "busy_timeout")
            ]
        engine.dispose()

        self.assertEqual(["wal", 1, 30000], values)


class UnusableDatabaseTest(StorageCase):
    def test_unusable_databases_are_told_in_one_line(self) -> None:
        """A missing folder, a folder, another kind of file, another program's tables, an unknown kind of URL."""
        garbage = self.folder / "garbage.db"
        garbage.write_bytes(b"this is no database at all" * 100)
        foreign = self.folder / "foreign.db"
        with closing(sqlite3.connect(foreign)) as connection, connection:
            connection.execute("CREATE TABLE slices (x)")
        cases = {
            self.folder / "missing" / "x.db": "its folder does not exist; create the folder first",
            self.folder: "cannot be opened; check that the folder exists",
            Path("/proc/x.db"): "cannot be opened; check that the folder exists and that you may write there",
            garbage: "is not a SQLite database; choose another file",
            foreign: "holds another program's tables",
            "nonsense://x": "is of no known kind; use sqlite:///FILE",
            "sqlite+nonsense:///x": "is of no known kind",
            "://": "cannot be read; write for example sqlite:///",
        }
        for database, expected in cases.items():
            with self.subTest(database), self.assertRaises(StorageError) as caught:
                ResultStorage(database)
            self.assertIn(expected, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))
        self.assertEqual(b"this is no database at all" * 100, garbage.read_bytes())

    def test_no_permission(self) -> None:
        """A folder where nothing may be written is told as such."""
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o700)
        if os.geteuid() == 0:  # the superuser may write everywhere, so be somebody else for this test
            os.seteuid(NOBODY)
            self.addCleanup(os.seteuid, 0)

        with self.assertRaisesRegex(StorageError, "check that the folder exists and that you may write there"):
            ResultStorage(self.path)

    def test_a_database_that_became_unwritable(self) -> None:
        """A write to a file that may only be read is told with what to check."""
        self.opened()
        engine = open_engine(database_url(f"sqlite:///file:{self.path}?mode=ro&uri=true"))

        with (
            self.assertRaisesRegex(StorageError, "cannot be written; check the permissions"),
            writing(engine) as connection,
        ):
            connection.execute(text("DELETE FROM results"))
        engine.dispose()

    def test_missing_driver(self) -> None:
        """A URL whose driver is not installed names the package to install."""
        with self.assertRaisesRegex(StorageError, "needs the Python package psycopg9|of no known kind"):
            ResultStorage("postgresql+psycopg9://h/d")
        program = (
            "import sys; sys.modules['psycopg2'] = None\n"
            "from http_benchmark.storage import ResultStorage\n"
            "try:\n    ResultStorage('postgresql+psycopg2://me:hunter2@h/d?password=hunter2')\n"
            "except Exception as error:\n    print(repr(error), error.__cause__)"
        )
        output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

        self.assertIn("needs the Python package psycopg2; install it, or use sqlite:///FILE", output)
        self.assertNotIn("hunter2", output)

    def test_password_is_never_shown(self) -> None:
        """A URL that cannot be read is not repeated, since it may hold a password."""
        for url in ("postgresql://me:hunter2@h:port/d", "nonsense://me:hunter2@h/d", "mysql+x://me:hunter2@h/d"):
            with self.subTest(url), self.assertRaises(StorageError) as caught:
                ResultStorage(url)
            self.assertNotIn("hunter2", str(caught.exception))
            self.assertIsNone(caught.exception.__cause__)

    def test_importing_loads_no_statistics(self) -> None:
        """Storage can be used where numpy and scipy would cost time."""
        program = "import sys, http_benchmark.storage; print({'numpy', 'scipy'} & sys.modules.keys())"
        output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

        self.assertEqual("set()\n", output)
