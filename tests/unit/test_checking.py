import sqlite3
from contextlib import closing

from http_benchmark.database import upkeep
from http_benchmark.errors import DatabaseVersionError
from tests.checking_suite import CheckingSuite
from tests.storage_case import SqliteCase


class CheckingTest(CheckingSuite, SqliteCase):
    def test_orphans(self) -> None:
        """Rows whose experiment was deleted with foreign keys off."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("DELETE FROM experiments WHERE id = 'e-1'")

        self.assertEqual({("file", "database", False)}, {*self.found()})

    def test_a_damaged_file(self) -> None:
        """A page that is overwritten is told, not raised."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            query = "SELECT rootpage FROM sqlite_master WHERE name = 'experiment_documents'"
            ((page,),) = connection.execute(query).fetchall()
        content = bytearray(self.path.read_bytes())
        content[(page - 1) * 4096 : page * 4096] = b"\x55" * 4096
        self.path.write_bytes(content)

        self.assertIn("file", {finding.code for finding in upkeep.check(self.path)})

    def test_an_older_database(self) -> None:
        """It is upgraded first."""
        upkeep.downgrade(self.path, "0002")

        with self.assertRaisesRegex(DatabaseVersionError, "run: http-benchmark db upgrade"):
            upkeep.check(self.path)
