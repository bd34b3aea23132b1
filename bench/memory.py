"""What recording keeps in memory: a trial of 50 million requests of the null client, in one slice.

Run it with `python -m bench.memory`. Both peaks are of all resident memory, shared pages included; the controller has
loaded what a real experiment loads. The limit is 100 MB for each.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import http_benchmark.benchmark  # noqa: F401 - what the controller of an experiment holds anyway
from http_benchmark.clients import NULL_CLIENT, known_clients
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.load.schedule import Stop
from http_benchmark.stats.hdr import encode
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.quantiles import distribution
from http_benchmark.stats.samples import SliceTally
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Open, Run

LIMIT_BYTES = 100_000_000
PATIENCE_S = 600.0


def peak_bytes(pid: int) -> int:
    """Peak of resident memory since the process started its program."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=50_000_000)
    parser.add_argument("--mode", choices=("sync", "async"), default="sync")
    parser.add_argument("--concurrency", type=int, default=1)
    arguments = parser.parse_args()
    client = known_clients()[NULL_CLIENT]
    options = ClientOptions(concurrency=arguments.concurrency)
    before = peak_bytes(os.getpid())
    with WorkerProcess(NULL_CLIENT) as worker:
        worker.open(Open(client.module, client.modes[arguments.mode], options, Request("GET", "http://127.0.0.1:1/")))
        worker.opened()
        worker_before = peak_bytes(worker.pid)
        tally, times = SliceTally(30.0, concurrency=arguments.concurrency), Times()
        started_s, cpu_s = time.monotonic(), time.process_time()
        worker.start(Run(Stop(requests=arguments.requests)))
        ran = worker.ran(PATIENCE_S, tally.add)
        waited_s, cpu_s = time.monotonic() - started_s, time.process_time() - cpu_s
        figures = tally.figures()
        times.merge(figures.response)
        payload = encode(times)
        peaks = {"worker": (worker_before, peak_bytes(worker.pid)), "controller": (before, peak_bytes(os.getpid()))}
        worker.finish()
    load_s = (ran.ended_ns - ran.started_ns) / 1e9
    print(
        f"{figures.requests:,} requests in {load_s:.1f} s; the controller had them {waited_s - load_s:.2f} s later, "
        f"and used {1e3 * cpu_s / arguments.requests * 65536:.1f} ms of CPU time per 65,536 of them"
    )
    print(distribution(times).model_dump(exclude_none=True), f"histogram of {len(payload or ''):,} characters")
    for name, (at_first, peak) in peaks.items():
        verdict = "ok" if peak < LIMIT_BYTES else "TOO MUCH"
        print(f"{name:11}{at_first / 1e6:6.1f} MB before, {peak / 1e6:6.1f} MB at most  {verdict}")
    return int(any(peak >= LIMIT_BYTES for _, peak in peaks.values()) or figures.requests != arguments.requests)


if __name__ == "__main__":
    sys.exit(main())
