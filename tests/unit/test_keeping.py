from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.retention import Retention, read_retention
from http_benchmark.storage import ResultStorage
from tests.keeping_suite import DAY, KeepingSuite
from tests.storage_case import SqliteCase
from tests.unit.records import NOON, an_experiment

_experiments = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.sets(st.sampled_from(["nightly", "release"]))), max_size=9
)
_rules = st.builds(
    Retention,
    older_than=st.none() | st.integers(0, 5).map(lambda days: days * DAY),
    keep_last=st.integers(0, 4),
    name=st.none() | st.sampled_from("ab"),
    expendable=st.sets(st.just("nightly")).map(tuple),
)


class KeepingTest(KeepingSuite, SqliteCase):
    @given(_experiments, _rules)
    @settings(max_examples=25, suppress_health_check=[HealthCheck.differing_executors])
    def test_any_rule(self, kinds: list[tuple[str, int, set[str]]], rule: Retention) -> None:
        """What goes is what a look at each experiment lets go."""
        self.make_database()
        store = ResultStorage(self.database)
        for number, (name, age, tags) in enumerate(kinds):
            moment = NOON - age * DAY
            experiment = an_experiment(f"{number}", name=name, started_at=moment, configuration={"tag": sorted(tags)})
            store.start_experiment(experiment)
            store.finish_experiment(experiment)
        newest_first = sorted(range(len(kinds)), key=lambda number: (-kinds[number][1], str(number)), reverse=True)

        expected = []
        seen = {"a": 0, "b": 0}
        for number in newest_first:
            name, age, tags = kinds[number]
            seen[name] += 1
            old = rule.older_than is None or age * DAY > rule.older_than
            protected = tags - {*rule.expendable} or rule.name not in {None, name}
            if old and seen[name] > rule.keep_last and not protected:
                expected.append(str(number))

        self.assertEqual(expected, [summary.id for summary in store.prune(rule, now=NOON)])
        self.assertEqual(expected, [summary.id for summary in store.prune(rule, now=NOON, dry_run=False)])
        self.assertEqual(len(kinds) - len(expected), len(store.list_experiments()))

    def test_rules_as_users_write_them(self) -> None:
        """An age with its unit; one of the two has to be there."""
        self.assertEqual(timedelta(days=90), read_retention(older_than="90d").older_than)
        for values, expected in (
            ({"older_than": None}, "--older-than 90d, --keep-last 10, or both"),
            ({"older_than": "old"}, "^--older-than is not a duration: 'old'"),
            ({"older_than": None, "keep_last": -1}, "^keep_last"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ConfigurationError, expected):
                read_retention(**values)
