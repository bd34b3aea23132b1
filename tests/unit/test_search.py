"""The search for a capacity: known answers by queueing theory, noise, bounds, and what is not monotonous."""

from collections.abc import Callable
from math import exp, log, sqrt
from unittest import TestCase

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.stats.search import MOST_TRIES, Bracket, Search, Try, index_of, rate_of

WIDTH = 1.03


def find(
    passes: Callable[[float], bool], *, start: float = 1000.0, lowest: float = 10.0, highest: float = 100_000.0
) -> tuple[Bracket, list[Try]]:
    """Search to the end; what was found, and what was tried."""
    search = Search(start, lowest, highest)
    tried: list[Try] = []
    while (one := search.next_try()) is not None:
        tried.append(one)
        search.note(one, passed=passes(one.rate_rps))
    return search.bracket(), tried


def places(tried: list[Try]) -> list[str]:
    """Where on the grid was tried; thoroughly with an exclamation mark."""
    return [f"{index_of(one.rate_rps)}{'!' if one.thorough else ''}" for one in tried]


def middle(bracket: Bracket) -> float:
    return sqrt(bracket.passed_rps * bracket.failed_rps)


class KnownAnswerTest(TestCase):
    def test_deterministic_queue(self):
        """D/D/1 sustains every rate up to 1/D; the bracket holds that, 3 % wide, whatever the estimate before."""
        for capacity in (37.0, 912.0, 1000.0, 3456.0):
            for start in (capacity / 3, capacity, capacity * 2.5):
                with self.subTest(capacity=capacity, start=start):
                    bracket, tried = find(lambda rate, limit=capacity: rate <= limit, start=start)

                    self.assertTrue(bracket.complete)
                    self.assertLessEqual(bracket.passed_rps, capacity)
                    self.assertGreater(bracket.failed_rps, capacity)
                    self.assertLess(bracket.failed_rps / bracket.passed_rps, WIDTH)
                    self.assertLessEqual(len(tried), 15)

    def test_memoryless_queue(self):
        """M/M/1 at μ = 1000/s: p99 = ln 100 / (μ − λ) is 50 ms at λ = 907.9/s. Found without bias over 30 searches."""
        service_rps, limit_s = 1000.0, 0.05
        truth = service_rps - log(100) / limit_s
        self.assertAlmostEqual(907.9, truth, places=1)
        generator = np.random.default_rng(7)

        def passes(rate: float) -> bool:
            times = memoryless_sojourns(rate, service_rps, 40_000, generator)
            return bool(np.quantile(times, 0.99) < limit_s)

        errors = [log(middle(find(passes, start=950.0)[0]) / truth) for _ in range(30)]

        self.assertLess(abs(np.mean(errors)), 0.015)
        self.assertLess(np.std(errors), 0.03)

    def test_noisy_threshold(self):
        """Where a rate passes by chance, 4 % wide around the capacity, the bias stays below the search's width."""
        generator = np.random.default_rng(11)
        errors, counts = [], []
        for _ in range(200):
            bracket, tried = find(lambda rate: rate < 800 * exp(generator.normal(0, 0.04)))
            errors.append(log(middle(bracket) / 800))
            counts.append(len(tried))

        self.assertLess(abs(np.mean(errors)), 0.03)
        self.assertLess(np.std(errors), 0.06)
        self.assertLess(max(counts), 25)

    def test_rare_disturbances(self):
        """A machine that spoils each twentieth measurement does not lower the capacity: a failure is tried again."""
        generator = np.random.default_rng(3)
        found = [find(lambda rate: rate <= 800 and generator.random() > 0.05)[0] for _ in range(100)]

        right = [bracket for bracket in found if bracket.passed_rps <= 800 < bracket.failed_rps]
        self.assertGreater(len(right), 95)


class WayTest(TestCase):
    def test_climbs_then_halves(self):
        """From a quarter of the estimate by half octaves, between the last two, then thoroughly the edge."""
        _, tried = find(lambda rate: rate <= 750, start=1000.0)

        self.assertEqual("192 204 216 228 240 234 231 229 230 229! 230! 230!", " ".join(places(tried)))

    def test_walks_from_where_short_looks_were_too_kind(self):
        """Short looks pass up to 240, thorough ones up to 233: it goes down in growing steps, then up to the edge."""
        search, tried = Search(1000.0, 10.0, 100_000.0), []
        while (one := search.next_try()) is not None:
            tried.append(one)
            search.note(one, passed=index_of(one.rate_rps) <= (233 if one.thorough else 240))

        self.assertEqual("240! 239! 237! 233! 235! 234! 234!", " ".join(places(tried)).partition("241 ")[2])

    def test_a_failure_that_does_not_repeat(self):
        """Half the capacity fails once by bad luck: tried thoroughly at the end it passes, and the search goes on."""
        unlucky = [rate_of(216)]

        def passes(rate: float) -> bool:
            return not (rate in unlucky and (unlucky.remove(rate) or True)) and rate <= 750

        bracket, _ = find(passes)

        self.assertEqual((229, 230), (index_of(bracket.passed_rps), index_of(bracket.failed_rps)))

    def test_a_third_try_decides(self):
        """Where two thorough tries of a rate disagree."""
        for third, expected in ((False, 229), (True, 230)):
            outcomes = {229: [True], 230: [False, True, third], 231: [False, False]}
            search = Search(1000.0, 10.0, 100_000.0)
            while (one := search.next_try()) is not None:
                index = index_of(one.rate_rps)
                search.note(one, passed=outcomes[index].pop(0) if one.thorough else index < 230)
            with self.subTest(third=third):
                self.assertEqual(expected, index_of(search.bracket().passed_rps))

    def test_not_monotonous(self):
        """A client that fails between 500/s and 600/s and passes above it sustains no more than the rates below."""
        bracket, _ = find(lambda rate: rate <= 900 and not 500 < rate < 600)

        self.assertLess(bracket.passed_rps, 500)
        self.assertLess(bracket.failed_rps, 600)

    def test_nothing_passes(self):
        """The search goes down in growing steps to the lowest rate, tries it twice and gives up."""
        bracket, tried = find(lambda _: False)

        self.assertEqual((None, True), (bracket.passed_rps, bracket.complete))
        self.assertGreaterEqual(bracket.failed_rps, 10)
        self.assertLess(bracket.failed_rps, 10 * WIDTH)
        self.assertEqual(tried[-2:], [Try(bracket.failed_rps, thorough=True)] * 2)
        self.assertLess(len(tried), 9)

    def test_everything_passes(self):
        """The search goes up to the highest rate, and knows no rate that fails."""
        bracket, tried = find(lambda _: True, highest=20_000.0)

        self.assertEqual((None, True), (bracket.failed_rps, bracket.complete))
        self.assertEqual(Try(bracket.passed_rps, thorough=True), tried[-1])
        self.assertGreater(bracket.passed_rps, 20_000 / WIDTH)
        self.assertLessEqual(bracket.passed_rps, 20_000)
        self.assertLess(len(tried), 13)

    def test_an_estimate_beyond_the_bounds(self):
        """It is the bounds that hold."""
        for start in (0.5, 1e7):
            with self.subTest(start):
                _, tried = find(lambda rate: rate <= 50, start=start, lowest=20.0, highest=60.0)

                self.assertGreaterEqual(min(one.rate_rps for one in tried), 20.0)
                self.assertLessEqual(max(one.rate_rps for one in tried), 60.0)

    @given(st.data())
    def test_always_ends(self, data):
        """Whatever passes and fails, no rate gets more than one look and three thorough tries, and none forever."""
        bracket, tried = find(lambda _: data.draw(st.booleans()), start=data.draw(st.floats(20, 50_000)))

        self.assertLessEqual(len(tried), MOST_TRIES)
        self.assertLessEqual(max(tried.count(one) for one in tried), 3)
        looks = [one for one in tried if not one.thorough]
        self.assertEqual(len(looks), len(set(looks)))
        if bracket.passed_rps and bracket.failed_rps:
            self.assertLess(bracket.passed_rps, bracket.failed_rps)

    @given(st.integers(-100, 400))
    def test_grid(self, index):
        """A rate of the grid is found again."""
        self.assertEqual(index, index_of(rate_of(index)))


def memoryless_sojourns(rate: float, service_rps: float, n: int, generator: np.random.Generator) -> np.ndarray:
    """Sojourn times of n requests in an M/M/1 queue, by Lindley's recursion: W = S − min S over the past."""
    service = generator.exponential(1 / service_rps, n)
    gaps = generator.exponential(1 / rate, n)
    walk = np.cumsum(np.concatenate([[0.0], service[:-1] - gaps[1:]]))
    return walk - np.minimum.accumulate(walk) + service
