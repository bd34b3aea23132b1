"""The table of the earlier tool of this name, as that tool made it."""

import json
import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from unittest import TestCase

from http_benchmark.earlier import earlier_results, is_earlier
from http_benchmark.errors import StorageError

COLUMNS = (
    "id TEXT PRIMARY KEY, name TEXT NOT NULL, client_library TEXT NOT NULL, client_type TEXT NOT NULL, "
    "http_method TEXT NOT NULL, url TEXT NOT NULL, start_time TEXT NOT NULL, end_time TEXT NOT NULL, "
    "duration REAL NOT NULL, requests_count INTEGER NOT NULL, requests_per_second REAL NOT NULL, "
    "avg_response_time REAL NOT NULL, min_response_time REAL NOT NULL, max_response_time REAL NOT NULL, "
    "p95_response_time REAL NOT NULL, p99_response_time REAL NOT NULL, cpu_usage_avg REAL NOT NULL, "
    "memory_usage_avg REAL NOT NULL, network_io TEXT NOT NULL, error_count INTEGER NOT NULL, "
    "error_rate REAL NOT NULL, concurrency_level INTEGER NOT NULL, config_snapshot TEXT NOT NULL, "
    "created_at TEXT DEFAULT CURRENT_TIMESTAMP"
)
SNAPSHOT = {
    "id": "206fc3b0",
    "target_url": "http://me:pw-canary@127.0.0.1:18999/get",
    "headers": {"Authorization": "Bearer header-canary", "Accept": "*/*"},
    "body": "body-canary",
    "concurrency": 2,
    "total_requests": None,
}
ROW = {
    "id": "b272bca3",
    "name": "old",
    "client_library": "requests",
    "client_type": "sync",
    "http_method": "GET",
    "url": "http://me:pw-canary@127.0.0.1:18999/get?token=query-canary",
    "start_time": "2026-11-26T03:54:17.144401",
    "end_time": "2026-11-26T03:54:18.156075",
    "duration": 1.011674,
    "requests_count": 749,
    "requests_per_second": 747.5084775808158,
    "avg_response_time": 0.001682260347129506,
    "min_response_time": 0.000385,
    "max_response_time": 0.012061,
    "p95_response_time": 0.005815,
    "p99_response_time": 0.00805012,
    "cpu_usage_avg": 71.94,
    "memory_usage_avg": 0.239,
    "network_io": '{"bytes_sent": 683728, "bytes_recv": 683728, "packets_sent": 3033, "packets_recv": 3033}',
    "error_count": 0,
    "error_rate": 0.0,
    "concurrency_level": 2,
    "config_snapshot": json.dumps(SNAPSHOT),
    "created_at": "2026-11-26 03:54:18",
}
"""What the earlier tool stored of one of its runs, with its own credentials made up."""


def make_database(file, *rows, columns=COLUMNS):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"CREATE TABLE benchmark_results ({columns})")
        for row in rows:
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO benchmark_results ({', '.join(row)}) VALUES ({marks})", [*row.values()])
        connection.commit()


class TestEarlierResults(TestCase):
    def setUp(self):
        self.file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "o ld#1?.db"

    def test_a_row(self):
        """Figures and moments come over as they are, and what is no figure of the client stands apart."""
        make_database(self.file, ROW)
        [result], faults = earlier_results(self.file)

        self.assertEqual([], faults)
        self.assertTrue(is_earlier(self.file))
        for name in (
            "id",
            "name",
            "client_library",
            "requests_count",
            "p99_response_time",
            "cpu_usage_avg",
            "duration",
        ):
            self.assertEqual(ROW[name], getattr(result, name))
        self.assertEqual(datetime(2026, 11, 26, 3, 54, 17, 144401), result.start_time)
        self.assertEqual((None, {"bytes_sent": None, "bytes_recv": None}), (result.memory_usage_avg, result.network_io))
        self.assertIsNone(result.p50_response_time)
        imported = result.config_snapshot["imported"]
        self.assertEqual((0.239, 683728), (imported["memory_percent"], imported["machine_network_io"]["bytes_sent"]))
        self.assertEqual(2, result.config_snapshot["concurrency"])

    def test_secrets_stay_behind(self):
        """The earlier tool stored them as they were."""
        make_database(self.file, ROW)
        [result], _ = earlier_results(self.file)

        self.assertNotIn("canary", repr(result.to_dict()))
        self.assertEqual("*/*", result.config_snapshot["headers"]["Accept"])

    def test_what_it_did_not_have_stays_behind(self):
        """Other keys, and values that are no setting's, may hold anything."""
        odd = {
            "api_token": "canary",
            "proxies": {"https": "canary"},
            "name": ["canary"],
            "timeout": 30,
            "headers": ["canary"],
        }
        make_database(self.file, ROW | {"config_snapshot": json.dumps(odd)})
        [result], _ = earlier_results(self.file)

        self.assertEqual({"timeout", "imported"}, result.config_snapshot.keys())

    def test_the_file_is_only_read(self):
        """Not a byte of it changes, and nothing is made beside it."""
        make_database(self.file, ROW)
        before = self.file.read_bytes()
        earlier_results(self.file)

        self.assertEqual(before, self.file.read_bytes())
        self.assertEqual([self.file], [*self.file.parent.iterdir()])

    def test_what_is_no_number(self):
        """Its division by nothing gave infinities; they are no figures."""
        make_database(self.file, ROW | {"requests_per_second": float("inf"), "min_response_time": float("inf")})
        [result], faults = earlier_results(self.file)

        self.assertEqual(([], None, None), (faults, result.requests_per_second, result.min_response_time))

    def test_faulty_rows_are_named(self):
        """Each with its number and what is wrong; the others are read."""
        loose = COLUMNS.replace(" NOT NULL", "").replace(" REAL", "").replace(" INTEGER", "").replace(" TEXT", "")
        rows = [
            ROW | {"id": "1", "config_snapshot": "{"},
            ROW | {"id": "2", "network_io": "[]"},
            ROW | {"id": "3", "start_time": "yesterday"},
            ROW | {"id": "4", "requests_count": "many"},
            ROW | {"id": "5", "duration": None, "name": None},
            ROW | {"id": "6", "avg_response_time": None, "created_at": None},
        ]
        make_database(self.file, *rows, columns=loose)
        results, faults = earlier_results(self.file)

        self.assertEqual(["6"], [result.id for result in results])
        for fault, words in zip(
            faults,
            (
                "config_snapshot is no JSON",
                "network_io is no mapping",
                "start_time",
                "requests_count",
                "without name, duration",
            ),
            strict=True,
        ):
            with self.subTest(words):
                self.assertRegex(fault, rf"^row \d \('\d'\) is no result: .*{words}")

    def test_other_files(self):
        """No database, another one, and a table of that name with other columns."""
        self.file.write_bytes(b"no database" * 100)
        self.assertFalse(is_earlier(self.file))
        with self.assertRaisesRegex(StorageError, "cannot be read"):
            earlier_results(self.file)
        self.file.unlink()
        make_database(self.file, {"colour": "red"}, columns="colour TEXT")
        self.assertEqual(([], 1), (earlier_results(self.file)[0], len(earlier_results(self.file)[1])))
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("DROP TABLE benchmark_results")
        self.assertFalse(is_earlier(self.file))
        self.assertFalse(is_earlier(self.file.with_name("missing.db")))
