"""What a contender used, kept and lost over all its trials, from hand-made trials."""

from math import sqrt
from unittest import TestCase, skipUnless

import numpy as np
from scipy.stats import binom

from http_benchmark.models.experiment import LifeCycleEstimates, Resources
from http_benchmark.models.measurement import Distribution, EventRecord, GcRecord, LifeCycle, RequestRecord
from http_benchmark.stats.ranking import summarise
from http_benchmark.stats.steadiness import drift_percent
from http_benchmark.stats.totals import over_trials
from http_benchmark.stats.usage import life_cycle, resources
from http_benchmark.stats.within_run import order_ranks, within_run
from tests.records import make_block, make_slice, make_trial

try:
    from hdrh.histogram import HdrHistogram
except ImportError:
    HdrHistogram = None


def total(*trials):
    (client,), _ = summarise([make_block(trial) for trial in trials], "throughput_rps")
    return client


class TestWorkload(TestCase):
    def test_requests_by_name(self):
        """Sums over the trials, shares of all, the median trial's times, in the order of the first trial."""

        def trial(errors: dict[str, int], p50: float):
            times = Distribution(count=30, p50=p50)
            records = [
                RequestRecord(name="b", requests=30, response_time_s=times),
                RequestRecord(name="a", requests=10, errors=errors, response_time_s=Distribution(count=0)),
            ]
            return make_trial("A:sync", by_request=tuple(records))

        b, a = total(trial({"timeout": 4}, 1.0), trial({"http-5xx": 5, "timeout": 5}, 3.0)).by_request

        self.assertEqual(("b", 60, 0.75, {}), (b.name, b.requests, b.share, b.errors))
        self.assertEqual((60, 2.0), (b.response_time_s.count, b.response_time_s.p50))
        self.assertEqual(("a", 20, 0.25, ["timeout", "http-5xx"]), (a.name, a.requests, a.share, list(a.errors)))
        self.assertIsNone(a.response_time_s)

    def test_events(self):
        """Numbers add up, rates and jitter are those of the median trial; None where nobody looked."""

        def trial(events_per_s: float | None, jitter_s: float | None):
            times = Distribution(count=100, p50=0.5)
            record = EventRecord(
                events=110, events_per_s=events_per_s, first_event_s=times, gap_s=times, jitter_s=jitter_s
            )
            return make_trial("A:sync", events=record)

        events = total(trial(10.0, 0.1), trial(20.0, 0.3), trial(90.0, None)).events

        self.assertEqual((330, 20.0, 0.2), (events.events, events.events_per_s, events.jitter_s))
        self.assertEqual((300, 0.5), (events.gap_s.count, events.gap_s.p50))
        self.assertIsNone(total(make_trial("A:sync")).events)


class TestOpenModel(TestCase):
    def test_counts(self):
        """Censored requests are added up, processes are those of a trial."""
        trials = [make_trial("A:sync", [make_slice(0, censored=2), make_slice(1, censored=3)], processes=2)] * 2

        self.assertEqual((10, 2), (total(*trials).censored, total(*trials).processes))

    def test_exhausted_ratio(self):
        """Turns that found everybody busy ÷ all turns; the closed model has no turns."""
        slices = [make_slice(0, rate_rps=100.0, exhausted=10), make_slice(1, rate_rps=100.0)]

        self.assertEqual(10 / 400, total(make_trial("A:sync", slices)).exhausted_ratio)
        self.assertIsNone(total(make_trial("A:sync")).exhausted_ratio)

    def test_a_median_trial_is_known_although_one_is_not(self):
        """A quantile that lands on a censored request in one trial of three is the largest of the three."""
        trials = [Distribution(count=400, p50=1.0, p99=p99) for p99 in (2.0, 3.0)]
        cut_off = Distribution(count=390, censored=10, censored_above_s=30.0, p50=1.0, p99=None)
        further = Distribution(count=380, censored=20, censored_above_s=20.0, p50=1.0, p99=None)

        over = over_trials([*trials, cut_off])
        self.assertEqual((1190, 10, 30.0, 3.0), (over.count, over.censored, over.censored_above_s, over.p99))
        over = over_trials([*trials, cut_off, further])
        self.assertEqual((30, 20.0, 1.0, None), (over.censored, over.censored_above_s, over.p50, over.p99))

    def test_nothing_but_censored_requests(self):
        """A trial of which no request was sent counts as worse than all others."""
        over = over_trials([Distribution(count=0, censored=400, censored_above_s=30.0)])

        self.assertEqual((400, 30.0, None), (over.censored, over.censored_above_s, over.p50))
        self.assertIsNone(over_trials([Distribution(count=0)]))


class TestStalls(TestCase):
    def test_share_weighted_by_requests(self):
        """In a trial 100 requests at 4 % and 300 at 0 % make 1 %; of trials at 1, 1 and 7 % the median is 1 %."""
        usual = [
            make_slice(0, requests=100, over_triple_median=0.04),
            make_slice(1, requests=300, over_triple_median=0.0),
        ]
        bad = [make_slice(0, over_triple_median=0.07), make_slice(1, over_triple_median=None)]

        self.assertAlmostEqual(
            0.01, total(*(make_trial("A:sync", slices) for slices in (usual, bad, usual))).over_triple_median
        )
        self.assertIsNone(total(make_trial("A:sync")).over_triple_median)


class TestDrift(TestCase):
    @staticmethod
    def trial(*means_s):
        return make_trial("A:sync", [make_slice(number, mean_s=mean_s) for number, mean_s in enumerate(means_s)])

    def test_last_third_against_first(self):
        """Seven slices have thirds of two: (3 + 5) / 2 over (1 + 3) / 2 is twice as long."""
        over = drift_percent([self.trial(1.0, 3.0, 9.0, 9.0, 9.0, 3.0, 5.0)])

        self.assertAlmostEqual(100.0, over.estimate)
        self.assertEqual((None, None), (over.low, over.high))

    def test_interval_over_blocks(self):
        """Six blocks: from the smallest to the largest drift."""
        over = drift_percent([self.trial(1.0, 1.0, 1.0 + n / 100) for n in range(6)])

        self.assertAlmostEqual(0.0, over.low)
        self.assertAlmostEqual(5.0, over.high)
        self.assertAlmostEqual(100 * (sqrt(1.02 * 1.03) - 1), over.estimate, delta=0.02)

    def test_too_few_slices(self):
        """Two slices have no thirds; a slice without a success is none."""
        self.assertIsNone(drift_percent([self.trial(1.0, 2.0), self.trial(1.0, None, 2.0)]))
        self.assertIsNone(drift_percent([]))


class TestLifeCycle(TestCase):
    def test_each_figure_over_the_blocks(self):
        """The geometric middle of 1 and 4 s; what is missing or 0 is left out, and None where nothing is left."""
        trials = [
            make_trial("A:sync", life_cycle=LifeCycle(import_s=import_s, construction_s=0.0, first_request_s=first_s))
            for import_s, first_s in ((1.0, 0.5), (4.0, None), (None, None))
        ]
        found = life_cycle(trials)

        self.assertAlmostEqual(2.0, found.import_s.estimate)
        self.assertAlmostEqual(0.5, found.first_request_s.estimate)
        self.assertEqual((None, None, None), (found.construction_s, found.reconnecting_request_s, found.close_s))
        self.assertEqual(LifeCycleEstimates(), total(make_trial("A:sync")).life_cycle)


class TestResources(TestCase):
    def test_by_hand(self):
        """Two trials of two slices with 200 requests each."""
        trials = [
            make_trial(
                "A:sync",
                [
                    make_slice(0, user_s=0.3, system_s=0.1, voluntary_switches=90, involuntary_switches=1, threads=3,
                        uss_bytes=10, idle_cpu_ratio=0.001),
                    make_slice(1, user_s=0.3, system_s=0.1, voluntary_switches=110, involuntary_switches=3, threads=4,
                        uss_bytes=30, idle_cpu_ratio=0.003),
                ],
                peak_memory_bytes=peak, base_memory_bytes=100, gc=gc,
            )
            for peak, gc in (
                (150, (GcRecord(collections=5, total_s=0.5, longest_s=0.2), GcRecord(collections=1, longest_s=0.1))),
                (250, (GcRecord(collections=3, total_s=0.3, longest_s=0.3),)),
            )
        ]  # fmt: skip
        found = resources(trials)

        self.assertAlmostEqual(1.2, found.user_s)
        self.assertAlmostEqual(0.4, found.system_s)
        self.assertEqual((500.0, 10.0), (found.voluntary_switches_per_1k, found.involuntary_switches_per_1k))
        self.assertEqual(
            (4, 20, 100, 0.002), (found.threads, found.uss_bytes, found.added_memory_bytes, found.idle_cpu_ratio)
        )
        self.assertEqual(
            (GcRecord(collections=8, total_s=0.8, longest_s=0.3), GcRecord(collections=1, longest_s=0.1)), found.gc
        )

    def test_no_split_below_one_second(self):
        """The kernel samples it; together it is known all the same."""
        under = resources([make_trial("A:sync", [make_slice(0, user_s=0.6, system_s=0.399)])])
        enough = resources([make_trial("A:sync", [make_slice(0, user_s=0.6, system_s=0.4)])])
        partly = resources([make_trial("A:sync", [make_slice(0, user_s=2.0, system_s=0.4), make_slice(1)])])

        self.assertEqual((None, None), (under.user_s, under.system_s))
        self.assertEqual((0.6, 0.4), (enough.user_s, enough.system_s))
        self.assertEqual((None, None), (partly.user_s, partly.system_s))

    def test_nothing_known(self):
        """No data is None, never 0."""
        self.assertEqual(Resources(), resources([make_trial("A:sync")]))
        self.assertEqual(Resources(), resources([make_trial("A:sync", [])]))


class TestWithinRun(TestCase):
    def test_ranks_agree_with_scipy(self):
        """They are the 2.5 % and 97.5 % quantiles of the binomial law, the upper one plus 1."""
        for n in (6, 36, 100, 368, 1000, 54321):
            for p in (0.5, 0.9, 0.95, 0.99, 0.999):
                with self.subTest(n=n, p=p):
                    expected = int(binom.ppf(0.025, n, p)), int(binom.ppf(0.975, n, p)) + 1
                    self.assertEqual(expected, order_ranks(n, p))

    def test_ranks_by_hand(self):
        """Of 10 samples the second and the ninth hold the median: 1 + 10 of 1024 lie outside on either side."""
        self.assertEqual((2, 9), order_ranks(10, 0.5))

    def test_coverage(self):
        """Of 500 runs with 400 requests at least 95 % less chance hold the true p90."""
        generator = np.random.default_rng(3)
        low, high = order_ranks(400, 0.9)
        samples = np.sort(generator.random((500, 400)))
        covered = np.count_nonzero((samples[:, low - 1] <= 0.9) & (samples[:, high - 1] >= 0.9))

        self.assertGreaterEqual(covered, binom.ppf(0.01, 500, 0.95))

    @skipUnless(HdrHistogram, "the histogram library is not installed")
    def test_from_the_histogram(self):
        """1 … 1000 ms: p50 at 500, between the 469th and the 532nd; p99.9 has too few samples."""
        (trial,) = self.trials(1)
        found = within_run([trial])

        self.assertEqual(["p50", "p90", "p95", "p99"], list(found))
        self.assertAlmostEqual(0.500, found["p50"].estimate, delta=0.001)
        self.assertAlmostEqual(0.469, found["p50"].low, delta=0.001)
        self.assertAlmostEqual(0.532, found["p50"].high, delta=0.001)
        self.assertEqual(found, total(trial).within_run)

    @skipUnless(HdrHistogram, "the histogram library is not installed")
    def test_censored_requests_stand_last(self):
        """Beside 1000 requests another 8 were never sent: the upper limit of p99 is not known."""
        (trial,) = self.trials(1, response_time_s=Distribution(count=1000, censored=8, censored_above_s=9.0))

        self.assertIsNone(within_run([trial])["p99"].high)
        self.assertIsNotNone(within_run([trial])["p95"].high)

    @skipUnless(HdrHistogram, "the histogram library is not installed")
    def test_only_below_six_blocks(self):
        """From six blocks on, intervals over the blocks say more."""
        self.assertTrue(within_run(self.trials(5)))
        self.assertEqual({}, within_run(self.trials(6)))

    def test_without_a_histogram(self):
        """Nothing is made up."""
        self.assertEqual({}, within_run([make_trial("A:sync")]))

    @staticmethod
    def trials(count, **fields):
        histogram = HdrHistogram(1, 60_000_000, 3)
        for value_ms in range(1, 1001):
            histogram.record_value(1000 * value_ms)
        return [make_trial("A:sync", response_histogram=histogram.encode().decode(), **fields)] * count
