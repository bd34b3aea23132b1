"""The published result of one workload on several servers: what `run --target A --target B --json` writes.

Each server is an experiment of its own, stored under its own id; this is what they say together.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.experiment import Estimate, Target, Validity
from http_benchmark.models.work import Work

ServerMetric = Literal["throughput_rps", "p99"]
"""What servers are compared by: the rate that clients reach, or, at a given rate, how long answers take."""


class MeasuredServer(Model):
    """One server: the experiment in which it was measured.

    Attributes:
        server: As it was named.
        experiment_id: Under which its whole result is stored.
        status: Of the experiment.
        blocks: How many blocks it has finished.
        target: What it was.
        validity: Whether it is to be trusted.
    """

    server: str
    experiment_id: str
    status: Literal["running", "finished", "interrupted", "failed"]
    blocks: int
    target: Target
    validity: Validity


class ServerPoint(Model):
    """One contender on one server.

    Attributes:
        server: As it was named.
        status: "ok", "errors", "unavailable" or "failed".
        message: Why it has another status than "ok".
        other_work: In which ways its work was not what was ordered, so that its figures are not comparable.
        work: What it was to do, and did.
        throughput_rps: Requests completed per second.
        cpu_s_per_1k: CPU seconds of the client per 1000 requests.
        p99_s: p99 of the response time over whole trials; None where any trial has too few requests for it.
    """

    server: str
    status: Literal["ok", "errors", "unavailable", "failed"]
    message: str | None = None
    other_work: tuple[str, ...] = ()
    work: Work = Work()
    throughput_rps: Estimate | None = None
    cpu_s_per_1k: Estimate | None = None
    p99_s: Estimate | None = None

    @property
    def is_comparable(self) -> bool:
        """Whether the point may be set beside those of others."""
        return self.status == "ok" and not self.other_work


class ServerRatio(Model):
    """How a server does beside the first one, through one contender.

    Attributes:
        server: As it was named.
        ratio: Its figure ÷ the first server's, from the ratio in each block.
        separated: The interval is there and has not 1 in it.
    """

    server: str
    ratio: Estimate
    separated: bool


class ServersOfContender(Model):
    """One contender on all servers.

    Attributes:
        contender: As named in tables.
        points: In the order in which the servers were named.
        ratios: Of each server but the first, where both have figures that are comparable.
    """

    contender: str
    points: tuple[ServerPoint, ...]
    ratios: tuple[ServerRatio, ...] = ()


class ServersResult(Model):
    """The whole answer; `schema` is a promise."""

    schema_: Annotated[Literal["http-benchmark/servers/1"], Field(alias="schema")] = "http-benchmark/servers/1"
    id: str
    name: str
    status: Literal["running", "finished", "interrupted", "failed"] = "finished"
    started_at: datetime
    finished_at: datetime | None
    seed: int
    configuration: dict[str, Any]
    environment: dict[str, Any]
    compared_by: ServerMetric
    validity: Validity = Validity()
    servers: tuple[MeasuredServer, ...]
    contenders: tuple[ServersOfContender, ...]

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
