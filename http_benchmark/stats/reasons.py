"""What is held against a run: the limits, and for each a function that finds the figures beyond it.

Each returns figures by contender, the worst first, or under "" that of the whole run; nothing where all is well, or
where nothing could be measured. How they are put into words is in `validity`.
"""

from collections.abc import Callable, Mapping
from math import comb
from statistics import NormalDist

from http_benchmark.models.experiment import PacingCheck
from http_benchmark.stats.evidence import Evidence, Figures
from http_benchmark.stats.intervals import MIN_BLOCKS_95
from http_benchmark.stats.pairs import blocks_to_separate

MOST_SERVER_BUSY = 0.70
"""Share of its core that the origin may use; above, requests queue there, and its speed is part of what is measured."""

MOST_SERVER_SATURATED = 0.90
"""Above this share, of its core or of its ceiling, the origin is what is measured."""

LEAST_CEILING = 2.0
"""How many times as much as the fastest contender asks for the origin must be able to answer."""

MOST_OF_FLOOR = 0.90
"""Share of what a bare socket reaches; above, little of the time is the contender's."""

LEAST_CLIENT_BUSY = 0.50
MOST_CLIENT_BUSY = 0.70
"""Share of a core; requests of the open model that find the client busy wait for it, and at 70 % most of them do."""

LEAST_IN_FLIGHT = 0.90
MOST_IN_FLIGHT = 1.02
"""Share of the concurrency: what is missing is time that a thread or task spends between two requests."""

MOST_STEAL = 0.02
MOST_OTHER_CPU = 0.10
MOST_LAG_S = 200e-6
MOST_LAG_P99_S = 2e-3
MOST_RATE_ERROR = 0.005
MOST_EXHAUSTED = 0.01
MOST_DRIFT_PERCENT = 2.0
MOST_DELAYED_ACKS = 0.005
MOST_PORTS_USED = MOST_FILES_USED = 0.80
MOST_CLOCK_STEP_S = 1e-6
MOST_IDLE_CPU = 0.005

_AROUND_ACK_S = (0.030, 0.054)  # where `stats.samples` looks for answers that are 40 ms late
_WAITING = ("/delay/", "/drip", "/fifo/")  # routes of the origin that make a client wait without working


def too_few_blocks(evidence: Evidence) -> Figures:
    """How many blocks there are, if they do not suffice for an interval."""
    return {"": len(evidence.blocks)} if len(evidence.blocks) < MIN_BLOCKS_95 else {}


def too_few_blocks_for_all(evidence: Evidence) -> Figures:
    """How many blocks there are, if they give intervals, but cannot tell so many contenders apart."""
    return {"": len(evidence.blocks)} if MIN_BLOCKS_95 <= len(evidence.blocks) < blocks_for_all(evidence) else {}


def blocks_for_all(evidence: Evidence, _: str = "") -> int:
    """How many blocks it takes to tell the ranked contenders apart."""
    ranked = sum(client.rank is not None for client in evidence.result.clients)
    return blocks_to_separate(comb(ranked, 2))


def quick(evidence: Evidence) -> Figures:
    """A quick run."""
    return {"": 1.0} if evidence.configuration.get("quick") else {}


def forced_sessions(evidence: Evidence) -> Figures:
    """A session that went on though circumstances were others."""
    provenance = evidence.result.provenance
    return {"": 1.0} if provenance and any(session.forced for session in provenance.sessions) else {}


def shared_processor(evidence: Evidence) -> Figures:
    """Clients and origin on one processor."""
    clients, origin = (evidence.environment.get(name) or () for name in ("client_cpus", "origin_cpus"))
    return {"": 1.0} if set(clients) & set(origin) else {}


def throttled(evidence: Evidence) -> Figures:
    """How many processors' time is allowed, where that is less than clients and origin have processors."""
    limit = evidence.environment.get("cpu_limit")
    return {"": limit} if limit is not None and limit < processors(evidence) else {}


def processors(evidence: Evidence, _: str = "") -> int:
    """How many processors clients and origin have."""
    pinned = (evidence.environment.get(name) or () for name in ("client_cpus", "origin_cpus"))
    return len(set[int]().union(*pinned))


def server_saturated(evidence: Evidence) -> Figures:
    """Who met an origin that can do no more, by its core or by its ceiling; only where the ranking is by wall clock."""
    if not evidence.ranks_by_wall_clock:
        return {}
    ceiling_rps = _ceiling_rps(evidence)
    of_ceiling = {name: rate_rps / ceiling_rps for name, rate_rps in evidence.rates_rps.items()} if ceiling_rps else {}
    busy = evidence.server_busy
    both = {name: max(busy.get(name, 0.0), of_ceiling.get(name, 0.0)) for name in busy | of_ceiling}
    return _above(both, MOST_SERVER_SATURATED)


def server_busy(evidence: Evidence) -> Figures:
    """Who met a busy origin otherwise."""
    saturated = server_saturated(evidence)
    return {
        name: busy for name, busy in _above(evidence.server_busy, MOST_SERVER_BUSY).items() if name not in saturated
    }


def server_ceiling(evidence: Evidence) -> Figures:
    """How many times what a contender asks for the origin can answer; not where the origin was busy anyway."""
    ceiling_rps = _ceiling_rps(evidence)
    if not ceiling_rps or _above(evidence.server_busy, MOST_SERVER_BUSY) or server_saturated(evidence):
        return {}
    return _below(
        {name: ceiling_rps / rate_rps for name, rate_rps in evidence.rates_rps.items() if name in evidence.libraries},
        LEAST_CEILING,
    )


def floor_for_all(evidence: Evidence) -> Figures:
    """Share of the floor that each reached, where nobody stayed below: by wall clock nothing is left to rank."""
    reached = _near_floor(evidence)
    everybody = evidence.libraries.keys() & evidence.rates_rps.keys()
    return reached if evidence.ranks_by_wall_clock and reached.keys() == everybody else {}


def floor_limited(evidence: Evidence) -> Figures:
    """Share of the floor of its mode that a contender reached, where others did not."""
    return {} if floor_for_all(evidence) else _near_floor(evidence)


def _near_floor(evidence: Evidence) -> Figures:
    """Who reached the floor of its mode.

    Not in the open model, where the schedule sets the rate, nor whom the origin limits: that explains it.
    """
    if evidence.is_open:
        return {}
    explained = server_saturated(evidence) | server_busy(evidence)
    floor_rps = {probe.mode: probe.throughput_rps for probe in evidence.result.floor if probe.throughput_rps}
    reached = {
        name: evidence.rates_rps[name] / floor_rps[client.mode]
        for name, client in evidence.libraries.items()
        if client.mode in floor_rps and name in evidence.rates_rps and name not in explained
    }
    return _above(reached, MOST_OF_FLOOR)


def idle_without_cause(evidence: Evidence) -> Figures:
    """Who left its core idle, though neither the target nor the origin's work nor the machine made it wait."""
    waits_for_machine = others_busy(evidence) or stolen(evidence)
    return {} if waits_for_machine or _waits_by_design(evidence) else _idle(evidence)


def idle_by_design(evidence: Evidence) -> Figures:
    """Who left its core idle, since the target makes everybody wait."""
    return _idle(evidence) if _waits_by_design(evidence) else {}


def client_limited(evidence: Evidence) -> Figures:
    """Who was busy in the open model, where requests are due whether or not the client has time."""
    return _above(evidence.worker_busy, MOST_CLIENT_BUSY) if evidence.is_open else {}


def too_few_in_flight(evidence: Evidence) -> Figures:
    """Whose requests in flight do not add up to the concurrency.

    At a slice's end connections fall idle one after the other during a last response, half of it on average; a whole
    one is allowed for.
    """
    if not evidence.sends_at_once:
        return {}
    ratios = evidence.in_flight_ratio
    with_tail = {name: ratio + evidence.response_ratio.get(name, 0.0) for name, ratio in ratios.items()}
    return {name: ratios[name] for name in _below(with_tail, LEAST_IN_FLIGHT)}


def too_many_in_flight(evidence: Evidence) -> Figures:
    """Who seems to have had more in flight than there were threads or tasks."""
    return _above(evidence.in_flight_ratio, MOST_IN_FLIGHT) if evidence.sends_at_once else {}


def stolen(evidence: Evidence) -> Figures:
    """Processor time that the hypervisor gave to others."""
    return _of_run(evidence.steal_ratio, MOST_STEAL)


def others_busy(evidence: Evidence) -> Figures:
    """Processor time of processes that are not of this run."""
    return _of_run(evidence.other_cpu_ratio, MOST_OTHER_CPU)


def pacing_median(evidence: Evidence) -> Figures:
    """Median lag of the pacing check, for all contenders of a mode."""
    return _above(_of_pacing(evidence, lambda check: check.lag_p50_s), MOST_LAG_S)


def pacing_tail(evidence: Evidence) -> Figures:
    """Its p99, where the median is all right."""
    told = pacing_median(evidence)
    tails = _above(_of_pacing(evidence, lambda check: check.lag_p99_s), MOST_LAG_P99_S)
    return {name: lag_s for name, lag_s in tails.items() if name not in told}


def pacing_rate(evidence: Evidence) -> Figures:
    """By how much its rate was missed, where its lag is all right."""
    told = pacing_median(evidence) | pacing_tail(evidence)
    missed = _above(_of_pacing(evidence, lambda check: abs(check.achieved_ratio - 1)), MOST_RATE_ERROR)
    return {name: share for name, share in missed.items() if name not in told}


def late_on_a_busy_machine(evidence: Evidence) -> Figures:
    """Who was late while others had the processors."""
    return _late(evidence) if others_busy(evidence) or stolen(evidence) else {}


def late_by_itself(evidence: Evidence) -> Figures:
    """Who was late otherwise."""
    return {} if others_busy(evidence) or stolen(evidence) else _late(evidence)


def _late(evidence: Evidence) -> Figures:
    """Who was late though it had threads or tasks free and used little processor time.

    A request that is due while the client works on another one waits for that one's CPU time: so much lag is the
    client's own.
    """
    already_told = pacing_median(evidence)
    lags_s = {
        name: lag_s
        for name, lag_s in evidence.lag_p50_s.items()
        if lag_s > MOST_LAG_S + evidence.cpu_s_per_request.get(name, 0.0)
        and evidence.worker_busy.get(name, 0.0) <= MOST_CLIENT_BUSY
        and (evidence.clients[name].exhausted_ratio or 0.0) <= MOST_EXHAUSTED
        and name not in already_told
    }
    return _above(lags_s, MOST_LAG_S)


def exhausted(evidence: Evidence) -> Figures:
    """Share of the requests that were due while every thread or task was busy."""
    return _above({name: client.exhausted_ratio or 0.0 for name, client in evidence.clients.items()}, MOST_EXHAUSTED)


def not_steady(evidence: Evidence) -> Figures:
    """Whose drift is shown to exist, and is larger than the limit.

    On a noisy machine the interval is wider than ±2 %, however steady a contender is: that alone says nothing. So it
    has to exclude 0, after it was widened for the number of contenders that are looked at (Bonferroni).
    """
    drifts = {name: client.drift_percent for name, client in evidence.clients.items() if client.drift_percent}
    wider = NormalDist().inv_cdf(1 - 0.025 / max(1, len(drifts))) / NormalDist().inv_cdf(1 - 0.025)
    shown = {}
    for name, drift in drifts.items():
        nearer = drift.low if drift.estimate > 0 else drift.high
        if nearer is not None and abs(drift.estimate) > max(MOST_DRIFT_PERCENT, wider * abs(drift.estimate - nearer)):
            shown[name] = drift.estimate
    return {name: shown[name] for name in sorted(shown, key=lambda name: -abs(shown[name]))}


def delayed_acks(evidence: Evidence) -> Figures:
    """Share of the requests that were answered around 40 ms late.

    Where answers take about that long as a rule, there must be nothing else that explains it.
    """
    start_s, end_s = _AROUND_ACK_S
    waits = _waits_by_design(evidence) or others_busy(evidence) or stolen(evidence)
    explained = {
        name
        for name, p50_s in evidence.p50_s.items()
        if start_s <= p50_s <= end_s
        and (
            waits
            or evidence.worker_busy.get(name, 0.0) >= LEAST_CLIENT_BUSY
            or evidence.server_busy.get(name, 0.0) > MOST_SERVER_BUSY
        )
    }
    late = _above(evidence.delayed_ack_ratio, MOST_DELAYED_ACKS)
    return {name: share for name, share in late.items() if name not in explained}


def busy_while_waiting(evidence: Evidence) -> Figures:
    """Share of a core that was used while others were measured; a contender alone disturbs nobody."""
    return {} if len(evidence.clients) < 2 else _above(evidence.idle_cpu_ratio, MOST_IDLE_CPU)


def ports_near(evidence: Evidence) -> Figures:
    """Share of the ephemeral ports in use."""
    return _of_run(evidence.ports_used, MOST_PORTS_USED)


def files_near(evidence: Evidence) -> Figures:
    """Share of the files that a process may open."""
    return _of_run(evidence.files_used, MOST_FILES_USED)


def clock_coarse(evidence: Evidence) -> Figures:
    """The clock's smallest step."""
    return _of_run(evidence.environment.get("clock_resolution_s"), MOST_CLOCK_STEP_S)


def _of_pacing(evidence: Evidence, figure: Callable[[PacingCheck], float]) -> Figures:
    """A figure of the pacing check in a contender's mode."""
    by_mode = {check.mode: figure(check) for check in evidence.result.pacing}
    return {name: by_mode[client.mode] for name, client in evidence.clients.items() if client.mode in by_mode}


def _idle(evidence: Evidence) -> Figures:
    """Who used less than half a core, though there was always another request to be sent.

    With one request at a time it is natural to wait; where CPU time ranks, waiting changes nothing; and who waits for
    a busy origin has been told so.
    """
    if not evidence.sends_at_once or evidence.concurrency < 2 or not evidence.ranks_by_wall_clock:
        return {}
    waits_for_origin = _above(evidence.server_busy, MOST_SERVER_BUSY)
    busy = {name: share for name, share in evidence.worker_busy.items() if name in evidence.libraries}
    return {name: share for name, share in _below(busy, LEAST_CLIENT_BUSY).items() if name not in waits_for_origin}


def _waits_by_design(evidence: Evidence) -> bool:
    """Whether the target makes clients wait: a server somewhere else, a delay or a fault that was asked for."""
    path = str(evidence.configuration.get("url") or "")
    return evidence.result.target.kind != "bundled" or path.startswith(_WAITING) or evidence.goes_wrong


def _ceiling_rps(evidence: Evidence) -> float | None:
    return max((probe.server_ceiling_rps or 0.0 for probe in evidence.result.floor), default=0.0) or None


def _above(figures: Mapping[str, float], limit: float) -> Figures:
    """Those above a limit, the largest first."""
    return {name: figures[name] for name in sorted(figures, key=lambda name: -figures[name]) if figures[name] > limit}


def _below(figures: Mapping[str, float], limit: float) -> Figures:
    """Those below a limit, the smallest first."""
    return {name: figures[name] for name in sorted(figures, key=lambda name: figures[name]) if figures[name] < limit}


def _of_run(figure: float | None, limit: float) -> Figures:
    """The figure of a whole run, if it is known and above a limit."""
    return {} if figure is None else _above({"": float(figure)}, limit)
