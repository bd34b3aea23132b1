"""What is found out of machine and origin before an experiment starts: does the pacing hold, where is the floor?

The pacing check sends an open schedule with the client that answers by itself; the floor is what a bare socket reaches
on the same workload. What the figures mean for the verdict is in `stats.validity`; what the contenders are asked
beforehand is in `screening`.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from http_benchmark.clients import known_clients
from http_benchmark.errors import ClientUnavailableError, ConfigurationError, NoAnswerError, WorkerError
from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.measured import Measured
from http_benchmark.models.contender import Contender, Mode
from http_benchmark.models.experiment import FloorProbe, PacingCheck
from http_benchmark.plan import Arm, Plan
from http_benchmark.stats.reasons import MOST_LAG_P99_S, MOST_LAG_S, MOST_RATE_ERROR
from http_benchmark.targets import NO_TARGET, OpenTarget
from http_benchmark.trial import Trial
from http_benchmark.worker.protocol import Run

CEILING_CONNECTIONS = 64
_PACING_S = 2.0
_LEAST_PACED_RPS = 100.0  # to have enough to judge where the rate asked for is low
_PROBE_S = 0.3
_GRACE_S = 30.0  # for a busy machine
_PROBES = 3
"""Short, since they come before every experiment; medians of few slices tell a limit from no limit."""


def check_pacing(plan: Plan) -> tuple[PacingCheck, ...]:
    """Send the plan's highest rate with the null client, in each mode that the plan measures; empty if it is closed."""
    fastest = plan.fastest_arrivals
    if fastest is None:
        return ()
    rate_rps = max(fastest.start_rps, fastest.end_rps, _LEAST_PACED_RPS)
    return tuple(pacing_of(plan, mode, Arrivals(rate_rps, rate_rps, _PACING_S)) for mode in _modes(plan))


def pacing_of(plan: Plan, mode: Mode, arrivals: Arrivals) -> PacingCheck:
    """How well the null client keeps a schedule of a constant rate."""
    with Trial(_own_client("null", mode), replace(plan, warm_up=None), NO_TARGET) as trial:
        trial.open()
        trial.opened()
        measured = trial.send(Run(arrivals=arrivals), arrivals.duration_s + arrivals.grace_s + _GRACE_S)
    figures = measured.figures
    achieved_ratio = (figures.throughput_rps or 0.0) / arrivals.start_rps
    lag_p50_s, lag_p99_s = figures.lag_p50_s or 0.0, figures.lag_p99_s or 0.0
    return PacingCheck(
        mode=mode,
        rate_rps=arrivals.start_rps,
        achieved_ratio=achieved_ratio,
        lag_p50_s=lag_p50_s,
        lag_p99_s=lag_p99_s,
        cpu_s_per_1k=_cpu_s_per_1k(measured),
        valid=lag_p50_s <= MOST_LAG_S and lag_p99_s <= MOST_LAG_P99_S and abs(achieved_ratio - 1) <= MOST_RATE_ERROR,
    )


def probe_floor(plan: Plan, target: OpenTarget) -> tuple[FloorProbe, ...]:
    """Measure a bare socket on the plan's workload, in each mode that the plan measures.

    Returns:
        Nothing where the plan does not ask for it, or a bare socket cannot do the work (TLS).
    """
    if not plan.probe_floor:
        return ()
    try:
        ceiling_rps = _server_ceiling_rps(plan, target)
        return tuple(_floor(plan, target, mode, ceiling_rps) for mode in _modes(plan))
    except (ClientUnavailableError, ConfigurationError, NoAnswerError, WorkerError):
        return ()  # whatever is wrong with the target, the contenders will say it better


def _floor(plan: Plan, target: OpenTarget, mode: Mode, ceiling_rps: float | None) -> FloorProbe:
    probes = _closed_slices(plan, target, mode)
    return FloorProbe(
        mode=mode,
        throughput_rps=median(probe.figures.throughput_rps or 0.0 for probe in probes),
        cpu_s_per_1k=median(_cpu_s_per_1k(probe) for probe in probes),
        server_ceiling_rps=ceiling_rps,
    )


def _server_ceiling_rps(plan: Plan, target: OpenTarget) -> float | None:
    """Requests per CPU second of the origin, when many connections keep it busy; None where it does not count."""
    if target.counts() is None:
        return None
    crowded = replace(plan, options=replace(plan.options, concurrency=CEILING_CONNECTIONS), processes=1)
    servers = [probe.server for probe in _closed_slices(crowded, target, "sync")]
    return median(server.requests / server.cpu_s for server in servers if server) if all(servers) else None


def _closed_slices(plan: Plan, target: OpenTarget, mode: Mode) -> list[Measured]:
    stop = Stop(duration_s=_PROBE_S, most_s=_PROBE_S + plan.slowest_request_s)
    with Trial(_own_client("floor", mode), replace(plan, warm_up=stop), target) as trial:
        trial.open()
        trial.opened()
        trial.warm_up()
        return [
            trial.send(Run(stop, opening=True), _PROBE_S + 2 * plan.slowest_request_s + _GRACE_S)
            for _ in range(_PROBES)
        ]


def _cpu_s_per_1k(measured: Measured) -> float:
    ran = measured.ran
    return (ran.user_ns + ran.system_ns) / 1e6 / max(1, measured.figures.requests)


def _modes(plan: Plan) -> Sequence[Mode]:
    used = {arm.contender.mode for arm in plan.arms}
    modes: tuple[Mode, ...] = ("sync", "async")
    return [mode for mode in modes if mode in used]


def _own_client(library: str, mode: Mode) -> Arm:
    return Arm(Contender(library, mode), known_clients()[library], None)
