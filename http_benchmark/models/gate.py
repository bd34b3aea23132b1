"""The published result of a gate: what `http-benchmark gate --json` writes.

An attempt is one experiment of baseline and candidate, stored under its own id; a second one confirms the failures of
the first. Effects are as in a `PairResult`: positive means that the candidate is worse.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.experiment import Metric, Target, Validity, WorkloadResult

type GateOutcome = Literal["pass", "fail", "improvement", "inconclusive"]
type Cause = Literal["candidate-failed", "candidate-errors", "unequal-work"]
"""What is held against a candidate besides its figures."""


class GateArm(Model):
    """One side of a gate.

    Attributes:
        contender: As named in tables.
        library: The client.
        mode: "sync" or "async".
        version: What was measured of it.
    """

    contender: str
    library: str
    mode: Literal["sync", "async"]
    version: str | None = None


class PackageDifference(Model):
    """A package, besides the library itself, that the two environments do not have in the same version."""

    package: str
    baseline: str | None
    candidate: str | None


class GateAttempt(Model):
    """One experiment of a gate.

    Attributes:
        experiment_id: Under which its whole result is stored.
        seed: Of its orders.
        status: Of the experiment.
        blocks: How many it has finished.
        cause: What is held against the candidate besides its figures; None where nothing is.
        validity: Whether it is to be trusted.
    """

    experiment_id: str
    seed: int
    status: Literal["running", "finished", "interrupted", "failed"]
    blocks: int
    cause: Cause | None = None
    validity: Validity = Validity()


class MetricJudgement(Model):
    """What one attempt says of one metric.

    Attributes:
        attempt: 1 or 2.
        outcome: "fail-1" where it fails in this attempt.
        blocks: From how many blocks.
        baseline, candidate: The figures of both, in the unit of the metric.
        effect_percent: By how much the candidate costs more.
        low_percent, high_percent: Its one-sided bounds at 99 %.
        half_width_percent: Of its 95 % interval, on the log scale as a percentage.
        withheld: Codes of the reasons for which the figures say nothing here.
    """

    attempt: int
    outcome: Literal["pass", "fail-1", "improvement", "inconclusive"]
    blocks: int = 0
    baseline: float | None = None
    candidate: float | None = None
    effect_percent: float | None = None
    low_percent: float | None = None
    high_percent: float | None = None
    half_width_percent: float | None = None
    withheld: tuple[str, ...] = ()


class InstructionCounts(Model):
    """How instructions were counted.

    Attributes:
        tool, valgrind_version: By what.
        few_requests, many_requests: Of the two counts whose difference gives the instructions per request.
        baseline, candidate: Instructions per request, repeat by repeat.
    """

    tool: str
    valgrind_version: str
    few_requests: int
    many_requests: int
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]


class GateMetric(Model):
    """One gated metric.

    Attributes:
        metric: Which; "instructions" where these were counted instead of measuring time.
        outcome: What the attempts say together.
        judgements: What each says, in order; the second one only where the first failed.
    """

    metric: Metric | Literal["instructions"]
    outcome: GateOutcome
    judgements: tuple[MetricJudgement, ...]


class GateResult(Model):
    """The whole answer; `schema` is a promise.

    Attributes:
        outcome: The gravest of the metrics', or "fail" for a `cause`.
        cause: What is held against the candidate besides its figures, in both attempts.
        margin_percent: By how much the candidate may be worse.
        differences: Of the two environments.
        validity: Of the last attempt.
        instructions: How they were counted; None where time was measured.
    """

    schema_: Annotated[Literal["http-benchmark/gate/1"], Field(alias="schema")] = "http-benchmark/gate/1"
    id: str
    name: str
    status: Literal["running", "finished", "interrupted", "failed"]
    started_at: datetime
    finished_at: datetime | None
    outcome: GateOutcome
    cause: Cause | None = None
    baseline: GateArm
    candidate: GateArm
    differences: tuple[PackageDifference, ...] = ()
    margin_percent: float
    seed: int
    configuration: dict[str, Any]
    environment: dict[str, Any]
    target: Target
    workload: WorkloadResult | None = None
    validity: Validity = Validity()
    metrics: tuple[GateMetric, ...]
    attempts: tuple[GateAttempt, ...]
    instructions: InstructionCounts | None = None

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
