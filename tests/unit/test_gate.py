"""The rule of the gate, case by case. How often it errs stands in `test_error_rates`."""

from itertools import product
from math import log1p
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.stats.gate import (
    Outcome,
    confirmed,
    judge_gate,
    judge_metrics,
    judgement,
    looks,
    overall,
)
from tests.records import make_blocks

SCATTER = [0.001 * n for n in range(-7, 8)]  # 15 blocks, centred at 0
MIRRORED = {Outcome.FAIL_1: Outcome.IMPROVEMENT, Outcome.IMPROVEMENT: Outcome.FAIL_1}


def around(effect, spread=1.0, blocks=15):
    return [log1p(effect) + spread * x for x in SCATTER[:blocks]]


class TestJudge(TestCase):
    def test_by_case(self):
        """Beyond the margin and beyond doubt: failure or improvement; else a pass, or too wide to tell."""
        self.assertIs(Outcome.FAIL_1, judge_gate(around(0.05)))
        self.assertIs(Outcome.IMPROVEMENT, judge_gate(around(-0.05)))
        self.assertIs(Outcome.PASS, judge_gate(around(0.0)))
        self.assertIs(Outcome.INCONCLUSIVE, judge_gate(around(0.0, spread=30)))

    def test_both_conditions_are_needed(self):
        """A difference beyond doubt that does not matter passes; one that would matter, in doubt, does not fail."""
        self.assertIs(Outcome.PASS, judge_gate(around(0.029)))
        self.assertIs(Outcome.FAIL_1, judge_gate(around(0.0301)))
        self.assertIs(Outcome.INCONCLUSIVE, judge_gate(around(0.05, spread=30)))

    def test_the_bound_is_that_of_99_percent(self):
        """With 15 blocks it is the 20th Walsh average: at 0 it is no failure, above it is one, whatever the margin."""
        d = [n / 1024 for n in range(-7, 8)]
        bound = sorted((a + b) / 2 for i, a in enumerate(d) for b in d[i:])[19]

        self.assertIsNot(Outcome.FAIL_1, judge_gate([x - bound for x in d], margin=0.0))
        self.assertIs(Outcome.FAIL_1, judge_gate([x - bound + 2**-20 for x in d], margin=0.0))

    def test_margin(self):
        """It can be set."""
        self.assertIs(Outcome.PASS, judge_gate(around(0.05), margin=0.06))
        self.assertIs(Outcome.FAIL_1, judge_gate(around(0.02), margin=0.01))

    def test_too_few_blocks(self):
        """Six blocks have no bound at 99 %, so they cannot tell; seven have one."""
        self.assertIs(Outcome.INCONCLUSIVE, judge_gate(around(0.5, blocks=6)))
        self.assertIs(Outcome.FAIL_1, judge_gate(around(0.5, blocks=7)))

    @given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=20))
    def test_mirrored(self, d):
        """Exchanging baseline and candidate exchanges failure and improvement, and nothing else."""
        outcome = judge_gate(d)

        self.assertIs(MIRRORED.get(outcome, outcome), judge_gate([-x for x in d]))


class TestJudgement(TestCase):
    def test_figures(self):
        """Estimate and bounds as percentages: seven blocks of ±0, so that all of them are the effect itself."""
        found = judgement([log1p(0.05)] * 7)

        self.assertEqual((Outcome.FAIL_1, 7), (found.outcome, found.blocks))
        for percent in (found.effect_percent, found.low_percent, found.high_percent):
            self.assertAlmostEqual(5.0, percent)
        self.assertAlmostEqual(0.0, found.half_width_percent)

    def test_each_metric_for_itself(self):
        """Twice the CPU time is a failure of CPU time and of throughput here; what nobody measured is inconclusive."""
        blocks = make_blocks({"a:sync": [1.0] * 7, "b:sync": [2.0] * 7})
        found = judge_metrics(blocks, "a:sync", "b:sync", metrics=("cpu_s_per_1k", "throughput_rps"))
        self.assertEqual([Outcome.FAIL_1] * 2, [one.outcome for one in found.values()])
        self.assertAlmostEqual(100.0, found["cpu_s_per_1k"].effect_percent)

        nobody = judge_metrics(blocks, "a:sync", "c:sync", metrics=("p50",))
        self.assertEqual((Outcome.INCONCLUSIVE, 0), (nobody["p50"].outcome, nobody["p50"].blocks))

    def test_looks(self):
        """The second one is after 40 blocks; who begins there looks once."""
        self.assertEqual((20, 40), looks())
        self.assertEqual((7, 40), looks(7))
        self.assertEqual((40,), looks(40))

    def test_overall(self):
        """The gravest of all; nothing at all is a pass."""
        fail, unclear, better, same = Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.IMPROVEMENT, Outcome.PASS
        for expected, outcomes in (
            (fail, (same, better, unclear, fail)),
            (unclear, (same, better, unclear)),
            (better, (same, better)),
            (same, (same, same)),
            (same, ()),
        ):
            self.assertIs(expected, overall(outcomes))


class TestConfirmed(TestCase):
    def test_every_combination(self):
        """Only two failures are a failure; what was no failure needs no second experiment."""
        singles = [Outcome.PASS, Outcome.FAIL_1, Outcome.IMPROVEMENT, Outcome.INCONCLUSIVE]
        after_a_failure = {Outcome.FAIL_1: Outcome.FAIL, Outcome.INCONCLUSIVE: Outcome.INCONCLUSIVE}
        for first, second in product(singles, singles):
            expected = after_a_failure.get(second, Outcome.PASS) if first is Outcome.FAIL_1 else first
            with self.subTest(first=first, second=second):
                self.assertIs(expected, confirmed(first, second))
