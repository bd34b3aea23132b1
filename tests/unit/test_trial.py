"""A trial and its processes: how long it waits for them, what it counts, what it makes of their failures."""

import unittest
from unittest import mock

import numpy as np

from http_benchmark import trial as trial_module
from http_benchmark.clients import known_clients
from http_benchmark.errors import ErrorKind, WorkerError
from http_benchmark.load.schedule import Arrivals, Schedule, Stop
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import Requested, ServerCounts
from http_benchmark.origin.requested import entry
from http_benchmark.plan import Arm
from http_benchmark.planning import DEFAULT_HEADERS, make_plan
from http_benchmark.targets import NO_TARGET
from http_benchmark.trial import Trial
from http_benchmark.worker.protocol import Finished, Opened, Ran, Reconnected, Run


class EnoughError(Exception):
    """Raised by the team instead of sending anything."""


def a_trial(team, target=NO_TARGET, **configuration) -> Trial:
    """A trial of the null client, with a team that stands for its processes."""
    plan = make_plan(ExperimentConfiguration(**configuration), [], seed=1)
    with mock.patch.object(trial_module, "Team", return_value=team):
        return Trial(Arm(Contender("null", "sync"), known_clients()["null"], None), plan, target)


class PatienceTest(unittest.TestCase):
    def patience_s(self, step, **configuration) -> float:
        """How long the team is given for one step of a trial."""
        team = mock.Mock(pids=(), run=mock.Mock(side_effect=EnoughError))
        with a_trial(team, **configuration) as trial:
            self.assertRaises(EnoughError, step, trial)
        _, patience_s, _ = team.run.call_args.args
        return patience_s

    def test_a_warm_up_against_a_target_that_never_answers(self):
        """Three timeouts one after the other are no hang: the first request alone, one per connection, the warm-up."""
        self.assertGreater(self.patience_s(Trial.warm_up, timeout=1000), 3000)
        self.assertGreater(self.patience_s(Trial.warm_up, timeout=1000, rate=5), 3000)

    def test_random_arrivals_take_longer_than_planned(self):
        """An exact number of them ends when the last one is due."""
        late = next(
            part
            for seed in range(100)
            if (part := Arrivals(0.1, 0.1, 1000.0, requests=100, poisson=True, seed=seed))
            and Schedule(part, 0).cutoff_ns > 1200e9
        )

        def measure(trial: Trial) -> None:
            trial.measure(late, round_number=0, position=0, started_s=0.0)

        self.assertGreater(self.patience_s(measure, timeout=1, rate=0.1), 1200)


class OrderTest(unittest.TestCase):
    def test_a_slice_begins_with_its_deck(self):
        """The worker is told where in a workload's order it begins."""
        team = mock.Mock(pids=(), run=mock.Mock(side_effect=EnoughError))
        with a_trial(team) as trial:
            self.assertRaises(
                EnoughError, trial.measure, Stop(requests=1), round_number=0, position=0, started_s=0.0, deck=3
            )
        self.assertEqual(3, team.run.call_args.args[0].deck)


class FinishTest(unittest.TestCase):
    def team(self, **answers):
        team = mock.Mock(pids=())
        team.opened.return_value = Opened(import_s=0.1, construction_s=0.2, base_memory_bytes=3)
        team.finish.return_value = Finished(peak_memory_bytes=4, close_s=0.5)
        team.configure_mock(**answers)
        return team

    def test_a_reconnect_that_fails(self):
        """What was measured stays; the one figure is missing."""
        with a_trial(self.team(**{"reconnect.side_effect": WorkerError("KeyError: 'connection'")})) as trial:
            trial.opened()
            record = trial.finish()

        self.assertEqual((None, 0.5), (record.life_cycle.reconnecting_request_s, record.life_cycle.close_s))
        self.assertEqual(4, record.peak_memory_bytes)

    def test_a_process_that_is_gone(self):
        """A client that takes its process down has failed."""
        gone = WorkerError("ended with signal 11")
        with a_trial(self.team(**{"reconnect.side_effect": gone, "finish.side_effect": gone})) as trial:
            trial.opened()
            with self.assertRaisesRegex(WorkerError, "signal 11"):
                trial.finish()


class OpeningTest(unittest.TestCase):
    def record(self, first_request_s: float | None):
        """A trial that was warmed up with this first request, and how often it was told to connect again."""

        def run(order, patience_s, take):
            take(np.array([[0, 0, 1, 200]] * 20, dtype=np.int64))
            return Ran(0, 10**9, 0, 0, 11, 0, None, first_request_s=first_request_s, connect_all_s=2.5)

        team = mock.Mock(pids=(), run=run)
        team.opened.return_value = Opened(import_s=0.1, construction_s=0.2, base_memory_bytes=3)
        team.finish.return_value = Finished(peak_memory_bytes=4, close_s=0.5)
        team.reconnect.return_value = Reconnected((0.1,), sent=1)
        with a_trial(team) as trial:
            trial.open()
            trial.opened()
            trial.warm_up()
            record = trial.finish()
        order, _ = team.reconnect.call_args.args
        return record, order.requests

    def test_connecting_all(self):
        """The time that the worker tells is part of the life cycle; a foreign server's memory is not known."""
        record, _ = self.record(0.001)

        self.assertEqual((2.5, None), (record.life_cycle.connect_all_s, record.origin_memory_bytes))

    def test_slow_answers_are_waited_for_less_often(self):
        """Twenty connections of their own, or as many as fit into two seconds, but three at least."""
        self.assertEqual([20, 20, 8, 3, 20], [self.record(first_s)[1] for first_s in (0.001, 0.1, 0.25, 1.0, None)])


class CountsTest(unittest.TestCase):
    def test_what_was_never_sent(self):
        """Four requests due, one of them never sent, two that opened connections and one retry: 3 + 2 + 1 were sent."""
        codes = [200, 200, 503, ErrorKind.NOT_SENT.code]
        samples = np.array([[due, due, due + 1, code] for due, code in enumerate(codes)], dtype=np.int64)

        def run(order, patience_s, take):
            take(samples)
            return Ran(0, 10**9, 0, 0, 2, 1, None, opening_errors={"timeout": 1, "http-5xx": 1})

        team = mock.Mock(pids=(), run=run)
        with a_trial(team, rate=4) as trial:
            trial.send(Run(arrivals=Arrivals(4.0, 4.0, 1.0)), 10.0)

        self.assertEqual((6, 1), (trial.work.sent, trial.work.retries))

    def test_which_requests_came(self):
        """Two orders against an origin that saw HEAD once: one GET is missing; what came earlier is no matter."""
        samples = np.array([[due, due, due + 1, 200] for due in range(3)], dtype=np.int64)

        def run(order, patience_s, take):
            take(samples)
            return Ran(0, 10**9, 0, 0, 1, 0, None, opening_by_place=((0, 1),))

        target = mock.Mock(url="http://127.0.0.1:1/get?token=x", origins=())
        target.counts.return_value = ServerCounts(requests=1)
        get, head = (entry(f"{method} /get?token=x", DEFAULT_HEADERS) for method in ("GET", "HEAD"))
        late, asked, other = {"GET /late": 9}, {get: 4}, {get: 3, head: 1}
        target.take_requested.side_effect = [late, asked, {}, other]
        with a_trial(mock.Mock(pids=(), run=run), target) as trial:
            for _ in range(2):
                trial.send(Run(), 10.0)

        self.assertEqual(
            Requested(
                missing=1,
                unordered=1,
                closes=0,
                example_missing="GET /get?token=***",
                example_unordered="HEAD /get?token=***",
            ),
            trial.work.requested,
        )

    def test_requests_that_are_missing_in_an_order(self):
        """The origin counts five of four in the warm-up, then three of four: one is missing, though eight came."""
        samples = np.array([[due, due, due + 1, 200] for due in range(4)], dtype=np.int64)

        def run(order, patience_s, take):
            take(samples)
            return Ran(0, 10**9, 0, 0, 0, 0, None)

        target = mock.Mock(url="http://127.0.0.1:1/get", origins=())
        target.counts.side_effect = [ServerCounts(requests=requests) for requests in (0, 5, 5, 8)]
        target.take_requested.return_value = {}
        with a_trial(mock.Mock(pids=(), run=run), target) as trial:
            for measured in (False, True):
                trial.send(Run(measured=measured), 10.0)

        self.assertEqual((8, 8, 1), (trial.work.sent, trial.work.server.requests, trial.work.missing))

    def test_failures_are_those_of_requests_that_were_sent(self):
        """Of two rounds: two 503 and a timeout in each, opening requests included; what was never sent is none."""
        codes = [200, 503, ErrorKind.NOT_SENT.code]
        samples = np.array([[due, due, due + 1, code] for due, code in enumerate(codes)], dtype=np.int64)

        def run(order, patience_s, take):
            take(samples)
            return Ran(0, 10**9, 0, 0, 2, 0, None, opening_errors={"timeout": 1, "http-5xx": 1})

        team = FinishTest().team(run=run)
        with a_trial(team, rate=4, warmup=0) as trial:
            trial.opened()
            for _ in range(2):
                trial.send(Run(arrivals=Arrivals(4.0, 4.0, 1.0)), 10.0)
            record = trial.finish()

        self.assertEqual({"timeout": 2, "http-5xx": 4}, record.failures)
        self.assertEqual((8, 0), (record.sent, record.body_bytes))
