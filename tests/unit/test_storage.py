import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from http_benchmark.database import upkeep
from http_benchmark.errors import DatabaseVersionError, StorageError
from http_benchmark.migrations import revisions
from http_benchmark.migrations.engine import database_url, open_engine, reading, writing
from http_benchmark.migrations.schema import METADATA
from http_benchmark.storage import ResultStorage
from tests.import_suite import ImportSuite
from tests.storage_case import ExperimentsSuite, ResultsSuite, SqliteCase
from tests.unit.records import a_block, an_experiment
from tests.unit.test_models import a_result

NOBODY = 65534


class ResultsTest(ResultsSuite, SqliteCase):
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


class ImportTest(ImportSuite, SqliteCase):
    pass


class ExperimentsTest(ExperimentsSuite, SqliteCase):
    pass


class RevisionTest(SqliteCase):
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
        """Deleting an experiment in another program's session, with foreign keys on, takes its facets along."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", a_block())

        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("DELETE FROM experiments")
            self.assertEqual([(0,)], connection.execute("SELECT count(*) FROM experiment_facets").fetchall())

    def test_current(self) -> None:
        """A missing file is at no revision and is not made; ours is at the newest one."""
        self.assertEqual((None, revisions.head()), upkeep.current(self.path))
        self.assertFalse(self.path.exists())

        self.opened()
        self.assertEqual((revisions.head(), revisions.head()), upkeep.current(f"sqlite:///{self.path}"))

    def test_older_database(self) -> None:
        """An older database is refused with the command that upgrades it, and keeps its results when upgraded."""
        self.opened().save_result(a_result(id="kept"))
        rows = self.rows("SELECT * FROM results")
        self.path.unlink()
        self.at("0001")
        marks = ", ".join("?" * len(rows[0]))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(f"INSERT INTO results VALUES ({marks})", rows[0])

        with self.assertRaisesRegex(DatabaseVersionError, "at revision 0001, older.*http-benchmark db upgrade"):
            ResultStorage(self.path)
        upkeep.upgrade(self.path)
        upkeep.upgrade(self.path)

        self.assertEqual(["kept"], [result.id for result in self.opened().get_all_results()])

    def test_newer_database(self) -> None:
        """A newer database is refused with the advice to upgrade the program, also by `upgrade`."""
        self.opened()
        self.rows(f"UPDATE {revisions.VERSION_TABLE} SET version_num = '9999'")

        for use in (ResultStorage, upkeep.upgrade):
            with self.subTest(use), self.assertRaisesRegex(DatabaseVersionError, "revision 9999, newer.*upgrade the"):
                use(self.path)
        self.assertEqual("9999", upkeep.current(self.path)[0])

    def test_upgrade_makes_a_database(self) -> None:
        """`upgrade` of a missing file makes it at the newest revision."""
        upkeep.upgrade(self.path)

        self.assertEqual(revisions.head(), upkeep.current(self.path)[0])

    def test_schema_for_postgresql(self) -> None:
        """Every table can be written for PostgreSQL, with moments that know their zone and numbers of full width."""
        statements = " ".join(
            str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in METADATA.sorted_tables
        )

        self.assertIn("started_at TIMESTAMP WITH TIME ZONE", statements)
        self.assertIn("mean_s DOUBLE PRECISION", statements)
        self.assertIn("document BYTEA", statements)
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


class UnusableDatabaseTest(SqliteCase):
    def test_unusable_databases_are_told_in_one_line(self) -> None:
        """A missing folder, a folder, another kind of file, another program's tables, an unknown kind of URL."""
        garbage = self.folder / "garbage.db"
        garbage.write_bytes(b"this is no database at all" * 100)
        foreign = self.folder / "foreign.db"
        with closing(sqlite3.connect(foreign)) as connection, connection:
            connection.execute("CREATE TABLE experiment_facets (x)")
        cases = {
            self.folder / "missing" / "x.db": "its folder does not exist; create the folder first",
            self.folder: "cannot be opened; check that the folder exists",
            Path("/proc/x.db"): "cannot be opened; check that the folder exists and that you may write there",
            garbage: "is not a SQLite database; choose another file",
            foreign: "holds another program's tables",
            "nonsense://x": "is of no known kind; use sqlite:///FILE or postgresql://HOST/NAME",
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
        for driver, package, install in (
            ("", "psycopg", "http-benchmark[postgresql]"),
            ("+psycopg2", "psycopg2", "it"),
        ):
            program = (
                f"import sys; sys.modules[{package!r}] = None\n"
                "from http_benchmark.storage import ResultStorage\n"
                f"try:\n    ResultStorage('postgresql{driver}://me:hunter2@h/d?password=hunter2')\n"
                "except Exception as error:\n    print(repr(error), error.__cause__)"
            )
            output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

            with self.subTest(driver):
                self.assertIn(f"the Python package {package}; install {install}, or use sqlite:///FILE", output)
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
