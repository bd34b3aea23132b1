"""Quantiles by nearest rank."""

from unittest import TestCase

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.stats.quantiles import distribution, printable, quantile, samples_needed


class TestQuantile(TestCase):
    def test_nearest_rank(self):
        """The ⌈p·n⌉-th smallest of 1 … 100."""
        samples = np.arange(1.0, 101.0)

        for p, expected in ((0.5, 50.0), (0.55, 55.0), (0.9, 90.0), (0.901, 91.0), (0.95, 95.0)):
            with self.subTest(p=p):
                self.assertEqual(expected, quantile(samples, p))

    def test_median_of_few(self):
        """With an even number of samples it is the lower one of the middle; one sample is enough."""
        self.assertEqual(2.0, quantile(np.array([1.0, 2.0, 3.0, 4.0]), 0.5))
        self.assertEqual(2.0, quantile(np.array([1.0, 2.0, 3.0]), 0.5))
        self.assertEqual(7.0, quantile(np.array([7.0]), 0.5))

    def test_samples_needed(self):
        """The known numbers, below which a quantile is not printed."""
        needed = {0.5: 1, 0.9: 36, 0.95: 72, 0.99: 368, 0.999: 3688, 0.9999: 36887}

        self.assertEqual(needed, {p: samples_needed(p) for p in needed})

    def test_too_few_samples(self):
        """One sample fewer than needed gives None, the needed number a figure."""
        for p, name in ((0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p999")):
            needed = samples_needed(p)
            with self.subTest(p=p):
                self.assertIsNone(getattr(printable(distribution(np.arange(needed - 1.0))), name))
                self.assertIsNotNone(getattr(printable(distribution(np.arange(float(needed)))), name))


class TestDistribution(TestCase):
    def test_of_a_thousand(self):
        """1 … 1000 in any order; nearest ranks, also where there are too few samples to print them."""
        samples = np.random.default_rng(1).permutation(np.arange(1.0, 1001.0))

        self.assertEqual(
            {"count": 1000, "mean": 500.5, "min": 1.0, "p50": 500.0, "p90": 900.0, "p95": 950.0, "p99": 990.0,
             "p999": 999.0, "max": 1000.0},
            distribution(samples).to_dict(),
        )  # fmt: skip

    def test_of_nothing(self):
        """No data is None, not 0."""
        self.assertEqual({"count": 0}, distribution(np.array([])).model_dump(exclude_none=True))

    @given(st.lists(st.floats(0, 100), min_size=1, max_size=500))
    def test_order(self, samples):
        """Min ≤ p50 ≤ p90 ≤ p95 ≤ p99 ≤ max, as far as they are there, and each is one of the samples."""
        found = distribution(np.array(samples))
        figures = [found.min, found.p50, found.p90, found.p95, found.p99, found.max]
        known = [figure for figure in figures if figure is not None]

        self.assertEqual(sorted(known), known)
        self.assertLessEqual(set(known), set(samples))
