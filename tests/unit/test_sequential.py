"""Stopping by precision: when to look, and what is precise enough. How often it errs stands in `test_error_rates`."""

from unittest import TestCase

from http_benchmark.models.experiment import Estimate, PairResult
from http_benchmark.models.work import Deviation, Work
from http_benchmark.stats.sequential import LOOKS, enough_blocks, half_width_percent, looks, precise_enough
from tests.records import make_block, make_blocks, make_slice, make_trial, noisy_costs


def pair(low_percent, high_percent, *, metric="p50", p_value=0.5):
    limits = {"low_percent": low_percent, "high_percent": high_percent}
    return PairResult(a="A", b="B", metric=metric, effect_percent=0.0, p_value=p_value, **limits)


class TestLooks(TestCase):
    def test_the_listed_ones(self):
        """After 10, 15, 20, 25, 30 and 40 blocks."""
        self.assertEqual((10, 15, 20, 25, 30, 40), looks())
        self.assertEqual(LOOKS, looks(40))

    def test_fewer_blocks(self):
        """The last look is the end, be it a listed one or not."""
        self.assertEqual((10, 15, 20), looks(20))
        self.assertEqual((10, 15, 18), looks(18))
        self.assertEqual((7,), looks(7))

    def test_more_blocks(self):
        """Who wants more than 40 gets them, with one more look at their end."""
        self.assertEqual((10, 15, 20, 25, 30, 40, 60), looks(60))


class TestPreciseEnough(TestCase):
    def test_half_width_on_the_log_scale(self):
        """From 0.5 to 2 times is a factor of 2 to either side, hence 100 %."""
        self.assertAlmostEqual(100.0, half_width_percent(pair(-50.0, 100.0)))
        self.assertIsNone(half_width_percent(pair(None, None)))

    def test_every_pair_of_the_primary_metric(self):
        """One that is too wide is enough to go on; those of other metrics do not count."""
        narrow, wide = pair(-1.0, 1.0), pair(-3.0, 3.0)

        self.assertTrue(precise_enough([narrow, narrow], 2.0, "p50"))
        self.assertFalse(precise_enough([narrow, wide], 2.0, "p50"))
        self.assertTrue(precise_enough([narrow, pair(-3.0, 3.0, metric="p99")], 2.0, "p50"))

    def test_the_target_itself_is_enough(self):
        """Half-width 2 % is "2 % or less"."""
        self.assertTrue(precise_enough([pair(100 / 1.02 - 100, 1.99999)], 2.0, "p50"))
        self.assertFalse(precise_enough([pair(100 / 1.02 - 100, 2.001)], 2.0, "p50"))

    def test_where_the_interval_lies_does_not_count(self):
        """Neither p-value nor effect: the same width far from 0 is as precise."""
        self.assertEqual(
            {True}, {precise_enough([pair(low, 1.03 * (100 + low) - 100, p_value=p)], 2.0, "p50")
                for low in (-50, -1.5, 0, 400) for p in (1e-9, 1.0)})  # fmt: skip

    def test_without_an_interval(self):
        """What is not known is not precise."""
        self.assertFalse(precise_enough([pair(None, None)], 2.0, "p50"))
        self.assertFalse(precise_enough([], 2.0, "p50"))
        self.assertFalse(precise_enough([], 2.0, "p50", alone=Estimate(estimate=1.0)))

    def test_a_single_contender(self):
        """Its own interval: from 98 to 102 is ± 2 %, from 96 to 104 ± 4 %."""
        self.assertTrue(precise_enough([], 2.1, "p50", alone=Estimate(estimate=100, low=98, high=102)))
        self.assertFalse(precise_enough([], 2.1, "p50", alone=Estimate(estimate=100, low=96, high=104)))


class TestEnoughBlocks(TestCase):
    def test_of_two_contenders(self):
        """Noise of 1 % gives ± 2 % with ten blocks; noise of 10 % does not."""
        for noise, enough in ((0.01, True), (0.1, False)):
            blocks = make_blocks(noisy_costs({"A:sync": 1.0, "B:sync": 1.0}, 10, noise=noise))
            with self.subTest(noise=noise):
                self.assertIs(enough, enough_blocks(blocks, 2.0, "throughput_rps"))

    def test_of_one_contender_on_any_metric(self):
        """Its own estimate of the primary metric decides."""
        quiet, noisy = (make_blocks(noisy_costs({"A:sync": 1.0}, 10, noise=noise)) for noise in (0.01, 0.1))

        self.assertTrue(enough_blocks(quiet, 2.0, "p99"))
        self.assertFalse(enough_blocks(noisy, 2.0, "p99"))

    def test_one_that_was_dropped(self):
        """Its pairs do not keep the others from stopping."""
        calm = noisy_costs({"A:sync": 1.0, "B:sync": 1.0}, 10)
        blocks = make_blocks(calm | noisy_costs({"C:sync": 1.0}, 10, noise=0.3))

        self.assertFalse(enough_blocks(blocks, 2.0, "p50"))
        self.assertTrue(enough_blocks(blocks, 2.0, "p50", dropped=["C:sync"]))

    def test_one_that_did_other_work(self):
        """It is compared with nobody, and so keeps nobody from stopping."""
        calm = noisy_costs({"A:sync": 1.0, "B:sync": 1.0}, 10)
        blocks = make_blocks(calm | noisy_costs({"C:sync": 1.0}, 10, noise=0.3))
        other = Work(deviations=(Deviation(code="no-reuse", what="", severity="other-work"),))

        self.assertTrue(enough_blocks(blocks, 2.0, "p50", works={"C:sync": other}))

    def test_without_a_figure(self):
        """Nobody has one, so nothing is precise."""
        blocks = [make_block(make_trial("A:sync", [make_slice(p50_s=None)])) for _ in range(10)]

        self.assertFalse(enough_blocks(blocks, 2.0, "p50"))
        self.assertFalse(enough_blocks([], 2.0, "p50"))
