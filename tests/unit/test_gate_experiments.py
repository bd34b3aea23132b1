"""How a gate goes from look to look and from attempt to attempt; its experiments measure what a script says."""

import random
from collections.abc import Callable
from itertools import count
from unittest import TestCase, mock

from http_benchmark.block import TrialFailedError
from http_benchmark.errors import ConfigurationError, WorkerError
from http_benchmark.gate import Gate, GateObserver
from http_benchmark.models.experiment import Reason, Validity
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.gate import GateResult
from http_benchmark.models.measurement import BlockRecord
from tests.records import make_block, make_slice, make_trial, trial_of_cost

NOWHERE = "http://127.0.0.1:9/"
BASELINE, CANDIDATE = "urllib3:sync", "urllib3:sync#2"
SEED = 7
CONFIRMING_SEED = random.Random("7/confirm").getrandbits(32)

type Script = Callable[[int], float]
"""Block → by how much the candidate costs more in it, as a ratio."""


def steady(ratio: float) -> Script:
    """The same in each block, but for 0.1 %."""
    return lambda block: ratio * (1 + 0.001 * (-1) ** block)


def noisy(ratio: float) -> Script:
    """Too much scatter to tell."""
    return lambda block: ratio * 1.1 ** (block * 7 % 13 - 6)


class Looks(GateObserver):
    def __init__(self) -> None:
        self.attempts: list[tuple[int, int]] = []
        self.blocks: list[int] = []

    def attempt_started(self, number, seed, looks):
        self.attempts.append((number, seed))

    def looked(self, blocks, outcomes):
        self.blocks.append(blocks)


class GateTest(TestCase):
    def gate(self, *scripts: Script, **settings: object) -> Gate:
        """One whose first attempt goes by the first script, and the second one by the second."""
        configuration = ExperimentConfiguration(url=NOWHERE, floor=False, seed=SEED, **settings)
        self.looks = Looks()
        self.enterContext(mock.patch("http_benchmark.benchmark.run_block", self.scripted(scripts)))
        return Gate("urllib3", "urllib3", configuration, observer=self.looks)

    def scripted(self, scripts: tuple[Script, ...]) -> Callable[..., BlockRecord]:
        def run_block(plan, number, **_):
            script = scripts[plan.seed != SEED]
            return make_block(trial_of_cost(BASELINE, 1.0), trial_of_cost(CANDIDATE, script(number)), number=number)

        return run_block

    def outcomes(self, result: GateResult) -> list[str]:
        return [metric.outcome for metric in result.metrics]

    def test_a_pass_at_the_first_look(self):
        """Twenty blocks, one attempt, both of the usual metrics."""
        gate = self.gate(steady(1.0))
        result = gate.run()

        self.assertEqual(("finished", "pass", ["pass", "pass"]), (result.status, result.outcome, self.outcomes(result)))
        self.assertEqual(["cpu_s_per_1k", "throughput_rps"], [metric.metric for metric in result.metrics])
        self.assertEqual(([(1, SEED)], [20]), (self.looks.attempts, self.looks.blocks))
        experiment = gate.attempts[0].experiment.result()
        self.assertEqual(("finished", 20, 20), (experiment.status, experiment.blocks, experiment.planned_blocks))
        self.assertEqual([f"gate-{gate.id[:8]}"], experiment.configuration["tag"])
        self.assertEqual(result, GateResult.from_dict(result.to_dict()))

    def test_a_failure_is_measured_once_more(self):
        """With another seed that the first one gives; two failures are a failure."""
        result = self.gate(steady(1.1), steady(1.08)).run()

        self.assertEqual(("fail", ["fail", "fail"]), (result.outcome, self.outcomes(result)))
        self.assertEqual(([(1, SEED), (2, CONFIRMING_SEED)], [20, 20]), (self.looks.attempts, self.looks.blocks))
        first, second = result.metrics[0].judgements
        self.assertEqual(("fail-1", "fail-1"), (first.outcome, second.outcome))
        self.assertAlmostEqual(10.0, first.effect_percent, delta=0.1)
        self.assertAlmostEqual(8.0, second.effect_percent, delta=0.1)
        self.assertAlmostEqual(1.0, first.baseline, delta=0.001)
        self.assertAlmostEqual(1.1, first.candidate, delta=0.001)
        self.assertEqual([20, 20], [attempt.blocks for attempt in result.attempts])

    def test_a_failure_that_is_not_repeated_passes(self):
        """It was a false alarm, unless the second attempt cannot tell."""
        self.assertEqual("pass", self.gate(steady(1.1), steady(1.0)).run().outcome)
        self.assertEqual("inconclusive", self.gate(steady(1.1), noisy(1.0)).run().outcome)
        self.assertEqual([20, 20, 40], self.looks.blocks[-3:])

    def test_what_the_first_look_cannot_tell_is_looked_at_again(self):
        """After 40 blocks, which is the end."""
        result = self.gate(noisy(1.0)).run()

        self.assertEqual(("inconclusive", [20, 40]), (result.outcome, self.looks.blocks))
        self.assertEqual([40, 40], [metric.judgements[0].blocks for metric in result.metrics])

    def test_an_improvement(self):
        """The mirrored rule, without a second attempt."""
        result = self.gate(steady(0.9)).run()

        self.assertEqual(("improvement", 1), (result.outcome, len(result.attempts)))
        self.assertAlmostEqual(-10.0, result.metrics[0].judgements[0].effect_percent, delta=0.1)

    def test_only_what_failed_is_measured_once_more(self):
        """The second attempt judges no metric that passed the first, so a failure needs the same metric twice."""

        def run_block(plan, number, **_):
            cpu, speed = (1.1, 1.0) if plan.seed == SEED else (1.0, 1.2)
            measured = make_slice(throughput_rps=1000 / speed, cpu_s=0.2 * cpu * steady(1.0)(number))
            return make_block(trial_of_cost(BASELINE, 1.0), make_trial(CANDIDATE, [measured]), number=number)

        gate = self.gate(steady(1.0))
        with mock.patch("http_benchmark.benchmark.run_block", run_block):
            result = gate.run()

        self.assertEqual(("pass", ["pass", "pass"]), (result.outcome, self.outcomes(result)))
        self.assertEqual([2, 1], [len(metric.judgements) for metric in result.metrics])

    def test_blocks_say_when_to_look_first(self):
        """Forty blocks are looked at once."""
        self.gate(steady(1.0), blocks=7).run()
        self.assertEqual([7], self.looks.blocks)
        self.gate(steady(1.0), blocks=40).run()
        self.assertEqual([40], self.looks.blocks)

    def test_an_invalid_experiment_says_nothing(self):
        """What only limits the speed says nothing of throughput; any other reason says nothing at all."""
        for code, expected in (("server-limited", ["fail", "inconclusive"]), ("pacing-late", ["fail", "inconclusive"]),
            ("other", ["inconclusive", "inconclusive"])):  # fmt: skip
            reason = Reason(code=code, severity="invalid", message="so it is")
            verdict = Validity(verdict="invalid", reasons=(reason,))
            with self.subTest(code), mock.patch("http_benchmark.stats.conclusion.judge", return_value=verdict):
                result = self.gate(steady(1.1), steady(1.1)).run()
                self.assertEqual(expected, self.outcomes(result))
                self.assertEqual((code,), result.metrics[1].judgements[0].withheld)

    def test_a_candidate_that_crashes_fails(self):
        """Twice in the first experiment and twice in the second; the baseline alone is not measured any further."""
        crashes = count()

        def run_block(plan, number, **_):
            next(crashes)
            raise TrialFailedError(CANDIDATE, WorkerError("it is gone"))

        gate = self.gate(steady(1.0))
        with mock.patch("http_benchmark.benchmark.run_block", run_block):
            result = gate.run()

        self.assertEqual(("fail", "candidate-failed", 4), (result.outcome, result.cause, next(crashes)))
        self.assertEqual(["candidate-failed"] * 2, [attempt.cause for attempt in result.attempts])

    def test_a_candidate_that_crashed_once_is_in_doubt(self):
        """The second attempt goes well, so nobody knows."""

        def run_block(plan, number, **_):
            if plan.seed == SEED:
                raise TrialFailedError(CANDIDATE, WorkerError("it is gone"))
            return make_block(trial_of_cost(BASELINE, 1.0), trial_of_cost(CANDIDATE, 1.0), number=number)

        gate = self.gate(steady(1.0))
        with mock.patch("http_benchmark.benchmark.run_block", run_block):
            result = gate.run()

        self.assertEqual(("inconclusive", None), (result.outcome, result.cause))

    def test_errors_of_the_candidate_alone_fail(self):
        """Failing may be fast; where the baseline fails too, nothing is compared."""

        def failing(name: str) -> object:
            return make_trial(name, [make_slice(errors={"timeout": 20})])

        for both, expected in ((False, ("fail", "candidate-errors")), (True, ("inconclusive", None))):

            def run_block(plan, number, both=both, **_):
                baseline = failing(BASELINE) if both else trial_of_cost(BASELINE, 1.0)
                return make_block(baseline, failing(CANDIDATE), number=number)

            gate = self.gate(steady(1.0))
            with self.subTest(both=both), mock.patch("http_benchmark.benchmark.run_block", run_block):
                result = gate.run()
                self.assertEqual(expected, (result.outcome, result.cause))
                self.assertIn("errors", result.metrics[0].judgements[0].withheld)

    def test_without_a_baseline_nothing_is_measured(self):
        """It crashes twice: the gate has failed, and says nothing of the candidate."""

        def run_block(plan, number, **_):
            raise TrialFailedError(BASELINE, WorkerError("it is gone"))

        gate = self.gate(steady(1.0))
        with mock.patch("http_benchmark.benchmark.run_block", run_block):
            result = gate.run()

        self.assertEqual(("failed", "inconclusive", 1), (result.status, result.outcome, len(result.attempts)))

    def test_interrupted(self):
        """What was measured is there; nothing is concluded from it."""

        def run_block(plan, number, **_):
            if number == 3:
                raise KeyboardInterrupt
            return make_block(trial_of_cost(BASELINE, 1.0), trial_of_cost(CANDIDATE, 2.0), number=number)

        gate = self.gate(steady(1.0))
        with mock.patch("http_benchmark.benchmark.run_block", run_block), self.assertRaises(KeyboardInterrupt):
            gate.run()
        result = gate.result()

        self.assertEqual(("interrupted", "inconclusive", 3), (result.status, result.outcome, result.attempts[0].blocks))
        self.assertEqual(["inconclusive"] * 2, self.outcomes(result))

    def test_the_open_model_gates_the_median(self):
        """There the schedule sets the throughput."""
        self.assertEqual(("cpu_s_per_1k", "p50"), self.gate(steady(1.0), rate="100/s").metrics)


class RefusalTest(TestCase):
    def refused(self, baseline: str, candidate: str, **settings: object) -> tuple[str, ...]:
        with self.assertRaises(ConfigurationError) as raised:
            Gate(baseline, candidate, ExperimentConfiguration(**settings))
        return raised.exception.faults

    def test_two_modes(self):
        """A gate is one comparison; the library's modes are named."""
        (fault,) = self.refused("httpx", "httpx:sync")
        self.assertRegex(fault, "httpx has the modes sync and async.* such as httpx:async$")

    def test_unknown(self):
        """Of both contenders at once."""
        self.assertEqual(2, len(self.refused("httpy", "reqests")))

    def test_too_few_blocks(self):
        """Six have no bound at 99 %."""
        self.assertRegex(self.refused("urllib3", "urllib3", blocks=6)[0], "blocks must be 7 to 40")
        self.assertRegex(self.refused("urllib3", "urllib3", blocks=41)[0], "blocks must be 7 to 40")

    def test_what_one_of_both_cannot_do(self):
        """There is nobody left to compare with."""
        self.assertRegex(self.refused("requestx:sync", "urllib3", proxy="http://127.0.0.1:1")[0], "requestx")
