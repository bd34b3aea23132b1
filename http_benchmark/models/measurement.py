"""What is measured: slices, trials and blocks, as they are recorded and stored.

A slice is a short measurement of one client; a trial is all slices of one client in one block, in one fresh process;
a block is one trial of every client. What is concluded from them is in `experiment`.
"""

from datetime import datetime
from typing import Any, Literal

from http_benchmark.models.base import Model


class ServerCounts(Model):
    """What the origin saw; differences of two readings, or sums.

    None is what a server does not show, or what an older version did not count; a sum with it is None, too.

    Attributes:
        requests: Requests whose answer was begun, whatever the status.
        dropped: Requests that were read whole and never answered: since the client was gone, or for a fault.
        broken: Answers begun, with a status below 300, that a fault kept from arriving whole: their client must fail.
        statuses: Answers begun, by HTTP status.
        protocols: Answers begun, by the version of HTTP: "1.0", "1.1" or "2"; empty where it is not known.
        connections: Connections accepted, with TLS those whose handshake succeeded.
        closed: Connections that the origin itself ended: it was asked to (`Connection: close`), refused, or was faulty.
        closed_on_request: Those of them whose client asked for it, or spoke HTTP/1.0 without asking for the contrary.
        reset_by_client: Connections that a reset by the client ended, as Linux sends one where answers are left unread.
        asked_ahead: Answers that were not all written when a further request had begun to come in on their connection.
        tls_handshakes: Handshakes that succeeded.
        tls_resumptions: Those of them that resumed a session.
        bytes_received, bytes_sent: All that came in and went out, before encryption.
        header_bytes_received: All of `bytes_received` that is no content of a body: heads and framing.
        body_bytes_received: Content of bodies, without framing, as encoded for the way.
        body_bytes_sent: What followed the heads of answers, chunked ones with their framing.
        faults: Ordered faults that befell requests or connections, by kind.
        cpu_s: CPU time of the origin's process.
    """

    requests: int = 0
    dropped: int | None = None
    broken: int | None = None
    statuses: dict[int, int] = {}
    protocols: dict[str, int] = {}
    connections: int | None = 0
    closed: int | None = None
    closed_on_request: int | None = None
    reset_by_client: int | None = None
    asked_ahead: int | None = None
    tls_handshakes: int | None = None
    tls_resumptions: int | None = None
    bytes_received: int | None = 0
    header_bytes_received: int | None = None
    body_bytes_received: int | None = None
    bytes_sent: int | None = 0
    body_bytes_sent: int | None = None
    faults: dict[str, int] = {}
    cpu_s: float = 0.0

    def __add__(self, other: "ServerCounts") -> "ServerCounts":
        return self._combined(other, 1)

    def __sub__(self, other: "ServerCounts") -> "ServerCounts":
        return self._combined(other, -1)

    def _combined(self, other: "ServerCounts", sign: int) -> "ServerCounts":
        return ServerCounts(
            **{name: _combined(getattr(self, name), getattr(other, name), sign) for name in ServerCounts.model_fields}
        )


def _combined(first: Any, second: Any, sign: int) -> Any:
    """Two numbers, or two dictionaries of numbers, of which no zeros are kept."""
    if first is None or second is None:
        return None
    if not isinstance(first, dict):
        return first + sign * second
    numbers = {key: first.get(key, 0) + sign * second.get(key, 0) for key in sorted({*first, *second})}
    return {key: number for key, number in numbers.items() if number}


class MachineLoad(Model):
    """What else happened on the machine during a slice, as the controller saw it; None where a system does not tell.

    Attributes:
        load_average: Of the last minute, at the slice's end.
        steal_ratio: Share of all processors' time that the hypervisor gave to others.
        other_cpu_ratio: CPU time of processes that are not this experiment's, as a share of one processor.
    """

    load_average: float | None = None
    steal_ratio: float | None = None
    other_cpu_ratio: float | None = None


class GcRecord(Model):
    """Garbage collections of one generation, in measured slices: how many, how long in all, how long at most."""

    collections: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0


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
        late: Answers after the deadline that the client took for good; they are part of `errors`, as "timeout".
        retries: Attempts beyond the first, by the harness.
        throughput_rps: Completions inside the cut, per second from the cut to the last one; None without any. Where
            faults were ordered, only the share of them that succeeded.
        cpu_s: CPU time of the worker, all threads.
        mean_s, p50_s, max_s: Response times inside the cut, seconds; None without a successful request.
        memory_bytes: Resident memory of the worker at the slice's end, without the recorder's own pages.
        server: What the origin counted, opening requests included; None against a foreign server.
        rate_rps: Arrivals per second that the schedule asked for; None in the closed model.
        censored: Turns of the open model that nobody was free to send until the grace after the end was over. They
            are part of `requests` and, as "not-sent", of `errors`; in the ranks of response times they stand last.
        exhausted: Turns of the open model that found every thread or task busy.
        p99_s: p99 of the response times in the open model; None where there are too few.
        lag_p50_s, lag_p99_s: Intended time → sent, over the requests that were sent; None in the closed model.
        in_flight: Mean number of requests in flight: the sum of all service times ÷ `duration_s`.
        delayed_acks: Service times around 40 ms beyond what their neighbourhood lets expect: TCP's delayed ACK.
        over_triple_median: Share of the response times inside the cut above three times their median.
        user_s, system_s: `cpu_s` in its two parts.
        voluntary_switches, involuntary_switches: Context switches of the worker, all threads.
        threads: Native threads of the worker at the slice's end.
        uss_bytes: Memory that is the worker's alone, at the slice's end.
        idle_cpu_ratio: CPU time of the worker while it waited for this slice, as a share of one processor.
        machine: What else happened on the machine.
    """

    round: int
    position: int
    started_s: float
    duration_s: float
    requests: int
    opening_requests: int = 0
    errors: dict[str, int] = {}
    late: int = 0
    retries: int = 0
    throughput_rps: float | None
    cpu_s: float
    mean_s: float | None
    p50_s: float | None
    max_s: float | None
    memory_bytes: int | None = None
    server: ServerCounts | None = None
    rate_rps: float | None = None
    censored: int = 0
    exhausted: int = 0
    p99_s: float | None = None
    lag_p50_s: float | None = None
    lag_p99_s: float | None = None
    in_flight: float | None = None
    delayed_acks: int = 0
    over_triple_median: float | None = None
    user_s: float | None = None
    system_s: float | None = None
    voluntary_switches: int | None = None
    involuntary_switches: int | None = None
    threads: int | None = None
    uss_bytes: int | None = None
    idle_cpu_ratio: float | None = None
    machine: MachineLoad = MachineLoad()

    @property
    def cpu_s_per_1k(self) -> float | None:
        """CPU seconds per thousand requests done."""
        return 1000 * self.cpu_s / self.requests if self.requests and self.cpu_s > 0 else None


class Distribution(Model):
    """A distribution of times in seconds. Quantiles by nearest rank, None where there are too few samples.

    In the open model `censored` requests that were never sent stand behind all others; a quantile that lands on one of
    them is None, and is known to lie above `censored_above_s`. Mean and extremes are those of the others.
    """

    count: int
    censored: int = 0
    censored_above_s: float | None = None
    mean: float | None = None
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None


class LifeCycle(Model):
    """What a client costs besides requests, in seconds; None where it was not measured.

    Attributes:
        import_s: Importing the adapter and with it the library.
        construction_s: Building the client with its pool.
        first_request_s: The first request, cold: name look-up, connect, TLS.
        connect_all_s: Opening all connections, at a bounded pace, until the last request of the opening had its answer.
        reconnecting_request_s: Median of requests that each open a connection of their own.
        close_s: Closing the client with its connections.
    """

    import_s: float | None = None
    construction_s: float | None = None
    first_request_s: float | None = None
    connect_all_s: float | None = None
    reconnecting_request_s: float | None = None
    close_s: float | None = None


class RequestRecord(Model):
    """What the requests of one name of a workload came to in a trial.

    Attributes:
        name: As in the workload.
        requests: All of them, failed ones included.
        errors: Failed ones by kind.
        response_time_s: Of the successful ones inside the cuts.
    """

    name: str
    requests: int
    errors: dict[str, int] = {}
    response_time_s: Distribution


class EventRecord(Model):
    """When the events of streamed responses arrived, as the client handed them over; measured slices of a trial.

    Attributes:
        events: How many.
        events_per_s: Of all streams together, by the time that the slices took.
        first_event_s: From sending a request to its first event.
        gap_s: From one event of a response to the next.
        jitter_s: Standard deviation of the gaps.
    """

    events: int
    events_per_s: float | None
    first_event_s: Distribution
    gap_s: Distribution
    jitter_s: float | None


class FaultRecord(Model):
    """How a contender bore the faults of one trial, in measured slices; None where it cannot be told.

    Attributes:
        late_s: How much later than the deadline those requests ended that did not keep it.
        recovery_s: From the end of a failed request to that of the next success of the same thread or task.
        leaked_connections: Open at the origin when the client had been closed.
    """

    late_s: Distribution | None = None
    recovery_s: Distribution | None = None
    leaked_connections: int | None = None


class Requested(Model):
    """The requests that a worker sent over a trial, beside those that the origin saw, by method and target.

    That a target can be written in several ways is no difference.

    Attributes:
        missing: Sent requests of which the origin saw none of the same method and target.
        unordered: Requests that it saw with a method or target that nobody ordered.
        unknown: Requests of which it does not know more: they could not be read, or there were too many different ones.
        headers: Requests that came without a header as it was ordered, added up over the names of headers.
        closes: Sent requests that were to ask for their connection to be closed; None where an older version did not
            count them.
        example_missing, example_unordered, example_header: The most frequent of them, without secrets; None without
            any.
        body_bytes: Of all bodies together that the sent requests had; repeated attempts are not in it.
        longest_body_bytes: The longest of these bodies.
    """

    missing: int = 0
    unordered: int = 0
    unknown: int = 0
    headers: int = 0
    closes: int | None = None
    example_missing: str | None = None
    example_unordered: str | None = None
    example_header: str | None = None
    body_bytes: int = 0
    longest_body_bytes: int = 0

    def __add__(self, other: "Requested") -> "Requested":
        return Requested(
            missing=self.missing + other.missing,
            unordered=self.unordered + other.unordered,
            unknown=self.unknown + other.unknown,
            headers=self.headers + other.headers,
            closes=_combined(self.closes, other.closes, 1),
            example_missing=self.example_missing or other.example_missing,
            example_unordered=self.example_unordered or other.example_unordered,
            example_header=self.example_header or other.example_header,
            body_bytes=self.body_bytes + other.body_bytes,
            longest_body_bytes=max(self.longest_body_bytes, other.longest_body_bytes),
        )


class TrialRecord(Model):
    """One client in one block: one fresh process, or several that share the load.

    Attributes:
        contender: As named in tables.
        library, version, mode: What was measured.
        slices: In order of time.
        response_time_s, service_time_s, lag_s: Over all slices, inside the cuts.
        peak_memory_bytes: Peak resident memory of the worker while measuring, without the recorder's own pages.
        base_memory_bytes: Resident memory of the worker before it imported the client.
        origin_memory_bytes: Resident memory of the bundled origin after the last slice, with all its connections.
        import_s: How long importing the client took.
        server: What the origin counted over the whole trial, warm-up included; None against a foreign server.
        sent: Requests that the worker says it sent over the whole trial: warm-up, opening and retries included.
        failures: Those of them that failed in their last attempt, by kind.
        retries: Attempts beyond the first over the whole trial.
        missing: Requests that the origin did not see while they were sent, though they did not fail without an answer,
            added up over the warm-up and each slice; None against a foreign server, and where an older version did not
            note it.
        body_bytes: Length of the body that each request was to upload; None for a workload, whose requests differ, and
            where an older version did not note it.
        orders_close: A request was to carry `Connection: close`, so that connections ended as ordered.
        requested: Which requests came; None against a foreign server, and where an older version did not ask.
        messages: The first raw message of each error kind.
        processes: How many processes shared the load; their figures are added up.
        life_cycle: Costs beside the requests.
        gc: Garbage collections in measured slices, by generation from the youngest on.
        faults: How it bore the faults; None where none were ordered.
        response_histogram, service_histogram: As HdrHistogram V2 (compressed, base64), 1 µs to 60 s, three digits,
            values in µs; None where nothing was recorded.
        by_request: The requests of a workload by name, in its order; empty without one.
        events: When the events of streams arrived; None where nobody looked.
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
    origin_memory_bytes: int | None = None
    import_s: float | None = None
    server: ServerCounts | None = None
    sent: int = 0
    failures: dict[str, int] = {}
    retries: int = 0
    missing: int | None = None
    body_bytes: int | None = None
    orders_close: bool = False
    requested: Requested | None = None
    messages: dict[str, str] = {}
    processes: int = 1
    life_cycle: LifeCycle = LifeCycle()
    gc: tuple[GcRecord, ...] = ()
    faults: FaultRecord | None = None
    response_histogram: str | None = None
    service_histogram: str | None = None
    by_request: tuple[RequestRecord, ...] = ()
    events: EventRecord | None = None


class BlockRecord(Model):
    """One trial of every client; the unit of analysis."""

    number: int
    started_at: datetime
    finished_at: datetime
    trials: tuple[TrialRecord, ...]
