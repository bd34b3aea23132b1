"""A collection of times: exact while it is small, in bins of 0.4 % when it is large."""

from math import ceil
from unittest import TestCase

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from http_benchmark.stats.histogram import EXACT_VALUES, Times, bin_bounds, bin_indices

MANY = EXACT_VALUES + 4464  # 70,000


def said(times):
    """All that a collection says."""
    return (
        times.count,
        times.censored,
        times.censored_above_s,
        times.mean_s,
        times.min_s,
        times.max_s,
        [times.quantile(p) for p in (0.01, 0.5, 0.9, 0.99, 0.999, 1.0)],
        times.above(1e-5),
        [column.tolist() for column in times.distinct()],
    )


class TestBins(TestCase):
    def test_small_values_have_a_bin_each(self):
        """Nothing is rounded below 512 ns."""
        self.assertEqual(list(range(512)), bin_indices(np.arange(512)).tolist())

    def test_edges_of_octaves(self):
        """256 bins from one power of two to the next: of 2 ns from 512 on, of 4 from 1024 on, of 4096 from 2²⁰ on."""
        values = {512: 512, 513: 512, 514: 513, 1023: 767, 1024: 768, 1027: 768, 1028: 769,
            2**20 - 1: 3327, 2**20: 3328, 2**20 + 4095: 3328, 2**20 + 4096: 3329}  # fmt: skip

        self.assertEqual(list(values.values()), bin_indices(np.array(list(values))).tolist())

    def test_bounds(self):
        """The least and the greatest value of a bin, worked out by hand."""
        for index, bounds in ((0, (0, 0)), (511, (511, 511)), (512, (512, 513)), (768, (1024, 1027)),
            (3327, (2**20 - 2048, 2**20 - 1)), (3328, (2**20, 2**20 + 4095))):  # fmt: skip
            with self.subTest(index=index):
                self.assertEqual(bounds, bin_bounds(index))

    @given(st.integers(0, 53).flatmap(lambda bits: st.integers(0, 2**bits - 1)))
    def test_formula(self, value):
        """The vectorised index is the one of the formula, and its bin holds the value."""
        shift = value.bit_length() - 9
        expected = value if shift <= 0 else (shift << 8) + (value >> shift)
        (index,) = bin_indices(np.array([value])).tolist()
        least, greatest = bin_bounds(index)

        self.assertEqual(expected, index)
        self.assertTrue(least <= value <= greatest)


class TestQuantile(TestCase):
    def test_nearest_rank(self):
        """The ⌈p·n⌉-th smallest of 1 … 100."""
        times = Times(np.random.default_rng(1).permutation(np.arange(1, 101)) * 10**9)

        for p, expected in ((0.5, 50.0), (0.55, 55.0), (0.9, 90.0), (0.901, 91.0), (0.95, 95.0), (1.0, 100.0)):
            with self.subTest(p=p):
                self.assertEqual(expected, times.quantile(p))

    def test_median_of_few(self):
        """With an even number of values it is the lower one of the middle; one value is enough."""
        for values, expected in (([1, 2, 3, 4], 2e-9), ([1, 2, 3], 2e-9), ([7], 7e-9), ([], None)):
            with self.subTest(values=values):
                self.assertEqual(expected, Times(values).quantile(0.5))

    def test_censored_rank_last(self):
        """Of three values and one censored, the third quarter is the third value, and what lies beyond has no time."""
        times = Times([10, 20, 30])
        times.censor(np.array([5, 4]))
        times.censor(np.array([], dtype=np.int64))
        self.assertEqual((3, 2, 4e-9), (times.count, times.censored, times.censored_above_s))
        self.assertEqual([2e-8, 3e-8, 3e-8, None, None], [times.quantile(p) for p in (0.4, 0.41, 0.6, 0.61, 1.0)])

    def test_only_censored(self):
        """Requests without a time have no quantile, however many they are."""
        times = Times()
        times.censor(np.array([1]))

        self.assertEqual((0, None, None), (times.count, times.quantile(0.5), times.mean_s))

    def test_exact_up_to_the_limit(self):
        """65,536 values are themselves; with one more, a quantile lies in the middle of its bin's ranks."""
        values = np.full(EXACT_VALUES, 1_000_003)
        values[0], values[-1] = 1, 10**9
        times = Times(values)
        self.assertEqual(1_000_003 / 1e9, times.quantile(0.5))

        times.add(np.array([1_000_003]))
        self.assertNotEqual(1_000_003 / 1e9, times.quantile(0.5))
        self.assertAlmostEqual(1.0, times.quantile(0.5) * 1e9 / 1_000_003, delta=0.004)

    def test_interpolated_within_a_bin(self):
        """100,000 values, 25,000 each of 1024 … 1027 ns, are one bin; rank 50,000 is in its middle."""
        times = Times(np.repeat(np.arange(1024, 1028), 25_000))

        self.assertAlmostEqual(1024 + 3 * 49_999.5 / 100_000, times.quantile(0.5) * 1e9)
        self.assertEqual((1.024e-6, 1.027e-6, 1.0255e-6), (times.min_s, times.max_s, times.mean_s))

    def test_no_further_than_the_extremes(self):
        """Values that are all the same keep their value, although their bin is wider."""
        times = Times(np.full(MANY, 1_000_003))

        self.assertEqual([0.001000003] * 3, [times.quantile(p) for p in (0.0001, 0.5, 1.0)])

    @settings(max_examples=25)  # each sorts or counts 70,000 values
    @given(st.lists(st.integers(1, 2**45), min_size=1, max_size=50), st.floats(0.001, 1.0))
    def test_off_by_less_than_four_per_mille(self, values, p):
        """In bins, any quantile of any values is within 0.4 % of the exact one."""
        values = np.resize(np.array(values, dtype=np.int64), MANY)
        exact = np.sort(values)[ceil(round(p * MANY, 6)) - 1]

        self.assertAlmostEqual(1.0, Times(values).quantile(p) * 1e9 / exact, delta=0.004)


class TestTimes(TestCase):
    def test_an_early_clock_is_no_time(self):
        """A negative value counts as 0."""
        self.assertEqual((0.0, 1e-9), (Times([-5, 2]).min_s, Times([-5, 2]).mean_s))

    def test_above(self):
        """How many are greater: exactly, or in bins by the share of the limit's own bin."""
        self.assertEqual(2, Times([1000, 2000, 2001, 3000]).above(2e-6))
        # Four bins of 25,000 values; the limit is the middle of 1028 … 1031.
        times = Times(np.repeat([1024, 1028, 1032, 1036], 25_000))
        self.assertEqual(50_000 + 12_500, times.above(1.030e-6))
        self.assertEqual((0, 100_000), (times.above(1.0), times.above(0.0)))

    def test_distinct(self):
        """Each value with its count; in bins, the middles, not beyond the extremes."""
        self.assertEqual(([1, 5], [1, 2]), tuple(column.tolist() for column in Times([5, 1, 5]).distinct()))
        times = Times(np.repeat([1026, 1028, 1032], 30_000))
        self.assertEqual(([1026, 1029, 1032], [30_000] * 3), tuple(column.tolist() for column in times.distinct()))

    def test_sums_are_exact(self):
        """A nanosecond among many days is not lost."""
        times = Times(np.full(10, 2**53))
        times.add(np.array([1] * 10))

        self.assertEqual((10 * 2**53 + 10) / 20 / 1e9, times.mean_s)

    def test_adding_nothing(self):
        """No values change nothing, alone or merged."""
        times = Times([3])
        times.add(np.array([], dtype=np.int64))
        times.merge(Times())

        self.assertEqual((1, 3e-9), (times.count, times.max_s))

    @settings(max_examples=25)  # each sorts or counts 70,000 values
    @given(
        st.lists(st.sampled_from([0, 1, 700, 30_000, 65_536, 66_000]), min_size=1, max_size=4),
        st.integers(0, 3),
        st.randoms(use_true_random=False),
    )
    def test_merging_in_any_order(self, sizes, censored, random):
        """Parts say the same merged forwards, shuffled, or added at once; and merging leaves them as they are."""
        generator = np.random.default_rng(random.randrange(1000))
        parts = [Times(generator.integers(0, 10**7, size)) for size in sizes]
        for elapsed in range(1, censored + 1):
            parts[elapsed % len(parts)].censor(np.array([elapsed]))
        before = [said(part) for part in parts]
        forwards, backwards = Times(), Times()
        for part in parts:
            forwards.merge(part)
        shuffled = random.sample(parts, len(parts))
        for part in shuffled:
            backwards.merge(part)

        self.assertEqual(said(forwards), said(backwards))
        self.assertEqual(before, [said(part) for part in parts])
        self.assertEqual(sum(sizes), forwards.count)

    def test_merged_or_added(self):
        """What was merged from parts is what was added at once, exact and in bins."""
        values = np.random.default_rng(1).integers(0, 10**7, MANY)
        for size in (1000, MANY):
            with self.subTest(size=size):
                merged = Times(values[: size // 3])
                merged.merge(Times(values[size // 3 : size]))

                self.assertEqual(said(Times(values[:size])), said(merged))
