"""What readers of the REST API change of what is measured: one job with fifty readers and without, in turns.

`python -m bench.api_readers [--readers 50] [--pairs 3]`. Prints each job's verdict and figures, and for each contender
how far the medians of both kinds are apart, beside how far those without readers are apart among themselves.
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

PATHS = ("/experiments", "/jobs", "/jobs/{job}", "/experiments/{job}", "/clients", "/health")
ORDER = {"contenders": ["httpx:async", "urllib3:sync"], "concurrency": 8, "blocks": 8, "seed": 7}
METRICS = ("throughput_rps", "cpu_s_per_1k")
READING_PAUSE_S = 1.0


@contextmanager
def served(database: Path) -> Iterator[str]:
    """A server; the URL of its API."""
    command = [sys.executable, "-m", "http_benchmark", "serve", "--port", "0", "--database", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"{process.stdout.readline().split()[2]}api/v1"
        finally:
            process.send_signal(signal.SIGTERM)


def measured(url: str, readers: int) -> tuple[dict[str, Any], int]:
    """An experiment that was measured while so many read, and how many answers they got."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        job = client.post("/jobs", json=ORDER).raise_for_status().json()["id"]
        stopped, counts = threading.Event(), [0] * readers
        threads = [threading.Thread(target=read, args=(url, job, counts, n, stopped)) for n in range(readers)]
        for thread in threads:
            thread.start()
        with client.stream("GET", f"/jobs/{job}/events", timeout=None) as events:
            for _ in events.iter_lines():
                pass
        stopped.set()
        for thread in threads:
            thread.join()
        ended = client.get(f"/jobs/{job}").json()
        assert ended["status"] == "finished", ended
        experiment: dict[str, Any] = client.get(f"/experiments/{job}").raise_for_status().json()
        return experiment, sum(counts)


def read(url: str, job: str, counts: list[int], number: int, stopped: threading.Event) -> None:
    """Read as a dashboard does: something every second; every fifth one listens to the events instead."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)  # of this thread: readers are elsewhere, and are not what is looked at
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        if number % 5 == 0:
            with client.stream("GET", f"/jobs/{job}/events", timeout=None) as events:
                counts[number] = sum(1 for line in events.iter_lines() if line.startswith("event"))
            return
        turn = number
        while not stopped.is_set():
            answer = client.get(PATHS[turn % len(PATHS)].format(job=job))
            counts[number] += answer.status_code in {200, 404}  # 404: the experiment has not begun
            turn += 1
            time.sleep(READING_PAUSE_S)


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
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "readers.db") as url:
        for pair in range(arguments.pairs):
            for readers in (0, arguments.readers) if pair % 2 == 0 else (arguments.readers, 0):
                experiment, answers = measured(url, readers)
                found[readers].append(figures(experiment))
                reasons = ", ".join(reason["code"] for reason in experiment["validity"]["reasons"])
                verdict = experiment["validity"]["verdict"]
                print(f"{readers:3} readers, {answers:6} answers: {verdict} ({reasons}) {found[readers][-1]}")
    for key in found[0][0]:
        alone, read_ = ([one[key] for one in found[readers]] for readers in (0, arguments.readers))
        effect, spread = median(read_) / median(alone) - 1, max(alone) / min(alone) - 1
        print(f"{' '.join(key)}: with readers {effect:+.2%}, apart among those without {spread:.2%}")


if __name__ == "__main__":
    main()
