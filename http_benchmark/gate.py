"""Has the candidate become slower than the baseline? Both are measured in one experiment, and a failure once more.

Here the experiments are driven, from look to look; by which rule they are judged is in `stats.gate`. Each experiment
is stored as any other.
"""

import random
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from http_benchmark.benchmark import Experiment, Observer
from http_benchmark.course import Course
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.gate_arms import described, differences, pinned
from http_benchmark.models.experiment import WALL_METRICS, Metric
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.gate import GateAttempt, GateResult
from http_benchmark.models.tags import gate_tag
from http_benchmark.plan import Plan
from http_benchmark.stats.gate import FEWEST_BLOCKS, LOOKS, MARGIN, Judgement, Outcome, judge_metrics, looks
from http_benchmark.stats.gate_conclusion import (
    cause_of,
    concluded,
    is_told,
    judged_metrics,
    outcome_of,
    sides,
    withheld,
)
from http_benchmark.stats.reached import reached_target
from http_benchmark.storage import ResultStorage

CLOSED_METRICS: tuple[Metric, ...] = ("cpu_s_per_1k", "throughput_rps")
OPEN_METRICS: tuple[Metric, ...] = ("cpu_s_per_1k", "p50")
"""What is gated unless other metrics are asked for; in the open model the schedule sets the throughput."""


class GateObserver(Observer):
    """Is told how a gate goes, besides how each of its experiments does; override what is of interest."""

    def attempt_started(self, number: int, seed: int, looks: tuple[int, ...]) -> None:
        """An experiment is about to start: the first, or the second that is to confirm a failure.

        Args:
            number: 1 or 2.
            seed: Of its orders.
            looks: After how many blocks it is judged.
        """

    def looked(self, blocks: int, outcomes: dict[Metric, Outcome]) -> None:
        """The experiment was judged after so many blocks."""


@dataclass(slots=True)
class Attempt:
    """One experiment of a gate, as far as it has come.

    Attributes:
        experiment: What is measured.
        metrics: What is judged in it.
        judgements: What its last look said.
    """

    experiment: Experiment
    metrics: tuple[Metric, ...]
    judgements: dict[Metric, Judgement] = field(default_factory=dict)


class Gate:
    """Compares a candidate with its baseline.

    Args:
        baseline, candidate: Contenders with one mode each: two versions, two source trees, or whatever else.
        configuration: The workload; its contenders do not count. `blocks` is after how many blocks is judged first.
        metrics: What is gated, each for itself; empty for the usual ones.
        margin: By how much the candidate may be worse, as a ratio minus 1.
        storage: Where the experiments are saved, tagged so that they can be found together.
        observer: Is told of the progress.
        environments: Makes what versions and source trees take.

    Attributes:
        id: Of the whole; its experiments have ids of their own.
        attempts: The experiments so far, two at most.

    Raises:
        ConfigurationError: The two cannot be measured, or the configuration does not hold together.
    """

    def __init__(
        self,
        baseline: str,
        candidate: str,
        configuration: ExperimentConfiguration,
        *,
        metrics: Sequence[Metric] = (),
        margin: float = MARGIN,
        storage: ResultStorage | None = None,
        observer: GateObserver | None = None,
        environments: Environments | None = None,
    ) -> None:
        self.id = str(uuid.uuid4())
        self._storage = storage
        self._observer = observer or GateObserver()
        self._environments = environments or Environments()
        self._margin = margin
        self._metrics = tuple(dict.fromkeys(metrics)) or (OPEN_METRICS if configuration.rate else CLOSED_METRICS)
        self._seed = configuration.seed if configuration.seed is not None else secrets.randbits(32)
        self._looks = _looks(configuration.blocks)
        self._configuration = self._configured(pinned((baseline, candidate), self._environments), configuration)
        self._course = Course()
        self.attempts: list[Attempt] = []
        self._begin(self._metrics)
        if unavailable := self.attempts[0].experiment.unavailable:
            raise ConfigurationError([client.message or client.contender for client in unavailable])
        self._arms = self.plan.arms

    @property
    def plan(self) -> Plan:
        """That of the first experiment; the second one has another seed."""
        return self.attempts[0].experiment.plan

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many blocks an experiment is judged."""
        return self._looks

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is gated."""
        return self._metrics

    def run(self) -> GateResult:
        """Measure, and measure once more what failed.

        When interrupted, or when a fault ends it, the finished blocks are saved before the exception goes on;
        `result()` then has what they say.

        Raises:
            TargetError: The bundled origin could not be started.
            KeyboardInterrupt: The user had enough.
        """
        with self._course.under_way(lambda: not self._is_baseline_lost()):
            self._measure(self.attempts[0])
            if failed := self._failed(self.attempts[0]):
                self._begin(failed)
                self._measure(self.attempts[1])
        return self.result()

    def result(self) -> GateResult:
        """What the attempts say so far."""
        results = [attempt.experiment.result() for attempt in self.attempts]
        judged = [
            judged_metrics(attempt.judgements, result, number, arms=self._names, metrics=self._metrics)
            for number, (attempt, result) in enumerate(zip(self.attempts, results, strict=True), start=1)
        ]
        causes = [cause_of(result, *self._names) for result in results]
        is_complete = self._course.status == "finished"
        metrics = tuple(concluded(metric, judged, is_complete=is_complete) for metric in self._metrics)
        cause = causes[0] if len(causes) > 1 and causes[0] == causes[1] else None
        first, last = results[0], results[-1]
        return GateResult(
            id=self.id,
            name=first.name,
            status=self._course.status,
            started_at=self._course.started_at,
            finished_at=self._course.finished_at,
            outcome=outcome_of(metrics, causes) if is_complete else "inconclusive",
            cause=cause if is_complete else None,
            baseline=described(self._arms[0]),
            candidate=described(self._arms[1]),
            differences=differences(self._arms),
            margin_percent=100 * self._margin,
            seed=self._seed,
            configuration=first.configuration | {"seed": self._seed, "blocks": self._looks[0]},
            environment=first.environment,
            target=first.target,
            workload=first.workload,
            validity=last.validity,
            metrics=metrics,
            attempts=tuple(
                GateAttempt(
                    experiment_id=result.id,
                    seed=result.seed,
                    status=result.status,
                    blocks=result.blocks,
                    cause=cause,
                    validity=result.validity,
                )
                for result, cause in zip(results, causes, strict=True)
            ),
        )

    @property
    def estimated_s(self) -> float:
        """How long it takes if the first look can tell everything, and nothing fails."""
        return replace(self.plan, blocks=self._looks[0]).estimated_s

    @property
    def _names(self) -> tuple[str, str]:
        """Baseline and candidate as in tables."""
        baseline, candidate = self._arms
        return baseline.name, candidate.name

    def _configured(
        self, contenders: tuple[str, str], configuration: ExperimentConfiguration
    ) -> ExperimentConfiguration:
        """What both experiments have in common; the seed is set for each."""
        values = {name: getattr(configuration, name) for name in ExperimentConfiguration.model_fields}
        wall = next((metric for metric in self._metrics if metric in WALL_METRICS), None)
        own = {
            "contenders": contenders,
            "blocks": self._looks[-1],
            "quick": False,
            "until": None,
            "primary": wall or self._metrics[0],  # what limits a ranking by wall clock is then found
            "name": configuration.name or " → ".join(contenders),
        }
        tag = (*configuration.tag, gate_tag(self.id))
        return ExperimentConfiguration(**values | own).model_copy(update={"tag": tag})  # nobody else may give it

    def _begin(self, metrics: tuple[Metric, ...]) -> None:
        seed = random.Random(f"{self._seed}/confirm").getrandbits(32) if self.attempts else self._seed
        experiment = Experiment(
            self._configuration.model_copy(update={"seed": seed}),
            storage=self._storage,
            observer=self._observer,
            environments=self._environments,
        )
        self.attempts.append(Attempt(experiment, metrics))

    def _measure(self, attempt: Attempt) -> None:
        """Measure from look to look, until there is none left or nothing is to be told by more blocks."""
        experiment = attempt.experiment
        self._observer.attempt_started(len(self.attempts), experiment.plan.seed, self._looks)
        with experiment.opened():
            for look in self._looks:
                while len(experiment.plan.arms) == len(self._names) and len(experiment.blocks) < look:
                    experiment.run_block()
                self._look(attempt)
                if not self._needs_more(attempt):
                    break
            experiment.end_here()

    def _look(self, attempt: Attempt) -> None:
        """Judge what no earlier look could tell."""
        open_ones = [metric for metric in attempt.metrics if not is_told(attempt.judgements.get(metric))]
        blocks = attempt.experiment.blocks
        attempt.judgements |= judge_metrics(blocks, *self._names, metrics=open_ones, margin=self._margin)
        self._observer.looked(len(blocks), {metric: one.outcome for metric, one in attempt.judgements.items()})

    def _needs_more(self, attempt: Attempt) -> bool:
        """Whether more blocks could tell what these could not."""
        result = attempt.experiment.result()
        return cause_of(result, *self._names) is None and any(
            not is_told(judged) and not withheld(result, metric, self._names)
            for metric, judged in attempt.judgements.items()
        )

    def _failed(self, attempt: Attempt) -> tuple[Metric, ...]:
        """What has to be measured once more, all of it where something besides the figures is held against it."""
        result = attempt.experiment.result()
        if cause_of(result, *self._names):
            return self._metrics
        return tuple(
            metric
            for metric, judged in attempt.judgements.items()
            if judged.outcome is Outcome.FAIL_1 and not withheld(result, metric, self._names)
        )

    def _is_baseline_lost(self) -> bool:
        """Whether the last attempt has nothing to compare the candidate with."""
        baseline, _ = sides(self.attempts[-1].experiment.result(), *self._names)
        return baseline.status == "failed" or (baseline.requests > 0 and not reached_target(baseline))


def _looks(first: int | None) -> tuple[int, ...]:
    if first is not None and not FEWEST_BLOCKS <= first <= LOOKS[-1]:
        raise ConfigurationError(
            f"blocks must be {FEWEST_BLOCKS} to {LOOKS[-1]}, since fewer have no bound at 99 % and the last look comes "
            f"after {LOOKS[-1]}, got {first}"
        )
    return looks(first or LOOKS[0])
