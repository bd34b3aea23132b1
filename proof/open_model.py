"""K1, K3, K4, K5: does the open model report what its users would have waited?

Response times are compared with theory for the very arrivals that were recorded as due, so that a harness that loses,
delays or excuses a request shows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from http_benchmark.benchmark import Experiment as Comparison
from http_benchmark.benchmark import ExperimentConfiguration
from http_benchmark.clients import installed_clients
from proof import oracles
from proof.experiments import Check, Experiment, Setting, near
from proof.live import MOST_CPU, Measured, measure, new_queue, open_run, origin, start_queue

REFERENCES = ("floor:sync", "floor:async")
"""Bare sockets: the clients that add least to what is asked here."""

STALL_RATE_RPS, STALL_SERVICE_S, STALL_RUN_S, STALL_S = 100, 0.002, 12.0, 1.0
STALL_AFTER_S = 6.0  # from the queue's first request, which is a second or two before the run's first
_MANY = 160  # more threads than requests come during the stall and the backlog after it
_FEW = 8  # fewer than 1 % of the requests, so that p99 is a wait for a thread, which only the intended time shows


def contenders(*, all_modes: bool) -> list[str]:
    """Every installed client, in its first mode or in each."""
    return [
        f"{name}:{mode}"
        for name, client in installed_clients().items()
        for mode in (list(client.modes) if all_modes else list(client.modes)[:1])
    ]


# K1


def stall(setting: Setting) -> Iterator[Check]:
    """K1 with one client against the formula, then with every client against the recursion."""
    with origin() as server:
        for workers in (_MANY, _FEW):
            setting.say(f"{REFERENCES[0]}, W = {workers}, a stall of {STALL_S:.0f} s")
            measured, _ = stalled_run(REFERENCES[0], server.url, workers)
            of_whom = f"{REFERENCES[0]}, W = {workers}"
            yield from _against_formula(of_whom, {p: oracles.quantile(measured.response_s, p) for p in _WITHIN_MS})
            yield near(f"{of_whom}: requests answered", measured.answered, STALL_RATE_RPS * STALL_RUN_S, 0)
        yield Check(f"{of_whom}: service p99", 1000 * oracles.quantile(measured.service_s, 0.99), high=50, unit="ms")
        for contender in contenders(all_modes=setting.full):
            setting.say(f"{contender}, a stall of {STALL_S:.0f} s")
            yield _against_recursion(contender, *stalled_run(contender, server.url, _FEW))
    setting.say("the same stall through a whole experiment, as `run --rate` makes it")
    yield from _against_formula(f"run {REFERENCES[0]}", _as_reported())


def stalled_run(contender: str, origin_url: str, workers: int) -> tuple[Measured, oracles.Floats]:
    """Measure through a stall; return also what Lindley's recursion says of the recorded arrivals."""
    url = f"{origin_url}{stalling_path()}?{new_queue()}"
    queue_started_s = start_queue(url)
    measured = measure(contender, url, open_run(STALL_RATE_RPS, duration_s=STALL_RUN_S), concurrency=workers)
    stalled_at = (queue_started_s + STALL_AFTER_S, STALL_S)
    return measured, oracles.lindley_s(measured.due_s, STALL_SERVICE_S, stall=stalled_at)


def stalling_path() -> str:
    """The server of K1 and K2."""
    return f"/fifo/{STALL_SERVICE_S}/stall/{STALL_AFTER_S}/{STALL_S}"


_WITHIN_MS = {0.95: 30.0, 0.99: 20.0, 0.999: 20.0}


def _against_formula(of_whom: str, quantiles_s: Mapping[float, float]) -> Iterator[Check]:
    for p, response_s in quantiles_s.items():
        expected_s = oracles.stall_quantile_s(
            p,
            service_s=STALL_SERVICE_S,
            stall_s=STALL_S,
            run_s=STALL_RUN_S,
            utilisation=STALL_RATE_RPS * STALL_SERVICE_S,
        )
        yield near(f"{of_whom}: response p{100 * p:g}", 1000 * response_s, 1000 * expected_s, _WITHIN_MS[p], unit="ms")


def _against_recursion(contender: str, measured: Measured, expected_s: oracles.Floats) -> Check:
    """The p99 of one client; one that cannot work off the backlog as fast as the server does is limited by itself."""
    expected_ms = 1000 * oracles.quantile(expected_s, 0.99)
    failed = measured.due_s.size - measured.answered
    cpu_after_stall = measured.cpu_s / measured.due_s.size / STALL_SERVICE_S
    notes = (
        f"{measured.cpu:.0%} CPU, {cpu_after_stall:.0%} after the stall",
        f"{failed} failed" if failed else "",
        measured.disturbance,
    )
    return near(
        f"{contender}: response p99",
        1000 * oracles.quantile(measured.response_s, 0.99),
        expected_ms,
        0.03 * expected_ms,
        unit="ms",
        note=", ".join(filter(None, notes)),
        excuse="client-limited" if cpu_after_stall > MOST_CPU else "",
    )


def _as_reported() -> dict[float, float]:
    """Quantiles of the response time from the result of an experiment of one block with one slice."""
    configuration = ExperimentConfiguration(
        contenders=(REFERENCES[0],),
        url=stalling_path(),
        rate=((STALL_RATE_RPS, STALL_RATE_RPS),),
        concurrency=_MANY,
        duration=STALL_RUN_S,
        slices=1,
        blocks=1,
        warmup=0.3,
        floor=False,
    )
    times = Comparison(configuration).run().clients[0].response_time_s
    assert times is not None
    return {p: value for p, value in ((0.95, times.p95), (0.99, times.p99)) if value is not None}


# K3


def idle_server(setting: Setting) -> Iterator[Check]:
    """K3: arrivals every 20 ms, served in 10."""
    with origin() as server:
        for contender in REFERENCES:
            setting.say(f"{contender}, 50 requests/s of 10 ms")
            url = f"{server.url}/fifo/0.01?{new_queue()}"
            measured = measure(contender, url, open_run(50, duration_s=10), concurrency=_FEW)
            response_ms, lag_ms = (
                1000 * oracles.quantile(times, 0.5) for times in (measured.response_s, measured.lag_s)
            )
            yield Check(f"{contender}: response p50", response_ms, 10, 11.5, 10, unit="ms", note=measured.disturbance)
            yield Check(f"{contender}: lag p50", lag_ms, 0, 0.3, 0, unit="ms")


# K4


def overloaded_server(setting: Setting) -> Iterator[Check]:
    """K4: arrivals every 8.3 ms, served in 10: each waits longer than the one before."""
    requests, rate_rps, service_s = 720, 120, 0.01
    expected_s = oracles.dd1_response_s(requests, service_s=service_s, rate_rps=rate_rps)
    mean_s = oracles.dd1_mean_s(requests, service_s=service_s, rate_rps=rate_rps)
    with origin() as server:
        for contender in REFERENCES:
            setting.say(f"{contender}, 120 requests/s of 10 ms")
            url = f"{server.url}/fifo/{service_s}?{new_queue()}"
            order = open_run(rate_rps, duration_s=requests / rate_rps, requests=requests)
            measured = measure(contender, url, order, concurrency=_MANY)
            for p in (0.5, 0.99):
                yield _in_ms(contender, f"p{100 * p:g}", measured, expected_s, of=partial(oracles.quantile, p=p))
            yield _in_ms(contender, "mean", measured, [mean_s], of=np.mean)


def _in_ms(
    contender: str,
    name: str,
    measured: Measured,
    expected_s: oracles.Floats | Sequence[float],
    *,
    of: Callable[[oracles.Floats | Sequence[float]], float],
    within: float = 0.015,
    least_ms: float = 0.0,
) -> Check:
    """One figure of the response times, that has to be right within a share of what is expected."""
    expected_ms = 1000 * float(of(expected_s))
    return near(
        f"{contender}: response {name}",
        1000 * float(of(measured.response_s)),
        expected_ms,
        max(least_ms, within * expected_ms),
        unit="ms",
        note=measured.disturbance,
    )


# K5


def random_arrivals(setting: Setting) -> Iterator[Check]:
    """K5: Poisson arrivals at half the capacity."""
    requests, rate_rps, service_s = 2000, 100, 0.005
    with origin() as server:
        for contender in REFERENCES if setting.full else REFERENCES[:1]:
            setting.say(f"{contender}, 100 Poisson requests/s of 5 ms")
            url = f"{server.url}/fifo/{service_s}?{new_queue()}"
            order = open_run(rate_rps, duration_s=requests / rate_rps, requests=requests, poisson=True)
            measured = measure(contender, url, order, concurrency=64)
            expected_s = oracles.lindley_s(measured.due_s, service_s)
            for name, of in (
                ("mean", np.mean),
                ("p90", partial(oracles.quantile, p=0.9)),
                ("p99", partial(oracles.quantile, p=0.99)),
            ):
                yield _in_ms(contender, name, measured, expected_s, of=of, within=0.05, least_ms=1.0)
            yield _looks_poisson(contender, measured)


def _looks_poisson(contender: str, measured: Measured) -> Check:
    """The gaps' coefficient of variation: 1 for Poisson arrivals, 0 for even ones; its deviation here is 1/√n."""
    gaps_s = np.diff(measured.due_s)
    variation = float(gaps_s.std() / gaps_s.mean())
    return near(f"{contender}: variation of the gaps", variation, 1.0, 4 / np.sqrt(gaps_s.size))


EXPERIMENTS = (
    Experiment(
        "K1",
        "A server stalls once for a second. Are the requests that were due meanwhile charged with their wait?",
        "L(p) = D + S − (1 − p)(1 − ρ)T; for every client, Lindley's recursion on the recorded arrivals",
        stall,
    ),
    Experiment(
        "K3",
        "The server keeps up with even arrivals. Is each request sent when it is due, and reported as it was served?",
        "D/D/1, ρ ≤ 1: L = D",
        idle_server,
    ),
    Experiment(
        "K4",
        "The server cannot keep up. Does the reported wait grow as the queue does?",
        "D/D/1, ρ > 1: L_k = D + k(D − 1/λ)",
        overloaded_server,
    ),
    Experiment(
        "K5",
        "Requests arrive at random. Are short queues reported as they were?",
        "M/D/1: Lindley's recursion on the recorded arrivals",
        random_arrivals,
    ),
)
