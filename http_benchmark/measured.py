"""What one order to a contender came to, and the record that is made of it."""

from dataclasses import dataclass

from http_benchmark.load.schedule import Arrivals
from http_benchmark.models.measurement import MachineLoad, ServerCounts, SliceRecord
from http_benchmark.slicing import Slice
from http_benchmark.stats.quantiles import distribution, printable
from http_benchmark.stats.samples import SliceFigures
from http_benchmark.worker.protocol import Ran


@dataclass(frozen=True, slots=True)
class Measured:
    """What one order came to.

    Attributes:
        ran: What the processes say.
        figures: What the samples say.
        server: What the origin counted meanwhile; None against a foreign server.
        machine: What else happened on the machine meanwhile.
    """

    ran: Ran
    figures: SliceFigures
    server: ServerCounts | None
    machine: MachineLoad


def slice_record(
    measured: Measured,
    part: Slice,
    *,
    round_number: int,
    position: int,
    started_s: float,
    unmeasured: int,
    uss_bytes: int | None,
    successes_only: bool,
) -> SliceRecord:
    """The record of a slice.

    Args:
        measured: What the order came to.
        part: What was ordered.
        round_number: Of its block.
        position: In its round.
        started_s: Since the experiment did.
        unmeasured: Requests of the warm-up, where this slice is the first after it.
        uss_bytes: Memory that is the processes' alone, at its end.
        successes_only: The throughput is that of successes: under faults, where failing can be fast.
    """
    ran, figures = measured.ran, measured.figures
    arrivals = part if isinstance(part, Arrivals) else None
    return SliceRecord(
        round=round_number,
        position=position,
        started_s=started_s,
        duration_s=figures.duration_s,
        requests=figures.requests,
        opening_requests=ran.opening_requests + unmeasured,
        errors=figures.errors,
        late=figures.late,
        retries=ran.retries,
        throughput_rps=_throughput_rps(figures, successes_only=successes_only),
        cpu_s=(ran.user_ns + ran.system_ns) / 1e9,
        mean_s=figures.mean_s,
        p50_s=figures.p50_s,
        max_s=figures.max_s,
        memory_bytes=ran.memory_bytes,
        server=measured.server,
        rate_rps=(arrivals.start_rps + arrivals.end_rps) / 2 if arrivals else None,
        censored=figures.censored,
        exhausted=ran.exhausted,
        p99_s=printable(distribution(figures.response)).p99 if arrivals else None,
        lag_p50_s=figures.lag_p50_s,
        lag_p99_s=figures.lag_p99_s,
        in_flight=figures.in_flight,
        delayed_acks=figures.delayed_acks,
        over_triple_median=figures.over_triple_median,
        user_s=ran.user_ns / 1e9,
        system_s=ran.system_ns / 1e9,
        voluntary_switches=ran.voluntary_switches,
        involuntary_switches=ran.involuntary_switches,
        threads=ran.threads,
        uss_bytes=uss_bytes,
        idle_cpu_ratio=ran.idle_cpu_ns / ran.idle_ns if ran.idle_ns else None,
        machine=measured.machine,
    )


def _throughput_rps(figures: SliceFigures, *, successes_only: bool) -> float | None:
    """Completions per second, whatever their outcome unless asked otherwise."""
    if not successes_only or figures.throughput_rps is None:
        return figures.throughput_rps
    return figures.throughput_rps * (1 - sum(figures.errors.values()) / figures.requests)
