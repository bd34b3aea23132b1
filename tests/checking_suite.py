"""What the integrity check must find, whichever database it is: a suite for a `StorageCase`."""

from http_benchmark.database import upkeep
from tests.unit.records import NOON, a_block, an_experiment
from tests.unit.test_models import a_result


class CheckingSuite:
    def setUp(self) -> None:
        super().setUp()
        store = self.opened()
        for experiment_id in ("e-1", "e-2"):
            store.start_experiment(an_experiment(experiment_id, blocks=2))
            for number in range(2):
                store.save_block(experiment_id, a_block(number))
            store.finish_experiment(an_experiment(experiment_id, blocks=2))
        store.start_experiment(an_experiment("killed", clients=()))
        store.save_block("killed", a_block(0))
        store.tag_experiment("e-2", add=["kept"])

    def found(self, **arguments: bool) -> list[tuple[str, str, bool]]:
        return [(item.code, item.where, item.repairable) for item in upkeep.check(self.database, **arguments)]

    def test_a_whole_database(self) -> None:
        """Nothing is found: not in what was tagged, and not in a run that was killed."""
        self.assertEqual([], self.found(thorough=True))

    def test_each_kind_of_damage(self) -> None:
        """Damaged blobs, documents of others, missing blocks and documents, each by the experiment that has it."""
        broken = self.binary("00ff")
        for damage, expected in (
            (
                f"UPDATE blocks SET trials = {broken} WHERE experiment_id = 'e-1' AND block = 1",
                ("damaged", "e-1", False),
            ),
            ("DELETE FROM blocks WHERE experiment_id = 'e-1' AND block = 1", ("missing", "e-1", False)),
            (
                f"UPDATE experiment_documents SET document = {broken} WHERE experiment_id = 'e-2'",
                ("damaged", "e-2", False),
            ),
            ("DELETE FROM experiment_documents WHERE experiment_id = 'killed'", ("missing", "killed", False)),
        ):
            with self.subTest(damage):
                self.rows(damage)
                self.assertIn(expected, self.found())
        self.assertEqual(self.found(repair=True), self.found())

    def test_a_single_result(self) -> None:
        """One whose configuration is no mapping of names to values."""
        store = self.opened()
        for identifier in ("r-1", "r-2"):
            store.save_result(a_result(id=identifier))
        self.rows("UPDATE results SET config_snapshot = '[1]' WHERE id = 'r-2'")

        (finding,) = upkeep.check(self.database)
        self.assertEqual(("damaged", "r-2", False), (finding.code, finding.where, finding.repairable))
        self.assertEqual("result r-2 is damaged; restore the database from a copy", finding.message)

    def test_a_document_of_another_experiment(self) -> None:
        """It is told whose it is."""
        self.rows(
            "UPDATE experiment_documents SET document ="
            " (SELECT document FROM experiment_documents WHERE experiment_id = 'e-2') WHERE experiment_id = 'e-1'"
        )

        (finding,) = upkeep.check(self.database)
        self.assertEqual(("damaged", "its document is that of e-2"), (finding.code, finding.message))

    def test_what_is_derived_is_made_anew(self) -> None:
        """Columns, figures and facets that do not follow from the document, and are as before after the repair."""
        tables = ("experiments", "experiment_clients", "experiment_facets")
        before = [sorted(map(repr, self.rows(f"SELECT * FROM {table}"))) for table in tables]
        for damage in (
            "DELETE FROM experiment_facets WHERE kind = 'client' AND experiment_id = 'e-1'",
            "UPDATE experiment_clients SET requests = 7 WHERE experiment_id = 'e-1'",
            "UPDATE experiments SET verdict = 'invalid' WHERE id = 'e-1'",
            "INSERT INTO experiment_facets (kind, value, started_us, experiment_id) VALUES ('tag', 'x', 0, 'e-1')",
        ):
            with self.subTest(damage):
                self.rows(damage)
                self.assertEqual([("stale", "e-1", True)], self.found(repair=True))
                self.assertEqual([], self.found())
                after = [sorted(map(repr, self.rows(f"SELECT * FROM {table}"))) for table in tables]
                self.assertEqual(before, after)

    def test_blocks_of_a_run_that_goes_on(self) -> None:
        """Only a gap is a fault there, since nobody knows how many there will be."""
        self.opened().save_block("killed", a_block(2).model_copy(update={"finished_at": NOON}))

        self.assertEqual([("missing", "killed", False)], self.found())
