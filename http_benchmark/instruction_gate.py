"""A gate by instructions instead of time: both sides take turns under valgrind, and no rerun is needed."""

import uuid
from collections.abc import Callable
from typing import cast

from http_benchmark.benchmark import Experiment
from http_benchmark.course import Course
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.gate_arms import described, differences, pinned
from http_benchmark.instructions import TOOL, count_instructions, rehearse, valgrind_version
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.gate import (
    GateMetric,
    GateOutcome,
    GateResult,
    InstructionCounts,
    MetricJudgement,
)
from http_benchmark.plan import Plan
from http_benchmark.stats.instructions import FEW, LIMIT, MANY, REPEATS, Slope, judge_instructions, slope
from http_benchmark.targets import OpenTarget

type OnRepeat = Callable[[int], None]
"""Told of each repeat that is about to begin, from 1."""


class InstructionGate:
    """Counts the instructions per request of a candidate and its baseline.

    Args:
        baseline, candidate: As for `Gate`.
        configuration: The one request that is sent; nothing of rates, workloads and repetitions counts.
        margin: By how much the candidate may be worse, as a ratio minus 1.
        environments: Makes what versions and source trees take.
        on_repeat: Told of the progress.

    Attributes:
        plan: Who is counted, and what is sent.

    Raises:
        ConfigurationError: Valgrind is not here, the two cannot be measured, or the workload is not one request.
    """

    def __init__(
        self,
        baseline: str,
        candidate: str,
        configuration: ExperimentConfiguration,
        *,
        margin: float = LIMIT,
        environments: Environments | None = None,
        on_repeat: OnRepeat = lambda _: None,
    ) -> None:
        self.id = str(uuid.uuid4())
        self._valgrind_version = valgrind_version()
        self._margin = margin
        self._on_repeat = on_repeat
        if configuration.workload or configuration.rate or configuration.events:
            raise ConfigurationError(
                "instructions are counted for one request, sent again and again; leave out workload, rate and events"
            )
        environments = environments or Environments()
        values = {name: getattr(configuration, name) for name in ExperimentConfiguration.model_fields}
        contenders = pinned((baseline, candidate), environments)
        own = {"contenders": contenders, "concurrency": 1, "processes": 1, "floor": False, "blocks": 1}
        name = configuration.name or " → ".join(contenders)
        self._experiment = Experiment(
            ExperimentConfiguration(**values | own | {"name": name}), environments=environments
        )
        if unavailable := self._experiment.unavailable:
            raise ConfigurationError([client.message or client.contender for client in unavailable])
        self.plan: Plan = self._experiment.plan
        self._course = Course()
        self._target = self._experiment.result().target
        self._counts: list[list[tuple[int, int]]] = [[], []]

    def run(self) -> GateResult:
        """Count, side by side.

        Raises:
            TargetError: The bundled origin could not be started.
            WorkerError: A side failed.
            KeyboardInterrupt: The user had enough.
        """
        with self._course.under_way(), self.plan.open_target() as target:
            self._target = target.description
            self.plan = self.plan.set_up(target)
            for arm in self.plan.arms:
                rehearse(arm, self.plan, target)
            for repeat in range(1, REPEATS + 1):
                self._on_repeat(repeat)
                self._repeat(target)
        return self.result()

    def result(self) -> GateResult:
        """What was counted so far, and what it says at the end."""
        beginning, arms = self._experiment.result(), self.plan.arms
        metric = self._metric()
        return GateResult(
            id=self.id,
            name=beginning.name,
            status=self._course.status,
            started_at=self._course.started_at,
            finished_at=self._course.finished_at,
            outcome=metric.outcome,
            baseline=described(arms[0]),
            candidate=described(arms[1]),
            differences=differences(arms),
            margin_percent=100 * self._margin,
            seed=beginning.seed,
            configuration=beginning.configuration,
            environment=beginning.environment,
            target=self._target,
            metrics=(metric,),
            attempts=(),
            instructions=InstructionCounts(
                tool=TOOL,
                valgrind_version=self._valgrind_version,
                few_requests=FEW,
                many_requests=MANY,
                baseline=slope(self._counts[0]).repeats,
                candidate=slope(self._counts[1]).repeats,
            ),
        )

    def _repeat(self, target: OpenTarget) -> None:
        pairs = [
            [count_instructions(arm, self.plan, target, requests) for arm in self.plan.arms] for requests in (FEW, MANY)
        ]
        for counts, few, many in zip(self._counts, *pairs, strict=True):
            counts.append((few, many))

    def _metric(self) -> GateMetric:
        if self._course.status != "finished":
            return GateMetric(metric="instructions", outcome="inconclusive", judgements=())
        baseline, candidate = map(slope, self._counts)
        outcome = judge_instructions(baseline, candidate, self._margin)
        return GateMetric(
            metric="instructions",
            outcome=cast("GateOutcome", outcome.value),
            judgements=(_judged(baseline, candidate, outcome.value),),
        )


def _judged(baseline: Slope, candidate: Slope, outcome: str) -> MetricJudgement:
    known = {"attempt": 1, "outcome": "fail-1" if outcome == "fail" else outcome, "blocks": REPEATS}
    effect_percent = 100 * (candidate.typical / baseline.typical - 1)
    spread_percent = 100 * max(baseline.spread, candidate.spread) / 2
    figures = {"baseline": baseline.typical, "candidate": candidate.typical, "effect_percent": effect_percent}
    return MetricJudgement.from_dict(known | figures | {"half_width_percent": spread_percent})
