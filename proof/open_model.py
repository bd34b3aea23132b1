"""K1, K3, K4, K5: does the open model report what its users would have waited?

Response times are compared with theory for the very arrivals that were recorded as due, so that a harness that loses,
delays or excuses a request shows.
"""

from collections.abc import Iterator

import numpy as np

from http_benchmark.clients import installed_clients
from proof import oracles
from proof.experiments import Check, Experiment, Setting, near
from proof.live import MOST_CPU, Measured, measure, new_queue, of, open_run, origin, start_queue

REFERENCES = ("floor:sync", "floor:async")
"""The fastest client of each mode that is written in Python."""

STALL_RATE_RPS, STALL_SERVICE_S, STALL_RUN_S, STALL_S = 100, 0.002, 12.0, 1.0
STALL_AFTER_S = 6.0  # from the queue's first request, which is a second or two before the run's first
_MANY = 160  # more threads than the stall has arrivals
_FEW = 8


def contenders(*, all_modes: bool) -> list[str]:
    """Every installed client, in its first mode or in each."""
    return [
        f"{name}:{mode}"
        for name, client in installed_clients().items()
        for mode in (list(client.modes) if all_modes else list(client.modes)[:1])
    ]


def stall(setting: Setting) -> Iterator[Check]:
    """K1 with one client against the formula, then with every client against the recursion."""
    with origin() as server:
        for workers in (_MANY, _FEW):
            setting.say(f"{REFERENCES[0]}, {workers} threads, a stall of {STALL_S:.0f} s")
            measured, _ = stalled_run(REFERENCES[0], server.url, workers)
            yield from _against_formula(measured, f"{REFERENCES[0]}, W = {workers}")
            if workers == _FEW:
                service_ms = 1000 * of(measured.service_s, 0.99)
                yield Check(f"{REFERENCES[0]}, W = {_FEW}: service p99", service_ms, high=50, unit="ms")
        for contender in contenders(all_modes=setting.full):
            setting.say(f"{contender}, a stall of {STALL_S:.0f} s")
            measured, expected_s = stalled_run(contender, server.url, _MANY)
            yield _against_recursion(contender, measured, expected_s)


def stalled_run(contender: str, origin_url: str, workers: int) -> tuple[Measured, oracles.Floats]:
    """Measure through a stall; return also what Lindley's recursion says of the recorded arrivals."""
    url = f"{origin_url}/fifo/{STALL_SERVICE_S}/stall/{STALL_AFTER_S}/{STALL_S}?{new_queue()}"
    queue_started_s = start_queue(url)
    order = open_run(STALL_RATE_RPS, duration_s=STALL_RUN_S)
    measured = measure(contender, url, order, concurrency=workers)
    stall_at = (queue_started_s + STALL_AFTER_S, STALL_S)
    return measured, oracles.lindley_s(measured.due_s, STALL_SERVICE_S, stall=stall_at)


def _against_formula(measured: Measured, of_whom: str) -> Iterator[Check]:
    yield near(f"{of_whom}: requests", measured.due_s.size - measured.failed, STALL_RATE_RPS * STALL_RUN_S, 0)
    for p, name, within_ms in ((0.95, "p95", 30.0), (0.99, "p99", 20.0), (0.999, "p99.9", 20.0)):
        expected_s = oracles.stall_quantile_s(
            p,
            service_s=STALL_SERVICE_S,
            stall_s=STALL_S,
            run_s=STALL_RUN_S,
            utilisation=STALL_RATE_RPS * STALL_SERVICE_S,
        )
        yield near(
            f"{of_whom}: response {name}", 1000 * of(measured.response_s, p), 1000 * expected_s, within_ms, unit="ms"
        )


def _against_recursion(contender: str, measured: Measured, expected_s: oracles.Floats) -> Check:
    expected_ms = 1000 * of(expected_s, 0.99)
    limited = measured.cpu > MOST_CPU
    return near(
        f"{contender}: response p99 against the recursion",
        1000 * of(measured.response_s, 0.99),
        expected_ms,
        0.03 * expected_ms,
        unit="ms",
        note=f"{measured.cpu:.0%} CPU" + (f", {measured.failed} failed" if measured.failed else ""),
        excuse="client-limited" if limited else "",
    )


def idle_server(setting: Setting) -> Iterator[Check]:
    """K3: arrivals every 20 ms, served in 10."""
    with origin() as server:
        for contender in REFERENCES:
            setting.say(f"{contender}, 50 requests/s of 10 ms")
            url = f"{server.url}/fifo/0.01?{new_queue()}"
            measured = measure(contender, url, open_run(50, duration_s=10), concurrency=_FEW)
            p50_ms, lag_ms = (1000 * of(times_s, 0.5) for times_s in (measured.response_s, measured.lag_s))
            yield Check(f"{contender}: response p50", p50_ms, 10, 11.5, expected=10, unit="ms")
            yield Check(f"{contender}: lag p50", lag_ms, 0, 0.3, expected=0, unit="ms")


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
            response_s = measure(contender, url, order, concurrency=_MANY).response_s
            for name, measured, expected in (
                ("p50", of(response_s, 0.5), of(expected_s, 0.5)),
                ("p99", of(response_s, 0.99), of(expected_s, 0.99)),
                ("mean", float(response_s.mean()), mean_s),
            ):
                yield near(f"{contender}: response {name}", 1000 * measured, 1000 * expected, 15 * expected, unit="ms")


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
            for name, ours, theirs in (
                ("mean", float(measured.response_s.mean()), float(expected_s.mean())),
                ("p90", of(measured.response_s, 0.9), of(expected_s, 0.9)),
                ("p99", of(measured.response_s, 0.99), of(expected_s, 0.99)),
            ):
                within_ms = max(1.0, 50 * theirs)
                yield near(f"{contender}: response {name}", 1000 * ours, 1000 * theirs, within_ms, unit="ms")
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
