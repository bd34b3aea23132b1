"""The whole comparison on synthetic blocks; how often it errs stands in `test_error_rates`."""

from unittest import TestCase

from http_benchmark.stats.ranking import summarise
from tests.records import make_blocks, noisy_costs


class TestComparison(TestCase):
    def test_twice_as_fast_is_found(self):
        """Ranked first, separated on every metric, by an interval around 100 %."""
        clients, pairs = summarise(make_blocks(noisy_costs({"slow:sync": 2.0, "fast:sync": 1.0}, 15)), "throughput_rps")

        self.assertEqual([("fast:sync", 1), ("slow:sync", 2)], [(client.contender, client.rank) for client in clients])
        self.assertEqual(7, len(pairs))
        for pair in pairs:
            with self.subTest(metric=pair.metric):
                self.assertEqual(("fast:sync", "slow:sync", True), (pair.a, pair.b, pair.separated))
                self.assertTrue(97 < pair.low_percent < pair.effect_percent < pair.high_percent < 103, pair)

    def test_equals_are_not_separated(self):
        """Five arms of the same client share one rank and one letter, with an interval around 0."""
        arms = {f"A:sync#{number}" if number > 1 else "A:sync": 1.0 for number in range(1, 6)}
        clients, pairs = summarise(make_blocks(noisy_costs(arms, 15)), "throughput_rps")

        self.assertEqual({(1, "a")}, {(client.rank, client.group) for client in clients})
        self.assertFalse([pair for pair in pairs if pair.separated])
        self.assertEqual(10, len([pair for pair in pairs if pair.metric == "throughput_rps"]))

    def test_what_slows_a_whole_block_cancels_out(self):
        """A machine that is ten times slower in some blocks changes neither order nor interval."""
        costs = noisy_costs({"A:sync": 1.0, "B:sync": 1.1}, 15)
        disturbed = {
            name: [10 * cost if block % 4 == 0 else cost for block, cost in enumerate(figures)]
            for name, figures in costs.items()
        }
        _, calm_pairs = summarise(make_blocks(costs), "p50")
        _, disturbed_pairs = summarise(make_blocks(disturbed), "p50")

        self.assertAlmostEqual(calm_pairs[0].effect_percent, disturbed_pairs[0].effect_percent)
        self.assertAlmostEqual(calm_pairs[0].low_percent, disturbed_pairs[0].low_percent)
        self.assertTrue(disturbed_pairs[0].separated)
