"""The published result of a capacity search: what `http-benchmark capacity --json` writes.

A probe is one arrival rate, tried once; a search is all probes of one contender in one block, in one fresh process.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.experiment import Estimate, PacingCheck, Target, Validity, WorkloadResult
from http_benchmark.models.measurement import Distribution, MachineLoad
from http_benchmark.models.work import Work

Limit = Literal["client-limited", "server-limited", "workers-exhausted", "pacing-late"]
"""What stood in the way above a capacity."""


class Probe(Model):
    """One arrival rate, tried once.

    Attributes:
        rate_rps: Arrivals per second asked for.
        thorough: It lasted long enough to decide; otherwise it was a short look, to find the way.
        duration_s: From the first arrival to the last answer.
        requests: Requests that became due.
        offered_rps: Arrivals per second as drawn; random with Poisson arrivals.
        achieved_rps: Completions per second, from the first arrival to the last answer.
        response_time_s, service_time_s, lag_s: Of the successful requests, inside the cut.
        errors: Failed requests by kind, those that were never sent included.
        error_ratio: All of them as a part of `requests`.
        censored: Requests that were never sent.
        exhausted_ratio: Share of the requests that found every thread or task busy when they became due.
        cpu_ratio: CPU time of the client as a share of a processor, of each that its processes can use.
        server_cpu_ratio: The same of the bundled origin; None against a foreign server.
        machine: What else happened on the machine.
        violated: The objectives that were not kept, as they are written.
        kept_up: Completions were no slower than arrivals; otherwise the queue grew and no latency would last.
        passed: Nothing was violated, and it kept up.
    """

    rate_rps: float
    thorough: bool = True
    duration_s: float
    requests: int
    offered_rps: float | None = None
    achieved_rps: float | None = None
    response_time_s: Distribution
    service_time_s: Distribution
    lag_s: Distribution
    errors: dict[str, int] = {}
    error_ratio: float = 0.0
    censored: int = 0
    exhausted_ratio: float = 0.0
    cpu_ratio: float = 0.0
    server_cpu_ratio: float | None = None
    machine: MachineLoad = MachineLoad()
    violated: tuple[str, ...] = ()
    kept_up: bool = True
    passed: bool


class CapacitySearch(Model):
    """One contender in one block: a fresh process, and every rate that was tried, in order.

    Attributes:
        block: From 0.
        contender: As named in tables.
        closed_rps: Throughput of the closed model in the warm-up, where the search started from.
        probes: In order of time.
        passed_rps: The highest rate that passed, with none below it that failed; None if none passed.
        failed_rps: The lowest rate that failed, twice at least; None if none did.
        complete: The search came to its end; otherwise the rates above say less, and are not part of any estimate.
        limited_by: What stood in the way at `failed_rps`.
        messages: The first raw message of each error kind.
    """

    block: int
    contender: str
    closed_rps: float
    probes: tuple[Probe, ...]
    passed_rps: float | None
    failed_rps: float | None
    complete: bool = True
    limited_by: tuple[Limit, ...] = ()
    messages: dict[str, str] = {}


class CurvePoint(Model):
    """One arrival rate over all blocks that tried it: medians of their probes.

    Attributes:
        rate_rps: Arrivals per second.
        blocks: How many blocks tried it.
        passed: In how many of them it passed.
        achieved_rps: Completions per second.
        cpu_ratio: CPU time of the client as a share of a processor, of each that its processes can use.
        mean, p50, p90, p95, p99, p999, max: Response time, seconds; None where it could not be told, or where the
            median block has it among requests that were never sent.
    """

    rate_rps: float
    blocks: int
    passed: int
    achieved_rps: float | None = None
    cpu_ratio: float | None = None
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None

    def figure(self, statistic: str) -> float | None:
        """The response time, in seconds, that an objective on latency limits: "p99", "p99.9", "max" and the others."""
        value: float | None = getattr(self, statistic.replace(".", ""))
        return value


class ContenderCapacity(Model):
    """One contender over all blocks.

    Attributes:
        contender, library, version, mode: What was measured.
        status: "ok", "unavailable" (not installed) or "failed" (crashed, hung, or got no answer).
        message: Why it has another status than "ok".
        blocks: How many blocks were searched to the end.
        capacity_rps: The highest arrival rate that it sustains. The interval takes in the width of the search; its
            upper limit is None where no limit was found. None where no rate passed in a typical block.
        below_rps: The lowest rate that was tried, where not even that passed in a typical block; else None.
        unbounded: In a typical block everything passed up to the bound of the search, so the capacity is higher.
        at_capacity: Medians over the blocks, each at the highest rate that passed in it.
        limited_by: What stood in the way in more than half of the blocks.
        curve: Every rate that was tried, ascending.
        work: What it was to do over all searches, and did. With less or other work than was ordered it has no capacity:
            all of the answer is None or empty, and only the curve shows what was measured.
    """

    contender: str
    library: str
    version: str | None = None
    mode: Literal["sync", "async"]
    status: Literal["ok", "unavailable", "failed"]
    message: str | None = None
    blocks: int = 0
    capacity_rps: Estimate | None = None
    below_rps: float | None = None
    unbounded: bool = False
    at_capacity: CurvePoint | None = None
    limited_by: tuple[Limit, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    work: Work = Work()


class ObjectiveRecord(Model):
    """One objective: `statistic` ("p99", "errors", …) below `limit` (seconds, or a ratio), or equal if `inclusive`."""

    statistic: str
    limit: float
    inclusive: bool = False


class CapacityResult(Model):
    """The whole answer; `schema` is a promise."""

    schema_: Annotated[Literal["http-benchmark/capacity/1"], Field(alias="schema")] = "http-benchmark/capacity/1"
    id: str
    name: str
    status: Literal["running", "finished", "interrupted", "failed"] = "finished"
    started_at: datetime
    finished_at: datetime | None
    seed: int
    slo: str
    objectives: tuple[ObjectiveRecord, ...]
    arrivals: Literal["constant", "poisson"]
    blocks: int
    planned_blocks: int
    configuration: dict[str, Any]
    environment: dict[str, Any]
    target: Target
    workload: WorkloadResult | None = None
    pacing: tuple[PacingCheck, ...] = ()
    certificates_unchecked: tuple[str, ...] = ()
    proxy_unused: tuple[str, ...] = ()
    validity: Validity = Validity()
    contenders: tuple[ContenderCapacity, ...]
    searches: tuple[CapacitySearch, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
