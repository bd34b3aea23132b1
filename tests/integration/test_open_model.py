"""The open model through whole experiments.

What is due is sent or counted, by any number of processes, and a slow server's queue is charged to those who wait.
"""

import unittest

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.models.measurement import TrialRecord


class OpenModelTest(unittest.TestCase):
    def conduct(self, *contenders: str, **settings: object) -> tuple[ExperimentResult, list[TrialRecord]]:
        defaults: dict[str, object] = {"blocks": 1, "slices": 1, "floor": False, "warmup": 0.1}
        experiment = Experiment(ExperimentConfiguration(contenders=contenders, **(defaults | settings)))
        result = experiment.run()
        return result, [trial for block in experiment.blocks for trial in block.trials]

    def client(self, *contenders: str, **settings: object) -> ClientResult:
        result, _ = self.conduct(*contenders, **settings)
        self.assertEqual("open", result.load_model)
        return result.clients[0]

    def test_every_arrival_is_sent(self):
        """As many requests as the schedule has, in both modes; the origin saw them all."""
        result, trials = self.conduct("urllib3", "aiohttp", rate="300/s", slices=2, duration=1)

        self.assertEqual({"urllib3:sync", "aiohttp:async"}, {trial.contender for trial in trials})
        for trial in trials:
            with self.subTest(trial.contender):
                self.assertEqual([150, 150], [part.requests for part in trial.slices])
                self.assertEqual([300.0, 300.0], [part.rate_rps for part in trial.slices])
                self.assertEqual(trial.sent, trial.server.requests)
                self.assertEqual(300, trial.lag_s.count)
        for client in result.clients:
            self.assertEqual(("ok", 300, 0), (client.status, client.requests, client.censored))

    def test_requests_are_exact_whatever_the_arrivals(self):
        """Poisson arrivals have no fixed number by themselves."""
        self.assertEqual(123, self.client("null:async", rate="500/s", arrivals="poisson", requests=123).requests)

    def test_processes_share_one_schedule(self):
        """Three processes send each arrival once; connections are shared out too."""
        _, (trial,) = self.conduct("urllib3", rate="300/s", requests=100, processes=3, concurrency=4)

        self.assertEqual((3, 100, 100), (trial.processes, trial.slices[0].requests, trial.lag_s.count))
        self.assertLessEqual(trial.server.connections, 4)

    def test_processes_share_a_closed_load_too(self):
        """An exact number of requests stays exact."""
        experiment = Experiment(
            ExperimentConfiguration(
                contenders=("urllib3",), requests=101, slices=1, processes=2, concurrency=5, blocks=1, warmup=0
            )
        )
        experiment.run()
        (trial,) = experiment.blocks[0].trials

        self.assertEqual((101, 101), (trial.slices[0].requests, trial.server.requests))

    def test_a_slow_server_delays_the_response_not_the_service(self):
        """One connection, 20 ms each, 100 arrivals a second: the queue is in the lag, as D/D/1 has it."""
        client = self.client("urllib3", rate="100/s", requests=50, concurrency=1, url="/delay/0.02", warmup=0)

        service, response, lag = client.service_time_s, client.response_time_s, client.lag_s
        self.assertGreater(response.p50, 0.020 + 24 * 0.010)  # D + k(D - 1/λ), the 25th of 50
        self.assertLess(service.p50, response.p50 / 2)
        self.assertGreater(lag.max, 49 * 0.010)

    def test_what_was_never_sent_is_counted(self):
        """Ten times what one connection can do: the rest is censored after the grace, and stands last in the ranks."""
        client = self.client(
            "urllib3", rate="100/s", duration=1, concurrency=1, url="/delay/0.1", warmup=0, timeout=0.5
        )

        self.assertEqual(100, client.requests)
        self.assertGreater(client.censored, 50)
        self.assertEqual(client.censored, client.errors["not-sent"])
        self.assertEqual("errors", client.status)
        self.assertIsNone(client.response_time_s.p90)
        self.assertEqual(client.censored, client.response_time_s.censored)

    def test_the_pacing_was_checked(self):
        """For each mode that is measured, at the highest rate."""
        result, _ = self.conduct("null", rate="200..400/s", requests=50)

        self.assertEqual({("sync", 400.0), ("async", 400.0)}, {(check.mode, check.rate_rps) for check in result.pacing})
