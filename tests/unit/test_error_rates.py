"""How often the statistics err, over many synthetic experiments: K8, K9, K10 and K18 of the method, with fixed seeds.

Each noise of `tests.noise` stands for a machine. The limits are 99 % binomial ones. The last class shows that they are
missed by methods that look much the same.
"""

from math import log
from unittest import TestCase

import numpy as np

from http_benchmark.models.experiment import PairResult
from http_benchmark.stats.gate import LOOKS, Outcome, confirmed, judge_gate
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.intervals import hl_interval, signed_rank_p
from http_benchmark.stats.pairs import as_percent, block_values, compare_pairs
from http_benchmark.stats.quantiles import distribution
from http_benchmark.stats.sequential import looks, precise_enough
from tests.noise import harsh, in_random_order, quiet, shared
from tests.records import make_block, make_slice, make_trial

EXPERIMENTS = 1000
MOST_REJECTIONS_AT_5_PERCENT = 67
MOST_FAILURES_AT_1_PERCENT = 18
MOST_CONFIRMED_FAILURES = 2
COVERED_AT_95_PERCENT = range(928, 973)
LEAST_COVERED_WHEN_STOPPED = 928

EFFECT = log(1.05)
NOISES = (quiet, shared, harsh)


def differences(generator, noise, blocks, effect=0.0):
    """One log ratio per block, of two contenders that cost the same but for the effect."""
    trials = in_random_order(generator, noise(generator, blocks))
    return effect + trials[:, 1] - trials[:, 0]


def covers(d, effect):
    _, low, high = hl_interval(d)
    return low <= effect <= high


def judged_at_looks(d):
    """What a gate says that goes on only for what its first look cannot tell."""
    first = judge_gate(d[: LOOKS[0]])
    return judge_gate(d) if first is Outcome.INCONCLUSIVE else first


def experiments(generator, noise, blocks, effect=0.0, *, count=EXPERIMENTS):
    return (differences(generator, noise, blocks, effect) for _ in range(count))


class TestFalseAlarms(TestCase):
    def test_of_the_test(self):
        """Of 1000 experiments with equal contenders no more than 67 reject at 5 % (K8)."""
        generator = np.random.default_rng(8)
        for noise in NOISES:
            for blocks in (10, 20):
                alarms = sum(signed_rank_p(d) <= 0.05 for d in experiments(generator, noise, blocks))
                with self.subTest(noise=noise.__name__, blocks=blocks):
                    self.assertLessEqual(alarms, MOST_REJECTIONS_AT_5_PERCENT)
                    self.assertGreater(alarms, 20)  # an honest test at 5 % does raise some

    def test_of_the_gate(self):
        """Of 1000 equal candidates at most 18 fail once and 2 fail twice (K8); as many pass for an improvement."""
        generator = np.random.default_rng(88)
        for noise in NOISES:
            for blocks in (10, 20):
                first = [judge_gate(d) for d in experiments(generator, noise, blocks)]
                failed = first.count(Outcome.FAIL_1)
                twice = [
                    confirmed(Outcome.FAIL_1, judge_gate(d))
                    for d in experiments(generator, noise, blocks, count=failed)
                ]
                with self.subTest(noise=noise.__name__, blocks=blocks):
                    self.assertLessEqual(failed, MOST_FAILURES_AT_1_PERCENT)
                    self.assertLessEqual(first.count(Outcome.IMPROVEMENT), MOST_FAILURES_AT_1_PERCENT)
                    self.assertLessEqual(twice.count(Outcome.FAIL), MOST_CONFIRMED_FAILURES)

    def test_of_the_gate_that_looks_twice(self):
        """Looking again after 40 blocks where 20 cannot tell keeps the rate: at most 18 fail once and 2 twice."""
        generator = np.random.default_rng(8888)
        for noise in NOISES:
            failed = sum(judged_at_looks(d) is Outcome.FAIL_1 for d in experiments(generator, noise, LOOKS[-1]))
            twice = sum(
                judged_at_looks(d) is Outcome.FAIL_1 for d in experiments(generator, noise, LOOKS[-1], count=failed)
            )
            with self.subTest(noise=noise.__name__):
                self.assertLessEqual(failed, MOST_FAILURES_AT_1_PERCENT)
                self.assertLessEqual(twice, MOST_CONFIRMED_FAILURES)

    def test_of_the_gate_without_a_margin(self):
        """The bound alone holds its 1 % too: a margin must not be what keeps the rate down."""
        generator = np.random.default_rng(888)
        for noise in NOISES:
            for blocks in (10, 20):
                alarms = sum(judge_gate(d, margin=0.0) is Outcome.FAIL_1 for d in experiments(generator, noise, blocks))
                with self.subTest(noise=noise.__name__, blocks=blocks):
                    self.assertLessEqual(alarms, MOST_FAILURES_AT_1_PERCENT)
                    self.assertGreater(alarms, 1)

    def test_over_all_pairs(self):
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


class TestCoverage(TestCase):
    def test_at_a_fixed_number_of_blocks(self):
        """The 95 % interval covers a true effect of +5 % in 928 to 972 of 1000 experiments (K9)."""
        generator = np.random.default_rng(9)
        for noise in NOISES:
            for blocks in (10, 20):
                covered = sum(covers(d, EFFECT) for d in experiments(generator, noise, blocks, EFFECT))
                with self.subTest(noise=noise.__name__, blocks=blocks):
                    self.assertIn(covered, COVERED_AT_95_PERCENT)

    def test_when_stopped_by_precision(self):
        """Stopped at the first look with ± 2 % or less, the interval covers in 92.8 % (K18).

        3000 experiments: over 12 000 the coverage is 95.0, 94.5 and 94.2 %, so that of 1000 experiments one set in
        forty would miss the limit by chance. Without an effect, since a rule that looks at p stops at false alarms.
        """
        generator = np.random.default_rng(18)
        for noise in NOISES:
            stopped = [stopped_by_precision(d) for d in experiments(generator, noise, looks()[-1], count=3000)]
            with self.subTest(noise=noise.__name__):
                self.assertGreaterEqual(sum(covers(d, 0.0) for d in stopped), 3 * LEAST_COVERED_WHEN_STOPPED)
                self.assertLessEqual({len(d) for d in stopped}, set(looks()))


def stopped_by_precision(d, target_percent=2.0):
    """The blocks that were measured when the rule said stop; all of them where it never did."""
    return next((d[:n] for n in looks() if precise_enough([pair_of(d[:n])], target_percent, "p50")), d)


def pair_of(d):
    estimate, low, high = (as_percent(limit) for limit in hl_interval(d))
    return PairResult(a="a", b="b", metric="p50", effect_percent=estimate, low_percent=low, high_percent=high)


class TestPower(TestCase):
    def test_five_percent_is_detected(self):
        """Durations lengthened by 5 % are found in 180 of 200 experiments, and the effect is estimated right (K10)."""
        generator = np.random.default_rng(10)
        pairs = [slowed_down(generator, 1.05) for _ in range(200)]

        self.assertGreaterEqual(sum(pair.separated for pair in pairs), 180)
        self.assertTrue(4.5 <= np.median([pair.effect_percent for pair in pairs]) <= 5.5)

    def test_the_gate_finds_what_matters(self):
        """With 20 blocks on a shared machine +5 % fails twice in most experiments, and −5 % is an improvement."""
        generator = np.random.default_rng(6)
        worse = [
            confirmed(*(judge_gate(differences(generator, shared, 20, EFFECT)) for _ in range(2))) for _ in range(300)
        ]
        better = [judge_gate(d) for d in experiments(generator, shared, 20, -EFFECT, count=300)]

        self.assertGreaterEqual(worse.count(Outcome.FAIL), 268)  # 99 % binomial limit for 93 %
        self.assertGreaterEqual(better.count(Outcome.IMPROVEMENT), 268)
        self.assertEqual(0, better.count(Outcome.FAIL_1))

    def test_the_gate_finds_ten_percent_on_any_machine(self):
        """Looking twice, +10 % fails twice in 90 % of the experiments and more, on a bad machine too."""
        generator = np.random.default_rng(66)
        for noise in NOISES:
            twice = sum(
                all(
                    judged_at_looks(differences(generator, noise, LOOKS[-1], log(1.10))) is Outcome.FAIL_1
                    for _ in range(2)
                )
                for _ in range(300)
            )
            with self.subTest(noise=noise.__name__):
                self.assertGreaterEqual(twice, 270)


def slowed_down(generator, factor, blocks=20, requests=200):
    """Compare a contender with itself, of which every recorded duration was multiplied by `factor`."""
    speeds = np.exp(in_random_order(generator, shared(generator, blocks)))
    durations_ns = 1e6 * generator.lognormal(0, 0.2, (blocks, 2, requests)) * speeds[:, :, np.newaxis]
    durations_ns[:, 1] *= factor
    records = [make_block(trial("A:sync", of_a), trial("B:sync", of_b)) for of_a, of_b in durations_ns.astype(np.int64)]
    (pair,) = compare_pairs(block_values(records, "p50"), ["A:sync", "B:sync"], metric="p50")
    return pair


def trial(contender, durations_ns):
    times = Times(durations_ns)
    measured = make_slice(p50_s=times.quantile(0.5), mean_s=times.mean_s)
    return make_trial(contender, [measured], response_time_s=distribution(times))


class TestTheLimitsBite(TestCase):
    """The same experiments, judged by methods that one might have written instead."""

    def test_an_interval_with_the_k_of_90_percent(self):
        """It covers too seldom."""
        generator = np.random.default_rng(9)
        covered = 0
        for d in experiments(generator, shared, 20, EFFECT):
            _, low, high = hl_interval(d, 0.90)
            covered += low <= EFFECT <= high

        self.assertNotIn(covered, COVERED_AT_95_PERCENT)

    def test_a_comparison_that_is_not_paired(self):
        """Blocks shuffled against each other lose what they have in common: its interval is too wide."""
        generator = np.random.default_rng(9)
        covered = 0
        for _ in range(EXPERIMENTS):
            trials = in_random_order(generator, shared(generator, 20))
            covered += covers(EFFECT + generator.permutation(trials[:, 1]) - trials[:, 0], EFFECT)
        self.assertNotIn(covered, COVERED_AT_95_PERCENT)

    def test_trials_instead_of_blocks(self):
        """An interval from the trials of one contender alone takes what drifts for scatter, and covers too seldom."""
        generator = np.random.default_rng(9)
        covered = sum(covers(EFFECT + shared(generator, 10).ravel(), EFFECT) for _ in range(EXPERIMENTS))

        self.assertNotIn(covered, COVERED_AT_95_PERCENT)

    def test_stopping_at_a_small_p_value(self):
        """Looking at p stops at false alarms, so the interval misses the truth far too often."""
        generator = np.random.default_rng(18)
        covered = 0
        for d in experiments(generator, quiet, looks()[-1]):
            stopped = next((d[:n] for n in looks() if signed_rank_p(d[:n]) <= 0.05), d)
            covered += covers(stopped, 0.0)

        self.assertLess(covered, LEAST_COVERED_WHEN_STOPPED)

    def test_a_gate_at_95_percent(self):
        """A one-sided bound at 95 % fails too many equal candidates."""
        generator = np.random.default_rng(888)
        alarms = sum(hl_interval(d, 0.90).low > 0 for d in experiments(generator, quiet, 20))

        self.assertGreater(alarms, MOST_FAILURES_AT_1_PERCENT)
