"""What readers of the REST API change of what is measured: one job with fifty readers and without, in turns.

`python -m bench.api_readers [--readers 50] [--pairs 3]`. Prints each job's verdict and figures, what server and readers
took of a processor meanwhile, and for each contender how far the medians of both kinds are apart, beside how far those
without readers are apart among themselves.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
import urllib3

PATHS = ("/experiments", "/jobs", "/jobs/{job}", "/experiments/{job}", "/clients", "/health")
ORDER = {"contenders": ["httpx:async", "urllib3:sync"], "concurrency": 8, "blocks": 8, "seed": 7}
METRICS = ("throughput_rps", "cpu_s_per_1k")
READING_PAUSE_S = 1.0


@contextmanager
def served(database: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A server: the URL of its API, and its process."""
    command = [sys.executable, "-m", "http_benchmark", "serve", "--port", "0", "--database", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"{process.stdout.readline().split()[2]}api/v1", psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def measured(url: str, server: psutil.Process, readers: int) -> tuple[dict[str, Any], int, tuple[float, float]]:
    """An experiment that was measured while so many read, their answers, and what server and readers took meanwhile."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        job = client.post("/jobs", json=ORDER).raise_for_status().json()["id"]
        stopped, counts = threading.Event(), [0] * readers
        threads = [threading.Thread(target=read, args=(url, job, counts, n, stopped)) for n in range(readers)]
        first_s = time.monotonic(), sum(server.cpu_times()[:2]), time.process_time()
        for thread in threads:
            thread.start()
        with client.stream("GET", f"/jobs/{job}/events", timeout=None) as events:
            for _ in events.iter_lines():
                pass
        stopped.set()
        for thread in threads:
            thread.join()
        last_s = time.monotonic(), sum(server.cpu_times()[:2]), time.process_time()
        elapsed_s, *used_s = (last - first for first, last in zip(first_s, last_s, strict=True))
        ended = client.get(f"/jobs/{job}").json()
        assert ended["status"] == "finished", ended
        experiment: dict[str, Any] = client.get(f"/experiments/{job}").raise_for_status().json()
        return experiment, sum(counts), (used_s[0] / elapsed_s, used_s[1] / elapsed_s)


def read(url: str, job: str, counts: list[int], number: int, stopped: threading.Event) -> None:
    """Read as a dashboard does: something every second; every fifth one listens to the events instead."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)  # of this thread: readers are elsewhere, and are not what is looked at
    with urllib3.PoolManager() as client:  # the cheapest that has a pool: what readers take is not the server's
        if number % 5 == 0:
            events = client.request("GET", f"{url}/jobs/{job}/events", preload_content=False)
            counts[number] = sum(line.startswith(b"event") for line in events)
            return
        turn = number
        while not stopped.wait(READING_PAUSE_S):
            answer = client.request("GET", url + PATHS[turn % len(PATHS)].format(job=job))
            counts[number] += answer.status in {200, 404}  # 404: the experiment has not begun
            turn += 1


def figures(experiment: dict[str, Any]) -> dict[tuple[str, str], float]:
    """The estimate of each contender's metrics."""
    return {
        (client["contender"], metric): client[metric]["estimate"]
        for client in experiment["clients"]
        for metric in METRICS
        if client[metric]
    }


def main() -> None:
    """Measure in turns, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--pairs", type=int, default=3)
    arguments = parser.parse_args()
    found: dict[int, list[dict[tuple[str, str], float]]] = {0: [], arguments.readers: []}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "readers.db") as (url, server):
        for pair in range(arguments.pairs):
            for readers in (0, arguments.readers) if pair % 2 == 0 else (arguments.readers, 0):
                experiment, answers, used = measured(url, server, readers)
                found[readers].append(figures(experiment))
                reasons = ", ".join(reason["code"] for reason in experiment["validity"]["reasons"])
                verdict = experiment["validity"]["verdict"]
                print(
                    f"{readers:3} readers, {answers:6} answers: {verdict} ({reasons}); of a processor the server took "
                    f"{used[0]:.1%}, the readers {used[1]:.1%}; {found[readers][-1]}"
                )
    for key in found[0][0]:
        alone, read_ = ([one[key] for one in found[readers]] for readers in (0, arguments.readers))
        effect, spread = median(read_) / median(alone) - 1, max(alone) / min(alone) - 1
        print(f"{' '.join(key)}: with readers {effect:+.2%}, apart among those without {spread:.2%}")


if __name__ == "__main__":
    main()
