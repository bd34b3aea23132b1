"""Follow an experiment while it runs, and keep its JSON: `python examples/watch_progress.py`.

An observer is called between slices, never during one, so that it does not disturb what is measured.
"""

import json
from pathlib import Path

from http_benchmark import Experiment, ExperimentConfiguration
from http_benchmark.benchmark import Observer


class Progress(Observer):
    """Prints a line per block."""

    def block_done(self, block):
        for trial in block.trials:
            requests = sum(measured.requests for measured in trial.slices)
            print(f"block {block.number + 1}: {trial.contender} did {requests} requests, import {trial.import_s:.2f} s")

    def block_void(self, block, contender, reason, *, dropped):
        print(f"block {block + 1}: {contender} {'is dropped' if dropped else 'failed'}: {reason}")


configuration = ExperimentConfiguration(contenders=("urllib3",), blocks=2, requests=200, warmup=0)
result = Experiment(configuration, observer=Progress()).run()
Path("result.json").write_text(json.dumps(result.to_dict(), indent=2), encoding="utf-8")
