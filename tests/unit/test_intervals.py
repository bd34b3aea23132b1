"""Estimates, exact intervals and tests from one figure per block."""

from math import exp, log, sqrt
from unittest import TestCase

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import PermutationMethod, binom, ttest_1samp, wilcoxon
from scipy.stats import t as student

from http_benchmark.stats.intervals import (
    Interval,
    estimate_over_blocks,
    hl_interval,
    hodges_lehmann,
    interval_rank,
    is_skewed,
    median_interval,
    minimum_detectable_effect,
    signed_rank_counts,
    signed_rank_p,
    t_interval,
    walsh_averages,
)

DIFFERENCES = st.lists(st.integers(-1000, 1000).map(lambda n: n / 64), min_size=1, max_size=20)


class TestEstimate(TestCase):
    def test_walsh_averages_of_three(self):
        """Every pair, each figure with itself included, averaged and sorted."""
        self.assertEqual([1.0, 2.0, 3.0, 4.5, 5.5, 8.0], list(walsh_averages([3.0, 8.0, 1.0])))

    def test_estimate_is_the_median_walsh_average(self):
        """Of 1, 2, 3, 4.5, 5.5, 8 it is (3 + 4.5) / 2."""
        self.assertEqual(3.75, hodges_lehmann([3.0, 8.0, 1.0]))

    def test_one_wild_block_does_not_move_the_estimate(self):
        """A block a thousand times off leaves the estimate inside the others."""
        self.assertLess(hodges_lehmann([0.01, 0.02, 0.03, 0.02, 0.01, 1000.0]), 0.04)

    def test_no_blocks_is_an_error(self):
        """There is no estimate from nothing."""
        for function in (hodges_lehmann, hl_interval, estimate_over_blocks):
            with self.subTest(function=function.__name__), self.assertRaises(ValueError):
                function([])


class TestExactLaw(TestCase):
    def test_counts_for_three_ranks(self):
        """The sums of subsets of {1, 2, 3}: 3 comes up twice."""
        self.assertEqual((1, 1, 1, 2, 1, 1, 1), signed_rank_counts(3))

    def test_counts_are_exact_for_sixty_blocks(self):
        """All 2⁶⁰ assignments of signs are counted, without overflow, symmetrically."""
        counts = signed_rank_counts(60)

        self.assertEqual(2**60, sum(counts))
        self.assertEqual(counts, counts[::-1])
        self.assertEqual(60 * 61 // 2 + 1, len(counts))

    def test_ranks_of_the_limits(self):
        """The known k of the two-sided 95 % and the one-sided 99 % interval."""
        two_sided = {5: 0, 6: 1, 10: 9, 12: 14, 15: 26, 20: 53, 30: 138, 40: 265}
        one_sided = {6: 0, 10: 6, 15: 20, 20: 44, 30: 121, 40: 239}

        self.assertEqual(two_sided, {n: interval_rank(n) for n in two_sided})
        self.assertEqual(one_sided, {n: interval_rank(n, 0.98) for n in one_sided})

    def test_p_value_agrees_with_scipy(self):
        """On continuous figures it is scipy's exact signed-rank test."""
        generator = np.random.default_rng(7)
        for n in (1, 2, 5, 6, 10, 15, 20, 40):
            d = generator.normal(0.3, 1, n)
            with self.subTest(n=n):
                self.assertAlmostEqual(wilcoxon(d, method="exact").pvalue, signed_rank_p(d), places=12)

    def test_ties_and_zeros(self):
        """Zeros are left out, equal sizes share their mean rank, and the law is exact given these ranks."""
        for d in ([1, 1, 2, -2, 3, -1, 4, 5], [0, 0, 1, 2, -2, 3], [1, 1, 1, 1, 1, 1], [-2, 2]):
            with self.subTest(d=d):
                expected = wilcoxon([x for x in d if x], method=PermutationMethod(n_resamples=np.inf)).pvalue
                self.assertAlmostEqual(expected, signed_rank_p(d), places=12)

    def test_nothing_but_zeros_shows_nothing(self):
        """Without any difference the p-value is 1."""
        self.assertEqual(1.0, signed_rank_p([0.0] * 10))

    def test_smallest_p_value(self):
        """Six blocks that agree are just enough: 2 / 2⁶."""
        self.assertEqual(2 / 64, signed_rank_p([1, 2, 3, 4, 5, 6]))


class TestInterval(TestCase):
    def test_too_few_blocks(self):
        """Five blocks have an estimate, but no 95 % interval."""
        self.assertEqual((3.0, None, None), hl_interval([1, 2, 3, 4, 5]))

    def test_six_blocks_reach_from_end_to_end(self):
        """With k = 1 the limits are the smallest and the largest figure."""
        self.assertEqual((3.5, 1.0, 6.0), hl_interval([4, 1, 6, 2, 5, 3]))

    def test_ten_blocks_by_hand(self):
        """Of 55 Walsh averages of 1, 2, 4, …, 512 the ninth from either end."""
        averages = sorted((2**i + 2**j) / 2 for i in range(10) for j in range(i, 10))

        self.assertEqual((hodges_lehmann(averages[:1]), 6.0), (1.0, averages[8]))
        self.assertEqual((averages[27], averages[8], averages[46]), hl_interval([2.0**i for i in range(10)]))

    @given(DIFFERENCES, st.integers(-64, 64))
    def test_moves_with_the_figures(self, d, shift):
        """Adding a constant to every figure adds it to estimate and limits."""
        moved = hl_interval([x + shift for x in d])

        self.assertEqual([x if x is None else x + shift for x in hl_interval(d)], list(moved))

    @given(DIFFERENCES, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
    def test_grows_with_the_figures(self, d, factor):
        """Multiplying every figure multiplies estimate and limits."""
        scaled = hl_interval([x * factor for x in d])

        self.assertEqual([x if x is None else x * factor for x in hl_interval(d)], list(scaled))

    @given(DIFFERENCES)
    def test_turns_with_the_sign(self, d):
        """Exchanging the two contenders turns the interval round and leaves the p-value."""
        estimate, low, high = hl_interval(d)
        turned = (-estimate, high if high is None else -high, low if low is None else -low)

        self.assertEqual(turned, hl_interval([-x for x in d]))
        self.assertEqual(signed_rank_p(d), signed_rank_p([-x for x in d]))

    @given(DIFFERENCES)
    def test_contains_its_estimate(self, d):
        """Low ≤ estimate ≤ high."""
        estimate, low, high = hl_interval(d)

        if low is not None:
            self.assertLessEqual(low, estimate)
            self.assertLessEqual(estimate, high)

    @given(st.lists(st.floats(-1, 1, allow_subnormal=False).filter(bool), min_size=6, max_size=20, unique_by=abs))
    def test_agrees_with_the_test(self, d):
        """The interval leaves 0 out exactly when the test rejects at 5 %."""
        _, low, high = hl_interval(d)

        self.assertEqual(signed_rank_p(d) <= 0.05, low > 0 or high < 0)


class TestSecondOpinion(TestCase):
    def test_agrees_with_scipy(self):
        """Mean and interval are those of scipy's t-test on one sample."""
        generator = np.random.default_rng(5)
        for n in (6, 10, 20, 40):
            d = generator.normal(0.1, 1, n)
            expected = ttest_1samp(d, 0).confidence_interval(0.95)
            with self.subTest(n=n):
                mean, low, high = t_interval(d)
                self.assertAlmostEqual(float(np.mean(d)), mean, places=12)
                self.assertAlmostEqual(expected.low, low, places=12)
                self.assertAlmostEqual(expected.high, high, places=12)

    def test_by_hand(self):
        """0 and 1 three times each: mean 0.5, standard error √0.3 / √6, and the t quantile for 5 degrees is 2.5706."""
        mean, low, high = t_interval([0, 1, 0, 1, 0, 1])

        self.assertEqual(0.5, mean)
        self.assertAlmostEqual(0.5 - 2.5706 * sqrt(0.3 / 6), low, places=4)
        self.assertAlmostEqual(0.5 + 2.5706 * sqrt(0.3 / 6), high, places=4)

    def test_too_few_blocks(self):
        """Below six there is a mean, and no interval, as for the first opinion; without any block an error."""
        self.assertEqual((2.0, None, None), t_interval([1, 2, 3]))
        with self.assertRaises(ValueError):
            t_interval([])

    def test_skewed_beyond_half_of_the_half_width(self):
        """The half-width is 0.2, so opinions may be 0.1 apart."""
        first = Interval(1.0, 0.8, 1.2)

        self.assertFalse(is_skewed(first, Interval(1.0999, 0, 2)))
        self.assertTrue(is_skewed(first, Interval(1.1001, 0, 2)))
        self.assertTrue(is_skewed(first, Interval(0.8999, 0, 2)))

    def test_equal_blocks_are_not_skewed(self):
        """Without any noise the mean may differ from the median by rounding."""
        d = [0.1] * 7

        self.assertFalse(is_skewed(hl_interval(d), t_interval(d)))
        self.assertFalse(is_skewed(Interval(1.0, None, None), Interval(9.0, None, None)))

    def test_one_sided_disturbances_are_skewed(self):
        """Two of fifteen blocks 50 % off move the mean, hardly the estimate."""
        d = [0.001 * n for n in range(-6, 7)] + [0.5, 0.5]

        self.assertTrue(is_skewed(hl_interval(d), t_interval(d)))
        self.assertFalse(is_skewed(hl_interval(d[:-2]), t_interval(d[:-2])))


class TestDetectableEffect(TestCase):
    def test_by_the_formula(self):
        """The t quantiles for 5 % and 90 %, times the standard error, as a ratio."""
        d = [-0.05, -0.01, -0.01, 0.0, 0.0, 0.0, 0.0, 0.01, 0.01, 0.05]
        deviation = sqrt(0.0054 / 9)  # 0.0245: the squares add up to 2·0.05² + 4·0.01²; 1.4826 · MAD is 0.0148
        quantiles = student.ppf(0.975, 9) + student.ppf(0.90, 9)
        expected = exp(quantiles * deviation / sqrt(10)) - 1

        self.assertAlmostEqual(expected, minimum_detectable_effect(d))

    def test_takes_the_larger_deviation(self):
        """Where the figures cluster at two ends, 1.4826 · MAD exceeds the standard deviation."""
        d = [-0.01] * 5 + [0.01] * 5
        quantiles = student.ppf(0.975, 9) + student.ppf(0.90, 9)

        self.assertAlmostEqual(exp(quantiles * 0.014826 / sqrt(10)) - 1, minimum_detectable_effect(d))

    def test_without_noise_everything_shows(self):
        """Equal figures can show any effect."""
        self.assertEqual(0.0, minimum_detectable_effect([0.5] * 6))

    def test_below_six_blocks_nothing_shows(self):
        """The test cannot reject, so there is no detectable effect."""
        self.assertIsNone(minimum_detectable_effect([0.01, 0.02, 0.03, 0.04, 0.05]))

    def test_power(self):
        """An effect of that size is found in about 90 % of the experiments."""
        generator = np.random.default_rng(3)
        effect = log(
            1 + float(np.median([minimum_detectable_effect(generator.normal(0, 0.02, 20)) for _ in range(99)]))
        )
        found = sum(signed_rank_p(effect + generator.normal(0, 0.02, 20)) <= 0.05 for _ in range(300))

        self.assertGreaterEqual(found, binom.ppf(0.01, 300, 0.86))


class TestMedianInterval(TestCase):
    def test_known_answers(self):
        """Six values just reach 95 %, with the extremes; of nine, P(Bin(9, ½) ≤ 1) is 1.95 %, so the second ones."""
        self.assertEqual((3.5, 1, 6), median_interval([6, 1, 5, 2, 4, 3]))
        self.assertEqual((5, 2, 8), median_interval(range(1, 10)))
        self.assertEqual((3, None, None), median_interval(range(1, 6)))

    def test_the_rank_is_that_of_the_binomial_law(self):
        for n in range(6, 80):
            with self.subTest(n):
                _, low, high = median_interval(range(1, n + 1))

                self.assertLessEqual(2 * binom.cdf(low - 1, n, 0.5), 0.05)
                self.assertGreater(2 * binom.cdf(low, n, 0.5), 0.05)
                self.assertEqual(n + 1, low + high)


class TestEstimateOverBlocks(TestCase):
    def test_on_the_logarithms(self):
        """Of 10, 100, 1000 it is the geometric middle; three blocks have no interval."""
        over = estimate_over_blocks([10.0, 1000.0, 100.0])

        self.assertAlmostEqual(100.0, over.estimate)
        self.assertEqual((None, None), (over.low, over.high))

    def test_interval(self):
        """With six blocks it reaches from the smallest to the largest."""
        over = estimate_over_blocks([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])

        self.assertAlmostEqual(2**2.5, over.estimate)
        self.assertAlmostEqual(1.0, over.low)
        self.assertAlmostEqual(32.0, over.high)

    def test_refuses_what_has_no_logarithm(self):
        """A figure of 0 or below is the caller's mistake."""
        with self.assertRaisesRegex(ValueError, "above 0, got 0"):
            estimate_over_blocks([1.0, 0.0])
