from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from http_benchmark.database.listing import page
from http_benchmark.errors import ConfigurationError
from http_benchmark.migrations.engine import database_url, open_engine, reading
from http_benchmark.models.filters import Filters, read_filters
from tests.listing_suite import CASES, ListingSuite
from tests.storage_case import SqliteCase

INDEPENDENT = sorted(name for name, (filters, _) in CASES.items() if "version" not in filters and len(filters) < 3)
"""A version means something else beside a client, and of many that stand together some may be overwritten."""


class ListingTest(ListingSuite, SqliteCase):
    @given(st.lists(st.sampled_from(INDEPENDENT), max_size=4), st.integers(0, 9))
    @settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
    def test_any_filters_together(self, names: list[str], offset: int) -> None:
        """Of several filters, those that fit all; where two say something else of one thing, the later one counts."""
        merged: dict[str, Any] = {}
        for name in names:
            merged |= CASES[name][0]
        kept = [fits for filters, fits in CASES.values() if filters and filters.items() <= merged.items()]
        expected = [experiment.id for experiment in reversed(self.stored) if all(fits(experiment) for fits in kept)]

        self.assertEqual(expected[offset : offset + 5], self.ids(limit=5, offset=offset, filters=Filters(**merged)))

    def test_indexes_are_used(self) -> None:
        """No filter and no order looks at all rows of a table."""
        for name, (filters, _) in CASES.items():
            with self.subTest(name):
                plan = self.plan(Filters(**filters))
                self.assertRegex(plan, "ix_experiments_time|USING PRIMARY KEY")
                self.assertNotIn("ix_experiment_facets_experiment", plan)
                self.assertNotIn("TEMP B-TREE", plan.split("blocks")[0])
                self.assertNotRegex(plan, r"SCAN experiment\w+(?! USING)")

    def plan(self, filters: Filters) -> str:
        """What SQLite says about how it answers."""
        engine = open_engine(database_url(self.database))
        asked: list[tuple[str, Any]] = []
        event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        with reading(engine) as connection:
            page(connection, filters, limit=10, offset=0)
            plans = [
                connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                for statement, parameters in [*asked]
                if statement.startswith("SELECT")
            ]
        engine.dispose()
        return "\n".join(row[3] for plan in plans for row in plan)

    def test_what_cannot_be_asked_for(self) -> None:
        """A client that cannot be one, and a moment whose zone is unknown."""
        for values, expected in (
            ({"client": ("no such client",)}, "^contender must look like"),
            ({"name": "a\0"}, "^name has the character NUL"),
            ({"tag": ("a\0",)}, "^tag has the character NUL"),
            ({"since": "2026-01-01T00:00:00"}, "^since: input should have timezone"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ConfigurationError, expected):
                read_filters(values)

    def test_texts_of_every_kind(self) -> None:
        """Quotes and wildcards are only themselves."""
        for name in ("night%", "_ightly", "' OR 1=1 --", "NIGHTLY"):
            self.assertEqual([], self.ids(filters=Filters(name=name)))
