"""How long a trial waits for its processes before it takes them to hang."""

import unittest
from unittest import mock

from http_benchmark import trial as trial_module
from http_benchmark.clients import known_clients
from http_benchmark.load.schedule import Arrivals, Schedule
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.plan import Arm, make_plan
from http_benchmark.targets import NO_TARGET
from http_benchmark.trial import Trial


class EnoughError(Exception):
    """Raised by the team instead of sending anything."""


class PatienceTest(unittest.TestCase):
    def patience_s(self, step, **configuration) -> float:
        """How long the team is given for one step of a trial."""
        plan = make_plan(ExperimentConfiguration(**configuration), [], seed=1)
        arm = Arm(Contender("null", "sync"), known_clients()["null"], None)
        team = mock.Mock(pids=(), run=mock.Mock(side_effect=EnoughError))
        with mock.patch.object(trial_module, "Team", return_value=team), Trial(arm, plan, NO_TARGET) as trial:
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
