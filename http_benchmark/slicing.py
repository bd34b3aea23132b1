"""How a trial is cut into slices, in the closed and in the open model, and how it is warmed up. Pure."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Literal

from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.models.experiment_configuration import ExperimentConfiguration

DEFAULT_ROUNDS = 12
SLOW_ROUNDS = 4  # where a slice lasts over SLOW_SLICE_S
SLOW_SLICE_S = 1.0
QUICK_ROUNDS = 3
OPEN_ROUNDS = 4
QUICK_OPEN_ROUNDS = 2
WARM_UP_S = 1.0
QUICK_WARM_UP_S = 0.3

LEAST_SLICE_S = 0.1
LEAST_OPEN_SLICE_S = 2.0
MOST_OPEN_SLICE_S = 5.0
QUICK_OPEN_SLICE_S = 1.0
LEAST_SLICE_REQUESTS = 100
LEAST_REQUESTS_PER_CONNECTION = 10
LEAST_WARM_UP_REQUESTS = 200
MOST_WARM_UP_S = 3.0
MOST_GRACE_S = 5.0  # by then a backlog is the answer: this rate cannot be sustained

MOST_TOGETHER = 4_000
"""Up to so many connections each, all contenders of a block are there at the same time and take turns in slices."""

type Turns = Literal["slices", "trials"]
"""How the contenders of a block take turns: slice by slice, or each with all of its slices before the next one."""

type Slice = Stop | Arrivals
"""What a slice of the closed, or of the open model asks for."""


def plan_slices(configuration: ExperimentConfiguration) -> tuple[Slice, ...]:
    """Cut a trial into slices: by the exact number of requests, by the duration, or by what a slice needs at least."""
    return _arrivals(configuration) if configuration.rate else _stops(configuration)


def plan_turns(configuration: ExperimentConfiguration) -> Turns:
    """Above `MOST_TOGETHER` connections contenders are not there together: they would take too much of the system."""
    return "trials" if configuration.concurrency > MOST_TOGETHER else "slices"


def asked_delay_s(configuration: ExperimentConfiguration) -> float:
    """How long the bundled origin is asked to wait before each answer (/delay/1); 0 where nobody knows."""
    route, _, seconds = str(configuration.url or "").partition("?")[0].rpartition("/")
    try:
        return float(seconds) if route == "/delay" and configuration.workload is None else 0.0
    except ValueError:
        return 0.0


def may_be_fewer(configuration: ExperimentConfiguration, slices: tuple[Slice, ...]) -> bool:
    """Whether slow slices reduce the rounds to `SLOW_ROUNDS`: where nobody said how many, or how many requests."""
    asked = configuration.slices or configuration.requests or configuration.rate
    return not asked and len(slices) > SLOW_ROUNDS


def plan_warm_up(configuration: ExperimentConfiguration) -> Slice | None:
    """How a trial is warmed up: in the open model at the rate with which it starts. None for not at all."""
    warm_up_s = configuration.warmup
    if warm_up_s is None:
        warm_up_s = QUICK_WARM_UP_S if configuration.quick else WARM_UP_S
    if not warm_up_s:
        return None
    if configuration.rate:
        rate = configuration.rate[0][0]
        return Arrivals(rate, rate, max(warm_up_s, 1 / rate), grace_s=_grace_s(configuration))
    least = LEAST_REQUESTS_PER_CONNECTION if configuration.quick else LEAST_WARM_UP_REQUESTS
    return Stop(
        duration_s=warm_up_s,
        least_requests=max(least, configuration.concurrency),
        most_s=max(MOST_WARM_UP_S, warm_up_s),
    )


def _stops(configuration: ExperimentConfiguration) -> tuple[Stop, ...]:
    least = max(LEAST_SLICE_REQUESTS, LEAST_REQUESTS_PER_CONNECTION * configuration.concurrency)
    rounds = configuration.slices or _default_rounds(configuration)
    if configuration.requests is not None:
        if configuration.slices is None:
            rounds = max(1, min(rounds, configuration.requests // least))
        return tuple(Stop(requests=requests) for requests in _shares(configuration.requests, rounds))
    if configuration.duration is not None:
        if configuration.slices is None:
            least_s = max(LEAST_SLICE_S, LEAST_REQUESTS_PER_CONNECTION * asked_delay_s(configuration))
            rounds = max(1, min(rounds, int(configuration.duration / least_s)))
            rounds = min(rounds, SLOW_ROUNDS) if configuration.duration / rounds > SLOW_SLICE_S else rounds
        return (Stop(duration_s=configuration.duration / rounds),) * rounds
    return (Stop(duration_s=LEAST_SLICE_S, least_requests=least),) * rounds


def _default_rounds(configuration: ExperimentConfiguration) -> int:
    if configuration.quick:
        return QUICK_ROUNDS
    # One after the other, contenders need the same number of rounds, and with so many requests slices are long.
    return SLOW_ROUNDS if plan_turns(configuration) == "trials" else DEFAULT_ROUNDS


def _arrivals(configuration: ExperimentConfiguration) -> tuple[Arrivals, ...]:
    """Every step of the rate gets the same number of slices, which cut its ramp into as many parts."""
    steps = configuration.rate or ()
    mean_rps = sum(start + end for start, end in steps) / (2 * len(steps))
    each = _rounds_of_a_step(configuration, mean_rps)
    rounds = each * len(steps)
    if configuration.requests is not None:
        slice_s = configuration.requests / mean_rps / rounds
    elif configuration.duration is not None:
        slice_s = configuration.duration / rounds
    else:
        slice_s = _open_slice_s(configuration, min(min(step) for step in steps))
    cuts = [
        (start + (end - start) * part / each, start + (end - start) * (part + 1) / each)
        for start, end in steps
        for part in range(each)
    ]
    requests: Sequence[int | None] = [None] * rounds
    if configuration.requests is not None:
        requests = _weighted_shares(configuration.requests, [start + end for start, end in cuts])
    return tuple(
        Arrivals(
            start_rps=start,
            end_rps=end,
            duration_s=slice_s,
            requests=exact,
            poisson=configuration.arrivals == "poisson",
            grace_s=_grace_s(configuration),
        )
        for (start, end), exact in zip(cuts, requests, strict=True)
        if exact != 0  # fewer requests than slices: fewer slices
    )


def _rounds_of_a_step(configuration: ExperimentConfiguration, mean_rps: float) -> int:
    steps = len(configuration.rate or ())
    rounds = configuration.slices or (QUICK_OPEN_ROUNDS if configuration.quick else OPEN_ROUNDS)
    if configuration.slices is None:
        if configuration.requests is not None:
            rounds = min(rounds, configuration.requests // LEAST_SLICE_REQUESTS)
        if configuration.duration is not None:
            rounds = min(rounds, int(configuration.duration * min(1.0, mean_rps / LEAST_SLICE_REQUESTS)))
    return max(1, math.ceil(rounds / steps))


def _open_slice_s(configuration: ExperimentConfiguration, least_rps: float) -> float:
    """As long as enough requests take at the lowest rate, within limits: a slice is no night's work."""
    if configuration.quick:
        return QUICK_OPEN_SLICE_S
    return min(MOST_OPEN_SLICE_S, max(LEAST_OPEN_SLICE_S, LEAST_SLICE_REQUESTS / least_rps))


def _grace_s(configuration: ExperimentConfiguration) -> float:
    return min(configuration.timeout, MOST_GRACE_S)


def _shares(requests: int, rounds: int) -> list[int]:
    """Share out an exact number; fewer shares than rounds where there are fewer requests."""
    rounds = min(rounds, requests)
    share, rest = divmod(requests, rounds)
    return [share + (number < rest) for number in range(rounds)]


def _weighted_shares(requests: int, weights: Sequence[float]) -> list[int]:
    """Share out an exact number in proportion to weights; each share is off by less than one."""
    *_, total = sums = list(accumulate(weights))
    # A product in floating point may lie a hair above the whole number that it stands for.
    bounds = [math.ceil(round(requests * up_to / total, 6)) for up_to in sums]
    return [bound - before for before, bound in pairwise([0, *bounds])]
