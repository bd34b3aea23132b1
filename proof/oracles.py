"""What a load generator has to report, by theory: queues with one server whose answers have closed forms.

Symbols: D is the service time, λ the arrival rate, ρ = λD the utilisation, W the time in the queue, L = W + D the time
from arrival to answer, S the length of a stall, T that of the run. Times are in seconds. Kendall's notation: arrivals
(D evenly spaced, M Poisson) / service times (likewise) / servers. Sources: Kleinrock, Queueing Systems 1 (1975) for
M/M/1 and the mean of M/D/1; Erlang (1909), Crommelin (1932) for the law of M/D/1; Lindley (1952) for the recursion;
Little (1961). Nothing here knows the code that is measured, nor that of the origin.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

type Floats = NDArray[np.float64]


def quantile(values: Sequence[float] | Floats, p: float) -> float:
    """Quantile p of a sample: the ⌈p·n⌉-th smallest."""
    ascending = np.sort(np.asarray(values, dtype=np.float64))
    return float(ascending[max(math.ceil(p * ascending.size), 1) - 1])


# A server that stalls once, D/D/1 otherwise


def slow_share(*, stall_s: float, run_s: float, utilisation: float) -> float:
    """Share of the requests that a stall delays: those that come in it, and until the backlog is gone.

    The backlog of S·λ requests goes down by μ − λ a second, so it lasts S/(1 − ρ): f = S / ((1 − ρ) T).
    """
    return stall_s / ((1 - utilisation) * run_s)


def stall_quantile_s(p: float, *, service_s: float, stall_s: float, run_s: float, utilisation: float) -> float:
    """Quantile p of the response times: the delayed ones are spread evenly from D to D + S.

    L(p) = D + S (1 − (1 − p)/f) = D + S − (1 − p)(1 − ρ) T above 1 − f, and D below.
    """
    if p <= 1 - slow_share(stall_s=stall_s, run_s=run_s, utilisation=utilisation):
        return service_s
    return service_s + stall_s - (1 - p) * (1 - utilisation) * run_s


# Evenly spaced arrivals, even service: D/D/1


def dd1_response_s(requests: int, *, service_s: float, rate_rps: float) -> Floats:
    """Response times in order of arrival, shape (requests,): D up to ρ = 1, D + k (D − 1/λ) for k = 0, 1, … above."""
    late_s = max(0.0, service_s - 1 / rate_rps)
    return service_s + late_s * np.arange(requests, dtype=np.float64)


def dd1_mean_s(requests: int, *, service_s: float, rate_rps: float) -> float:
    """Mean of `dd1_response_s`: D + (n − 1)/2 · (D − 1/λ) above ρ = 1."""
    return service_s + (requests - 1) / 2 * max(0.0, service_s - 1 / rate_rps)


# Poisson arrivals: M/D/1 and M/M/1


def md1_mean_s(*, service_s: float, utilisation: float) -> float:
    """Mean response time: D (1 + ρ / (2 (1 − ρ))) (Pollaczek and Khinchine)."""
    return service_s * (1 + utilisation / (2 * (1 - utilisation)))


def md1_wait_probability(wait_s: float, *, service_s: float, utilisation: float) -> float:
    """P(W ≤ t) = (1 − ρ) Σ_{j=0}^{⌊t/D⌋} (−λ(t − jD))^j / j! · e^{λ(t − jD)} (Erlang).

    The terms alternate and grow with e^{λt}, so that in double precision it holds up to about t = 25 D.
    """
    if wait_s < 0:
        return 0.0
    in_services = wait_s / service_s
    terms = []
    for j in range(math.floor(in_services) + 1):
        x = utilisation * (in_services - j)
        terms.append((-x) ** j / math.factorial(j) * math.exp(x))
    return (1 - utilisation) * math.fsum(terms)


def md1_quantile_s(p: float, *, service_s: float, utilisation: float) -> float:
    """Quantile p of the response times, by inverting `md1_wait_probability`; D where the queue is empty that often."""
    if p <= 1 - utilisation:
        return service_s

    def excess(wait_s: float) -> float:
        return md1_wait_probability(wait_s, service_s=service_s, utilisation=utilisation) - p

    wait_s: float = brentq(excess, 0.0, 25 * service_s, xtol=1e-9 * service_s)
    return service_s + wait_s


def mm1_quantile_s(p: float, *, service_s: float, utilisation: float) -> float:
    """Quantile p of the response times with exponential service times of mean D: −ln(1 − p) / (μ − λ)."""
    return -math.log(1 - p) * service_s / (1 - utilisation)


# Any arrivals


def lindley_s(
    arrivals_s: Sequence[float] | Floats,
    services_s: float | Sequence[float] | Floats,
    *,
    stall: tuple[float, float] | None = None,
) -> Floats:
    """Response times of these very arrivals, in order, by the recursion W' = max(0, W + D − gap).

    Having the recorded arrivals, it has no sampling error, which makes it the oracle to prefer. A stall is a server on
    vacation: the recursion runs in the server's own time, which stands still meanwhile.

    Args:
        arrivals_s: Ascending, shape (n,).
        services_s: One for all or one each.
        stall: Its start, on the clock of the arrivals, and its length; what is being served goes on after it.

    Returns:
        Shape (n,).
    """
    arrivals = np.asarray(arrivals_s, dtype=np.float64)
    services = np.broadcast_to(np.asarray(services_s, dtype=np.float64), arrivals.shape)
    starts_s, length_s = stall or (math.inf, 0.0)
    own = np.where(arrivals <= starts_s, arrivals, np.maximum(starts_s, arrivals - length_s))
    waits = [0.0]
    for (before, after), service_s in zip(pairwise(own), services, strict=False):
        waits.append(max(0.0, waits[-1] + float(service_s) - float(after - before)))
    own_ends = own + np.asarray(waits[: arrivals.size]) + services
    return np.where(own_ends <= starts_s, own_ends, own_ends + length_s) - arrivals


# The closed model


def little_ratio(*, throughput_rps: float, mean_s: float, concurrency: int) -> float:
    """X·R̄/c: the share of its time that a connection has a request under way; 1 if nothing were lost between two."""
    return throughput_rps * mean_s / concurrency


def harness_s(*, throughput_rps: float, mean_s: float, concurrency: int) -> float:
    """What passes between an answer and the next request: h = c/X − R̄."""
    return concurrency / throughput_rps - mean_s
