"""The sentences that a person quotes."""

from unittest import TestCase

from http_benchmark.models.experiment import ClientResult, PairResult
from http_benchmark.stats.sentences import effect_text, listed, ratio_range, sentences
from tests.records import make_blocks, make_result, noisy_costs


def ranked(*names_and_ranks):
    return [
        ClientResult(contender=name, library=name, mode="sync", status="ok", rank=rank)
        for name, rank in names_and_ranks
    ]


def pair(a, b, low, high, *, metric="throughput_rps", separated=True):
    """A pair by the limits of its cost ratio b / a."""
    low_percent, high_percent = 100 * (low - 1), 100 * (high - 1)
    return PairResult(a=a, b=b, metric=metric, effect_percent=(low_percent + high_percent) / 2, low_percent=low_percent,
        high_percent=high_percent, p_value=0.001 if separated else 0.5, separated=separated)  # fmt: skip


FOUR = ranked(("aiohttp:async", 1), ("httpx:async", 2), ("pycurl:sync", 3), ("urllib3:sync", 3))
FOUR_PAIRS = [
    pair("aiohttp:async", "httpx:async", 1.91, 2.09),
    pair("aiohttp:async", "pycurl:sync", 3.0, 3.3),
    pair("aiohttp:async", "urllib3:sync", 3.12, 3.44),
    pair("httpx:async", "pycurl:sync", 1.5, 1.7),
    pair("httpx:async", "urllib3:sync", 1.5, 1.7),
    pair("pycurl:sync", "urllib3:sync", 0.98, 1.04, separated=False),
]


class TestSentences(TestCase):
    def test_leader_next_last_and_ties(self):
        """Three sentences say it all; only the first one names the workload."""
        self.assertEqual(
            [
                "aiohttp:async is 1.9–2.1× as fast as httpx:async on this workload.",
                "aiohttp:async is 3.1–3.4× as fast as urllib3:sync.",
                "pycurl:sync and urllib3:sync cannot be told apart.",
            ],
            sentences(FOUR, FOUR_PAIRS, primary_metric="throughput_rps", blocks=15),
        )

    def test_tied_leaders(self):
        """They are named together, with limits that hold for both."""
        clients = ranked(("a", 1), ("b", 1), ("c", 3))
        pairs = [pair("a", "b", 0.97, 1.03, separated=False), pair("a", "c", 2.0, 2.2), pair("b", "c", 1.9, 2.1)]

        self.assertEqual(
            ["a and b are 1.9–2.2× as fast as c on this workload.", "a and b cannot be told apart."],
            sentences(clients, pairs, primary_metric="throughput_rps", blocks=15),
        )

    def test_a_leader_that_is_not_separated_is_not_named(self):
        """Where b is tied with a and with c, only a is ahead of c."""
        clients = ranked(("a", 1), ("b", 1), ("c", 2))
        pairs = [
            pair("a", "b", 0.97, 1.3, separated=False),
            pair("a", "c", 1.2, 1.5),
            pair("b", "c", 0.9, 1.4, separated=False),
        ]

        self.assertEqual(
            [
                "a is 1.2–1.5× as fast as c on this workload.",
                "a and b cannot be told apart; b and c cannot be told apart.",
            ],
            sentences(clients, pairs, primary_metric="throughput_rps", blocks=15),
        )

    def test_pairs_in_either_direction(self):
        """A pair whose second contender is the better one is turned round; of two, the effect is said in full."""
        self.assertEqual(
            [
                "b is 2.0–4.0× as fast as a on this workload.",
                "a is 167 % slower than b (95 % interval 100..300 %, 15 blocks).",
            ],
            sentences(
                ranked(("b", 1), ("a", 2)), [pair("a", "b", 0.25, 0.5)], primary_metric="throughput_rps", blocks=15
            ),
        )

    def test_cost_metrics(self):
        """Costs are said of the one who pays them."""
        expected = {
            "cpu_s_per_1k": "b needs 1.9–2.1× the CPU time of a on this workload.",
            "mean": "b has 1.9–2.1× the mean response time of a on this workload.",
            "p50": "b has 1.9–2.1× the median response time of a on this workload.",
            "p99": "b has 1.9–2.1× the p99 response time of a on this workload.",
            "p999": "b has 1.9–2.1× the p99.9 response time of a on this workload.",
            "pooled_mean": "b has 1.9–2.1× the pooled mean response time of a on this workload.",
        }
        clients = ranked(("a", 1), ("b", 2))
        for metric, sentence in expected.items():
            pairs = [pair("a", "b", 1.91, 2.09, metric=metric), pair("a", "b", 5.0, 6.0)]
            with self.subTest(metric=metric):
                self.assertEqual(sentence, sentences(clients, pairs, primary_metric=metric, blocks=15)[0])

    def test_nobody_is_ahead(self):
        """All tied: how large a difference can still be is said instead, by the widest limit."""
        clients = ranked(("a", 1), ("b", 1), ("c", 1))
        pairs = [
            pair("a", "b", 0.99, 1.02, separated=False),
            pair("a", "c", 0.975, 1.01, separated=False),
            pair("b", "c", 0.99, 1.015, separated=False),
        ]

        self.assertEqual(
            ["a, b and c cannot be told apart.", "Differences beyond ±2.5 % are unlikely."],
            sentences(clients, pairs, primary_metric="throughput_rps", blocks=15),
        )

    def test_too_few_blocks(self):
        """Below six blocks there are estimates only, and nobody is called tied."""
        result = make_result(make_blocks({"a:sync": [1.0] * 3, "b:sync": [2.0] * 3, "c:sync": [4.0] * 3}))

        self.assertEqual(
            [
                "a:sync is about 2.00× as fast as b:sync on this workload.",
                "a:sync is about 4.00× as fast as c:sync.",
                "Too few blocks for an interval (3; 6 are needed): these are estimates only.",
            ],
            sentences(result.clients, result.pairs, primary_metric="throughput_rps", blocks=3),
        )

    def test_too_few_blocks_for_so_many(self):
        """With intervals, but too few for any of the pairs to hold: the same, and how many it takes."""
        result = make_result(make_blocks({"a:sync": [1.0] * 6, "b:sync": [2.0] * 6, "c:sync": [4.0] * 6}))

        self.assertEqual(
            [
                "a:sync is about 2.00× as fast as b:sync on this workload.",
                "a:sync is about 4.00× as fast as c:sync.",
                "Too few blocks to tell 3 contenders apart (6; 7 are needed): these are estimates only.",
            ],
            sentences(result.clients, result.pairs, primary_metric="throughput_rps", blocks=6),
        )

    def test_one_block_of_two(self):
        """The next one is the last one, and is named once."""
        result = make_result(make_blocks({"a:sync": [1.0], "b:sync": [2.0]}))

        self.assertEqual(2, len(sentences(result.clients, result.pairs, primary_metric="throughput_rps", blocks=1)))

    def test_nothing_to_compare(self):
        """One contender or none: no sentence."""
        self.assertEqual([], sentences(ranked(("a", 1)), [], primary_metric="throughput_rps", blocks=15))
        self.assertEqual([], sentences([], [], primary_metric="throughput_rps", blocks=0))
        self.assertEqual([], sentences(FOUR[:1], FOUR_PAIRS, primary_metric="throughput_rps", blocks=15))

    def test_nine_contenders_stay_short(self):
        """However many there are, three sentences are enough."""
        result = make_result(make_blocks(noisy_costs({f"c{n}:sync": 1 + n // 2 for n in range(9)}, 15)))
        said = sentences(result.clients, result.pairs, primary_metric="throughput_rps", blocks=15)

        self.assertEqual(3, len(said))

    def test_what_a_limit_forbids(self):
        """The codes are said instead of a verdict; two that only look equal are not called tied."""
        clients = ranked(("a", 1), ("b", 1), ("c", 3))
        pairs = [
            pair("a", "b", 0.99, 1.01, separated=False).model_copy(update={"limited": ("server-limited",)}),
            pair("a", "c", 2.0, 2.2),
            pair("b", "c", 2.0, 2.2),
        ]

        self.assertEqual(
            ["a and b are 2.0–2.2× as fast as c on this workload.", "server-limited: no verdict on a and b."],
            sentences(clients, pairs, primary_metric="throughput_rps", blocks=15),
        )

    def test_many_limits_stay_short(self):
        """Three pairs are named, the others counted; nobody is called faster."""
        names = "abcd"
        pairs = [
            pair(a, b, 1.1, 1.2, separated=False).model_copy(update={"limited": ("server-limited",)})
            for index, a in enumerate(names)
            for b in names[index + 1 :]
        ]

        self.assertEqual(
            ["server-limited: no verdict on a and b; a and c; a and d; 3 more pairs."],
            sentences(ranked(*((name, 1) for name in names)), pairs, primary_metric="throughput_rps", blocks=15),
        )

    def test_skewed_noise(self):
        """The second opinion on the first such pair, and how many more there are."""
        second = {"mean_percent": -1.5, "t_low_percent": -4.0, "t_high_percent": 1.04, "skewed": True}
        pairs = [
            pair("a", "b", 1.01, 1.03).model_copy(update=second),
            pair("a", "c", 1.5, 1.6),
            pair("b", "c", 1.5, 1.6).model_copy(update=second),
        ]

        self.assertEqual(
            "Skewed noise: b costs +2.0 % against a in a typical block, but −1.5 % (95 % interval -4.0..1.0 %) in the "
            "mean of all blocks, where a few weigh heavily; 1 more like this.",
            sentences(ranked(("a", 1), ("b", 2), ("c", 3)), pairs, primary_metric="throughput_rps", blocks=15)[-1],
        )


class TestEffectText(TestCase):
    def test_by_case(self):
        """Of the one who costs more; a difference only where there is one."""
        found = pair("A", "B", 1.02, 1.08).model_copy(update={"mde_percent": 1.5})
        expected = {
            "B is 5.0 % slower than A "
            "(95 % interval 2.0..8.0 %, 20 blocks, smallest effect detectable with 90 %: 1.5 %)":
                found,
            "the p99 response time of B is 5.0 % longer than that of A (95 % interval 2.0..8.0 %, 20 blocks)":
                pair("A", "B", 1.02, 1.08, metric="p99"),
            "B needs 5.0 % more CPU time than A (95 % interval 2.0..8.0 %, 20 blocks)":
                pair("A", "B", 1.02, 1.08, metric="cpu_s_per_1k"),
            "A is 100 % slower than B (95 % interval 67..150 %, 20 blocks)":
                pair("A", "B", 0.4, 0.6),
            "B is 5.0 % slower than A (95 % interval 2.0..8.0 %, 20 blocks); not told apart when all pairs are counted":
                pair("A", "B", 1.02, 1.08, separated=False),
            "no difference shown between A and B; differences beyond ±3.0 % are unlikely":
                pair("A", "B", 0.97, 1.02, separated=False),
            "server-limited: no verdict on A and B":
                found.model_copy(update={"separated": False, "limited": ("server-limited",)}),
            "B is 5.0 % slower than A by estimate only (20 blocks; 6 are needed for an interval)":
                found.model_copy(update={"low_percent": None, "high_percent": None, "separated": False}),
        }  # fmt: skip

        self.assertEqual(list(expected), [effect_text(one, 20) for one in expected.values()])


class TestRatioRange(TestCase):
    def test_digits(self):
        """As many digits as the width of the interval deserves, and never a lower limit that reads as 1."""
        expected = {
            (1.94, 2.06): "1.9–2.1×",
            (1.98, 2.02): "1.98–2.02×",
            (1.004, 1.006): "1.004–1.006×",
            (1.04, 1.3): "1.04–1.30×",
            (52.3, 58.9): "52–59×",
            (52.3, 52.9): "52.3–52.9×",
            (1.5, 1.5): "1.500×",
        }

        self.assertEqual(expected, {limits: ratio_range(*limits) for limits in expected})

    def test_lists(self):
        """As one says them."""
        self.assertEqual(["a", "a and b", "a, b and c"], [listed(names) for names in ("a", "ab", "abc")])
