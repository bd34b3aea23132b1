"""Storage on a real PostgreSQL server."""

import threading
from datetime import UTC
from typing import Any
from unittest import mock

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, func, select, update

from http_benchmark.database import experiments, listing, upkeep
from http_benchmark.errors import DatabaseVersionError, StorageError
from http_benchmark.migrations import postgresql, revisions
from http_benchmark.migrations.engine import database_url, open_engine, reading, writing
from http_benchmark.migrations.schema import EXPERIMENTS, METADATA
from http_benchmark.models.filters import Filters
from http_benchmark.storage import ResultStorage
from tests import postgres
from tests.checking_suite import CheckingSuite
from tests.import_suite import ImportSuite
from tests.keeping_suite import KeepingSuite
from tests.listing_suite import ListingSuite
from tests.storage_case import ExperimentsSuite, PostgresqlCase, ResultsSuite
from tests.unit.records import NOON, a_block, an_experiment
from tests.unit.test_models import a_result


class ResultsTest(ResultsSuite, PostgresqlCase):
    pass


class ImportTest(ImportSuite, PostgresqlCase):
    pass


class ExperimentsTest(ExperimentsSuite, PostgresqlCase):
    def test_moments_are_utc_whatever_the_servers_zone(self) -> None:
        """The test server's zone is Asia/Kathmandu; what comes back is what was stored, in UTC."""
        store = self.opened()
        store.start_experiment(an_experiment())

        self.assertEqual([("Asia/Kathmandu",)], self.rows("SHOW timezone"))
        (summary,) = store.list_experiments()
        self.assertEqual((NOON, UTC), (summary.started_at, summary.started_at.tzinfo))

    def test_every_spelling_of_the_url(self) -> None:
        """Without a driver, with the old scheme, and with the driver's name, it is the same database."""
        self.opened().start_experiment(an_experiment())
        for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
            with (
                self.subTest(scheme),
                ResultStorage(self.database.replace("postgresql", scheme, 1)) as store,
            ):
                self.assertEqual(1, len(store.list_experiments()))


class ListingTest(ListingSuite, PostgresqlCase):
    pass


class FrequentFacetsTest(ListingSuite, PostgresqlCase):
    """The same where every filter counts as frequent, so that all are walked side by side."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.object(listing, "_RARE", 1))

    def test_indexes_are_walked_side_by_side(self) -> None:
        """The planner joins by merging what the index gives in order; the settings for that end with the query."""
        engine = open_engine(database_url(self.database))
        asked: list[tuple[str, Any]] = []
        event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        filters = Filters(tag=("even", "third"), name="nightly")
        with reading(engine) as connection:
            listing.page(connection, filters, limit=5)
            after = connection.exec_driver_sql("SHOW enable_nestloop").scalar()
            (join,) = [call for call in asked if " JOIN " in call[0]]
            with postgresql.merge_joins(connection):
                plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {join[0]}", join[1]).scalars())
        engine.dispose()

        self.assertEqual(("on", 2, 0), (after, plan.count("Merge Join"), plan.count("Sort")))


class PoolTest(PostgresqlCase):
    def test_connections_stay_open(self) -> None:
        """With a pool one connection serves all calls, and another one takes its place when the server closes it."""
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
        store = self.enterContext(ResultStorage(self.database, pooled=True))
        for _ in range(3):
            store.list_experiments()
        open_now = self.rows(f"SELECT count(*) {others}")
        self.rows(f"SELECT pg_terminate_backend(pid) {others}")
        found = store.list_experiments()
        store.close()

        self.assertEqual(([(1,)], []), (open_now, found))


class KeepingTest(KeepingSuite, PostgresqlCase):
    def test_a_tag_that_is_given_meanwhile_protects(self) -> None:
        """Pruning waits for who is tagging, and looks again."""
        self.stored("a", 5)
        engine = open_engine(database_url(self.database))
        gone: list[list[str]] = []
        pruner = threading.Thread(target=lambda: gone.append(self.pruned(keep_last=0)))
        with writing(engine) as connection:
            connection.execute(update(EXPERIMENTS).values(tags=["release"]))
            pruner.start()
            pruner.join(0.3)
            waiting = pruner.is_alive()
        pruner.join()
        engine.dispose()

        self.assertEqual((True, [[]], ["a-5"]), (waiting, gone, self.ids()))


class CheckingTest(CheckingSuite, PostgresqlCase):
    pass


class TransactionTest(PostgresqlCase):
    def setUp(self) -> None:
        super().setUp()
        self.store = self.opened()
        self.store.start_experiment(an_experiment())
        self.engine = open_engine(database_url(self.database))
        self.addCleanup(self.engine.dispose)

    def test_a_reader_sees_one_state(self) -> None:
        """What others commit meanwhile stays out of a transaction that reads."""
        query = select(func.count()).select_from(EXPERIMENTS)
        with reading(self.engine) as connection:
            before = connection.execute(query).scalar()
            self.store.start_experiment(an_experiment("e-2"))
            after = connection.execute(query).scalar()

        self.assertEqual((1, 1, 2), (before, after, len(self.store.list_experiments())))

    def test_an_experiment_is_not_deleted_under_a_writer(self) -> None:
        """Who deletes waits for the block that is being stored, and takes it along."""
        deleter = threading.Thread(target=self.store.delete_experiment, args=("e-1",))
        with writing(self.engine) as connection:
            experiments.locked_tags(connection, "e-1")
            deleter.start()
            deleter.join(0.2)
            waiting = deleter.is_alive()
        deleter.join()
        with self.assertRaisesRegex(StorageError, "there is no experiment 'e-1'"):
            self.store.save_block("e-1", a_block())

        self.assertTrue(waiting)
        self.assertEqual([(0,)], self.rows("SELECT count(*) FROM blocks"))


class RevisionTest(PostgresqlCase):
    def test_migrations_lead_to_the_schema(self) -> None:
        """What the migrations make is what the program expects, column by column."""
        self.opened()
        engine = open_engine(database_url(self.database))
        with reading(engine) as connection:
            options = {"version_table": revisions.VERSION_TABLE, "compare_type": True}
            differences = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        engine.dispose()

        self.assertEqual([], differences)

    def test_current(self) -> None:
        """An empty database is at no revision and stays so; an opened one is at the newest."""
        self.assertEqual((None, revisions.head()), upkeep.current(self.database))
        self.assertEqual((None, revisions.head()), upkeep.current(self.database))
        self.opened()
        self.assertEqual((revisions.head(), revisions.head()), upkeep.current(self.database))

    def test_older_and_newer_databases(self) -> None:
        """An older one is refused until it is upgraded and keeps its results; a newer one is refused."""
        engine = open_engine(database_url(self.database))
        with writing(engine) as connection:
            revisions.upgrade(connection, "0001")
        engine.dispose()

        with self.assertRaisesRegex(DatabaseVersionError, "at revision 0001, older.*http-benchmark db upgrade"):
            self.opened()
        upkeep.upgrade(self.database)
        self.opened().save_result(a_result(id="kept"))

        self.rows(f"UPDATE {revisions.VERSION_TABLE} SET version_num = '9999'")
        with self.assertRaisesRegex(DatabaseVersionError, "at revision 9999, newer"):
            self.opened()
        self.assertEqual([("kept",)], self.rows("SELECT id FROM results"))


class UnusableDatabaseTest(PostgresqlCase):
    def test_unusable_databases_are_told_in_one_line(self) -> None:
        """A missing database, user or server, another program's tables, a user without rights."""
        server = postgres.server()
        foreign, forbidden = server.new_database(), server.new_database()
        self.database = foreign
        self.rows("CREATE TABLE experiment_facets (x INTEGER)")
        self.database = forbidden
        self.rows("CREATE ROLE guest LOGIN")
        self.rows("REVOKE CREATE ON SCHEMA public FROM public")
        cases = {
            server.url("missing"): "does not exist on this server",
            server.url("postgres").replace("test@", "nobody@"): "or the user does not; create both first",
            "postgresql://me:hunter2@127.0.0.1:1/d": "cannot be reached; check host and port",
            "postgresql://me@/d?host=/nowhere": "cannot be reached",
            foreign: "holds another program's tables",
            forbidden.replace("test@", "guest@"): "does not let this user do that",
        }
        for database, expected in cases.items():
            with self.subTest(database), self.assertRaises(StorageError) as caught:
                ResultStorage(database)
            self.assertIn(expected, str(caught.exception))
            self.assertNotRegex(str(caught.exception), "\n|hunter2")

    def test_a_database_that_was_changed_meanwhile(self) -> None:
        """A program that is still open says that the tables are not those it knows."""
        store = self.opened()
        self.rows("DROP TABLE results")

        with self.assertRaisesRegex(StorageError, "was brought to another version meanwhile"):
            store.get_all_results()
