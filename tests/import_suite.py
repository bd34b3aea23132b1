"""What taking experiments and results into a database must do, whichever database it is."""

import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from http_benchmark.archive import StoredExperiment, read_archive, write_archive
from http_benchmark.database import upkeep
from http_benchmark.errors import StorageError
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.import_report import ImportReport
from http_benchmark.storage import ResultStorage
from tests.unit.records import a_block, an_experiment, blocks
from tests.unit.test_models import a_result


def whole(identifier="e-1", *, tags=("nightly",), **changes):
    return StoredExperiment(experiment=an_experiment(identifier, **changes), blocks=(a_block(0), a_block(1)), tags=tags)


class ImportSuite:
    def exported(self, store, *identifiers):
        """Experiments as they are stored, by way of a portable file."""
        file = io.BytesIO()
        stored = [
            StoredExperiment(
                experiment=store.get_experiment(identifier),
                blocks=tuple(store.get_blocks(identifier)),
                tags=store.get_tags(identifier),
            )
            for identifier in identifiers
        ]
        write_archive(stored, file)
        return read_archive(file)

    def test_everything_comes_along(self):
        """Document, blocks and tags are those of the file, and lists find them."""
        store = self.opened()
        report = store.add_experiments([whole("e-1"), whole("e-2", tags=("ä",))])

        self.assertEqual(ImportReport(added=("e-1", "e-2")), report)
        self.assertEqual([whole("e-1"), whole("e-2", tags=("ä",))], self.exported(store, "e-1", "e-2"))
        self.assertEqual({"e-1", "e-2"}, {summary.id for summary in store.list_experiments()})

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.lists(blocks, max_size=2, unique_by=lambda block: block.number))
    def test_saved_exported_and_imported(self, some_blocks):
        """Whatever was measured: saved, loaded, exported and imported elsewhere, it is the same."""
        self.make_database()
        some_blocks = sorted(some_blocks, key=lambda block: block.number)
        with ResultStorage(self.database) as store:
            store.start_experiment(an_experiment())
            for block in some_blocks:
                store.save_block("e-1", block)
            store.finish_experiment(an_experiment(status="finished"))
            exported = self.exported(store, "e-1")
        self.make_database()
        with ResultStorage(self.database) as other:
            other.add_experiments(exported)

            self.assertEqual(exported, self.exported(other, "e-1"))
            self.assertEqual(some_blocks, other.get_blocks("e-1"))

    def test_it_is_marked(self):
        """What was taken in says so, for what it asks of this machine; what was measured here is not marked by it."""
        store = self.opened()
        store.start_experiment(an_experiment("e-1", status="interrupted"))
        store.finish_experiment(an_experiment("e-1", status="interrupted"))
        report = store.add_experiments([*self.exported(store, "e-1"), whole("e-2")])

        self.assertEqual(ImportReport(present=("e-1",), added=("e-2",)), report)
        self.assertEqual([False, True], [store.get_experiment(identifier).imported for identifier in ("e-1", "e-2")])
        self.assertTrue(store.get_experiment("e-2").to_dict()["imported"])
        self.assertFalse(self.exported(store, "e-2")[0].experiment.imported)

    def test_renamed_once(self):
        """An import that is repeated finds what it renamed, whatever its tags are now."""
        store = self.opened()
        store.add_experiments([whole("e-1")])
        [renamed] = store.add_experiments([whole("e-1", name="other")], "rename").renamed.values()
        store.tag_experiment(renamed, add=["mine"], remove=["nightly"])

        self.assertEqual(
            ImportReport(present=(renamed,)), store.add_experiments([whole("e-1", name="other")], "rename")
        )
        [third] = store.add_experiments([whole("e-1", name="third")], "rename").renamed.values()
        self.assertNotEqual(renamed, third)
        self.assertEqual(3, len(store.list_experiments()))

    def test_tags_are_no_content(self):
        """They may have changed meanwhile, there or here; those here stay."""
        store = self.opened()
        store.add_experiments([whole(tags=("nightly",))])

        self.assertEqual(ImportReport(present=("e-1",)), store.add_experiments([whole(tags=("other",))]))
        self.assertEqual(("nightly",), store.get_tags("e-1"))

    def test_twice(self):
        """What is there with equal content is no conflict."""
        store = self.opened()
        store.add_experiments([whole()])

        self.assertEqual(ImportReport(present=("e-1",)), store.add_experiments([whole()]))

    def test_twice_with_what_is_not_stored(self):
        """Passwords in URLs are taken out of what is stored, wherever it stands, and make no other content of it."""
        store = self.opened()
        named = whole(name="of http://me:canary-word-1@host/ again")
        store.add_experiments([named])

        self.assertEqual(ImportReport(present=("e-1",)), store.add_experiments([named]))
        self.assertEqual(["of http://***@host/ again"], [summary.name for summary in store.list_experiments()])
        self.assertNotIn("stale", [finding.code for finding in upkeep.check(self.database)])

    def test_conflicts(self):
        """Another content under the same ID: nothing is taken in, or that one is left out, or gets a new ID."""
        store = self.opened()
        store.add_experiments([whole("e-1"), whole("e-2")])
        new = [whole("e-3"), whole("e-1", name="other"), whole("e-2", name="other")]
        with self.assertRaisesRegex(StorageError, "^e-1, e-2 is stored with another content"):
            store.add_experiments(new)
        self.assertEqual(2, len(store.list_experiments()))

        self.assertEqual(ImportReport(added=("e-3",), skipped=("e-1", "e-2")), store.add_experiments(new, "skip"))
        self.assertEqual("nightly", store.get_experiment("e-1").name)

        report = store.add_experiments(new[1:2], "rename")
        renamed = store.get_experiment(report.renamed["e-1"])
        self.assertEqual("other", renamed.name)
        self.assertEqual(("nightly", "was:e-1"), store.get_tags(renamed.id))

    def test_one_that_ran(self):
        """It was cut off where it came from."""
        store = self.opened()
        store.add_experiments([whole(status="running")])

        self.assertEqual("interrupted", store.get_experiment("e-1").status)
        self.assertEqual(("e-1",), store.add_experiments([whole(status="running")]).present)

    def test_one_that_was_killed_here(self):
        """Into its own database, where it still says that it runs, it is no conflict."""
        store = self.opened()
        store.start_experiment(an_experiment())

        self.assertEqual(("e-1",), store.add_experiments(self.exported(store, "e-1")).present)

    def test_single_results(self):
        """Those of the earlier tool: once, and never over others."""
        store = self.opened()
        result = a_result()
        self.assertEqual(ImportReport(added=(result.id,)), store.add_results([result]))
        self.assertEqual(ImportReport(present=(result.id,)), store.add_results([result]))
        self.assertEqual([result], store.get_all_results())
        other = BenchmarkResult.from_dict(result.to_dict() | {"name": "other"})
        with self.assertRaisesRegex(StorageError, "another content"):
            store.add_results([other])
        [renamed] = store.add_results([other], "rename").renamed.values()
        self.assertEqual("other", store.get_result_by_id(renamed).name)
        self.assertEqual(ImportReport(present=(renamed,)), store.add_results([other], "rename"))
