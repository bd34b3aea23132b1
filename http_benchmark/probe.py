"""One arrival rate, tried on a contender and held against the objective.

For how long and with how many requests a rate is tried is decided in `probing`, which one is next in `stats.search`.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from http_benchmark.errors import NoAnswerError
from http_benchmark.load.schedule import Arrivals, Schedule
from http_benchmark.measured import Measured
from http_benchmark.models.capacity import Probe
from http_benchmark.plan import Plan
from http_benchmark.probing import Probing
from http_benchmark.slo import Slo
from http_benchmark.stats.capacity import kept_up
from http_benchmark.stats.quantiles import distribution
from http_benchmark.stats.search import Try
from http_benchmark.trial import Trial
from http_benchmark.units import format_rate
from http_benchmark.worker.protocol import Run

_GRACE_S = 30.0  # for a busy machine
_HOPELESS_PROBES = 2  # where the first ones, far below what the warm-up reached, had no success at all


def try_rate(trial: Trial, tried: Try, *, plan: Plan, probing: Probing, block: int, before: Sequence[Probe]) -> Probe:
    """Try a rate: the same arrivals for all contenders and rates of a block, others where a rate is tried again.

    Args:
        trial: The contender, warmed up.
        tried: The rate, and how thoroughly.
        plan: How the contender is set up.
        probing: How a rate is tried.
        block: Number of the block.
        before: The probes of this search so far.
    """
    attempt = sum(probe.rate_rps == tried.rate_rps for probe in before)
    seed = random.Random(f"{plan.seed}/arrivals/{block}/{attempt}").getrandbits(32)
    arrivals = probing.arrivals(tried, seed)
    longest_s = Schedule(arrivals, 0).cutoff_ns / 1e9 + 2 * plan.slowest_request_s
    measured = trial.send(Run(arrivals=arrivals, opening=True), longest_s + _GRACE_S)
    calm_s = [probe.service_time_s.p50 for probe in before]
    probe = _judged(measured, arrivals, probing.slo, service_p50_s=calm_s, processors=_processors(plan))
    return probe.model_copy(update={"thorough": tried.thorough})


def is_served_in_time(probe: Probe, slo: Slo) -> bool:
    """Whether the times since requests were sent keep the objectives."""
    return not slo.violated(probe.service_time_s, probe.error_ratio)


def require_success(probes: Sequence[Probe], messages: Mapping[str, str]) -> None:
    """Climbing down to a rate at which a target refuses nothing would take long probes, and be no capacity of a client.

    Raises:
        NoAnswerError: The first probes had no success at all.
    """
    if len(probes) != _HOPELESS_PROBES or any(sum(probe.errors.values()) < probe.requests for probe in probes):
        return
    rates = " and ".join(format_rate(probe.rate_rps) for probe in probes)
    failed = Counter[str]()
    for probe in probes:
        failed.update(probe.errors)
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in failed.most_common())
    first = "".join(f": {message}" for message in list(messages.values())[:1])
    raise NoAnswerError(f"no request succeeded at {rates} ({kinds}){first}; check --url, --method and --timeout")


def _judged(
    measured: Measured, arrivals: Arrivals, slo: Slo, *, service_p50_s: Sequence[float | None], processors: int
) -> Probe:
    figures, ran, server = measured.figures, measured.ran, measured.server
    times, service = distribution(figures.response), distribution(figures.service)
    error_ratio = sum(figures.errors.values()) / figures.requests if figures.requests else 1.0
    violated = slo.violated(times, error_ratio)
    calm_s = min((p50 for p50 in (*service_p50_s, service.p50) if p50 is not None), default=0.0)
    in_time = kept_up(times.p50, calm_s, arrivals.duration_s)
    wall_s = (ran.ended_ns - ran.started_ns) / 1e9
    scheduled_s = Schedule(arrivals, 0).cutoff_ns / 1e9 - arrivals.grace_s
    return Probe(
        rate_rps=arrivals.start_rps,
        duration_s=figures.duration_s,
        requests=figures.requests,
        offered_rps=(figures.requests - 1) / scheduled_s if scheduled_s else None,
        achieved_rps=figures.throughput_rps,
        response_time_s=times,
        service_time_s=service,
        lag_s=distribution(figures.lag),
        errors=figures.errors,
        error_ratio=error_ratio,
        censored=figures.censored,
        exhausted_ratio=ran.exhausted / figures.requests if figures.requests else 0.0,
        cpu_ratio=(ran.user_ns + ran.system_ns) / 1e9 / wall_s / processors,
        # The opening requests are in what the origin counts, and not in the time.
        server_cpu_ratio=server.cpu_s / wall_s * figures.requests / server.requests
        if server and server.requests
        else None,
        machine=measured.machine,
        violated=tuple(map(str, violated)),
        kept_up=in_time,
        passed=not violated and in_time,
    )


def _processors(plan: Plan) -> int:
    """How many processors a contender's processes can keep busy."""
    return min(plan.processes, len(plan.client_cpus) or plan.processes)
