"""The oracles of the proof: against figures from the literature, against each other, and by simulation."""

import math
import unittest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.origin.queues import Queue, Service
from proof import oracles

MD1 = {  # utilisation → quantile → response time in units of the service time
    0.5: {0.90: 2.516, 0.95: 3.051, 0.99: 4.336, 0.999: 6.168},
    0.8: {0.50: 2.276, 0.90: 6.012, 0.99: 11.356, 0.999: 16.700},
}


def poisson(requests: int, rate_rps: float, seed: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).exponential(1 / rate_rps, requests))


class QuantileTest(unittest.TestCase):
    def test_by_hand(self):
        """Of five values p50 is the third, p90 the fifth, p0 the first."""
        self.assertEqual([3, 5, 1], [oracles.quantile([5, 1, 4, 2, 3], p) for p in (0.5, 0.9, 0.0)])


class StallTest(unittest.TestCase):
    def test_quantiles_of_a_stall(self):
        """ρ = 0.2, 12 s, stalled for 1 s: 10.4 % are delayed; p95 is 2 + 1000 − 0.05 · 0.8 · 12000 ms = 522 ms."""
        case = {"service_s": 0.002, "stall_s": 1.0, "run_s": 12.0, "utilisation": 0.2}
        self.assertAlmostEqual(1 / 9.6, oracles.slow_share(stall_s=1.0, run_s=12.0, utilisation=0.2))
        for p, expected_s in {0.5: 0.002, 0.89: 0.002, 0.95: 0.522, 0.99: 0.906, 0.999: 0.9924, 1.0: 1.002}.items():
            with self.subTest(p=p):
                self.assertAlmostEqual(expected_s, oracles.stall_quantile_s(p, **case))

    def test_the_recursion_agrees_with_the_formula(self):
        """1200 arrivals every 10 ms through Lindley's recursion: the same quantiles, within one gap."""
        response_s = np.sort(oracles.lindley_s(np.arange(1200) / 100, 0.002, stall=(5.0, 1.0)))
        for p in (0.5, 0.88, 0.95, 0.99, 0.999):
            with self.subTest(p=p):
                expected_s = oracles.stall_quantile_s(p, service_s=0.002, stall_s=1.0, run_s=12.0, utilisation=0.2)
                self.assertAlmostEqual(expected_s, oracles.quantile(response_s, p), delta=0.01)


class EvenArrivalsTest(unittest.TestCase):
    def test_below_capacity_nobody_waits(self):
        """ρ = 0.5: every response takes the service time."""
        self.assertEqual([0.01] * 3, list(oracles.dd1_response_s(3, service_s=0.01, rate_rps=50)))
        self.assertEqual(0.01, oracles.dd1_mean_s(3, service_s=0.01, rate_rps=50))

    def test_above_capacity_each_waits_longer(self):
        """120 a second at 10 ms: each waits 1.667 ms longer; p50 608, p99 1197, mean 609 ms."""
        response_s = oracles.dd1_response_s(720, service_s=0.01, rate_rps=120)

        self.assertAlmostEqual(0.01 + 1 / 600, response_s[1])
        self.assertAlmostEqual(0.609, oracles.dd1_mean_s(720, service_s=0.01, rate_rps=120), delta=0.0005)
        self.assertAlmostEqual(float(response_s.mean()), oracles.dd1_mean_s(720, service_s=0.01, rate_rps=120))
        self.assertAlmostEqual(0.6083, oracles.quantile(response_s, 0.5), delta=0.0001)
        self.assertAlmostEqual(1.1967, oracles.quantile(response_s, 0.99), delta=0.0001)

    def test_the_recursion_agrees(self):
        """Lindley's recursion on the same arrivals, below and above capacity."""
        for rate_rps in (50, 120):
            with self.subTest(rate_rps=rate_rps):
                expected = oracles.dd1_response_s(500, service_s=0.01, rate_rps=rate_rps)
                np.testing.assert_allclose(oracles.lindley_s(np.arange(500) / rate_rps, 0.01), expected, atol=1e-9)


class PoissonArrivalsTest(unittest.TestCase):
    def test_means_of_md1(self):
        """ρ = 0.5: 1.5 service times; ρ = 0.8: 3."""
        self.assertAlmostEqual(1.5, oracles.md1_mean_s(service_s=1, utilisation=0.5))
        self.assertAlmostEqual(3.0, oracles.md1_mean_s(service_s=1, utilisation=0.8))

    def test_quantiles_of_md1(self):
        """The law of the waiting time, inverted, gives the figures of the literature."""
        for utilisation, quantiles in MD1.items():
            for p, expected in quantiles.items():
                with self.subTest(utilisation=utilisation, p=p):
                    self.assertAlmostEqual(
                        expected, oracles.md1_quantile_s(p, service_s=1, utilisation=utilisation), delta=0.0006
                    )

    def test_an_empty_queue_is_as_likely_as_the_server_is_idle(self):
        """P(W ≤ 0) = 1 − ρ, nobody waits less than 0, and that share of the quantiles is the service time."""
        self.assertAlmostEqual(0.2, oracles.md1_wait_probability(0, service_s=5, utilisation=0.8))
        self.assertEqual(0, oracles.md1_wait_probability(-0.1, service_s=5, utilisation=0.8))
        self.assertEqual(5, oracles.md1_quantile_s(0.2, service_s=5, utilisation=0.8))

    def test_the_mean_is_that_of_the_law(self):
        """∫ P(W > t) dt, by the trapezoid rule on 4000 points, is the mean wait."""
        times = np.linspace(0, 20, 4001)
        above = [1 - oracles.md1_wait_probability(t, service_s=1, utilisation=0.5) for t in times]
        self.assertAlmostEqual(0.5, float(np.trapezoid(above, times)), delta=0.001)

    def test_the_recursion_agrees_with_md1(self):
        """200 000 simulated Poisson arrivals: mean and quantiles within five standard deviations of such a run."""
        response = np.sort(oracles.lindley_s(poisson(200_000, 0.5, seed=1), 1.0))

        self.assertAlmostEqual(1.5, float(response.mean()), delta=0.02)
        for p, delta in {0.90: 0.06, 0.99: 0.2}.items():
            self.assertAlmostEqual(MD1[0.5][p], oracles.quantile(response, p), delta=delta)

    def test_the_recursion_agrees_with_mm1(self):
        """With exponential service times, ρ = 0.5: the median is 2 ln 2, p99 is 2 ln 100 service times."""
        services = np.random.default_rng(3).exponential(1.0, 200_000)
        response = np.sort(oracles.lindley_s(poisson(200_000, 0.5, seed=2), services))

        self.assertAlmostEqual(2 * math.log(2), oracles.mm1_quantile_s(0.5, service_s=1, utilisation=0.5))
        self.assertAlmostEqual(2 * math.log(100), oracles.mm1_quantile_s(0.99, service_s=1, utilisation=0.5))
        for p, delta in {0.5: 0.06, 0.99: 0.6}.items():
            expected = oracles.mm1_quantile_s(p, service_s=1, utilisation=0.5)
            self.assertAlmostEqual(expected, oracles.quantile(response, p), delta=delta)


class LindleyTest(unittest.TestCase):
    def test_by_hand(self):
        """Service 10, arrivals 0, 5, 35: 10; 15, since it waits 5; 10."""
        self.assertEqual([10, 15, 10], list(oracles.lindley_s([0, 5, 35], 10)))

    def test_a_stall_by_hand(self):
        """Stalled from 50 to 150: 46 is interrupted (150 + 6 − 46), 60 waits for it (166 − 60), 200 does not."""
        self.assertEqual([110, 106, 10], list(oracles.lindley_s([46, 60, 200], 10, stall=(50, 100))))

    def test_one_arrival_and_none(self):
        """The shortest recordings."""
        self.assertEqual([10], list(oracles.lindley_s([7], 10)))
        self.assertEqual([], list(oracles.lindley_s([], 10)))

    @given(
        st.lists(st.integers(0, 40), min_size=1, max_size=60),
        st.integers(1, 30),
        st.integers(0, 300),
        st.integers(0, 200),
    )
    def test_the_origins_queue_is_the_oracles(self, gaps, service, stall_after, stall):
        """Two ways of computing the same, one forwards in time, one in the server's own time."""
        arrivals = np.cumsum(gaps)
        queue = Queue(Service("", service, stall_after, stall), int(arrivals[0]))
        served = [queue.finish_ns(int(arrival)) - int(arrival) for arrival in arrivals]

        self.assertEqual(
            served, list(oracles.lindley_s(arrivals, service, stall=(float(arrivals[0] + stall_after), stall)))
        )


class LittleTest(unittest.TestCase):
    def test_little(self):
        """16 connections at 3000 requests/s of 5.2 ms: 97.5 % of the time under way, 0.133 ms between two requests."""
        case = {"throughput_rps": 3000, "mean_s": 0.0052, "concurrency": 16}
        self.assertAlmostEqual(0.975, oracles.little_ratio(**case))
        self.assertAlmostEqual(16 / 3000 - 0.0052, oracles.harness_s(**case))
