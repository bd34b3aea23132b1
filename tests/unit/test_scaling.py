"""Several concurrencies put together: curves, what is kept of the best rate, verdicts; and how they take turns."""

from typing import Any, ClassVar
from unittest import TestCase, mock

from http_benchmark.benchmark import Experiment
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment import ExperimentResult, Reason, Validity
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.models.work import Deviation, Work
from http_benchmark.scaling import ScalingExperiment, ScalingObserver, stored_scaling
from http_benchmark.stats.scaling import at_concurrencies, gravest, retention, scaling_curves
from http_benchmark.storage import ResultStorage
from tests.records import make_blocks, make_result, store_levels
from tests.storage_case import SqliteCase

NOWHERE = "http://127.0.0.1:9/"
FACTORS = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.2]
"""Of the machine's speed, block by block: what changes for one level changes for all."""


def levels(costs: dict[int, dict[str, float]]) -> tuple[dict[int, ExperimentResult], dict[int, list[BlockRecord]]]:
    """Seven blocks per level; each contender's cost in ms, times the machine's factor."""
    blocks = {
        level: make_blocks({name: [cost * factor for factor in FACTORS] for name, cost in of.items()})
        for level, of in costs.items()
    }
    return {level: make_result(made) for level, made in blocks.items()}, blocks


class CurvesTest(TestCase):
    def test_retention_comes_from_the_ratio_in_each_block(self):
        """80 % in every block, however much the machine's speed changes: the interval has no width."""
        [curve] = scaling_curves(*levels({1: {"a:sync": 2.0}, 8: {"a:sync": 1.0}, 64: {"a:sync": 1.25}}))

        self.assertEqual(8, curve.best_concurrency)
        for figure in (curve.retention.estimate, curve.retention.low, curve.retention.high):
            self.assertAlmostEqual(0.8, figure)
        self.assertLess(curve.points[0].throughput_rps.low, 0.98 * curve.points[0].throughput_rps.high)

    def test_points(self):
        """Ascending by concurrency, with the figures of each level: 1 ms is 1000/s and 1 s of CPU per 1000."""
        [curve] = scaling_curves(*levels({8: {"a:sync": 1.0}, 1: {"a:sync": 2.0}}))
        one, eight = curve.points

        self.assertEqual((1, 8), (one.concurrency, eight.concurrency))
        self.assertAlmostEqual(500 / 1.025, one.throughput_rps.estimate, delta=15)
        self.assertAlmostEqual(1.0, eight.cpu_s_per_1k.estimate, delta=0.05)
        self.assertAlmostEqual(0.003, eight.p99_s.estimate, delta=0.0002)

    def test_best_at_the_top(self):
        """Who is fastest at the highest concurrency keeps all of it."""
        [curve] = scaling_curves(*levels({1: {"a:sync": 2.0}, 8: {"a:sync": 1.0}}))

        self.assertEqual((8, 1.0), (curve.best_concurrency, curve.retention.estimate))

    def test_fastest_first(self):
        """Contenders in order of their highest throughput, at whatever concurrency."""
        curves = scaling_curves(*levels({1: {"a:sync": 2.0, "b:sync": 0.5}, 8: {"a:sync": 0.4, "b:sync": 3.0}}))

        self.assertEqual(["a:sync", "b:sync"], [curve.contender for curve in curves])

    def test_other_work_counts_for_nothing(self):
        """Who is fastest where it did other work is not fastest, is named, and keeps nothing."""
        results, blocks = levels({1: {"a:sync": 2.0, "b:sync": 3.0}, 8: {"a:sync": 5.0, "b:sync": 0.1}})
        other = Work(deviations=(Deviation(code="no-reuse", what="does not keep connections", severity="other-work"),))
        results[8] = results[8].model_copy(
            update={
                "clients": tuple(
                    client.model_copy(update={"work": other}) if client.contender == "b:sync" else client
                    for client in results[8].clients
                )
            }
        )
        a, b = scaling_curves(results, blocks)

        self.assertEqual(("a:sync", "b:sync", 1, None), (a.contender, b.contender, b.best_concurrency, b.retention))
        self.assertEqual(((), ("does not keep connections",)), tuple(point.other_work for point in b.points))

    def test_missing_at_a_level(self):
        """Who was not measured at the top has a curve, and no retention."""
        results, blocks = levels({1: {"a:sync": 1.0, "b:sync": 1.0}, 8: {"a:sync": 1.0}})
        curves = {curve.contender: curve for curve in scaling_curves(results, blocks)}

        self.assertIsNone(curves["b:sync"].retention)
        self.assertEqual(1, len(curves["b:sync"].points))

    def test_retention_over_common_blocks(self):
        """A block that one of the levels lacks says nothing; without any there is no figure."""
        throughputs = {8: {0: 100.0, 1: 110.0, 2: 90.0}, 64: {0: 50.0, 2: 45.0}}

        self.assertAlmostEqual(0.5, retention(throughputs, top=64, best=8).estimate)
        self.assertIsNone(retention(throughputs, top=256, best=8))

    def test_verdict_over_all_levels(self):
        """The gravest verdict; each reason once, with the concurrencies that it holds for."""
        busy = Reason(code="machine-busy", severity="suspect", message="others used 12%")
        worse = Reason(code="machine-busy", severity="invalid", message="others used 80%")
        quick = Reason(code="quick", severity="suspect", message="a quick run")
        verdict = gravest(
            {
                1: Validity(),
                8: Validity(verdict="suspect", reasons=(busy, quick)),
                64: Validity(verdict="invalid", reasons=(worse,)),
            },
            at_concurrencies,
        )

        self.assertEqual("invalid", verdict.verdict)
        self.assertEqual(
            ["at concurrency 8, 64: others used 80%", "at concurrency 8: a quick run"],
            [reason.message for reason in verdict.reasons],
        )
        self.assertEqual(Validity(), gravest({1: Validity(), 8: Validity()}, at_concurrencies))

    def test_reasons_against_different_contenders(self):
        """With the same code they stand one by one, so that nobody's is lost."""
        repeated, unchecked = (
            Reason(code="unequal-work", severity="suspect", message=f"{name} did", contenders=(name,)) for name in "ab"
        )
        verdict = gravest(
            {
                1: Validity(verdict="suspect", reasons=(repeated, unchecked)),
                8: Validity(verdict="suspect", reasons=(unchecked,)),
            },
            at_concurrencies,
        )

        self.assertEqual(
            [("at concurrency 1: a did", ("a",)), ("at concurrency 1, 8: b did", ("b",))],
            [(reason.message, reason.contenders) for reason in verdict.reasons],
        )


class TurnsTest(TestCase):
    """The experiment of each level measures nothing here, but notes whose turn it is."""

    def setUp(self):
        self.turns: list[int] = []
        self.void: set[int] = set()
        test = self

        def run_block(experiment: Experiment) -> None:
            test.turns.append(experiment.configuration.concurrency)
            if len(test.turns) not in test.void:
                experiment.blocks += make_blocks({"null:sync": [1.0]})

        for name, fake in (("run_block", run_block), ("opened", lambda _: mock.MagicMock())):
            self.enterContext(mock.patch.object(Experiment, name, fake))

    def scaling(self, *, blocks: int = 4, observer: ScalingObserver | None = None, **values: Any) -> ScalingExperiment:
        configuration = ExperimentConfiguration(contenders=("null:sync",), url=NOWHERE, blocks=blocks, seed=3, **values)
        return ScalingExperiment(configuration, (64, 1, 8), observer=observer)

    def test_blocks_take_turns(self):
        """Each block measures every level once, in an order of its own that the seed decides."""
        result = self.scaling(blocks=6).run()
        turns = [tuple(self.turns[start : start + 3]) for start in range(0, 18, 3)]

        self.assertEqual(18, len(self.turns))
        self.assertEqual({(1, 8, 64)}, {tuple(sorted(turn)) for turn in turns})
        self.assertGreater(len(set(turns)), 1)
        self.assertEqual([(1, 6), (8, 6), (64, 6)], [(level.concurrency, level.blocks) for level in result.levels])
        first, self.turns = self.turns, []
        self.scaling(blocks=6).run()
        self.assertEqual(first, self.turns)

    def test_a_void_block_is_repeated_at_once(self):
        """So that the levels stay next to each other."""
        self.void = {2}
        self.scaling(blocks=2).run()

        self.assertEqual(7, len(self.turns))
        self.assertEqual(self.turns[1], self.turns[2])

    def test_one_experiment_per_level(self):
        """With the same seed, a common tag, and names that tell them apart."""
        scaling = self.scaling(name="nightly", tag=("ci",))
        configurations = [experiment.configuration for experiment in scaling.levels.values()]

        self.assertEqual([1, 8, 64], [one.concurrency for one in configurations])
        self.assertEqual({3}, {one.seed for one in configurations})
        self.assertEqual({("ci", f"scaling-{scaling.id[:8]}")}, {one.tag for one in configurations})
        self.assertEqual("nightly, concurrency 8", configurations[1].name)

    def test_what_is_written_is_read_again(self):
        """The JSON has the schema's name, that of the whole, and all that the result has."""
        result = self.scaling(name="nightly").run()

        self.assertEqual("nightly", result.name)
        self.assertEqual("http-benchmark/scaling/1", result.to_dict()["schema"])
        self.assertEqual([1, 8, 64], result.to_dict()["configuration"]["concurrency"])
        self.assertEqual(result, ScalingResult.from_dict(result.to_dict()))

    def test_interruption(self):
        """What was measured until then is there."""

        class Interrupting(ScalingObserver):
            def block_started(self, concurrency: int, block: int) -> None:
                if block == 2:
                    raise KeyboardInterrupt

        scaling = self.scaling(observer=Interrupting())
        with self.assertRaises(KeyboardInterrupt):
            scaling.run()

        self.assertEqual("interrupted", scaling.result().status)
        self.assertEqual([2, 2, 2], [level.blocks for level in scaling.result().levels])

    def test_faults_of_all_levels(self):
        """Each fault once, before anything is measured."""
        with self.assertRaises(ConfigurationError) as caught:
            self.scaling(rate="10/s")
        self.assertIn("closed model", caught.exception.faults[0])
        with self.assertRaises(ConfigurationError) as caught:
            ScalingExperiment(ExperimentConfiguration(processes=4, concurrency=8), (1, 2, 8))
        self.assertEqual(2, len(caught.exception.faults))


class StoredTest(SqliteCase):
    """Experiments of several concurrencies that are found again by their tag."""

    COSTS: ClassVar = {64: {"a:sync": 1.25, "b:sync": 2.0}, 1: {"a:sync": 2.0, "b:sync": 4.0}, 8: {"a:sync": 1.0}}
    TAG = "scaling-0123abcd"

    def stored(self, identifier: str, tag: str = TAG, **fields: Any) -> ScalingResult | None:
        """All levels as a database has them, seen from one of them."""
        self.store: ResultStorage = self.opened()
        store_levels(self.store, self.COSTS, tag, **fields)
        return stored_scaling(self.store, self.store.get_experiment(identifier))

    def test_each_leads_to_all(self):
        """Ascending, with the curves of the blocks: of 1 ms each, 1.25 ms are 80 %."""
        found = self.stored("c-64")

        self.assertEqual([(1, "c-1", 6), (8, "c-8", 6), (64, "c-64", 6)],
            [(level.concurrency, level.experiment_id, level.blocks) for level in found.levels])  # fmt: skip
        a, b = found.contenders
        self.assertEqual(("a:sync", 8), (a.contender, a.best_concurrency))
        self.assertEqual([500, 1000, 800], [round(point.throughput_rps.estimate) for point in a.points])
        self.assertAlmostEqual(0.8, a.retention.estimate)
        self.assertEqual([1, 64], [point.concurrency for point in b.points])
        self.assertEqual(("0123abcd", "finished", [1, 8, 64]),
            (found.id, found.status, found.configuration["concurrency"]))  # fmt: skip

    def test_one_that_was_killed(self):
        """It counts with the blocks that it has, and the whole is not finished."""
        found = self.stored("c-1", status="running", finished_at=None, clients=(), pairs=())

        self.assertEqual(("running", None, 2), (found.status, found.finished_at, len(found.contenders)))

    def test_others_have_none(self):
        """Without the tag, with one that only looks like it, and alone."""
        for tag in ("nightly", "scaling-keeper"):
            with self.subTest(tag):
                self.make_database()
                self.assertIsNone(self.stored("c-1", tag))
        self.make_database()
        self.stored("c-1")
        self.store.delete_experiment("c-8")
        self.store.delete_experiment("c-64")
        self.assertIsNone(stored_scaling(self.store, self.store.get_experiment("c-1")))

    def test_one_that_is_damaged(self):
        """The rest would look like all of it."""
        self.stored("c-1")
        self.rows(f"UPDATE experiment_documents SET document = {self.binary('00')} WHERE experiment_id = 'c-8'")

        self.assertIsNone(stored_scaling(self.store, self.store.get_experiment("c-1")))
