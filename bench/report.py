"""What a report costs: how long the page of twelve contenders takes, and how large it is. `python -m bench.report`."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from http_benchmark.storage import ResultStorage
from tests.records import large_experiment

RUNS = 5


def main() -> None:
    experiment, blocks = large_experiment()
    with tempfile.TemporaryDirectory() as folder:
        database, page = Path(folder) / "results.db", Path(folder) / "report.html"
        with ResultStorage(database) as storage:
            storage.start_experiment(experiment)
            for block in blocks:
                storage.save_block(experiment.id, block)
            storage.finish_experiment(experiment)
        command = [sys.executable, "-m", "http_benchmark", "report", experiment.id, "--database", str(database)]
        cold = os.environ | {"XDG_CACHE_HOME": folder}  # so that the first time has to make the script of the page, too
        took = []
        for _ in range(RUNS + 1):
            started, before = time.perf_counter(), os.times()
            subprocess.run([*command, "--output", str(page)], check=True, capture_output=True, env=cold)
            after = os.times()
            cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
            took.append((time.perf_counter() - started, cpu_s))
        (first_s, first_cpu_s), *others = took
        usual_s, usual_cpu_s = (sorted(figures)[len(others) // 2] for figures in zip(*others, strict=True))
        print(f"{len(blocks)} blocks of {len(experiment.clients)} contenders, {page.stat().st_size / 1e6:.1f} MB")
        print(f"first {first_s:.1f} s, {first_cpu_s:.1f} s of CPU time")
        print(f"then median of {RUNS}: {usual_s:.1f} s, {usual_cpu_s:.1f} s of CPU time")


if __name__ == "__main__":
    main()
