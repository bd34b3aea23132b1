"""The whole capacity search in virtual time: a queue answers instead of a worker, so that the capacity is known."""

from dataclasses import replace
from math import log
from unittest import TestCase, mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark import capacity
from http_benchmark.capacity import CapacityExperiment, CapacityObserver
from http_benchmark.errors import ErrorKind, NoAnswerError, WorkerError
from http_benchmark.load.schedule import Schedule
from http_benchmark.measured import Measured
from http_benchmark.models.capacity import CapacityResult
from http_benchmark.models.experiment import PacingCheck
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import MachineLoad
from http_benchmark.plan import Plan
from http_benchmark.probing import Probing
from http_benchmark.slo import Slo
from http_benchmark.stats.samples import SliceTally
from http_benchmark.stats.search import Try
from http_benchmark.stats.work import TrialWork
from http_benchmark.worker.protocol import Ran

NOWHERE = "http://127.0.0.1:9/"
SERVICE_RPS = 1000.0
WIDTH = 1.03


class QueueTrial:
    """A contender that is one FIFO queue in virtual time; stands for `trial.Trial`.

    Args:
        service_s: Draws n service times.
        lost: Requests that are due when their queue has more than so many seconds of work are not sent in time.
    """

    def __init__(self, service_s, *, grace_s=None):
        self.service_s = service_s
        self.warm_rate_rps = None
        self.messages = {}
        self.work = TrialWork()
        self.orders = []

    def __call__(self, arm, plan, target):
        self.concurrency = plan.options.concurrency
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def open(self):
        pass

    def opened(self):
        pass

    def warm_up(self):
        self.warm_rate_rps = 1.1 * SERVICE_RPS

    def send(self, order, patience_s):
        self.orders.append(order)
        schedule = Schedule(order.arrivals, 0)
        due_ns = np.fromiter(schedule.turns(), dtype=np.int64)
        service_ns = (self.service_s(due_ns.size) * 1e9).astype(np.int64)
        walk = np.concatenate([[0], np.cumsum(service_ns[:-1] - np.diff(due_ns))])
        lag_ns = walk - np.minimum.accumulate(walk)
        sent = due_ns + lag_ns < schedule.cutoff_ns
        codes = np.where(sent, 200, ErrorKind.NOT_SENT.code)
        sent_ns = np.minimum(due_ns + lag_ns, schedule.cutoff_ns)
        done_ns = sent_ns + np.where(sent, service_ns, 0)
        tally = SliceTally(30.0, concurrency=self.concurrency, open_model=True)
        tally.add(np.stack([due_ns, sent_ns, done_ns, codes], axis=1))
        ended_ns = int((due_ns + lag_ns + service_ns)[sent].max())
        ran = Ran(0, ended_ns, int(service_ns[sent].sum()), 0, 0, 0, None, exhausted=int((~sent).sum()))
        return Measured(ran, tally.figures(), None, MachineLoad())


class RefusingTrial(QueueTrial):
    """A target that answers each request with 503, but for some at the start."""

    def __init__(self, *, successes=0):
        super().__init__(constant)
        self.successes = successes
        self.messages = {"http-5xx": "503 Service Unavailable"}

    def send(self, order, patience_s):
        measured = super().send(order, patience_s)
        failed = measured.figures.requests - self.successes
        return replace(measured, figures=replace(measured.figures, errors={"http-5xx": failed}))


class BrokenTrial(QueueTrial):
    """Fails in some of its warm-ups."""

    def __init__(self, errors):
        super().__init__(constant)
        self.errors = list(errors)

    def warm_up(self):
        super().warm_up()
        if self.errors and (error := self.errors.pop(0)):
            raise error


class Interrupting(CapacityObserver):
    """Ctrl-C after so many probes."""

    def __init__(self, after):
        self.left = after

    def probe_done(self, block, contender, probe):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def constant(n):
    return np.full(n, 1 / SERVICE_RPS)


def exponential(seed):
    generator = np.random.default_rng(seed)
    return lambda n: generator.exponential(1 / SERVICE_RPS, n)


class CapacityTest(TestCase):
    def setUp(self):
        check = PacingCheck(
            mode="sync", rate_rps=1.0, achieved_ratio=1.0, lag_p50_s=0.0, lag_p99_s=0.0, cpu_s_per_1k=0.01, valid=True
        )
        self.enterContext(mock.patch.object(capacity, "pacing_of", lambda plan, mode, arrivals: check))

    def experiment(self, trial, slo="p99<20ms", *, blocks=1, contenders=("null:sync",), observer=None, **changes):
        configuration = ExperimentConfiguration(
            contenders=contenders, url=NOWHERE, blocks=blocks, seed=5, concurrency=64, duration=changes.get("duration")
        )
        return CapacityExperiment(
            configuration,
            Slo.parse(slo),
            spacing=changes.get("spacing", "poisson"),
            trial=trial,
            observer=observer,
        )


class SetupTest(CapacityTest):
    def test_a_workload_logs_in_anew_for_each_block(self):
        """Before the first of three and between them; without anything to set up, the plan is made ready once."""
        for has_setup, times in ((True, 3), (False, 1)):
            with (
                self.subTest(has_setup),
                mock.patch.object(Plan, "has_setup", has_setup),
                mock.patch.object(Plan, "set_up", autospec=True, side_effect=lambda plan, *_: plan) as set_up,
            ):
                self.experiment(QueueTrial(constant), blocks=3).run()
                self.assertEqual(times, set_up.call_count)


class KnownAnswerTest(CapacityTest):
    def test_evenly_spaced_arrivals(self):
        """D/D/1 at 1000/s: every rate up to that keeps p99 < 2 ms, none beyond does; a block knows it to 3 %."""
        result = self.experiment(QueueTrial(constant), "p99<2ms", spacing="constant").run()
        [search], [contender] = result.searches, result.contenders

        self.assertTrue(search.complete)
        self.assertLessEqual(search.passed_rps, SERVICE_RPS)
        self.assertGreater(search.failed_rps, SERVICE_RPS)
        self.assertLess(search.failed_rps, search.passed_rps * WIDTH)
        self.assertAlmostEqual(0.001, contender.at_capacity.p99)
        self.assertIsNone(contender.capacity_rps.low)

    def test_a_long_objective_does_not_hide_a_growing_queue(self):
        """Arrivals 10 % above 1/D are at most 0.9 s late after ten seconds, within p99 < 1 s; it grows all the same."""
        result = self.experiment(QueueTrial(constant), "p99<1s", spacing="constant").run()
        [search] = result.searches

        self.assertLess(search.failed_rps, SERVICE_RPS * WIDTH * WIDTH)
        behind = [probe for probe in search.probes if not probe.passed]
        self.assertTrue(any(not probe.kept_up and not probe.violated for probe in behind))
        self.assertTrue(all(probe.rate_rps > SERVICE_RPS for probe in behind))

    def test_memoryless_arrivals_and_service(self):
        """M/M/1 at 1000/s: p99 = ln 100 / (1000 − λ) is 20 ms at λ = 769.7/s; the interval over 7 blocks holds it.

        Long probes, since a quantile of few relaxation times of the queue is lower than that of all times.
        """
        truth = SERVICE_RPS - log(100) / 0.02
        result = self.experiment(QueueTrial(exponential(3)), "p99<20ms", blocks=7, duration=20).run()
        [contender] = result.contenders

        self.assertLess(abs(contender.capacity_rps.estimate / truth - 1), 0.03)
        self.assertLessEqual(contender.capacity_rps.low, truth)
        self.assertGreaterEqual(contender.capacity_rps.high, truth)
        self.assertLess(contender.capacity_rps.high / contender.capacity_rps.low, 1.15)

    def test_what_limits(self):
        """A queue that uses all its processor time is limited by that."""
        [contender] = self.experiment(QueueTrial(constant), "p99<2ms", spacing="constant", blocks=2).run().contenders

        self.assertEqual(("client-limited",), contender.limited_by)

    def test_several_processors(self):
        """The same CPU time is half as much of the two processors that two processes have, and no limit there."""
        one, two = (self.experiment(QueueTrial(constant), "p99<2ms", spacing="constant") for _ in range(2))
        two.plan = replace(two.plan, processes=2, client_cpus=(1, 2))
        [of_one], [of_two] = one.run().searches, two.run().searches

        self.assertAlmostEqual(1.0, of_one.probes[-1].cpu_ratio, places=1)
        self.assertEqual([p.cpu_ratio / 2 for p in of_one.probes], [p.cpu_ratio for p in of_two.probes])
        self.assertNotIn("client-limited", of_two.limited_by)

    def test_no_rate_passes(self):
        """An objective below the service time: no capacity, and the lowest rate that can be judged is named."""
        experiment = self.experiment(QueueTrial(constant), "p50<0.5ms", blocks=2)
        [contender] = experiment.run().contenders

        self.assertIsNone(contender.capacity_rps)
        self.assertAlmostEqual(100 / 24, contender.below_rps, delta=0.2)
        self.assertEqual(("ok", 2), (contender.status, contender.blocks))

    def test_never_sent(self):
        """What the schedule gives up on is an error and violates p99, since the grace is longer than the objective."""
        experiment = self.experiment(QueueTrial(lambda n: np.full(n, 0.01)), "p99<200ms")
        [search] = experiment.run().searches
        first = search.probes[0]

        self.assertGreater(first.censored, 0)
        self.assertEqual({"not-sent": first.censored}, first.errors)
        self.assertEqual(("p99<200ms", "errors<0.1%"), first.violated)
        self.assertIsNone(first.response_time_s.p99)


class DesignTest(CapacityTest):
    def test_same_arrivals_for_all(self):
        """Within a block all contenders and rates get the same gaps; a repeated rate and the next block get others."""
        trial = QueueTrial(constant)
        self.experiment(trial, contenders=("null:sync", "null:async"), blocks=2).run()
        seeds = [order.arrivals.seed for order in trial.orders]

        self.assertEqual(6, len(set(seeds)))  # a look and two thorough tries, in two blocks
        self.assertTrue(all(order.opening and order.arrivals.poisson for order in trial.orders))

    def test_every_contender_in_every_block(self):
        """In an order that the seed decides."""
        names = ("null:sync", "null:async", "null:sync")
        result = self.experiment(QueueTrial(constant), contenders=names, blocks=6, duration=0.1).run()
        orders = [tuple(one.contender for one in result.searches if one.block == block) for block in range(6)]

        self.assertEqual({("null:async", "null:sync", "null:sync#2")}, {tuple(sorted(order)) for order in orders})
        self.assertGreater(len(set(orders)), 1)
        again = self.experiment(QueueTrial(constant), contenders=names, blocks=6, duration=0.1).run()
        self.assertEqual(orders, [tuple(one.contender for one in again.searches if one.block == n) for n in range(6)])

    def test_probes_are_long_enough(self):
        """8 s, ten times the objective, what quantiles need at low rates, or what the user says; looks a quarter."""
        for slo, duration_s, tried, expected in (
            ("p99<20ms", None, Try(1000, thorough=True), (8.0, 8000)),
            ("p99<20ms", None, Try(1000, thorough=False), (2.0, 2000)),
            ("p99<1s", None, Try(1000, thorough=True), (10.0, 10_000)),
            ("p99<10s", None, Try(100, thorough=True), (30.0, 3000)),
            ("p99<20ms", 0.5, Try(1000, thorough=True), (0.5, 500)),
            ("p99<20ms", 0.5, Try(1000, thorough=False), (0.405, 405)),
            ("p99<20ms", None, Try(30, thorough=True), (13.5, 405)),
            ("p50<20ms", 0.5, Try(20, thorough=True), (5.0, 100)),
            ("p99.9<20ms", None, Try(1000, thorough=False), (4.057, 4057)),
        ):
            with self.subTest(slo, duration_s=duration_s, tried=tried):
                arrivals = Probing.of(Slo.parse(slo), "constant", duration_s).arrivals(tried, 1)
                self.assertEqual(expected, (round(arrivals.duration_s, 3), arrivals.requests))

    def test_grace_is_longer_than_the_objective(self):
        """A request that the objective allows is never given up: a quarter longer, one second at least."""
        for slo, grace_s in (("p99<20ms", 1.0), ("max<8s", 10.0), ("p50<1ms,p99<3s", 3.75), ("p50<4s,p99<5s", 6.25)):
            with self.subTest(slo):
                probing = Probing.of(Slo.parse(slo), "poisson", None)
                self.assertEqual(grace_s, probing.grace_s)
                self.assertEqual(grace_s, probing.arrivals(Try(100, thorough=True), 1).grace_s)

    @given(st.floats(20.0, 100_000.0), st.sampled_from(["p50<1ms", "p99<20ms", "p99.9<1s", "mean<5ms"]))
    def test_enough_requests_for_every_objective(self, rate_rps, slo):
        """At each rate that may be tried, and within the longest probe."""
        probing = Probing.of(Slo.parse(slo), "constant", None)
        arrivals = probing.arrivals(Try(max(rate_rps, probing.lowest_rps), thorough=False), 1)

        self.assertGreaterEqual(arrivals.requests, probing.slo.samples_needed)
        self.assertLessEqual(arrivals.duration_s, probing.most_s * 1.01)


class FailureTest(CapacityTest):
    def test_a_crash_is_repeated(self):
        """One crash voids one search, which is done again."""
        result = self.experiment(BrokenTrial([None, WorkerError("signal 11")]), blocks=2).run()

        self.assertEqual([0, 1], [search.block for search in result.searches])
        self.assertEqual("ok", result.contenders[0].status)

    def test_two_crashes(self):
        """Who crashed twice is dropped with the reason; what was found before stays."""
        errors = [None, WorkerError("signal 11"), WorkerError("signal 6")]
        result = self.experiment(BrokenTrial(errors), blocks=3).run()
        [contender] = result.contenders

        self.assertEqual(("failed", "signal 6", 1), (contender.status, contender.message, contender.blocks))
        self.assertIsNotNone(contender.capacity_rps)

    def test_no_answer(self):
        """A target that answers nobody is not tried again; nothing was found."""
        result = self.experiment(BrokenTrial([NoAnswerError("refused")]), blocks=3).run()

        self.assertEqual(("failed", ()), (result.status, result.searches))
        self.assertEqual("refused", result.contenders[0].message)

    def test_nothing_but_errors(self):
        """A target that refuses two rates far below the warm-up's is not asked again, in no block; it is said why."""
        trial = RefusingTrial()
        result = self.experiment(trial, blocks=3).run()
        [contender] = result.contenders

        self.assertEqual(2, len(trial.orders))
        self.assertTrue(all(order.arrivals.start_rps < SERVICE_RPS / 2 for order in trial.orders))
        self.assertEqual(("failed", "failed"), (result.status, contender.status))
        self.assertRegex(contender.message, "^no request succeeded at .* and .* \\(http-5xx 1,[0-9]+\\): 503 Service")

    def test_a_single_success(self):
        """Then it is a matter of rates, and the search goes on to the lowest of them."""
        result = self.experiment(RefusingTrial(successes=1)).run()

        self.assertEqual("ok", result.contenders[0].status)
        self.assertTrue(result.searches[0].complete)

    def test_a_failing_pacing_check(self):
        """It comes after the last search: the capacities stand, and that it is missing is said."""
        with mock.patch.object(capacity, "pacing_of", side_effect=WorkerError("signal 9")):
            result = self.experiment(QueueTrial(constant)).run()

        self.assertEqual(("finished", ()), (result.status, result.pacing))
        self.assertIsNotNone(result.contenders[0].capacity_rps)
        self.assertIn("pacing-unknown", [reason.code for reason in result.validity.reasons])

    def test_interruption_keeps_what_was_found(self):
        """The finished search counts, the broken off one is kept and does not."""
        experiment = self.experiment(QueueTrial(constant), blocks=3, observer=Interrupting(after=14))
        with self.assertRaises(KeyboardInterrupt):
            experiment.run()
        result = experiment.result()

        self.assertEqual(("interrupted", 1, 3), (result.status, result.blocks, result.planned_blocks))
        self.assertEqual([True, False], [search.complete for search in result.searches])
        self.assertEqual(1, result.contenders[0].blocks)
        self.assertEqual(14, sum(len(search.probes) for search in result.searches))
        self.assertIsNotNone(result.finished_at)

    def test_what_is_written_is_read_again(self):
        """The JSON has the schema's name and all that the result has."""
        result = self.experiment(QueueTrial(constant)).run()

        self.assertEqual("http-benchmark/capacity/1", result.to_dict()["schema"])
        self.assertEqual(result, CapacityResult.from_dict(result.to_dict()))

    def test_what_says_nothing_here(self):
        """A configuration's own blocks are taken, and the default has an interval."""
        configuration = ExperimentConfiguration(contenders=("null:sync",), url=NOWHERE)
        experiment = CapacityExperiment(configuration, Slo.parse("p99<20ms"))

        self.assertEqual(7, experiment.plan.blocks)
        self.assertFalse(experiment.plan.probe_floor)
