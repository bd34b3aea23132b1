"""Verdicts that a limited server may have made up are taken back; those that it cannot have made up stand."""

from unittest import TestCase

from http_benchmark.models.experiment import METRICS, PairResult
from http_benchmark.stats.limits import with_limits
from http_benchmark.stats.ranking import limited, summarise
from tests.records import make_blocks, noisy_costs

SERVER = ("server-limited",)
FLOOR = ("floor-limited",)


def pair(effect_percent, *, metric="throughput_rps", separated=True):
    return PairResult(a="A", b="B", metric=metric, effect_percent=effect_percent, separated=separated)


def verdict(one, **limits):
    (found,) = with_limits([one], limits)
    return found.separated, found.limited


class TestWithLimits(TestCase):
    def test_by_case(self):
        """B looks slower by 5 %: who is limited decides whether it can be said."""
        self.assertEqual((True, ()), verdict(pair(5.0)))
        self.assertEqual((True, ()), verdict(pair(5.0), A=SERVER))
        self.assertEqual((False, SERVER), verdict(pair(5.0), B=SERVER))
        self.assertEqual((False, SERVER), verdict(pair(5.0), A=SERVER, B=SERVER))
        self.assertEqual((False, (*SERVER, *FLOOR)), verdict(pair(5.0), A=SERVER, B=FLOOR))

    def test_the_other_direction(self):
        """Where B looks faster, B is the winner."""
        self.assertEqual((True, ()), verdict(pair(-5.0), B=SERVER))
        self.assertEqual((False, SERVER), verdict(pair(-5.0), A=SERVER))

    def test_not_separated(self):
        """Two that look equal may be so only because of the limit: it is noted, whoever has it."""
        self.assertEqual((False, SERVER), verdict(pair(5.0, separated=False), A=SERVER))
        self.assertEqual((False, SERVER), verdict(pair(5.0, separated=False), B=SERVER))
        self.assertEqual((False, ()), verdict(pair(5.0, separated=False), C=SERVER))

    def test_cpu_verdicts_stay(self):
        """CPU time is the client's own; every other metric is measured by a wall clock."""
        for metric in METRICS:
            with self.subTest(metric=metric):
                expected = (True, ()) if metric == "cpu_s_per_1k" else (False, SERVER)
                self.assertEqual(expected, verdict(pair(5.0, metric=metric), A=SERVER, B=SERVER))


class TestRanksUnderLimits(TestCase):
    def setUp(self):
        blocks = make_blocks(noisy_costs({"A:sync": 1.0, "B:sync": 1.1, "C:sync": 2.0}, 15))
        self.found = summarise(blocks, "throughput_rps")
        self.by_cpu = summarise(blocks, "cpu_s_per_1k")

    def test_ranks_and_groups_follow(self):
        """A and B both kept the server busy: they share rank and letter, C stays behind them."""
        clients, pairs = limited(*self.found, {"A:sync": SERVER, "B:sync": SERVER}, primary_metric="throughput_rps")

        self.assertEqual(
            [("A:sync", 1, "a", SERVER), ("B:sync", 1, "a", SERVER), ("C:sync", 3, "b", ())],
            [(client.contender, client.rank, client.group, client.limited) for client in clients],
        )
        self.assertEqual(len(self.found[1]), len(pairs))

    def test_a_limited_leader_keeps_its_lead(self):
        """Without the limit it would be further ahead."""
        clients, _ = limited(*self.found, {"A:sync": SERVER}, primary_metric="throughput_rps")

        self.assertEqual([1, 2, 3], [client.rank for client in clients])

    def test_ranks_by_cpu_stay(self):
        """Whoever was limited."""
        limits = dict.fromkeys(("A:sync", "B:sync", "C:sync"), SERVER)
        clients, _ = limited(*self.by_cpu, limits, primary_metric="cpu_s_per_1k")

        self.assertEqual([1, 2, 3], [client.rank for client in clients])

    def test_nobody_limited(self):
        """Nothing changes."""
        self.assertEqual(self.found, limited(*self.found, {}, primary_metric="throughput_rps"))
