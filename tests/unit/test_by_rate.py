"""Figures by arrival rate, where a trial goes through several."""

import unittest

from http_benchmark.stats.by_rate import by_rate
from http_benchmark.stats.steadiness import drift_percent
from tests.records import make_slice, make_trial


def at_rate(rate_rps, **fields):
    return make_slice(rate_rps=rate_rps, **fields)


class ByRateTest(unittest.TestCase):
    def test_the_median_over_the_slices_of_a_rate(self):
        """Three blocks with p99 1, 2 and 9 ms at 100/s; one slice each at 50/s."""
        trials = [
            make_trial("urllib3:sync", [at_rate(100, p99_s=p99_s), at_rate(50, p99_s=0.001)])
            for p99_s in (0.001, 0.009, 0.002)
        ]

        slow, fast = by_rate(trials)
        self.assertEqual((50, 100), (slow.rate_rps, fast.rate_rps))
        self.assertEqual((0.001, 0.002), (slow.p99_s, fast.p99_s))
        self.assertEqual((1000.0, 0.5, 0.001, 0), (fast.achieved_rps, fast.cpu_s_per_1k, fast.p50_s, fast.censored))

    def test_what_was_never_sent_is_larger_than_all_else(self):
        """Two of three slices have their p99 among such requests: no figure; one of three: the larger of the others."""

        def censored(count):
            known = [0.001, 0.002, 0.003][count:]
            slices = [at_rate(9, p99_s=None, censored=5)] * count + [at_rate(9, p99_s=p99_s) for p99_s in known]
            return by_rate([make_trial("urllib3:sync", [*slices, at_rate(5)])])[-1]

        self.assertEqual((0.003, 5), (censored(1).p99_s, censored(1).censored))
        self.assertEqual((None, 10), (censored(2).p99_s, censored(2).censored))

    def test_nothing_where_the_rate_is_constant(self):
        """Nor in the closed model."""
        self.assertEqual((), by_rate([make_trial("urllib3:sync", [at_rate(100), at_rate(100)])]))
        self.assertEqual((), by_rate([make_trial("urllib3:sync", [make_slice()])]))

    def test_a_ramp_is_no_drift(self):
        """Responses that get slower while the rate rises say nothing about steadiness."""
        rising = [at_rate(100 * n, mean_s=0.001 * n) for n in (1, 2, 3)]
        steady = [at_rate(100, mean_s=0.001 * n) for n in (1, 2, 3)]

        self.assertIsNone(drift_percent([make_trial("urllib3:sync", rising)]))
        self.assertAlmostEqual(200.0, drift_percent([make_trial("urllib3:sync", steady)]).estimate)
