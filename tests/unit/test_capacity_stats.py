"""From searches to capacities: intervals, curves, limits; values worked out by hand."""

from math import sqrt
from typing import Any
from unittest import TestCase

import numpy as np

from http_benchmark.models.capacity import CapacitySearch, Probe
from http_benchmark.models.measurement import Distribution
from http_benchmark.stats.capacity import (
    at_capacity,
    below_all,
    capacity_over_blocks,
    frequent_limits,
    is_unbounded,
    kept_up,
    latency_curve,
    limits,
)
from http_benchmark.stats.search import index_of, rate_of


def a_probe(rate: float = 1000.0, **changes: Any) -> Probe:
    times = Distribution(count=4000, mean=0.002, min=0.001, p50=0.002, p90=0.004, p95=0.005, p99=0.01, p999=0.02, max=1)
    values: dict[str, Any] = {
        "rate_rps": rate,
        "duration_s": 2.0,
        "requests": 2000,
        "achieved_rps": rate,
        "response_time_s": times,
        "service_time_s": times,
        "lag_s": Distribution(count=4000, p50=0.0001),
        "cpu_ratio": 0.5,
        "passed": True,
    }
    return Probe(**values | changes)


def a_search(passed: float | None, failed: float | None, block: int = 0, **changes: Any) -> CapacitySearch:
    values: dict[str, Any] = {
        "block": block,
        "contender": "httpx:async",
        "closed_rps": 1000.0,
        "probes": (),
        "passed_rps": passed,
        "failed_rps": failed,
    }
    return CapacitySearch(**values | changes)


class CapacityTest(TestCase):
    def test_equal_blocks(self):
        """Where all blocks agree, the interval is the width of the search: nothing narrower was measured."""
        estimate = capacity_over_blocks([a_search(1000, 1030)] * 7)

        self.assertAlmostEqual(sqrt(1000 * 1030), estimate.estimate)
        self.assertAlmostEqual(1000, estimate.low)
        self.assertAlmostEqual(1030, estimate.high)

    def test_six_blocks(self):
        """With six blocks the interval goes from the lowest rate that passed to the highest that failed."""
        passed = [980, 990, 1000, 1010, 1020, 1030]
        estimate = capacity_over_blocks([a_search(rate, 1.03 * rate) for rate in passed])

        self.assertAlmostEqual(980, estimate.low)
        self.assertAlmostEqual(1.03 * 1030, estimate.high)
        self.assertAlmostEqual(sqrt(1.03) * sqrt(1000 * 1010), estimate.estimate, delta=1)

    def test_too_few_blocks(self):
        """Below six blocks there is an estimate, and no interval."""
        estimate = capacity_over_blocks([a_search(1000, 1030)] * 5)

        self.assertIsNone(estimate.low)
        self.assertIsNone(estimate.high)

    def test_nothing_passed(self):
        """In a typical block: no capacity. In one of seven: a capacity, with an interval that reaches lower."""
        nothing = a_search(None, 20.0)

        self.assertIsNone(capacity_over_blocks([nothing] * 4 + [a_search(1000, 1030)] * 3))
        self.assertEqual(20.0, below_all([nothing] * 4 + [a_search(1000, 1030)] * 3))
        self.assertAlmostEqual(sqrt(1000 * 1030), capacity_over_blocks([nothing] + [a_search(1000, 1030)] * 6).estimate)
        self.assertIsNone(below_all([nothing] + [a_search(1000, 1030)] * 6))
        self.assertEqual(0.0, capacity_over_blocks([nothing] * 2 + [a_search(1000, 1030)] * 5).low)

    def test_nothing_failed(self):
        """The bound of the search is what is known, and no upper limit."""
        searches = [a_search(100_000, None)] * 7

        self.assertTrue(is_unbounded(searches))
        self.assertAlmostEqual(100_000, capacity_over_blocks(searches).estimate)
        self.assertIsNone(capacity_over_blocks(searches).high)
        self.assertFalse(is_unbounded([a_search(1000, 1030)] * 4 + [a_search(1000, None)] * 3))

    def test_unfinished_searches_do_not_count(self):
        """What an interruption left says nothing about the capacity."""
        unfinished = a_search(100, None, complete=False)

        self.assertAlmostEqual(sqrt(1000 * 1030), capacity_over_blocks([a_search(1000, 1030), unfinished]).estimate)
        self.assertIsNone(capacity_over_blocks([unfinished]))
        self.assertFalse(is_unbounded([unfinished]))

    def test_coverage(self):
        """Of 300 experiments of 7 blocks, with noise of 4 %, the interval holds the true capacity in 95 % or more."""
        generator = np.random.default_rng(5)
        covered = 0
        for _ in range(300):
            places = [index_of(1000 * np.exp(generator.normal(0, 0.04)) / 2 ** (1 / 48)) for _ in range(7)]
            estimate = capacity_over_blocks([a_search(rate_of(place), rate_of(place + 1)) for place in places])
            covered += estimate.low <= 1000 <= estimate.high

        self.assertGreaterEqual(covered, 285)


class CurveTest(TestCase):
    def test_medians_by_rate(self):
        """Each rate once, ascending, with the medians of the blocks that tried it."""
        low, high = rate_of(200), rate_of(224)
        slow = Distribution(count=4000, p50=0.004, p99=0.5)
        curve = latency_curve(
            [
                a_search(1, 2, 0, probes=(a_probe(low), a_probe(high, response_time_s=slow, passed=False))),
                a_search(1, 2, 1, probes=(a_probe(low), a_probe(high))),
                a_search(1, 2, 2, probes=(a_probe(high, response_time_s=slow, passed=False), a_probe(high))),
            ]
        )

        self.assertEqual([(low, 2, 2), (high, 3, 2)], [(point.rate_rps, point.blocks, point.passed) for point in curve])
        self.assertEqual([0.002, 0.003], [point.p50 for point in curve])
        self.assertEqual([0.01, (0.01 + 0.5) / 2], [point.p99 for point in curve])
        self.assertEqual([low, high], [point.achieved_rps for point in curve])

    def test_never_sent(self):
        """A quantile among requests that were never sent counts as infinite: the median over two of three is too."""
        lost = a_probe(response_time_s=Distribution(count=900, censored=100, p50=0.01, p99=None), passed=False)
        [point] = latency_curve(
            [a_search(1, 2, block, probes=(probe,)) for block, probe in enumerate([lost, lost, a_probe()])]
        )

        self.assertIsNone(point.p99)
        self.assertEqual(0.01, point.p50)

    def test_too_few_for_a_quantile(self):
        """A p99 of 100 requests is none."""
        few = Distribution(count=100, p50=0.001, p90=0.002, p99=0.003)
        [point] = latency_curve([a_search(1, 2, probes=(a_probe(response_time_s=few),))])

        self.assertEqual((0.001, 0.002, None), (point.p50, point.p90, point.p99))

    def test_at_capacity(self):
        """Each block at its own edge, with the probe that passed there: the objective is kept by all of them."""
        slow = Distribution(count=4000, p50=0.5, p99=1.0)
        searches = [
            a_search(
                rate_of(place),
                rate_of(place + 1),
                block,
                probes=(
                    a_probe(rate_of(place), response_time_s=slow, passed=False),
                    a_probe(rate_of(place), cpu_ratio=cpu_ratio),
                    a_probe(rate_of(place + 1), response_time_s=slow, passed=False),
                ),
            )
            for block, (place, cpu_ratio) in enumerate([(240, 0.9), (241, 0.8), (244, 0.7)])
        ]
        point = at_capacity([*searches, a_search(rate_of(9), None, complete=False, probes=(a_probe(rate_of(9)),))])

        self.assertEqual((rate_of(241), 3, 0.01, 0.8), (point.rate_rps, point.blocks, point.p99, point.cpu_ratio))
        self.assertIsNone(at_capacity([a_search(None, 20.0)]))


class LimitsTest(TestCase):
    def test_what_stood_in_the_way(self):
        """A busy processor explains the waiting; without one it is what the requests waited for, if they waited."""
        for changes, served_in_time, expected in (
            ({}, False, ()),
            ({"cpu_ratio": 0.97, "exhausted_ratio": 0.8}, True, ("client-limited",)),
            ({"server_cpu_ratio": 0.9, "exhausted_ratio": 0.8}, True, ("server-limited",)),
            ({"cpu_ratio": 0.95, "server_cpu_ratio": 0.9}, False, ("client-limited", "server-limited")),
            ({"exhausted_ratio": 0.02}, True, ("workers-exhausted",)),
            ({"exhausted_ratio": 0.02}, False, ()),
            ({"exhausted_ratio": 0.0}, True, ("pacing-late",)),
        ):
            with self.subTest(changes, served_in_time=served_in_time):
                self.assertEqual(expected, limits(a_probe(**changes), served_in_time=served_in_time))

    def test_most_blocks_decide(self):
        """A limit is named if more than half of the searches met it."""
        client, server = ("client-limited",), ("client-limited", "server-limited")
        searches = [a_search(1, 2, limited_by=found) for found in (client, server, server, ())]

        self.assertEqual(("client-limited",), frequent_limits(searches))
        self.assertEqual((), frequent_limits([]))

    def test_a_growing_queue(self):
        """Arrivals 4 % above 1/D make the median of 2 s 40 ms slower, 2 % above 20 ms: 3 % is where it stops."""
        self.assertTrue(kept_up(0.001 + 0.02, 0.001, 2.0))
        self.assertFalse(kept_up(0.001 + 0.04, 0.001, 2.0))
        self.assertTrue(kept_up(0.5, 0.5, 2.0))
        self.assertFalse(kept_up(None, 0.001, 2.0))
