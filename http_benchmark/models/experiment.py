"""The published result of an experiment: what `--json`, the REST API and the export share.

What was measured block by block, and from which all of this follows, is in `measurement`.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.measurement import Distribution, GcRecord
from http_benchmark.models.provenance import Provenance
from http_benchmark.models.work import Work

Metric = Literal["throughput_rps", "cpu_s_per_1k", "mean", "pooled_mean", "p50", "p99", "p999"]
METRICS: tuple[Metric, ...] = ("throughput_rps", "cpu_s_per_1k", "mean", "pooled_mean", "p50", "p99", "p999")
WALL_METRICS = frozenset(METRICS) - {"cpu_s_per_1k"}
"""Metrics that a slow server or a busy machine changes; CPU time per request stays comparable."""


class Estimate(Model):
    """A figure over the blocks with its 95 % interval; no interval below six blocks."""

    estimate: float
    low: float | None = None
    high: float | None = None


class Reason(Model):
    """Why a run is not to be trusted fully.

    Attributes:
        code: From the closed list in `docs/json.md`.
        severity: What it makes of the run; a note is to be known, and changes no verdict.
        message: For a person: what was found, and what to do.
        value: The figure, of several contenders the worst; None where there is none.
        limit: What the figure was held against.
        contenders: Whom it is about, the worst first; empty for the run as a whole.
    """

    code: str
    severity: Literal["note", "suspect", "invalid"]
    message: str
    value: float | None = None
    limit: float | None = None
    contenders: tuple[str, ...] = ()


class Validity(Model):
    """Is this run to be trusted?"""

    verdict: Literal["valid", "suspect", "invalid"] = "valid"
    reasons: tuple[Reason, ...] = ()

    @property
    def against(self) -> tuple[Reason, ...]:
        """The reasons without the notes."""
        return tuple(reason for reason in self.reasons if reason.severity != "note")


class PacingCheck(Model):
    """How well this machine keeps an open schedule with the client that answers by itself.

    Attributes:
        mode: "sync" or "async".
        rate_rps: Arrivals per second asked for.
        achieved_ratio: Requests done per second ÷ `rate_rps`.
        lag_p50_s, lag_p99_s: Intended time → sent.
        cpu_s_per_1k: CPU seconds per thousand requests: what keeping the schedule costs, also a contender.
        valid: Whether the open model's figures may be trusted here.
    """

    mode: Literal["sync", "async"]
    rate_rps: float
    achieved_ratio: float
    lag_p50_s: float
    lag_p99_s: float
    cpu_s_per_1k: float
    valid: bool


class FloorProbe(Model):
    """What a bare socket, the least that any client can do, reaches on the same workload.

    Attributes:
        mode: "sync" or "async".
        throughput_rps: Median over the probe's slices.
        cpu_s_per_1k: CPU seconds per thousand requests; median likewise.
        server_ceiling_rps: Requests per CPU second of the bundled origin with 64 connections: what it could answer at
            most; None against a foreign server.
    """

    mode: Literal["sync", "async"]
    throughput_rps: float
    cpu_s_per_1k: float
    server_ceiling_rps: float | None = None


class LifeCycleEstimates(Model):
    """`LifeCycle` over the blocks, each with its interval."""

    import_s: Estimate | None = None
    construction_s: Estimate | None = None
    first_request_s: Estimate | None = None
    connect_all_s: Estimate | None = None
    reconnecting_request_s: Estimate | None = None
    close_s: Estimate | None = None


class Resources(Model):
    """What a contender's process used in measured slices, besides CPU time per request and peak memory.

    Attributes:
        user_s, system_s: CPU time over all trials; None below one second together, where the kernel's split is coarse.
        voluntary_switches_per_1k, involuntary_switches_per_1k: Context switches per thousand requests.
        threads: Most native threads at a slice's end.
        uss_bytes: Median over the slices of the memory that is the process's alone.
        added_memory_bytes: Peak resident memory minus that before the client was imported; median over the trials.
        gc: Garbage collections by generation, over all trials.
        idle_cpu_ratio: Median share of a processor used while waiting for a slice.
    """

    user_s: float | None = None
    system_s: float | None = None
    voluntary_switches_per_1k: float | None = None
    involuntary_switches_per_1k: float | None = None
    threads: int | None = None
    uss_bytes: int | None = None
    added_memory_bytes: int | None = None
    gc: tuple[GcRecord, ...] = ()
    idle_cpu_ratio: float | None = None


class RatePoint(Model):
    """A contender at one of several arrival rates of the open model; each figure is the median over the slices.

    Attributes:
        rate_rps: Arrivals per second asked for; on a ramp the mean of the slice.
        achieved_rps: Completions per second.
        cpu_s_per_1k: CPU seconds per thousand requests.
        p50_s, p99_s: Response time; None where there are too few requests, or where it falls on some never sent.
        censored: Requests that were never sent, over all slices.
    """

    rate_rps: float
    achieved_rps: float | None
    cpu_s_per_1k: float | None
    p50_s: float | None
    p99_s: float | None
    censored: int = 0


class RequestResult(Model):
    """What the requests of one name of a workload came to with one contender, over all trials.

    Attributes:
        name: As in the workload.
        requests: All of them, failed ones included.
        share: Of all requests of the contender.
        errors: Failed ones by kind, most frequent first.
        response_time_s: That of a typical trial; None without a successful request.
    """

    name: str
    requests: int
    share: float
    errors: dict[str, int] = {}
    response_time_s: Distribution | None = None


class EventResult(Model):
    """When the events of streamed responses arrived with one contender: a typical trial.

    Attributes:
        events: How many, over all trials.
        events_per_s: Of all streams together; median over the trials.
        first_event_s: From sending a request to its first event.
        gap_s: From one event of a response to the next.
        jitter_s: Standard deviation of the gaps; median over the trials.
    """

    events: int
    events_per_s: float | None
    first_event_s: Distribution | None
    gap_s: Distribution | None
    jitter_s: float | None


class FaultScore(Model):
    """How a contender bore the faults that were ordered; errors and retries of both kinds stand beside it.

    Attributes:
        met: Faults that befell it in measured slices, opening requests included, by kind, most frequent first.
        unexplained: Failed requests beyond those that the faults explain.
        late_p50_s, late_max_s: How much later than the deadline those requests ended that did not keep it: median over
            the trials of the median, and the longest of all; None without any, and with retries.
        recovery_p50_s, recovery_max_s: From the end of a failed request to that of the next success of the same thread
            or task, likewise; None without any, and in the open model.
        leaked_connections: Most that were open at the origin in a trial when the client had been closed.
    """

    met: dict[str, int] = {}
    unexplained: int = 0
    late_p50_s: float | None = None
    late_max_s: float | None = None
    recovery_p50_s: float | None = None
    recovery_max_s: float | None = None
    leaked_connections: int | None = None


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
    origin_memory_bytes: int | None = None
    connections_opened: int | None = None
    server_requests: int | None = None
    sent_requests: int = 0
    bytes_sent: int | None = None
    bytes_received: int | None = None
    processes: int = 1
    censored: int = 0
    exhausted_ratio: float | None = None
    over_triple_median: float | None = None
    drift_percent: Estimate | None = None
    life_cycle: LifeCycleEstimates = LifeCycleEstimates()
    resources: Resources = Resources()
    within_run: dict[str, Estimate] = {}
    by_rate: tuple[RatePoint, ...] = ()
    by_request: tuple[RequestResult, ...] = ()
    events: EventResult | None = None
    work: Work = Work()
    faults: FaultScore | None = None
    limited: tuple[str, ...] = ()
    rank: int | None = None
    group: str | None = None


class PairResult(Model):
    """How much more of a cost `b` has than `a`: positive means that b is worse.

    Attributes:
        mean_percent, t_low_percent, t_high_percent: The second opinion: the mean of the blocks' log ratios and its 95 %
            interval by the paired t-test.
        skewed: The mean and the estimate are further apart than half the half-width of the interval.
        limited: Reason codes that forbid to call one of the two faster, although the figures differ.
    """

    a: str
    b: str
    metric: Metric
    effect_percent: float
    low_percent: float | None = None
    high_percent: float | None = None
    p_value: float | None = None
    separated: bool = False
    mde_percent: float | None = None
    mean_percent: float | None = None
    t_low_percent: float | None = None
    t_high_percent: float | None = None
    skewed: bool = False
    limited: tuple[str, ...] = ()


class Target(Model):
    """What was aimed at.

    Attributes:
        kind: Whose server it is.
        url: Of the requests.
        addresses: Over how many addresses of the server a contender's connections were spread; `url` has the first.
        processes: How many processes of the bundled origin served them.
        image: Name of the image whose container was aimed at; None for other kinds.
        image_id: What the engine calls just this image; None likewise.
    """

    kind: Literal["bundled", "url", "docker"]
    url: str
    addresses: int = 1
    processes: int = 1
    image: str | None = None
    image_id: str | None = None


class WorkloadRequest(Model):
    """One request of a workload as its file describes it, without secrets.

    Attributes:
        name: What its figures go by.
        method: The HTTP method.
        url: A path or a URL, with its placeholders.
        share: Of all requests, as ordered.
        variants: Concrete requests that were made of it.
        stream: Whether responses were read as streams.
        events: Whether it was measured when the events of the streams arrived.
    """

    name: str
    method: str
    url: str
    share: float
    variants: int
    stream: bool = False
    events: bool = False


class WorkloadResult(Model):
    """What was sent, where a file says it.

    Attributes:
        file: The file's name, without its folder.
        format: How it was read.
        sha256: Of the file and of all files that it names.
        requests: By name.
        notes: What of the file was left out or changed, and why.
    """

    file: str
    format: Literal["toml", "har", "curl", "openapi"]
    sha256: str
    requests: tuple[WorkloadRequest, ...]
    notes: tuple[str, ...] = ()


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
    provenance: Provenance | None = None
    imported: bool = False
    target: Target
    load_model: Literal["closed", "open"] = "closed"
    turns: Literal["slices", "trials"] = "slices"
    workload: WorkloadResult | None = None
    pacing: tuple[PacingCheck, ...] = ()
    floor: tuple[FloorProbe, ...] = ()
    certificates_unchecked: tuple[str, ...] = ()
    proxy_unused: tuple[str, ...] = ()
    validity: Validity = Validity()
    clients: tuple[ClientResult, ...]
    pairs: tuple[PairResult, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
