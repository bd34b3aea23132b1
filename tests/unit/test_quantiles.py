"""Which quantiles are printed, and the distribution that they are taken from."""

from unittest import TestCase

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.stats.histogram import Times
from http_benchmark.stats.quantiles import distribution, printable, samples_needed

SECOND_NS = 1_000_000_000


class TestPrintable(TestCase):
    def test_samples_needed(self):
        """The known numbers, below which a quantile is not printed."""
        needed = {0.5: 1, 0.9: 36, 0.95: 72, 0.99: 368, 0.999: 3688, 0.9999: 36887}

        self.assertEqual(needed, {p: samples_needed(p) for p in needed})

    def test_too_few_samples(self):
        """One sample fewer than needed gives None, the needed number a figure."""
        for p, name in ((0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p999")):
            needed = samples_needed(p)
            with self.subTest(p=p):
                self.assertIsNone(getattr(printable(distribution(Times(np.arange(needed - 1)))), name))
                self.assertIsNotNone(getattr(printable(distribution(Times(np.arange(needed)))), name))

    def test_the_censored_count(self):
        """35 times and one without are 36, of which the 33rd is the p90."""
        times = Times(np.arange(1, 36) * SECOND_NS)
        times.censor(np.array([SECOND_NS]))

        self.assertEqual(33.0, printable(distribution(times)).p90)


class TestDistribution(TestCase):
    def test_of_a_thousand(self):
        """1 … 1000 s in any order; nearest ranks, also where there are too few samples to print them."""
        samples = np.random.default_rng(1).permutation(np.arange(1, 1001)) * SECOND_NS

        self.assertEqual(
            {"count": 1000, "mean": 500.5, "min": 1.0, "p50": 500.0, "p90": 900.0, "p95": 950.0, "p99": 990.0,
             "p999": 999.0, "max": 1000.0},
            distribution(Times(samples)).model_dump(exclude_none=True, exclude={"censored"}),
        )  # fmt: skip

    def test_of_nothing(self):
        """No data is None, not 0."""
        self.assertEqual({"count": 0, "censored": 0}, distribution(Times()).model_dump(exclude_none=True))

    def test_the_censored_stand_last(self):
        """Of ten requests, two of which were never sent, the nine-tenth-slowest has no time; the mean is of eight."""
        times = Times(np.arange(1, 9) * SECOND_NS)
        times.censor(np.array([30, 20]) * SECOND_NS)
        found = distribution(times)

        self.assertEqual((8, 2, 20.0), (found.count, found.censored, found.censored_above_s))
        self.assertEqual((5.0, None, 4.5, 8.0), (found.p50, found.p90, found.mean, found.max))

    @given(st.lists(st.integers(0, 10**11), min_size=1, max_size=500))
    def test_order(self, samples):
        """Min ≤ p50 ≤ p90 ≤ p95 ≤ p99 ≤ max, and each is one of the samples."""
        found = distribution(Times(samples))
        figures = [found.min, found.p50, found.p90, found.p95, found.p99, found.max]

        self.assertEqual(sorted(figures), figures)
        self.assertLessEqual(set(figures), {sample / 1e9 for sample in samples})
