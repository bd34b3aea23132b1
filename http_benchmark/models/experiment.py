"""The facts of an experiment, from its configuration over blocks, trials and slices to the published result.

A slice is a short measurement of one client; a trial is all slices of one client in one block, in one fresh process;
a block is one trial of every client; an experiment is several blocks. `ExperimentResult` is what `--json`, the REST
API and the export share.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model

Metric = Literal["throughput_rps", "cpu_s_per_1k", "p50", "p99", "mean"]
METRICS: tuple[Metric, ...] = ("throughput_rps", "cpu_s_per_1k", "mean", "p50", "p99")


class ServerCounts(Model):
    """What the origin saw; differences of two readings, or sums.

    Attributes:
        requests: Requests answered, whatever the status.
        connections: Connections accepted.
        bytes_received: Bytes that came in, heads and bodies.
        bytes_sent: Bytes that went out, heads and bodies.
        statuses: Answers by HTTP status.
        cpu_s: CPU time of the origin's process.
    """

    requests: int = 0
    connections: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    statuses: dict[int, int] = {}
    cpu_s: float = 0.0

    def __add__(self, other: "ServerCounts") -> "ServerCounts":
        return self._combined(other, 1)

    def __sub__(self, other: "ServerCounts") -> "ServerCounts":
        return self._combined(other, -1)

    def _combined(self, other: "ServerCounts", sign: int) -> "ServerCounts":
        statuses = {
            status: self.statuses.get(status, 0) + sign * other.statuses.get(status, 0)
            for status in sorted({*self.statuses, *other.statuses})
        }
        return ServerCounts(
            requests=self.requests + sign * other.requests,
            connections=self.connections + sign * other.connections,
            bytes_received=self.bytes_received + sign * other.bytes_received,
            bytes_sent=self.bytes_sent + sign * other.bytes_sent,
            statuses={status: count for status, count in statuses.items() if count},
            cpu_s=self.cpu_s + sign * other.cpu_s,
        )


class SliceRecord(Model):
    """One slice, as measured.

    Attributes:
        round: Number of the round within the block, from 0.
        position: Place of the slice within its round, from 0.
        started_s: Seconds since the experiment started.
        duration_s: First request sent until last request done.
        requests: Requests done, those cut off at the slice's start included, the opening ones excluded.
        opening_requests: Unmeasured requests that opened the slice (and the trial's warm-up, in round 0).
        errors: Failed requests by kind.
        retries: Attempts beyond the first, by the harness.
        throughput_rps: Completions inside the cut, per second from the cut to the last one; None without any.
        cpu_s: CPU time of the worker, all threads.
        mean_s, p50_s, max_s: Response times inside the cut, seconds; None without a successful request.
        memory_bytes: Resident memory of the worker at the slice's end, without the recorder's own pages.
        server: What the origin counted, opening requests included; None against a foreign server.
    """

    round: int
    position: int
    started_s: float
    duration_s: float
    requests: int
    opening_requests: int = 0
    errors: dict[str, int] = {}
    retries: int = 0
    throughput_rps: float | None
    cpu_s: float
    mean_s: float | None
    p50_s: float | None
    max_s: float | None
    memory_bytes: int | None = None
    server: ServerCounts | None = None

    @property
    def cpu_s_per_1k(self) -> float | None:
        """CPU seconds per thousand requests done."""
        return 1000 * self.cpu_s / self.requests if self.requests and self.cpu_s > 0 else None


class Distribution(Model):
    """A distribution of times in seconds. Quantiles by nearest rank, None where there are too few samples."""

    count: int
    mean: float | None = None
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None


class TrialRecord(Model):
    """One client in one block: one fresh process.

    Attributes:
        contender: As named in tables.
        library, version, mode: What was measured.
        slices: In order of time.
        response_time_s, service_time_s, lag_s: Over all slices, inside the cuts.
        peak_memory_bytes: Peak resident memory of the worker while measuring, without the recorder's own pages.
        base_memory_bytes: Resident memory of the worker before it imported the client.
        import_s: How long importing the client took.
        server: What the origin counted over the whole trial, warm-up included; None against a foreign server.
        sent: Requests that the worker says it sent over the whole trial: warm-up, opening and retries included.
        messages: The first raw message of each error kind.
    """

    contender: str
    library: str
    version: str | None
    mode: Literal["sync", "async"]
    slices: tuple[SliceRecord, ...]
    response_time_s: Distribution
    service_time_s: Distribution
    lag_s: Distribution
    peak_memory_bytes: int | None = None
    base_memory_bytes: int | None = None
    import_s: float | None = None
    server: ServerCounts | None = None
    sent: int = 0
    messages: dict[str, str] = {}


class BlockRecord(Model):
    """One trial of every client; the unit of analysis."""

    number: int
    started_at: datetime
    finished_at: datetime
    trials: tuple[TrialRecord, ...]


class Estimate(Model):
    """A figure over the blocks with its 95 % interval; no interval below six blocks."""

    estimate: float
    low: float | None = None
    high: float | None = None


class Reason(Model):
    """Why a run is not to be trusted fully."""

    code: str
    severity: Literal["suspect", "invalid"]
    message: str
    value: float | None = None
    limit: float | None = None


class Validity(Model):
    """Is this run to be trusted?"""

    verdict: Literal["valid", "suspect", "invalid"] = "valid"
    reasons: tuple[Reason, ...] = ()


class ClientResult(Model):
    """One contender over all blocks; the row of the table. Field by field as documented in `docs/json.md`."""

    contender: str
    library: str
    version: str | None = None
    mode: Literal["sync", "async"]
    http_version: Literal["1.1", "2"] = "1.1"
    status: Literal["ok", "errors", "unavailable", "failed"]
    message: str | None = None
    requests: int = 0
    errors: dict[str, int] = {}
    retries: int = 0
    success_ratio: float | None = None
    throughput_rps: Estimate | None = None
    cpu_s_per_1k: Estimate | None = None
    response_time_s: Distribution | None = None
    service_time_s: Distribution | None = None
    lag_s: Distribution | None = None
    peak_memory_bytes: int | None = None
    connections_opened: int | None = None
    server_requests: int | None = None
    sent_requests: int = 0
    bytes_sent: int | None = None
    bytes_received: int | None = None
    rank: int | None = None
    group: str | None = None


class PairResult(Model):
    """How much more of a cost `b` has than `a`: positive means that b is worse."""

    a: str
    b: str
    metric: Metric
    effect_percent: float
    low_percent: float | None = None
    high_percent: float | None = None
    p_value: float | None = None
    separated: bool = False
    mde_percent: float | None = None


class Target(Model):
    """What was aimed at."""

    kind: Literal["bundled", "url", "docker"]
    url: str


class ExperimentResult(Model):
    """The whole answer; `schema` is a promise."""

    schema_: Annotated[Literal["http-benchmark/experiment/1"], Field(alias="schema")] = "http-benchmark/experiment/1"
    id: str
    name: str
    status: Literal["running", "finished", "interrupted", "failed"] = "finished"
    started_at: datetime
    finished_at: datetime | None
    seed: int
    blocks: int
    planned_blocks: int | None = None
    primary_metric: Metric
    configuration: dict[str, Any]
    environment: dict[str, Any]
    target: Target
    validity: Validity = Validity()
    clients: tuple[ClientResult, ...]
    pairs: tuple[PairResult, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
