"""K2, K6, K7, K17: what the closed model hides, whether its figures agree, what it costs, what it notices."""

from collections.abc import Iterator

import numpy as np

from http_benchmark.benchmark import Experiment as Comparison
from http_benchmark.benchmark import ExperimentConfiguration
from http_benchmark.load.schedule import Stop
from http_benchmark.worker.protocol import Run
from proof import oracles
from proof.experiments import Check, Experiment, Setting, near
from proof.live import measure, new_queue, origin, start_queue
from proof.open_model import REFERENCES, STALL_RATE_RPS, STALL_RUN_S, STALL_S, STALL_SERVICE_S, stalling_path

CLIENT = "urllib3:sync"
FASTEST = "pycurl:sync"
OPEN_P99_S = oracles.stall_quantile_s(
    0.99,
    service_s=STALL_SERVICE_S,
    stall_s=STALL_S,
    run_s=STALL_RUN_S,
    utilisation=STALL_RATE_RPS * STALL_SERVICE_S,
)

_CONNECTIONS = 4
_SLOW_S = 0.2  # far above what a request ever takes here, far below the stall


def stall(setting: Setting) -> Iterator[Check]:
    """K2: the stall of K1 in the closed model."""
    contender = REFERENCES[0]
    setting.say(f"{contender}, the stall of K1 in the closed model")
    with origin() as server:
        url = f"{server.url}{stalling_path()}?{new_queue()}"
        start_queue(url)
        order = Run(Stop(duration_s=STALL_RUN_S), opening=True)
        measured = measure(contender, url, order, concurrency=_CONNECTIONS)
    service_s = measured.service_s
    slow = int(np.count_nonzero(service_s > _SLOW_S))
    yield Check(
        f"{contender}, c = {_CONNECTIONS}: p99",
        1000 * oracles.quantile(service_s, 0.99),
        high=12,
        expected=1000 * _CONNECTIONS * STALL_SERVICE_S,
        unit="ms",
        note=f"in the open model {1000 * OPEN_P99_S:.0f} ms (K1)",
    )
    yield near(f"{contender}: max", 1000 * float(service_s.max()), 1000 * STALL_S, 20, unit="ms")
    yield near(f"{contender}: requests over {_SLOW_S * 1000:.0f} ms", slow, _CONNECTIONS, 0)


def little(setting: Setting) -> Iterator[Check]:
    """K6: throughput times mean response time is the number of requests under way."""
    with origin() as server:
        for contender in REFERENCES if setting.full else REFERENCES[:1]:
            for connections in (1, 4, 16):
                setting.say(f"{contender}, {connections} connections, 5 ms each")
                url, order = f"{server.url}/delay/0.005", Run(Stop(duration_s=3), opening=True)
                measured = measure(contender, url, order, concurrency=connections)
                figures = {"throughput_rps": measured.throughput_rps, "mean_s": float(measured.service_s.mean())}
                between_us = 1e6 * oracles.harness_s(**figures, concurrency=connections)
                yield Check(
                    f"{contender}, c = {connections}: X·R̄/c",
                    oracles.little_ratio(**figures, concurrency=connections),
                    0.97,
                    1.002,
                    expected=1,
                    note=f"{between_us:.0f} µs between two requests",
                )


def harness(setting: Setting) -> Iterator[Check]:
    """K7: the CPU time of a client that answers by itself, and of the fastest one that does not."""
    with origin() as server:
        url, used_ns = f"{server.url}/bytes/1024", {}
        for contender, requests in (("null:sync", 1_000_000), ("null:async", 1_000_000), (FASTEST, 20_000)):
            setting.say(f"{contender}, {requests:,} requests, three times")
            used_ns[contender] = min(_cpu_ns(contender, url, requests) for _ in range(3))  # others can but add to it
    for contender, most_ns in (("null:sync", 500), ("null:async", 700)):
        yield Check(f"{contender}: CPU per request", used_ns[contender], high=most_ns, unit="ns")
    share = used_ns["null:sync"] / used_ns[FASTEST]
    yield Check(f"the same as a share of {FASTEST}", 100 * share, high=5, unit="%")


def _cpu_ns(contender: str, url: str, requests: int) -> float:
    """CPU time per request, one connection."""
    measured = measure(contender, url, Run(Stop(requests=requests), opening=True), concurrency=1)
    return 1e9 * measured.cpu_s / requests


def slow_server(setting: Setting) -> Iterator[Check]:
    """K17: an origin that is the bottleneck, and one that is not."""
    for path, limited in (("/busy/0.005", True), ("/bytes/1024", False)):
        setting.say(f"{CLIENT} against {path}")
        configuration = ExperimentConfiguration(contenders=(CLIENT,), url=path, blocks=6, slices=2, warmup=0.2, seed=1)
        validity = Comparison(configuration).run().validity
        reasons = {reason.code: reason for reason in validity.reasons}
        found = reasons.get("server-limited")
        busy = f", the server {found.value:.0%} busy" if found and found.value else ""
        note = f"the verdict is {validity.verdict}{busy}"
        excuse = "others use the server's processor" if "machine-busy" in reasons else ""
        yield near(f"{path}: server-limited", float(bool(found)), float(limited), 0, note=note, excuse=excuse)
        if limited:
            yield near(f"{path}: invalid", float(validity.verdict == "invalid"), 1, 0, excuse=excuse)


EXPERIMENTS = (
    Experiment(
        "K2",
        "The same stall in the closed model: what does it hide?",
        "c requests meet the stall, whatever the rate; the others take cD",
        stall,
    ),
    Experiment(
        "K6",
        "Do throughput and response times agree, or does the harness lose time between two requests?",
        "Little: X·R̄/c = R̄/(R̄ + h)",
        little,
    ),
    Experiment(
        "K7",
        "What does the harness itself cost?",
        "no theory: a budget",
        harness,
    ),
    Experiment(
        "K17",
        "Each request costs the server 5 ms of CPU. Is the run called limited by its server?",
        "the server is 100 % busy, more than the 70 % allowed",
        slow_server,
    ),
)
