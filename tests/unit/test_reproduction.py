"""Two runs of the same experiment: do their effects agree?"""

from unittest import TestCase

from http_benchmark.comparison import Arm
from http_benchmark.models.reproduction import Reproduction
from http_benchmark.report.reproduction import print_reproduction
from http_benchmark.reproduction import reproduction
from tests.records import make_blocks, make_result, noisy_costs
from tests.snapshot_case import SnapshotCase, printed


def run(costs, *, seed=1, blocks=8, identifier="first", contenders=None):
    measured = make_blocks(noisy_costs(costs, blocks, seed=seed))
    configuration = {"concurrency": 10, "contenders": contenders or [*costs]}
    return Arm(make_result(measured, id=identifier, configuration=configuration), blocks=measured)


COSTS = {"httpx:sync": 1.0, "requests:sync": 2.0}


class TestReproduction(TestCase):
    def test_the_same_again(self):
        """Other noise and a slower day leave the effects what they are."""
        slower = {name: 3 * cost for name, cost in COSTS.items()}
        found = reproduction(run(COSTS), run(slower, seed=2, identifier="second"))

        self.assertEqual("yes", found.agrees)
        self.assertEqual({"yes"}, {pair.agrees for pair in found.pairs})
        self.assertEqual(("first", "second"), (found.original, found.reproduced))
        self.assertEqual(7, len(found.pairs))
        self.assertAlmostEqual(1 / 3, found.comparison.figures[0].ratios[1], places=2)

    def test_another_effect(self):
        """What was twice as slow is so no more."""
        found = reproduction(run(COSTS), run({"httpx:sync": 1.0, "requests:sync": 1.5}, seed=2, identifier="second"))

        self.assertEqual("no", found.agrees)

    def test_too_few_blocks(self):
        """Without an interval nobody can tell."""
        found = reproduction(run(COSTS), run(COSTS, blocks=3, identifier="second"))

        self.assertEqual("cannot-tell", found.agrees)

    def test_places_changed(self):
        """A pair that is written the other way round is the same pair: −50 % is +100 %."""
        found = reproduction(run(COSTS), run({"httpx:sync": 2.0, "requests:sync": 1.0}, seed=2, identifier="second"))
        [throughput] = [pair for pair in found.pairs if pair.metric == "throughput_rps"]

        self.assertAlmostEqual(100, throughput.before.effect_percent, delta=3)
        self.assertAlmostEqual(-50, throughput.after.effect_percent, delta=1)
        self.assertLess(throughput.after.low_percent, throughput.after.effect_percent)
        self.assertLess(throughput.after.effect_percent, throughput.after.high_percent)
        self.assertEqual("no", throughput.agrees)

    def test_versions_in_names(self):
        """Contenders are matched by their place, since the same version has another name the second time."""
        again = {"httpx==1.2.3:sync": 1.0, "requests==1.2.3:sync": 2.0}
        first, second = run(COSTS), run(again, seed=2, identifier="second")
        clients = [
            client.model_copy(update={"library": client.library.partition("=")[0]})
            for client in second.experiment.clients
        ]
        second = second._replace(experiment=second.experiment.model_copy(update={"clients": tuple(clients)}))

        self.assertEqual(7, len(reproduction(first, second).pairs))

    def test_json(self):
        """It loads as what was dumped."""
        found = reproduction(run(COSTS), run(COSTS, seed=2, identifier="second"))

        self.assertEqual(found, Reproduction.from_dict(found.to_dict()))
        self.assertEqual("http-benchmark/reproduction/1", found.to_dict()["schema"])


class TestReport(SnapshotCase):
    def test_snapshot(self):
        """The figures of both, the effects then and now, the answer."""
        found = reproduction(run(COSTS), run({"httpx:sync": 1.0, "requests:sync": 1.5}, seed=2, identifier="second"))

        self.check("reproduction_100", printed(print_reproduction, found, width=100), width=100)

    def test_long_names(self):
        """At 80 columns pairs are wrapped between words, with intervals below their effects."""
        costs = {"requestx:async": 1.0, "httpx==0.27.2:async+h2#2": 9.0}
        text = printed(print_reproduction, reproduction(run(costs), run(costs, seed=2, identifier="second")))

        self.check("reproduction_80", text)
        self.assertRegex(text, r"(?m)^httpx==0\.27\.2:async\+h2#2 against +\+\S+ % +\+\S+ % +yes\nrequestx:async +\(\+")
