"""What tags and retention must do, whichever database it is: a suite for a `StorageCase`."""

from datetime import timedelta
from typing import Any

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.filters import Filters
from http_benchmark.models.provenance import Provenance, Revision, Session
from http_benchmark.models.retention import Retention
from tests.sql_faults import FaultError, fault_after
from tests.unit.records import NOON, a_block, an_experiment

DAY = timedelta(days=1)


class KeepingSuite:
    def stored(self, name: str, age_days: float, *tags: str, **changes: Any) -> str:
        """Store an experiment that started so long before noon; its id says the same."""
        experiment_id = f"{name}-{age_days:g}"
        experiment = an_experiment(
            experiment_id,
            name=name,
            started_at=NOON - age_days * DAY,
            configuration={"tag": list(tags)},
            **changes,
        )
        store = self.opened()
        store.start_experiment(experiment)
        if experiment.status != "running":
            store.finish_experiment(experiment)
        return experiment_id

    def pruned(self, *, dry_run: bool = False, **rule: Any) -> list[str]:
        gone = self.opened().prune(Retention(**rule), dry_run=dry_run, now=NOON)
        return [summary.id for summary in gone]

    def ids(self, **filters: Any) -> list[str]:
        return [summary.id for summary in self.opened().list_experiments(filters=Filters(**filters))]

    def test_what_is_old_and_followed_by_newer_ones_goes(self) -> None:
        """Older than ten days, and not among the last two of its name; both have to hold."""
        for age in (1, 2, 11, 12, 13):
            self.stored("often", age)
        for age in (20, 30, 40):
            self.stored("seldom", age)

        self.assertEqual(["often-11", "often-12", "often-13", "seldom-40"],
            self.pruned(older_than=10 * DAY, keep_last=2))  # fmt: skip
        self.assertEqual(["often-1", "often-2", "seldom-20", "seldom-30"], self.ids())

    def test_one_condition_alone(self) -> None:
        """By age alone the last one may go, too; exactly that old is not older; by number alone age does not count."""
        for age in (1, 2, 10, 11):
            self.stored("a", age)
        self.stored("b", 50)

        self.assertEqual(["a-11", "b-50"], self.pruned(older_than=10 * DAY, dry_run=True))
        self.assertEqual(["a-10", "a-11"], self.pruned(keep_last=2, dry_run=True))
        self.assertEqual(["b-50"], self.pruned(keep_last=0, name="b", dry_run=True))

    def test_a_dry_run_deletes_nothing(self) -> None:
        """It says what would go, and the real one then deletes just that, with all that belongs to it."""
        self.stored("a", 5)
        self.stored("a", 6)
        self.opened().save_block("a-6", a_block())

        would_go = self.pruned(keep_last=1, dry_run=True)
        self.assertEqual(["a-5", "a-6"], self.ids())

        self.assertEqual(would_go, self.pruned(keep_last=1))
        self.assertEqual((["a-5"], []), (self.ids(), self.opened().get_blocks("a-6")))
        self.assertEqual([("a-5",)], self.rows("SELECT DISTINCT experiment_id FROM experiment_facets"))

    def test_a_tag_protects(self) -> None:
        """Whatever the rule; unless every tag that it has is expendable."""
        self.stored("a", 50, "release")
        self.stored("a", 60, "nightly")
        self.stored("a", 70, "nightly", "release")
        self.stored("a", 80)

        self.assertEqual(["a-80"], self.pruned(keep_last=0, dry_run=True))
        self.assertEqual(["a-60", "a-80"], self.pruned(keep_last=0, expendable=("nightly",)))
        self.assertEqual(["a-50", "a-70"], self.ids())

    def test_tags_of_the_program_protect_nothing(self) -> None:
        """Those of a gate, of several concurrencies and of a renamed import; nobody chose to keep what has them.

        Others that begin so protect.
        """
        self.stored("a", 50, "gate-0123abcd")
        self.stored("a", 60, "gate-0123abcd", "was:e-1")
        self.stored("a", 70, "gate-0123abcd", "release")
        self.stored("a", 80, "gate-keeper")
        self.stored("a", 90, "scaling-0123abcd")
        self.stored("a", 95, "scaling-study")

        self.assertEqual(["a-50", "a-60", "a-90"], self.pruned(keep_last=0))

    def test_tags_that_are_none(self) -> None:
        """Empty, with line breaks, odd, or endless: refused at once, and what is there may be taken away."""
        self.stored("a", 1, "nightly")
        store = self.opened()
        for tag in ("", " ", "a\nb", "a\x1b[31m", "a\u202eb", " a", "x" * 101):
            with self.subTest(tag), self.assertRaisesRegex(ConfigurationError, "^tag "):
                store.tag_experiment("a", add=[tag])
        self.assertEqual(("nightly",), store.tag_experiment("a", remove=[""]))

    def test_tags_of_the_program_are_given_by_nobody_else(self) -> None:
        """They would protect nothing, as who gives a tag expects; one that is there already may stay."""
        self.stored("a", 1, "gate-0123abcd")
        store = self.opened()
        for tag in ("gate-89abcdef", "scaling-89abcdef", "was:e-1", "was:"):
            with self.subTest(tag), self.assertRaisesRegex(ConfigurationError, f"^tag '{tag}' .*protects nothing"):
                store.tag_experiment("a", add=[tag])
            with self.subTest(tag), self.assertRaisesRegex(ConfigurationError, f"^tag '{tag}' .*protects nothing"):
                ExperimentConfiguration(tag=[tag])
        self.assertEqual(("gate-0123abcd", "b"), store.tag_experiment("a", add=["gate-0123abcd", "b"]))

    def test_what_may_still_run_stays(self) -> None:
        """A run that stored something within a day; one that was killed long ago goes."""
        self.stored("alive", 0.5, status="running")
        self.stored("killed", 3, status="running")
        self.stored("long", 4, status="running")
        lately = a_block().model_copy(update={"finished_at": NOON - DAY / 2})
        self.opened().save_block("long-4", lately)

        self.assertEqual(["killed-3"], self.pruned(keep_last=0))

    def test_what_was_resumed_lately_stays(self) -> None:
        """Though all its blocks are old: until the first new one is stored, its session tells."""
        session = Session(started_at=NOON - DAY / 24)
        provenance = Provenance(program=Revision(), sessions=(session,))
        self.opened().start_experiment(an_experiment("resumed", started_at=NOON - 9 * DAY, provenance=provenance))
        self.opened().save_block("resumed", a_block().model_copy(update={"finished_at": NOON - 9 * DAY}))

        self.assertEqual([], self.pruned(keep_last=0))

    def test_pruning_happens_whole_or_not_at_all(self) -> None:
        """A fault in its middle deletes nothing."""
        for age in range(3):
            self.stored("a", age)
        with self.assertRaises(FaultError), fault_after(0):
            self.pruned(keep_last=0)

        self.assertEqual(3, len(self.ids()))

    def test_tags_are_given_and_taken(self) -> None:
        """In order, each once; filters follow, and the end of the run leaves them alone."""
        self.stored("a", 1, "nightly", "b", status="running")
        store = self.opened()

        tags = store.tag_experiment("a", add=["release", "nightly"], remove=["b", "x"])
        self.assertEqual(("nightly", "release"), tags)
        self.assertEqual((["a-1"], []), (self.ids(tag=("release", "nightly")), self.ids(tag=("b",))))
        store.finish_experiment(an_experiment("a-1", started_at=NOON - DAY, configuration={"tag": ["nightly", "b"]}))
        self.assertEqual((["a-1"], []), (self.ids(tag=("release", "nightly")), self.ids(tag=("b",))))
        self.assertEqual(("nightly", "release"), store.list_experiments()[0].tags)

        self.assertEqual((), store.tag_experiment("a-1", remove=["nightly", "release"]))
        self.assertEqual([], self.ids(tag=("release",)))
        self.assertIsNone(store.tag_experiment("unknown", add=["x"]))
