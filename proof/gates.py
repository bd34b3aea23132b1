"""G1 to G3: does the gate stay silent about equal candidates, and find a slower one, on this machine?

G1 and G2 compare source trees that are copies of the installed urllib3, so that they need no network; G3 is the command
as a user calls it, with two published versions.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree, ignore_patterns
from unittest import mock

from http_benchmark.benchmark import ExperimentConfiguration
from http_benchmark.environments.cache import VARIABLE
from http_benchmark.gate import Gate, GateObserver
from http_benchmark.models.experiment import Metric
from http_benchmark.models.gate import GateResult
from http_benchmark.stats.gate import Outcome
from proof.experiments import Check, Experiment, Setting

CLIENT = "urllib3"
SLOWER_BY = 0.10
PUBLISHED = ("httpx==0.27.2:sync", "httpx==0.28.1:sync")

_SLOW = f"""

from time import thread_time_ns as _now

_urlopen = HTTPConnectionPool.urlopen


def _slow_urlopen(self, *arguments, **options):
    started = _now()
    answer = _urlopen(self, *arguments, **options)
    ended = _now()
    while _now() < ended + {SLOWER_BY} * (ended - started):
        pass
    return answer


HTTPConnectionPool.urlopen = _slow_urlopen
"""

_PROJECT = """
[build-system]
requires = []
build-backend = "back_end"
backend-path = ["."]

[project]
name = "urllib3"
version = "{version}"
"""

_BACK_END = '''
"""Puts the package into a wheel as it is."""

from pathlib import Path
from zipfile import ZipFile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, information = "urllib3-{version}-py3-none-any.whl", "urllib3-{version}.dist-info"
    with ZipFile(Path(wheel_directory, name), "w") as wheel:
        for path in sorted(Path("urllib3").rglob("*")):
            wheel.write(path)
        wheel.writestr(information + "/METADATA", "Metadata-Version: 2.1\\nName: urllib3\\nVersion: {version}\\n")
        wheel.writestr(information + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(information + "/RECORD", "")
    return name
'''


class Progress(GateObserver):
    """Says what each look found."""

    def __init__(self, setting: Setting, what: str) -> None:
        self._setting = setting
        self._what = what

    def looked(self, blocks: int, outcomes: dict[Metric, Outcome]) -> None:
        found = ", ".join(f"{metric} {outcome}" for metric, outcome in outcomes.items())
        self._setting.say(f"{self._what}: after {blocks} blocks: {found}")


def no_alarm(setting: Setting) -> Iterator[Check]:
    """G1: a client against itself."""
    results = list(_gates(setting, CLIENT, CLIENT))
    yield _outcomes(f"gates of {CLIENT}:sync against itself that fail", results, high=0)


def detection(setting: Setting) -> Iterator[Check]:
    """G2: a source tree against the same one that spends 10 % more CPU time on each request."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {VARIABLE: f"{folder}/cache"}):
        baseline, candidate = (_tree(Path(folder, name), slow=name == "slow") for name in ("usual", "slow"))
        results = list(_gates(setting, f"{CLIENT}@{baseline}", f"{CLIENT}@{candidate}"))
    yield _outcomes("gates that fail a tree slowed by 10 %", results, low=0.8 * len(results))
    effects = sorted(_effect(result, "cpu_s_per_1k") for result in results)
    yield Check(
        "how much more CPU time, median",
        effects[len(effects) // 2],
        low=6,
        high=14,
        expected=100 * SLOWER_BY,
        unit="%",
        note="nearly all of a request is slowed",
    )


def published(setting: Setting) -> Iterator[Check]:
    """G3: one command, from an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "http_benchmark", "gate", *PUBLISHED, "--json", "-", "--seed", "1"]
        setting.say(" ".join(["http-benchmark", *command[3:]]))
        done = subprocess.run(
            [*command, "--database", f"sqlite:///{folder}/results.db"],
            env=os.environ | {VARIABLE: f"{folder}/cache", "HTTP_BENCHMARK_CONFIG": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
    told = done.stderr.strip().splitlines()
    yield Check(
        f"exit code of {PUBLISHED[1]} against {PUBLISHED[0]}",
        done.returncode,
        low=0,
        high=0,
        expected=0,
        excuse="the package index cannot be reached" if "index cannot be reached" in done.stderr else "",
        note="" if done.returncode in (0, 1) else (told or [""])[-1],
    )
    if done.returncode in (0, 1):
        result = GateResult.from_dict(json.loads(done.stdout))
        versions = f"{result.baseline.version} → {result.candidate.version}: {result.outcome}"
        yield Check("CPU time of the newer version", _effect(result, "cpu_s_per_1k"), high=3, unit="%", note=versions)


def _gates(setting: Setting, baseline: str, candidate: str) -> Iterator[GateResult]:
    """Ten gates, or two; with a short warm-up, and half the usual slices unless everything is asked for."""
    count = 10 if setting.full else 2
    for number in range(count):
        configuration = ExperimentConfiguration(
            warmup=0.3, slices=12 if setting.full else 6, floor=False, concurrency=1, seed=number
        )
        what = f"gate {number + 1} of {count}"
        yield Gate(baseline, candidate, configuration, observer=Progress(setting, what)).run()


def _outcomes(what: str, results: list[GateResult], *, low: float | None = None, high: float | None = None) -> Check:
    return Check(
        f"{what}, of {len(results)}",
        sum(result.outcome == "fail" for result in results),
        low=low,
        high=high,
        expected=low and float(len(results)),
        note=", ".join(result.outcome for result in results),
    )


def _effect(result: GateResult, metric: Metric) -> float:
    """By how much the candidate costs more, %; not a number where it was not measured."""
    (judgements,) = (one.judgements for one in result.metrics if one.metric == metric)
    effect = judgements[-1].effect_percent if judgements else None
    return float("nan") if effect is None else effect


def _tree(folder: Path, *, slow: bool) -> Path:
    """A source tree of the installed library, as it is or slowed down."""
    spec = find_spec(CLIENT)
    assert spec is not None and spec.origin is not None
    copytree(Path(spec.origin).parent, folder / CLIENT, ignore=ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(_PROJECT.format(version=version(CLIENT)))
    (folder / "back_end.py").write_text(_BACK_END.format(version=version(CLIENT)))
    if slow:
        with (folder / CLIENT / "connectionpool.py").open("a") as module:
            module.write(_SLOW)
    return folder


EXPERIMENTS = (
    Experiment("G1", "Does a gate raise no alarm over a candidate that is its baseline?", "none of ten", no_alarm),
    Experiment("G2", "Does a gate fail a candidate that costs 10 % more?", "at least eight of ten", detection),
    Experiment("G3", "Do two published versions of a client pass one command on a clean machine?", "a pass", published),
)
