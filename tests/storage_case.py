"""What a database of results must do, whichever it is: cases that make one, and suites that run with any of them."""

import tempfile
import unittest
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, given, settings

from http_benchmark.database.blobs import pack
from http_benchmark.errors import ConfigurationError, StorageError
from http_benchmark.migrations.engine import database_url, open_engine, writing
from http_benchmark.models.experiment import ClientResult, Estimate
from http_benchmark.models.measurement import BlockRecord, Distribution
from http_benchmark.storage import ResultStorage
from tests import postgres
from tests.sql_faults import FaultError, fault_after
from tests.unit.records import NOON, a_block, an_experiment, blocks
from tests.unit.test_models import a_result

DEPENDENT = ("experiment_documents", "experiment_clients", "experiment_facets")
"""Tables whose rows stand beside an experiment's."""


class StorageCase(unittest.TestCase):
    """A fresh database."""

    database: str | Path

    def setUp(self) -> None:
        self.make_database()

    def make_database(self) -> None:
        """Let `database` be another one."""
        raise NotImplementedError

    def opened(self) -> ResultStorage:
        return self.enterContext(ResultStorage(self.database))

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement of another program gives, which is committed."""
        engine = open_engine(database_url(self.database))
        with writing(engine) as connection:
            result = connection.exec_driver_sql(statement)
            rows = [tuple(row) for row in result] if result.returns_rows else []
        engine.dispose()
        return rows


class SqliteCase(StorageCase):
    """A SQLite file that is not there yet, in a folder of its own."""

    def binary(self, digits: str) -> str:
        """Bytes in SQL."""
        return f"x'{digits}'"

    def make_database(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "results.db"
        self.database = self.path


class PostgresqlCase(StorageCase):
    """An empty database of a private server."""

    def binary(self, digits: str) -> str:
        """Bytes in SQL."""
        return f"'\\x{digits}'"

    def make_database(self) -> None:
        self.database = postgres.server().new_database()


class ResultsSuite:
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

    def test_pages_of_results(self) -> None:
        """From where the last page ended, newest first, of all or of a name."""
        store = self.opened()
        for number in range(7):
            store.save_result(a_result(id=f"r{number}", name="even" if number % 2 == 0 else "odd"))
        first = store.page_of_results(3)
        store.delete_result("r4")
        second = store.page_of_results(3, before=first.next)
        third = store.page_of_results(3, before=second.next)
        even = store.page_of_results(2, name="even")

        self.assertEqual(
            [["r6", "r5", "r4"], ["r3", "r2", "r1"], ["r0"], ["r6", "r2"]],
            [[result.id for result in page.items] for page in (first, second, third, even)],
        )
        self.assertEqual((None, True), (third.next, even.next is not None))
        with self.assertRaisesRegex(ConfigurationError, "before is no end of a page, got 'x'"):
            store.page_of_results(before="x")

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

    def test_what_cannot_be_held(self) -> None:
        """A NUL or half a character in a name is told as such, on every database."""
        store = self.opened()
        for name, expected in (("a\0b", "the character NUL; leave it out"), ("a\ud800", "not Unicode; leave it out")):
            with self.subTest(expected), self.assertRaisesRegex(StorageError, expected):
                store.save_result(a_result(name=name))
            with self.subTest(expected), self.assertRaisesRegex(StorageError, expected):
                store.get_results_by_name(name)
        self.assertEqual([], store.get_all_results())

    def test_what_is_no_json_is_refused(self) -> None:
        """A configuration with an object in it is refused in one line."""
        with self.assertRaisesRegex(StorageError, "object cannot be stored as JSON"):
            self.opened().save_result(a_result(config_snapshot={"x": object()}))

    def test_the_earlier_tools_table_is_left_alone(self) -> None:
        """A file of the earlier tool keeps its table and rows, beside ours."""
        self.rows("CREATE TABLE benchmark_results (id TEXT PRIMARY KEY, name TEXT)")
        self.rows("INSERT INTO benchmark_results VALUES ('old', 'n')")

        store = self.opened()
        store.save_result(a_result())
        store.delete_result("old")

        self.assertEqual([("old", "n")], self.rows("SELECT * FROM benchmark_results"))
        self.assertEqual(1, len(store.get_all_results()))


class ExperimentsSuite:
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
    @settings(max_examples=50, suppress_health_check=[HealthCheck.differing_executors])  # one for each database
    def test_any_block_comes_back_as_saved(self, block: BlockRecord) -> None:
        """Figures of every size, infinite ones too, texts and times of every zone survive."""
        experiment_id = str(uuid4())
        with ResultStorage(self.database) as store:
            store.start_experiment(an_experiment(experiment_id))
            store.save_block(experiment_id, block)
            (loaded,) = store.get_blocks(experiment_id)

        self.assertEqual(block, loaded)
        self.assertEqual(timedelta(0), loaded.started_at.utcoffset())

    def test_figures_are_rows(self) -> None:
        """The main figures of a contender can be asked for in SQL."""
        store = self.opened()
        figures = {
            "requests": 100,
            "throughput_rps": Estimate(estimate=1000.5),
            "response_time_s": Distribution(count=9),
        }
        client = ClientResult(contender="httpx:sync", library="httpx", mode="sync", status="ok", **figures)
        store.start_experiment(an_experiment())
        store.finish_experiment(an_experiment(clients=(client,)))

        self.assertEqual(
            [("nightly", "httpx:sync", None, 100, 1000.5, None)],
            self.rows(
                "SELECT name, contender, version, requests, throughput_rps, p50_s"
                " FROM experiments JOIN experiment_clients ON experiment_id = id"
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
        self.assertEqual([(0,)], self.rows("SELECT count(*) FROM blocks"))

    def test_what_is_stored_is_stored_whole_or_not_at_all(self) -> None:
        """A fault after any statement of a start, a block, an end or a deletion leaves nothing of it."""
        store = self.opened()
        for change in (
            lambda: store.start_experiment(an_experiment()),
            lambda: store.save_block("e-1", a_block()),
            lambda: store.finish_experiment(an_experiment(status="failed")),
            lambda: store.delete_experiment("e-1"),
        ):
            before = self.everything()
            for statements in count():
                try:
                    with fault_after(statements):
                        change()
                except FaultError:
                    self.assertEqual(before, self.everything())
                else:
                    break
            self.assertGreater(statements, 0)
            self.assertNotEqual(before, self.everything())

    def everything(self) -> list[list[tuple[object, ...]]]:
        return [self.rows(f"SELECT * FROM {table}") for table in ("experiments", "blocks", *DEPENDENT)]

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
        """An experiment goes with its blocks and all that stands beside it; others stay."""
        store = self.opened()
        for experiment_id in ("first", "second"):
            store.start_experiment(an_experiment(experiment_id))
            store.save_block(experiment_id, a_block())

        self.assertTrue(store.delete_experiment("fir"))
        self.assertFalse(store.delete_experiment("first"))

        self.assertEqual(["second"], [summary.id for summary in store.list_experiments()])
        for table in ("blocks", *DEPENDENT):
            with self.subTest(table):
                self.assertEqual([("second",)], self.rows(f"SELECT DISTINCT experiment_id FROM {table}"))
        self.assertEqual([a_block()], store.get_blocks("second"))

    def test_a_document_of_another_version(self) -> None:
        """An experiment or block that is not understood is told in one line."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", a_block())
        later = pack({"schema": "http-benchmark/experiment/9"}).hex()
        self.rows(f"UPDATE experiment_documents SET document = {self.binary(later)}")
        self.rows(f"UPDATE blocks SET trials = {self.binary(later)}")

        with self.assertRaisesRegex(StorageError, "experiment e-1 was stored by another version"):
            store.get_experiment("e")
        with self.assertRaisesRegex(StorageError, "block 0 of experiment e-1 was stored by another version"):
            store.get_blocks("e-1")

    def test_damage_is_noticed(self) -> None:
        """A byte that has changed is told, not read."""
        store = self.opened()
        store.start_experiment(an_experiment())
        store.save_block("e-1", a_block())
        damaged = bytearray(pack(a_block().to_dict()["trials"]))
        damaged[40] ^= 1
        self.rows(f"UPDATE blocks SET trials = {self.binary(damaged.hex())}")

        with self.assertRaisesRegex(StorageError, "block 0 of experiment e-1 is damaged; restore the database"):
            store.get_blocks("e-1")
