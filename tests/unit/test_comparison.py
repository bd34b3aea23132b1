"""The whole comparison on synthetic blocks: finds what is there, and seldom what is not."""

from unittest import TestCase

import numpy as np

from http_benchmark.stats.pairs import compare_pairs
from http_benchmark.stats.ranking import summarise
from tests.noise import harsh, in_random_order, quiet, shared
from tests.records import make_blocks, noisy_costs

EXPERIMENTS = 1000
MOST_REJECTIONS_AT_5_PERCENT = 67  # 99 % binomial limit for 1000 experiments


def compare(noise, generator, blocks, factor=1.0):
    """Compare two contenders of which the second costs `factor` times as much."""
    costs = np.exp(in_random_order(generator, noise(generator, blocks))) * [1.0, factor]
    values = {
        name: {block: {0: cost} for block, cost in enumerate(column)}
        for name, column in zip("AB", costs.T, strict=True)
    }
    (pair,) = compare_pairs(values, ["A", "B"], metric="p50")
    return pair


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

    def test_false_alarms(self):
        """Over 1000 experiments with equal contenders, no more than 67 separate them (K8)."""
        generator = np.random.default_rng(8)
        for noise in (quiet, shared, harsh):
            for blocks in (10, 20):
                alarms = sum(compare(noise, generator, blocks).separated for _ in range(EXPERIMENTS))
                with self.subTest(noise=noise.__name__, blocks=blocks):
                    self.assertLessEqual(alarms, MOST_REJECTIONS_AT_5_PERCENT)
                    self.assertGreater(alarms, 20)  # an honest test at 5 % does raise some

    def test_false_alarms_over_all_pairs(self):
        """Five equal arms: any of the ten pairs is separated in at most 5 % of the experiments."""
        names = [f"A{number}" for number in range(5)]
        generator = np.random.default_rng(4)
        alarms = 0
        for _ in range(200):
            costs = np.exp(generator.normal(0, 0.01, (5, 15)))
            values = {
                name: {b: {0: cost} for b, cost in enumerate(row)} for name, row in zip(names, costs, strict=True)
            }
            alarms += any(pair.separated for pair in compare_pairs(values, names, metric="p50"))

        self.assertLessEqual(alarms, 18)  # 99 % binomial limit for 200 experiments

    def test_five_percent_is_detected(self):
        """Under shared noise 20 blocks find +5 % in nine of ten experiments, and estimate it right (K10)."""
        generator = np.random.default_rng(10)
        pairs = [compare(shared, generator, 20, 1.05) for _ in range(200)]

        self.assertGreaterEqual(sum(pair.separated for pair in pairs), 180)
        self.assertTrue(4.5 <= np.median([pair.effect_percent for pair in pairs]) <= 5.5)
