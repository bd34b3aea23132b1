"""How well the open model keeps its schedule on this machine, from threads and from asyncio tasks.

The client that answers by itself runs in a fresh worker process, on the processors that contenders get; the lag of each
request is the time from its intended moment to the clock reading before it is sent. Run from a checkout:

    .venv/bin/python -m bench.pacing --rate 2000 --duration 10
    .venv/bin/python -m bench.pacing --rate 2000 --poisson --concurrency 64
"""

import argparse
import sys

import numpy as np

from http_benchmark.clients import known_clients
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.load.schedule import Arrivals
from http_benchmark.models.contender import Mode
from http_benchmark.planning import share_processors
from http_benchmark.utils.host import available_cpus
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Open, Ran, Run

HEADER = "mode      requests      sent/s lag us p50       p99       max exhausted   CPU us"
MOST_LAG_P50_US = 200.0
MOST_RATE_ERROR = 0.005


def measure(mode: Mode, arrivals: Arrivals, concurrency: int) -> tuple[Ran, np.ndarray]:
    """What the worker says, and the samples in order of their intended times."""
    null = known_clients()["null"]
    _, cpus = share_processors(available_cpus())
    chunks: list[np.ndarray] = []
    with WorkerProcess(f"null:{mode}", cpus) as worker:
        options, request = ClientOptions(concurrency=concurrency), Request("GET", "http://127.0.0.1:1/")
        worker.open(Open(null.module, null.modes[mode], options=options, request=request))
        worker.opened()
        worker.start(Run(arrivals=arrivals, opening=True))
        ran = worker.ran(arrivals.duration_s + arrivals.grace_s + 30.0, chunks.append)
    samples = np.concatenate(chunks)
    return ran, samples[np.argsort(samples[:, 0], kind="stable")]


def report(mode: Mode, ran: Ran, samples: np.ndarray) -> bool:
    """Print one line; whether the schedule was kept."""
    intended_ns, started_ns = samples[:, 0], samples[:, 1]
    lag_us = (started_ns - intended_ns) / 1e3
    sent_s = np.ptp(started_ns) / 1e9
    rate_error = abs(np.ptp(intended_ns) / 1e9 / sent_s - 1)
    p50_us, p99_us = np.quantile(lag_us, [0.5, 0.99], method="inverted_cdf")
    cpu_us = (ran.user_ns + ran.system_ns) / 1e3 / len(samples)
    kept = p50_us <= MOST_LAG_P50_US and rate_error <= MOST_RATE_ERROR
    print(
        f"{mode:8}{len(samples):10}{(len(samples) - 1) / sent_s:12.1f}{p50_us:10.0f}{p99_us:10.0f}{lag_us.max():10.0f}"
        f"{ran.exhausted:10}{cpu_us:9.1f}   {'ok' if kept else 'LATE'}",
        flush=True,
    )
    return bool(kept)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=2000.0, help="arrivals per second")
    parser.add_argument("--duration", type=float, default=10.0, help="seconds")
    parser.add_argument("--concurrency", type=int, default=16, help="threads or tasks")
    parser.add_argument("--poisson", action="store_true", help="random gaps")
    arguments = parser.parse_args()
    arrivals = Arrivals(arguments.rate, arguments.rate, arguments.duration, poisson=arguments.poisson)
    print(HEADER)
    modes: tuple[Mode, ...] = ("sync", "async")
    kept = [report(mode, *measure(mode, arrivals, arguments.concurrency)) for mode in modes]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
