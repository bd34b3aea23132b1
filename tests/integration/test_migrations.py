"""Migrations of databases that earlier revisions filled: forth and back, by several at once, and broken off.

The data of revision 0002 were written by the program as it was at that revision: an experiment that ended, one that was
killed, one of odd texts and numbers, results of single benchmarks; `0002.json` is what that program read from them.
"""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Connection, DateTime, Engine, MetaData, inspect, select, text

from http_benchmark.database import experiments, upkeep
from http_benchmark.errors import DatabaseVersionError, StorageError
from http_benchmark.migrations import revisions
from http_benchmark.migrations.engine import database_url, open_engine, reading, writing
from http_benchmark.migrations.schema import METADATA, UtcDateTime
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.filters import Filters
from http_benchmark.models.measurement import BlockRecord, Distribution
from http_benchmark.secret import described_body
from tests.sql_faults import FaultError, fault_after, killed_after
from tests.storage_case import PostgresqlCase, SqliteCase
from tests.unit.records import a_block, an_experiment

DATA = Path(__file__).parents[1] / "data" / "databases"
PATIENCE_S = 120.0
CANARIES = ("canary-url-1", "canary-argument-1", "canary-header-1", "canary-proxy-1", "canary-body-1")
SECRET_CONFIGURATION = {
    "url": "http://me:canary-url-1@h/get?token=canary-argument-1&page=2",
    "headers": [["Authorization", "Bearer canary-header-1"], ["Accept", "text/plain"]],
    "proxy": "http://me:canary-proxy-1@p:1",
    "body": "canary-body-1",
}
HIDDEN = {
    "url": "http://***@h/get?token=***&page=2",
    "headers": [["Authorization", "***"], ["Accept", "text/plain"]],
    "proxy": "http://***@p:1",
    "body": described_body(b"canary-body-1"),
}
PARENTS_FIRST = ("experiments", "blocks", "trials", "slices", "results")


class MigrationSuite:
    """For a `StorageCase`.

    Attributes:
        no_json: What a column of JSON may hold though it is none.
    """

    no_json: tuple[str, ...]

    def setUp(self) -> None:
        super().setUp()
        self.expected = json.loads((DATA / "0002.json").read_text(encoding="utf-8"))
        self.expected["results"][0]["config_snapshot"]["headers"] = {"A": "***"}

    @property
    def engine(self) -> Engine:
        return open_engine(database_url(self.database))

    def fill(self, revision: str) -> None:
        """Make the tables of a revision, with what the first ones hold of the stored data."""
        with writing(self.engine) as connection, closing(sqlite3.connect(":memory:")) as source:
            revisions.upgrade(connection, revision)
            source.executescript((DATA / "0002.sql").read_text(encoding="utf-8"))
            source.row_factory = sqlite3.Row
            tables = self.tables(connection)
            for name in PARENTS_FIRST:
                rows = [dict(row) for row in source.execute(f"SELECT * FROM {name}")] if name in tables else []
                for row in rows:
                    connection.execute(tables[name].insert(), self.converted(row, tables[name]))

    def plant(self) -> None:
        """Put secrets where the first release stored them in the clear: it knew none."""
        with writing(self.engine) as connection:
            tables = self.tables(connection)
            results = tables["results"]
            headers = dict(SECRET_CONFIGURATION["headers"])
            connection.execute(
                results.update()
                .where(results.c.number == 2)
                .values(url=SECRET_CONFIGURATION["url"], config_snapshot=SECRET_CONFIGURATION | {"headers": headers})
            )
            if "trials" not in tables:
                return
            experiments, trials = tables["experiments"], tables["trials"]
            document = connection.execute(
                select(experiments.c.document).where(experiments.c.id == "weird-1")
            ).scalar_one()
            document["configuration"] |= SECRET_CONFIGURATION
            document["target"]["url"] = SECRET_CONFIGURATION["url"]
            document["clients"][0]["message"] = "401 for 'Bearer canary-header-1'"
            connection.execute(experiments.update().where(experiments.c.id == "weird-1").values(document=document))
            rest = (
                connection.execute(select(trials.c.rest).where(trials.c.experiment_id == "weird-1")).scalars().first()
            )
            rest["messages"] = {"other": "key=canary-argument-1", "timeout": "of 'x', canary%2Dbody%2D1 canary-body-1"}
            connection.execute(trials.update().where(trials.c.experiment_id == "weird-1").values(rest=rest))

    def told(self) -> str:
        """All that is in the database, in plain words: what is compressed, too."""
        with reading(self.engine) as connection:
            found = [
                zlib.decompress(value).decode() if isinstance(value, bytes) else str(value)
                for table in self.tables(connection).values()
                for row in connection.execute(select(table))
                for value in row
                if value != b""
            ]
        return "\n".join(found)

    def tables(self, connection: Connection) -> dict[str, Any]:
        """The tables as they are, with moments in UTC."""
        metadata = MetaData()
        metadata.reflect(connection)
        for table in metadata.tables.values():
            for column in table.columns:
                if isinstance(column.type, DateTime):
                    column.type = UtcDateTime()
        return metadata.tables

    def converted(self, row: dict[str, Any], table: Any) -> dict[str, Any]:
        """A row as SQLite keeps it, as values of a table's types."""
        return {column.name: self.value(row[column.name], column.type) for column in table.columns}

    def value(self, stored: Any, kind: Any) -> Any:
        if isinstance(kind, JSON):
            return json.loads(stored)
        if isinstance(kind, UtcDateTime) and stored:
            return datetime.fromisoformat(stored).replace(tzinfo=UTC)
        return stored

    def state(self) -> tuple[object, ...]:
        """All that is in the database, and what it is made of."""
        with reading(self.engine) as connection:
            return self.rows_of(connection, self.tables(connection)), *self.shape_of(connection)

    def rows_of(self, connection: Connection, tables: dict[str, Any]) -> dict[str, list[str]]:
        return {
            name: sorted(repr(sorted(row.items())) for row in connection.execute(select(table)).mappings())
            for name, table in tables.items()
        }

    def shape_of(self, connection: Connection) -> tuple[object, ...]:
        """Columns, indexes and foreign keys by table, and the revision."""
        inspector = inspect(connection)
        columns = inspector.get_multi_columns(), ("name", "type", "nullable")
        indexes = inspector.get_multi_indexes(), ("name", "column_names")
        keys = inspector.get_multi_foreign_keys(), ("constrained_columns", "referred_table", "options")
        found = [
            sorted(
                (table, *(str(item[name]) for name in names))
                for (_, table), items in by_table.items()
                for item in items
            )
            for by_table, names in (columns, indexes, keys)
        ]
        return found, revisions.current(connection)

    def assert_nothing_lost(self) -> None:
        store = self.opened()
        for stored in self.expected["experiments"]:
            experiment = ExperimentResult.from_dict(stored["document"])
            with self.subTest(experiment.name):
                self.assertEqual(experiment, store.get_experiment(experiment.id))
                self.assertEqual(
                    [BlockRecord.from_dict(block) for block in stored["blocks"]], store.get_blocks(experiment.id)
                )
        summaries = {summary.id: summary for summary in store.list_experiments()}
        self.assertEqual({stored["document"]["id"] for stored in self.expected["experiments"]}, summaries.keys())
        self.assertEqual(("a b", "ä", "100%", "a b"), summaries["weird-1"].tags)
        self.assert_results_kept()

    def assert_results_kept(self) -> None:
        results = [BenchmarkResult.from_dict(stored) for stored in self.expected["results"]]
        self.assertEqual(results, self.opened().get_all_results())

    def assert_schema(self) -> None:
        with reading(self.engine) as connection:
            options = {"version_table": revisions.VERSION_TABLE, "compare_type": True}
            self.assertEqual([], compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))

    def test_data_of_every_revision_survive(self) -> None:
        """What the first release stored is read by this one, field by field, and so are single results of before."""
        for revision, assert_kept in (("0001", self.assert_results_kept), ("0002", self.assert_nothing_lost)):
            with self.subTest(revision):
                self.make_database()
                self.fill(revision)
                upkeep.upgrade(self.database)
                assert_kept()
                self.assert_schema()

    def test_what_follows_from_a_document_is_as_if_it_were_stored_today(self) -> None:
        """Columns, figures and facets that the migration made are those that this program makes."""
        self.fill("0002")
        upkeep.upgrade(self.database)
        migrated = {name: rows for name, rows in self.state()[0].items() if name.startswith("experiment")}
        store = self.opened()
        for stored in self.expected["experiments"]:
            experiment = store.get_experiment(stored["document"]["id"])
            with writing(self.engine) as connection:
                tags = experiments.locked_tags(connection, experiment.id)
                experiments.describe(connection, experiment, tags)
        again = self.state()[0]
        for name in ("experiment_clients", "experiment_facets", "experiments"):
            with self.subTest(name):
                self.assertEqual(migrated[name], again[name])

    def test_secrets_that_were_stored_in_the_clear_are_hidden(self) -> None:
        """Of every earlier revision: in configurations and URLs, and in texts beside them; nothing else changes."""
        for revision in ("0001", "0002", "0003"):
            with self.subTest(revision):
                self.make_database()
                self.fill(min(revision, "0002"))
                self.plant()
                with writing(self.engine) as connection:
                    if revision == "0003":
                        revisions.upgrade(connection, revision)
                self.assertIn(CANARIES[0], self.told())
                upkeep.upgrade(self.database)
                told = self.told()
                self.assertEqual([], [canary for canary in CANARIES if canary in told])
                (result,) = [result for result in self.opened().get_all_results() if result.url == HIDDEN["url"]]
                self.assertEqual(HIDDEN | {"headers": dict(HIDDEN["headers"])}, result.config_snapshot)
                if revision > "0001":
                    self.assert_hidden()

    def assert_hidden(self) -> None:
        store = self.opened()
        experiment = store.get_experiment("weird-1")
        expected = next(one["document"] for one in self.expected["experiments"] if one["document"]["id"] == "weird-1")
        self.assertEqual(expected["configuration"] | HIDDEN, experiment.configuration)
        self.assertEqual((HIDDEN["url"], "401 for '***'"), (experiment.target.url, experiment.clients[0].message))
        self.assertEqual(
            {"other": "key=***", "timeout": "of 'x', canary%2Dbody%2D1 ***"},
            store.get_blocks("weird-1")[0].trials[0].messages,
        )

    def test_what_is_damaged_does_not_stop_the_hiding(self) -> None:
        """A blob that cannot be read is left as it is."""
        self.fill("0002")
        self.plant()
        with writing(self.engine) as connection:
            revisions.upgrade(connection, "0003")
        self.rows(f"UPDATE experiment_documents SET document = {self.binary('00')} WHERE experiment_id = 'empty-1'")
        self.rows(f"UPDATE blocks SET trials = {self.binary('00')} WHERE experiment_id = 'weird-1' AND block = 3")

        upkeep.upgrade(self.database)

        self.assertEqual(HIDDEN["url"], self.opened().get_experiment("weird-1").target.url)
        with self.assertRaisesRegex(StorageError, "is damaged"):
            self.opened().get_experiment("empty-1")

    def test_results_that_are_damaged_do_not_stop_the_hiding(self) -> None:
        """A configuration that is no object, or nested too deeply to be read, is left as it is, with its URL hidden."""
        self.fill("0002")
        self.plant()
        kept = ["[1]", "null", '{"headers": "x"}', "[" * 3000 + "]" * 3000, *self.no_json]
        template = self.rows("SELECT number FROM results ORDER BY number LIMIT 1")[0][0]
        for number, stored in enumerate(kept, start=1000):
            self.copy_result(template, number, stored)

        upkeep.upgrade(self.database)

        snapshots = self.rows(
            "SELECT CAST(config_snapshot AS TEXT), url FROM results WHERE number >= 1000 ORDER BY number"
        )
        self.assertEqual([(stored, "http://***@h/") for stored in kept], [tuple(row) for row in snapshots])
        self.assertEqual([], [canary for canary in CANARIES if canary in self.told_results()])

    def copy_result(self, template: int, number: int, stored: str) -> None:
        with writing(self.engine) as connection:
            table = self.tables(connection)["results"]
            row = dict(connection.execute(select(table).where(table.c.number == template)).mappings().one())
            row |= {"number": number, "id": f"r-{number}", "url": "http://me:canary-url-1@h/"}
            connection.execute(table.insert(), row | {"config_snapshot": {}})
            change = text("UPDATE results SET config_snapshot = CAST(:stored AS JSON) WHERE number = :number")
            if connection.dialect.name == "sqlite":
                change = text("UPDATE results SET config_snapshot = :stored WHERE number = :number")
            connection.execute(change, {"stored": stored, "number": number})

    def told_results(self) -> str:
        return str(self.rows("SELECT url, CAST(config_snapshot AS TEXT) FROM results"))

    def test_documents_of_another_shape_do_not_stop_the_hiding(self) -> None:
        """JSON that is no experiment, or nested too deeply to be read, is left as it is."""
        for content in (b"[1]", b'{"configuration": 1, "target": {"url": "/"}}', b"[" * 100_000 + b"]" * 100_000):
            with self.subTest(content[:20]):
                self.make_database()
                self.fill("0002")
                self.plant()
                with writing(self.engine) as connection:
                    revisions.upgrade(connection, "0003")
                blob = self.binary(zlib.compress(content).hex())
                self.rows(f"UPDATE experiment_documents SET document = {blob} WHERE experiment_id = 'empty-1'")
                self.rows(f"UPDATE blocks SET trials = {blob} WHERE experiment_id = 'weird-1' AND block = 3")

                upkeep.upgrade(self.database)

                self.assertEqual(HIDDEN["url"], self.opened().get_experiment("weird-1").target.url)

    def test_names_and_tags_that_repeat_a_secret(self) -> None:
        """They lose it as the document does: where lists show them, and where lists look for them."""
        self.fill("0002")
        self.plant()
        with writing(self.engine) as connection:
            table = self.tables(connection)["experiments"]
            weird = table.c.id == "weird-1"
            document = connection.execute(select(table.c.document).where(weird)).scalar_one()
            long = f"{'x' * 2000} canary-header-1"
            tags = ["with canary-header-1", "with canary-argument-1", "plain", long]
            document |= {"name": "of canary-header-1"}
            document["configuration"] |= {"name": "of canary-header-1", "tag": tags}
            values = {"document": document, "name": "of canary-header-1", "tags": tags}
            connection.execute(table.update().where(weird).values(values))

        upkeep.upgrade(self.database)

        told = self.told()
        self.assertEqual([], [canary for canary in CANARIES if canary in told])
        [summary] = self.opened().list_experiments(filters=Filters(name="of ***", tag=("with ***", "plain")))
        self.assertEqual(("of ***", ("with ***", "plain", f"{'x' * 2000} ***")), (summary.name, summary.tags))
        self.assertNotIn("stale", [finding.code for finding in upkeep.check(self.database)])

    def test_very_long_words(self) -> None:
        """They are shortened in the index, also those that 0003 once put there in full; filters find them."""
        for revision, length in (("0002", 10_000), ("0003", 2_000)):
            with self.subTest(revision):
                self.make_database()
                self.fill("0002")
                path = f"/{random.Random(1).randbytes(length // 2).hex()}"
                self.lengthen(path)
                with writing(self.engine) as connection:
                    revisions.upgrade(connection, revision)
                if revision == "0003":
                    self.rows(
                        f"UPDATE experiment_facets SET value = 'GET {path}' WHERE substr(value, 5, 9) = '{path[:9]}'"
                    )

                upkeep.upgrade(self.database)

                [summary] = self.opened().list_experiments(filters=Filters(workload=f"GET {path}"))
                self.assertEqual("weird-1", summary.id)
                self.assertNotIn("stale", [finding.code for finding in upkeep.check(self.database)])

    def lengthen(self, path: str) -> None:
        """Let an experiment have asked for a path."""
        with writing(self.engine) as connection:
            table = self.tables(connection)["experiments"]
            weird = table.c.id == "weird-1"
            document = connection.execute(select(table.c.document).where(weird)).scalar_one()
            document["target"]["url"] = f"http://h{path}"
            document["configuration"]["method"] = "GET"
            connection.execute(table.update().where(weird).values(document=document))

    def test_what_is_hidden_stays_as_it_is(self) -> None:
        """Down at 0003 the masks stay, and going up again changes nothing."""
        self.fill("0002")
        self.plant()
        upkeep.upgrade(self.database)
        above = self.state()
        upkeep.downgrade(self.database, "0003")

        later = {revisions.VERSION_TABLE, "jobs", "job_events"}
        kept = [{name: rows for name, rows in one.items() if name not in later} for one in (above[0], self.state()[0])]
        self.assertEqual(*kept)
        upkeep.upgrade(self.database)
        self.assertEqual(above, self.state())

    def test_down_and_up_again(self) -> None:
        """Back at 0002 the rows are those that were there, and the next upgrade gives the same as the first."""
        self.fill("0002")
        with writing(self.engine) as connection:
            results = self.tables(connection)["results"]
            connection.execute(results.update().values(config_snapshot={}))  # what is hidden does not come back
        self.expected["results"] = [one | {"config_snapshot": {}} for one in self.expected["results"]]
        before = self.state()
        upkeep.upgrade(self.database)
        above = self.state()
        upkeep.downgrade(self.database, "0002")
        self.assertEqual(before, self.state())

        upkeep.upgrade(self.database)
        self.assertEqual(above, self.state())
        self.assert_nothing_lost()

    def test_down_to_the_first_revision(self) -> None:
        """It knows single results alone, and keeps them."""
        self.fill("0002")
        upkeep.upgrade(self.database)
        upkeep.downgrade(self.database, "0001")
        self.assertEqual("0001", upkeep.current(self.database)[0])

        upkeep.upgrade(self.database)
        self.assert_results_kept()
        self.assertEqual([], self.opened().list_experiments())

    def test_no_such_revision(self) -> None:
        """A revision that is unknown, is the present one, or is later, is refused with those that there are."""
        self.fill("0002")
        for revision in ("0002", "0003", "x"):
            with self.subTest(revision), self.assertRaisesRegex(DatabaseVersionError, "before 0002; choose from 0001$"):
                upkeep.downgrade(self.database, revision)

    def test_a_fault_after_any_statement_changes_nothing(self) -> None:
        """Making, upgrading and downgrading: each statement fails once, and the old state is whole."""
        for start, migrate in (
            (None, upkeep.upgrade),
            ("0001", upkeep.upgrade),
            ("0002", upkeep.upgrade),
            ("0003", upkeep.upgrade),
            ("0003", lambda database: upkeep.downgrade(database, "0002")),
            ("0002", lambda database: upkeep.downgrade(database, "0001")),
        ):
            with self.subTest(start=start):
                self.make_database()
                if start:
                    self.fill(min(start, "0002"))
                    self.plant()
                if start == "0003":
                    with writing(self.engine) as connection:
                        revisions.upgrade(connection, start)
                faults = self.break_off_everywhere(migrate)
                self.assertGreaterEqual(faults, 4)
        self.assertEqual("0001", upkeep.current(self.database)[0])

    def break_off_everywhere(self, migrate: Any) -> int:
        """Let a migration fail after its first statement, its second, … until it succeeds; how often it failed."""
        with reading(self.engine) as connection:
            tables = self.tables(connection)
            before = self.rows_of(connection, tables), self.shape_of(connection)
        statements = 0
        while self.breaks_off(migrate, statements):
            with reading(self.engine) as connection:
                self.assertEqual(before[1], self.shape_of(connection), f"after {statements} statements")
                self.assertEqual(before[0], self.rows_of(connection, tables), f"after {statements} statements")
            statements += 1
        with reading(self.engine) as connection:
            self.assertNotEqual(before[1], self.shape_of(connection))  # the revision at least
        return statements

    def breaks_off(self, migrate: Any, statements: int) -> bool:
        try:
            with fault_after(statements):
                migrate(self.database)
        except FaultError:
            return True
        return False

    def test_kill_in_the_middle_changes_nothing(self) -> None:
        """After kill -9 while rows are copied the old state is there, and the next upgrade succeeds."""
        self.fill("0002")
        before = self.state()
        for statements in (8, 14):
            child = subprocess.run(
                [sys.executable, "-m", __name__, str(self.database), str(statements)], timeout=PATIENCE_S, check=False
            )
            self.assertEqual(-signal.SIGKILL, child.returncode)
            self.assertEqual(before, self.state())

        upkeep.upgrade(self.database)
        self.assert_nothing_lost()

    def test_several_upgrade_at_once(self) -> None:
        """One of them does it, and all succeed."""
        self.fill("0002")
        command = [sys.executable, "-W", "error", "-m", "http_benchmark", "db", "upgrade", "--database"]
        processes = [
            subprocess.Popen(
                [*command, str(self.database)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            for _ in range(4)
        ]
        for process in processes:
            output, _ = process.communicate(timeout=PATIENCE_S)
            self.assertEqual(0, process.returncode, output)
        self.assert_nothing_lost()


class SqliteMigrationTest(MigrationSuite, SqliteCase):
    no_json = ("{", "", "canary")

    def test_the_very_file_of_the_first_release(self) -> None:
        """Not only its rows: with the tables as that program's SQLite wrote them down."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executescript((DATA / "0002.sql").read_text(encoding="utf-8"))

        upkeep.upgrade(self.database)

        self.assert_nothing_lost()
        self.assert_schema()

    def test_results_that_are_no_text_do_not_stop_the_hiding(self) -> None:
        """A configuration whose bytes are not UTF-8 is left as it is; it is named when it is to be read."""
        self.fill("0002")
        broken = b'{"headers": {"A": "\xff"}}'.hex()
        self.rows(f"UPDATE results SET config_snapshot = CAST(x'{broken}' AS TEXT) WHERE number = 1")
        self.rows(f"UPDATE results SET config_snapshot = x'{broken}' WHERE number = 2")

        upkeep.upgrade(self.database)

        stored = self.rows("SELECT number, hex(config_snapshot) FROM results WHERE number <= 2 ORDER BY number")
        self.assertEqual([(1, broken.upper()), (2, broken.upper())], stored)
        self.assertEqual(2, [finding.code for finding in upkeep.check(self.database)].count("damaged"))

    def test_an_upgrade_gives_room_back(self) -> None:
        """The file becomes smaller, since blocks are compressed."""
        self.fill("0002")
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = self.path.stat().st_size
        upkeep.upgrade(self.database)
        with closing(sqlite3.connect(self.database)) as connection:
            for statement in ("DROP TABLE job_events", "DROP TABLE jobs", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                connection.execute(statement)  # which are new, and empty

        self.assertLess(self.path.stat().st_size, before)

    def test_room_can_be_left_as_it_is(self) -> None:
        """Nothing is written anew where that was not wanted: the freed pages stay in the file."""
        free = {}
        for smaller in (True, False):
            self.make_database()
            self.fill("0002")
            upkeep.upgrade(self.database, smaller=smaller)
            [(free[smaller],)] = self.rows("PRAGMA freelist_count")

        self.assertEqual((0, True), (free[True], free[False] > 0))

    def test_what_was_hidden_is_not_in_freed_room(self) -> None:
        """No secret is left in the file's bytes, even where it is not written anew."""
        self.fill("0002")
        self.plant()
        upkeep.upgrade(self.database, smaller=False)
        content = self.path.read_bytes()

        self.assertEqual([], [canary for canary in CANARIES if canary.encode() in content])

    def test_infinite_numbers_go_down(self) -> None:
        """SQLite keeps them in JSON."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", infinite_block())

        upkeep.downgrade(self.database, "0002")
        upkeep.upgrade(self.database)

        self.assertEqual([infinite_block()], store.get_blocks("e-1"))


class PostgresqlMigrationTest(MigrationSuite, PostgresqlCase):
    no_json = ()  # which it does not take

    def test_infinite_numbers_do_not_go_down(self) -> None:
        """PostgreSQL takes none in JSON, where 0002 would put them: refused with the experiment's id, unchanged."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", infinite_block())
        before = self.state()

        with self.assertRaisesRegex(StorageError, "experiment e-1 holds an infinite number.*delete it first"):
            upkeep.downgrade(self.database, "0002")

        self.assertEqual(before, self.state())


def infinite_block() -> BlockRecord:
    block = a_block(trials=1)
    trial = block.trials[0].model_copy(update={"lag_s": Distribution(count=1, max=float("inf"))})
    return block.model_copy(update={"trials": (trial,)})


if __name__ == "__main__":
    with killed_after(int(sys.argv[2])):
        upkeep.upgrade(sys.argv[1])
