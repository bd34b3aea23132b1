"""Pairs, groups, ranks and totals from hand-made blocks whose effects are known."""

from math import log
from unittest import TestCase

from http_benchmark.models.experiment import METRICS, PairResult
from http_benchmark.models.measurement import Distribution, ServerCounts
from http_benchmark.stats.groups import letters, tied_groups
from http_benchmark.stats.intervals import t_interval
from http_benchmark.stats.pairs import as_percent, block_values, compare_pairs, holm, log_ratios
from http_benchmark.stats.ranking import best_first, ranks, summarise
from tests.records import make_block, make_blocks, make_slice, make_trial, noisy_costs

FIVE_APART = {f"client{number}:sync": 2.0**number for number in range(5)}


def separated(*pairs):
    return [frozenset(pair) for pair in pairs]


def pair_of(pairs, a, b, metric="throughput_rps"):
    return next(pair for pair in pairs if (pair.a, pair.b, pair.metric) == (a, b, metric))


class TestLogRatios(TestCase):
    def test_median_over_the_rounds(self):
        """Rounds are matched by number, and one stalled round of three does not count."""
        a = make_trial("a:sync", [make_slice(number, p50_s=0.001) for number in range(3)])
        b = make_trial(
            "b:sync", [make_slice(number, p50_s=p50_s) for number, p50_s in ((2, 0.002), (0, 9.0), (1, 0.002))]
        )
        ratios = log_ratios(block_values([make_block(a, b)], "p50"), "a:sync", "b:sync", metric="p50")

        self.assertEqual([log(2)], list(ratios))

    def test_throughput_enters_as_its_inverse(self):
        """Half the throughput is twice the cost; positive means that b is worse, whatever the metric."""
        for metric in METRICS:
            values = block_values(make_blocks({"a:sync": [1.0], "b:sync": [2.0]}), metric)
            with self.subTest(metric=metric):
                self.assertAlmostEqual(log(2), log_ratios(values, "a:sync", "b:sync", metric=metric)[0])
                self.assertAlmostEqual(-log(2), log_ratios(values, "b:sync", "a:sync", metric=metric)[0])

    def test_only_rounds_that_both_have(self):
        """A slice without a figure takes its round out for this pair."""
        a = make_trial("a:sync", [make_slice(0, p50_s=0.001), make_slice(1, p50_s=None), make_slice(2, p50_s=0.001)])
        b = make_trial("b:sync", [make_slice(0, p50_s=0.003), make_slice(1, p50_s=0.009)])
        ratios = log_ratios(block_values([make_block(a, b)], "p50"), "a:sync", "b:sync", metric="p50")

        self.assertEqual([log(3)], list(ratios))

    def test_no_round_in_common(self):
        """Then the block says nothing about the pair."""
        block = make_block(make_trial("a:sync", [make_slice(0)]), make_trial("b:sync", [make_slice(1)]))

        self.assertEqual(0, log_ratios(block_values([block], "p50"), "a:sync", "b:sync", metric="p50").size)


class TestWholeTrial(TestCase):
    """Metrics that one slice has too few requests for, or whose median over the slices would hide a stall."""

    @staticmethod
    def figures(metric, **fields):
        trial = make_trial("A:sync", [make_slice(0), make_slice(1)], response_time_s=Distribution(**fields))
        return block_values([make_block(trial)], metric)

    def test_one_figure_per_trial(self):
        """Mean, p99 and p99.9 over all slices stand as a single round."""
        fields = {"count": 4000, "mean": 1.0, "p50": 0.5, "p99": 2.0, "p999": 3.0}
        for metric, figure in (("pooled_mean", 1.0), ("p99", 2.0), ("p999", 3.0)):
            with self.subTest(metric=metric):
                self.assertEqual({"A:sync": {0: {0: figure}}}, self.figures(metric, **fields))

    def test_too_few_requests(self):
        """p99.9 needs 3688 of them, p99 needs 368; a mean needs one."""
        fields = {"count": 3687, "mean": 1.0, "p99": 2.0, "p999": 3.0}

        self.assertEqual({}, self.figures("p999", **fields))
        self.assertEqual({}, self.figures("p99", **fields | {"count": 367}))
        self.assertEqual({"A:sync": {0: {0: 1.0}}}, self.figures("pooled_mean", **fields | {"count": 1}))

    def test_a_censored_tail_takes_the_metric_away(self):
        """A quantile beyond the grace in one block of two: the other block alone would flatter the client."""
        known = make_trial("A:sync", response_time_s=Distribution(count=4000, mean=1.0, p99=2.0, p999=3.0))
        cut_off = Distribution(count=4000, censored=9, censored_above_s=30.0, mean=1.0, p99=2.0, p999=None)
        blocks = [make_block(known), make_block(make_trial("A:sync", response_time_s=cut_off))]

        self.assertEqual({}, block_values(blocks, "p999"))
        self.assertEqual({}, block_values(blocks, "pooled_mean"))
        self.assertEqual({"A:sync": {0: {0: 2.0}, 1: {0: 2.0}}}, block_values(blocks, "p99"))

    def test_a_censored_slice_has_no_mean(self):
        """Its mean is that of the requests that were sent; the ranks of the others still tell its median."""
        blocks = [make_block(make_trial("A:sync", [make_slice(0), make_slice(1, censored=1)]))]

        self.assertEqual({}, block_values(blocks, "mean"))
        self.assertEqual({"A:sync": {0: {0: 0.001, 1: 0.001}}}, block_values(blocks, "p50"))
        self.assertEqual(
            {},
            block_values(
                [make_block(make_trial("A:sync", [make_slice(0), make_slice(1, censored=150, p50_s=None)]))], "p50"
            ),
        )


class TestSecondOpinion(TestCase):
    def test_of_a_pair(self):
        """The mean of the log ratios and its t interval, as percentages."""
        ratios = [1.0, 1.1, 1.2, 1.0, 1.1, 1.9]
        (pair,) = compare_pairs(
            block_values(make_blocks({"A:sync": [1.0] * 6, "B:sync": ratios}), "p50"),
            ["A:sync", "B:sync"],
            metric="p50",
        )
        mean, low, high = t_interval([log(ratio) for ratio in ratios])

        self.assertAlmostEqual(as_percent(mean), pair.mean_percent)
        self.assertAlmostEqual(as_percent(low), pair.t_low_percent)
        self.assertAlmostEqual(as_percent(high), pair.t_high_percent)

    def test_skewed_pairs_are_marked(self):
        """Two of fifteen blocks 60 % slower: the mean is +6 %, the estimate near 0."""
        ratios = [1 + n / 1000 for n in range(-6, 7)] + [1.6, 1.6]
        blocks = make_blocks({"A:sync": [1.0] * 15, "B:sync": ratios, "C:sync": [*ratios[:13], 1.0, 1.0]})
        pairs = compare_pairs(block_values(blocks, "p50"), ["A:sync", "B:sync", "C:sync"], metric="p50")

        self.assertTrue(pair_of(pairs, "A:sync", "B:sync", "p50").skewed)
        self.assertFalse(pair_of(pairs, "A:sync", "C:sync", "p50").skewed)

    def test_too_few_blocks(self):
        """Three blocks: a mean without limits, never skewed."""
        blocks = make_blocks({"A:sync": [1.0] * 3, "B:sync": [1.0, 1.0, 9.0]})
        (pair,) = compare_pairs(block_values(blocks, "p50"), ["A:sync", "B:sync"], metric="p50")

        self.assertIsNotNone(pair.mean_percent)
        self.assertEqual((None, None, False), (pair.t_low_percent, pair.t_high_percent, pair.skewed))


class TestHolm(TestCase):
    def test_by_hand(self):
        """Four p-values at 5 %: limits 0.0125, 0.0167, 0.025, 0.05 in ascending order; the third one stops it."""
        self.assertEqual([False, True, False, True], holm([0.04, 0.01, 0.03, 0.015]))

    def test_limits_are_met_when_equal(self):
        """A p-value equal to its limit is rejected."""
        self.assertEqual([True, True], holm([0.05, 0.025]))

    def test_the_first_failure_stops_all(self):
        """0.02 would pass as the last of two; but the smallest has failed before."""
        self.assertEqual([False, False], holm([0.026, 0.03]))

    def test_untested_pairs_do_not_count(self):
        """Without a p-value there is nothing to correct for."""
        self.assertEqual([False, True, False], holm([None, 0.04, None]))
        self.assertEqual([], holm([]))


class TestLetters(TestCase):
    def test_nobody_separated(self):
        """All share one letter."""
        self.assertEqual({"A": "a", "B": "a", "C": "a"}, letters(["A", "B", "C"], []))

    def test_everybody_separated(self):
        """Each has a letter of its own, best first."""
        self.assertEqual(
            {"C": "a", "A": "b", "B": "c"}, letters(["C", "A", "B"], separated(("A", "B"), ("A", "C"), ("B", "C")))
        )

    def test_between_two(self):
        """B is tied with A and with C, which are separated: it has the letters of both."""
        self.assertEqual({"A": "a", "B": "ab", "C": "b"}, letters(["A", "B", "C"], separated(("A", "C"))))

    def test_four_by_hand(self):
        """A–C, A–D and B–D separated: groups AB, BC, CD."""
        apart = separated(("A", "C"), ("D", "A"), ("B", "D"))

        self.assertEqual([("A", "B"), ("B", "C"), ("C", "D")], tied_groups(["A", "B", "C", "D"], apart))
        self.assertEqual({"A": "a", "B": "ab", "C": "bc", "D": "c"}, letters(["A", "B", "C", "D"], apart))

    def test_absorbs_what_is_contained(self):
        """A separated from all others leaves two groups, not the parts of them."""
        self.assertEqual([("A",), ("B", "C", "D")], tied_groups(list("ABCD"), separated("AB", "AC", "AD")))

    def test_letters_mean_what_they_say(self):
        """Two share a letter exactly when they are not separated, for every pattern among four."""
        names = list("ABCD")
        possible = [frozenset((a, b)) for index, a in enumerate(names) for b in names[index + 1 :]]
        for pattern in range(2 ** len(possible)):
            apart = [pair for bit, pair in enumerate(possible) if pattern >> bit & 1]
            found = letters(names, apart)
            shared = [pair for pair in possible if not set.intersection(*(set(found[name]) for name in pair))]
            self.assertEqual(apart, shared)

    def test_nobody(self):
        """Without contenders there are no groups."""
        self.assertEqual({}, letters([], []))

    def test_beyond_the_alphabet(self):
        """The 53rd group still has a name of its own."""
        names = [f"c{number}" for number in range(53)]
        found = letters(names, [frozenset((a, b)) for index, a in enumerate(names) for b in names[index + 1 :]])

        self.assertEqual(53, len(set(found.values())))


class TestRanks(TestCase):
    def test_one_more_than_those_that_are_better(self):
        """Ties share a rank; the next one's rank counts all of them. The sign of the effect tells who is worse."""
        pairs = [
            PairResult(a="A", b="B", metric="p50", effect_percent=1.0, separated=False),
            PairResult(a="A", b="C", metric="p50", effect_percent=50.0, separated=True),
            PairResult(a="C", b="B", metric="p50", effect_percent=-40.0, separated=True),
        ]

        self.assertEqual({"A": 1, "B": 1, "C": 3}, ranks(["A", "B", "C"], pairs))

    def test_order_by_effect_against_the_best(self):
        """In every block B takes twice and C three times as long as A; A itself varies by a factor of 9."""
        values = block_values(
            make_blocks({"C:sync": [3.0, 9.0, 27.0], "A:sync": [1.0, 3.0, 9.0], "B:sync": [2.0, 6.0, 18.0]}), "p50"
        )

        self.assertEqual(
            ["A:sync", "B:sync", "C:sync"], best_first(values, ["C:sync", "A:sync", "B:sync"], metric="p50")
        )

    def test_order_of_those_that_never_met(self):
        """Without a common block their own figures are all there is."""
        blocks = [
            *make_blocks({"A:sync": [1.0, 1.0]}),
            *make_blocks({"B:sync": [2.0]}),
            *make_blocks({"C:sync": [1.5]}),
        ]
        values = block_values(blocks, "p50")

        self.assertEqual(
            ["A:sync", "C:sync", "B:sync"], best_first(values, ["B:sync", "C:sync", "A:sync"], metric="p50")
        )


class TestSummarise(TestCase):
    def test_known_effects(self):
        """Five contenders, each twice as slow as the one before, are ranked 1 to 5 with the right effects."""
        clients, pairs = summarise(make_blocks(noisy_costs(FIVE_APART, 15)), "throughput_rps")

        self.assertEqual(list(FIVE_APART), [client.contender for client in clients])
        self.assertEqual([(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")], [(c.rank, c.group) for c in clients])
        self.assertEqual(7 * 10, len(pairs))
        first_to_last = pair_of(pairs, "client0:sync", "client4:sync")
        self.assertAlmostEqual(1500, first_to_last.effect_percent, delta=30)
        self.assertLess(first_to_last.low_percent, 1500)
        self.assertGreater(first_to_last.high_percent, 1500)
        self.assertAlmostEqual(2**-14, first_to_last.p_value)

    def test_rank_follows_the_primary_metric(self):
        """B has the higher throughput, A needs less CPU."""
        blocks = [
            make_block(
                make_trial("A:sync", [make_slice(throughput_rps=900.0 + number, cpu_s=0.1)]),
                make_trial("B:sync", [make_slice(throughput_rps=1900.0 - number, cpu_s=0.2)]),
            )
            for number in range(8)
        ]
        by_speed, _ = summarise(blocks, "throughput_rps")
        by_cpu, _ = summarise(blocks, "cpu_s_per_1k")

        self.assertEqual([("B:sync", 1), ("A:sync", 2)], [(client.contender, client.rank) for client in by_speed])
        self.assertEqual([("A:sync", 1), ("B:sync", 2)], [(client.contender, client.rank) for client in by_cpu])

    def test_one_block(self):
        """An order by estimate, no interval, nobody separated: all share rank 1 and the letter a."""
        clients, pairs = summarise(make_blocks({"slow:sync": [2.0], "fast:sync": [1.0]}), "throughput_rps")

        self.assertEqual(
            [("fast:sync", 1, "a"), ("slow:sync", 1, "a")], [(c.contender, c.rank, c.group) for c in clients]
        )
        self.assertEqual((1000.0, None), (round(clients[0].throughput_rps.estimate, 6), clients[0].throughput_rps.low))
        pair = pair_of(pairs, "fast:sync", "slow:sync")
        self.assertAlmostEqual(100.0, pair.effect_percent)
        self.assertEqual(
            (None, None, None, None, False),
            (pair.low_percent, pair.high_percent, pair.p_value, pair.mde_percent, pair.separated),
        )

    def test_one_contender(self):
        """It is first, and there are no pairs."""
        clients, pairs = summarise(make_blocks({"A:sync": [1.0] * 6}), "p50")

        self.assertEqual([("A:sync", 1, "a")], [(client.contender, client.rank, client.group) for client in clients])
        self.assertEqual([], pairs)

    def test_no_blocks(self):
        """Nothing measured, nothing said."""
        self.assertEqual(([], []), summarise([], "throughput_rps"))

    def test_a_missing_trial_costs_its_block(self):
        """Only blocks that have both count for a pair; five of them are too few for an interval."""
        blocks = make_blocks({"A:sync": [1.0] * 7, "B:sync": [2.0] * 7, "C:sync": [3.0] * 7})
        without_c = [make_block(*block.trials[:2]) if block.number < 2 else block for block in blocks]
        clients, pairs = summarise(without_c, "throughput_rps")

        self.assertIsNotNone(pair_of(pairs, "A:sync", "B:sync").low_percent)
        self.assertAlmostEqual(200.0, pair_of(pairs, "A:sync", "C:sync").effect_percent)
        self.assertIsNone(pair_of(pairs, "A:sync", "C:sync").low_percent)
        self.assertIsNone(clients[2].throughput_rps.low)

    def test_never_in_one_block(self):
        """Two that never met are no pair; both are listed."""
        blocks = [*make_blocks({"A:sync": [1.0]}), *make_blocks({"B:sync": [2.0]})]
        clients, pairs = summarise(blocks, "throughput_rps")

        self.assertEqual(["A:sync", "B:sync"], [client.contender for client in clients])
        self.assertEqual([], pairs)

    def test_cpu_that_could_not_be_measured(self):
        """A CPU time of 0 leaves that metric out for the client; it is ranked on the others."""
        blocks = [
            make_block(
                make_trial("A:sync", [make_slice(cpu_s=0.0)]), make_trial("B:sync", [make_slice(throughput_rps=900.0)])
            )
            for _ in range(6)
        ]
        clients, pairs = summarise(blocks, "throughput_rps")

        self.assertIsNone(clients[0].cpu_s_per_1k)
        self.assertIsNotNone(clients[1].cpu_s_per_1k)
        self.assertEqual({"throughput_rps", "mean", "pooled_mean", "p50"}, {pair.metric for pair in pairs})
        by_cpu, _ = summarise(blocks, "cpu_s_per_1k")
        self.assertEqual(
            [("B:sync", 1, "a", "ok"), ("A:sync", None, None, "ok")],
            [(client.contender, client.rank, client.group, client.status) for client in by_cpu],
        )

    def test_a_figure_of_zero_has_no_logarithm(self):
        """A time below the clock's resolution is no figure, and stops nothing."""
        blocks = [make_block(make_trial("A:sync", [make_slice(p50_s=0.0)]), make_trial("B:sync"))]
        clients, pairs = summarise(blocks, "p50")

        self.assertEqual([("B:sync", 1), ("A:sync", None)], [(client.contender, client.rank) for client in clients])
        self.assertNotIn("p50", {pair.metric for pair in pairs})

    def test_failing_is_not_ranked(self):
        """More than one request in a thousand: listed last as errors, with no pair; exactly one: ranked."""
        blocks = [
            make_block(
                make_trial("two:sync", [make_slice(requests=1000, errors={"timeout": 2}, throughput_rps=9e9)],
                    messages={"timeout": "ReadTimeout: 1 s"}),
                make_trial("one:sync", [make_slice(requests=1000, errors={"timeout": 1})]),
            )
        ]  # fmt: skip
        clients, pairs = summarise(blocks, "throughput_rps")

        self.assertEqual(
            [("one:sync", "ok", 1), ("two:sync", "errors", None)], [(c.contender, c.status, c.rank) for c in clients]
        )
        self.assertEqual("ReadTimeout: 1 s", clients[1].message)
        self.assertEqual([], pairs)

    def test_dropped_is_not_ranked(self):
        """A contender that the experiment dropped keeps its figures and says why; no request done is a failure, too."""
        blocks = [make_block(*(make_trial(name) for name in ("A:sync", "B:sync")), make_trial("C:sync", []))]
        clients, _ = summarise(blocks, "throughput_rps", failures={"A:sync": "crashed twice"})

        self.assertEqual(
            [("B:sync", "ok", None, 1), ("A:sync", "failed", "crashed twice", None),
                ("C:sync", "failed", "no request was done", None)],
            [(client.contender, client.status, client.message, client.rank) for client in clients],
        )  # fmt: skip
        self.assertIsNone(clients[2].success_ratio)

    def test_holm_within_the_metric(self):
        """Six agreeing blocks (p = 0.031) separate one pair alone, but none of three."""
        two = make_blocks({"A:sync": [1.0] * 6, "B:sync": [1.5 + n / 100 for n in range(6)]})
        three = make_blocks(
            {
                "A:sync": [1.0] * 6,
                "B:sync": [1.5 + n / 100 for n in range(6)],
                "C:sync": [3.0 + n / 100 for n in range(6)],
            }
        )
        values = block_values(two, "p50"), block_values(three, "p50")

        self.assertEqual(
            [True], [pair.separated for pair in compare_pairs(values[0], ["A:sync", "B:sync"], metric="p50")]
        )
        self.assertEqual(
            [False] * 3,
            [pair.separated for pair in compare_pairs(values[1], ["A:sync", "B:sync", "C:sync"], metric="p50")],
        )


class TestTotals(TestCase):
    def setUp(self):
        rows = ((10, 20, 30), (11, 40, 10), (12, 30, 60))
        self.trials = [
            make_trial(
                "A:async+h2#2",
                [make_slice(0, requests=1000, retries=1, throughput_rps=100.0 * trial), make_slice(1, requests=1000)],
                response_time_s=Distribution(count=1000, mean=mean, min=mean / 2, p50=mean, p99=p99, max=2 * p99),
                server=ServerCounts(requests=2100, connections=connections, bytes_received=5, bytes_sent=7),
                sent=2101,
                peak_memory_bytes=memory,
            )
            for trial, (connections, mean, memory) in enumerate(rows, start=1)
            for p99 in (10.0 * mean,)
        ]
        (self.client,), _ = summarise([make_block(trial) for trial in self.trials], "throughput_rps")

    def test_sums(self):
        """Requests, retries, what the server counted and bytes, seen from the client."""
        client = self.client

        self.assertEqual((6000, 6, 1.0), (client.requests, 6 * client.success_ratio, client.success_ratio))
        self.assertEqual((3, 6300, 6303), (client.retries, client.server_requests, client.sent_requests))
        self.assertEqual((15, 21), (client.bytes_sent, client.bytes_received))

    def test_most_connections_of_a_trial(self):
        """Each trial opens its own; the worst one counts."""
        self.assertEqual(12, self.client.connections_opened)

    def test_typical_trial(self):
        """The median over the trials of each quantile, the sum of the counts, the extremes of all."""
        times = self.client.response_time_s

        self.assertEqual((3000, 30.0, 30.0, 300.0), (times.count, times.mean, times.p50, times.p99))
        self.assertEqual((10.0, 800.0), (times.min, times.max))
        self.assertEqual(30, self.client.peak_memory_bytes)

    def test_block_figure_is_the_median_over_slices(self):
        """Slices of 100, 200, 300 beside one of 1000 each: 550, 600, 650, estimated on the logarithms."""
        middle = ((550 * 650) ** 0.5 * 600) ** 0.5  # of 600 and the geometric mean of the outer two

        self.assertAlmostEqual(middle, self.client.throughput_rps.estimate)

    def test_identity(self):
        """Mode, version and HTTP version, which the name tells even of a repeated contender."""
        client = self.client

        self.assertEqual(
            ("A:async+h2#2", "async", "1.2.3", "2"),
            (client.contender, client.mode, client.version, client.http_version),
        )

    def test_a_quantile_that_one_trial_lacks(self):
        """It is None, since a median over the other trials could contradict a lower quantile."""
        short = make_trial("A:async+h2#2", response_time_s=Distribution(count=9, mean=1.0, min=1.0, p50=1.0, max=1.0))
        empty = make_trial("A:async+h2#2", response_time_s=Distribution(count=0))
        (with_short,), _ = summarise([make_block(trial) for trial in [*self.trials, short]], "p50")
        (with_empty,), _ = summarise([make_block(trial) for trial in [*self.trials, empty]], "p50")

        self.assertIsNone(with_short.response_time_s.p99)
        self.assertEqual(300.0, with_empty.response_time_s.p99)

    def test_without_a_witness(self):
        """Against a foreign server nothing is claimed of connections and bytes."""
        (client,), _ = summarise(
            [make_block(self.trials[0]), make_block(make_trial("A:async+h2#2", server=None))], "p50"
        )

        self.assertEqual(
            (None,) * 4, (client.connections_opened, client.server_requests, client.bytes_sent, client.bytes_received)
        )

    def test_errors_by_kind(self):
        """Summed over the slices, most frequent first."""
        slices = [make_slice(0, errors={"tls": 1, "timeout": 2}), make_slice(1, errors={"timeout": 3})]
        (client,), _ = summarise([make_block(make_trial("A:sync", slices))], "p50")

        self.assertEqual([("timeout", 5), ("tls", 1)], list(client.errors.items()))
        self.assertAlmostEqual(1 - 6 / 400, client.success_ratio)
