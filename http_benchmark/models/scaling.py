"""The published result of one workload at several concurrencies: what `run --concurrency 1,8,64 --json` writes.

Each level of concurrency is an experiment of its own, stored under its own id; this is what they say together.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.experiment import Estimate, Target, Validity
from http_benchmark.models.work import Work


class ScalingLevel(Model):
    """One concurrency: the experiment in which it was measured.

    Attributes:
        concurrency: Requests in flight at a time.
        experiment_id: Under which its whole result is stored.
        status: Of the experiment.
        blocks: How many blocks it has finished.
        validity: Whether it is to be trusted.
    """

    concurrency: int
    experiment_id: str
    status: Literal["running", "finished", "interrupted", "failed"]
    blocks: int
    validity: Validity


class ScalingPoint(Model):
    """One contender at one concurrency.

    Attributes:
        concurrency: Requests in flight at a time.
        status: "ok", "errors", "unavailable" or "failed".
        message: Why it has another status than "ok".
        other_work: In which ways its work was not what was ordered, so that its figures are not comparable.
        work: What it was to do, and did.
        throughput_rps: Requests completed per second.
        cpu_s_per_1k: CPU seconds per 1000 requests.
        p99_s: p99 of the response time over whole trials; None where any trial has too few requests for it.
    """

    concurrency: int
    status: Literal["ok", "errors", "unavailable", "failed"]
    message: str | None = None
    other_work: tuple[str, ...] = ()
    work: Work = Work()
    throughput_rps: Estimate | None = None
    cpu_s_per_1k: Estimate | None = None
    p99_s: Estimate | None = None

    @property
    def is_comparable(self) -> bool:
        """Whether the point counts for the retention, and may be set beside those of others."""
        return self.status == "ok" and not self.other_work


class ScalingCurve(Model):
    """One contender over all concurrencies.

    Attributes:
        contender: As named in tables.
        points: Ascending by concurrency.
        best_concurrency: Where its throughput is highest.
        retention: Throughput at the highest concurrency as a part of that at the best one, from the ratio in each
            block. The best is chosen by the same figures, so chance makes it look a little better than it is, and the
            retention a little worse.
    """

    contender: str
    points: tuple[ScalingPoint, ...]
    best_concurrency: int | None = None
    retention: Estimate | None = None


class ScalingResult(Model):
    """The whole answer; `schema` is a promise."""

    schema_: Annotated[Literal["http-benchmark/scaling/1"], Field(alias="schema")] = "http-benchmark/scaling/1"
    id: str
    name: str
    status: Literal["running", "finished", "interrupted", "failed"] = "finished"
    started_at: datetime
    finished_at: datetime | None
    seed: int
    configuration: dict[str, Any]
    environment: dict[str, Any]
    target: Target
    validity: Validity = Validity()
    levels: tuple[ScalingLevel, ...]
    contenders: tuple[ScalingCurve, ...]

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
