"""Counts the processor instructions of a contender's requests with valgrind, which no other program can disturb."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace

from http_benchmark.errors import ConfigurationError, WorkerError
from http_benchmark.plan import Arm, Plan
from http_benchmark.targets import OpenTarget
from http_benchmark.trial import opening
from http_benchmark.worker.protocol import encode

TOOL = "cachegrind"  # without its caches: the same counts as callgrind's, in half the time

_PATIENCE_S = 600.0
_REFERENCES = re.compile(r"I\s+refs:\s+([\d,]+)")


def valgrind_version() -> str:
    """For example "3.19.0".

    Raises:
        ConfigurationError: It is not installed.
    """
    path = shutil.which("valgrind")
    if path is None:
        raise ConfigurationError("--instructions needs valgrind, which is not here; apt-get install valgrind")
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    return told.stdout.strip().removeprefix("valgrind-")


def count_instructions(arm: Arm, plan: Plan, target: OpenTarget, requests: int) -> int:
    """Instructions of a process that opens the client, sends so many requests one after the other, and closes it.

    Raises:
        WorkerError: It failed, or other requests came to the origin than were to be sent.
    """
    counting = ("valgrind", f"--tool={TOOL}", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
    return counted_instructions(_send(arm, plan, target, requests, under=counting))


def rehearse(arm: Arm, plan: Plan, target: OpenTarget) -> None:
    """Have Python compile all that such a process imports, which would else be in the first count and in no other.

    Raises:
        WorkerError: As for `count_instructions`.
    """
    _send(arm, plan, target, 1)


def _send(arm: Arm, plan: Plan, target: OpenTarget, requests: int, under: Sequence[str] = ()) -> str:
    """Run the process, and return what it and what it runs under print to standard error."""
    patient = replace(plan, options=replace(plan.options, concurrency=1, timeout_s=_PATIENCE_S))
    order = {"open": encode(opening(arm, patient, target)), "requests": requests}
    before = target.counts()
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            [*under, arm.interpreter.executable, "-P", "-m", "http_benchmark.worker.counting"],
            input=json.dumps(order),
            env=arm.interpreter.environment | {"PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WorkerError(f"{arm.name} was not done with {requests} requests within {_PATIENCE_S:.0f} s") from None
    if done.returncode:
        raise WorkerError(f"{arm.name} failed while its instructions were counted: {_last_words(done.stderr)}")
    after = target.counts()
    if before and after and (after - before).requests != requests:
        raise WorkerError(f"{arm.name} sent {(after - before).requests} requests, and {requests} were to be counted")
    return done.stderr


def counted_instructions(stderr: str) -> int:
    """The figure in what cachegrind prints.

    Raises:
        WorkerError: It is not there.
    """
    found = _REFERENCES.search(stderr)
    if found is None:
        raise WorkerError(f"valgrind gave no figure: {_last_words(stderr)}")
    return int(found[1].replace(",", ""))


def _last_words(stderr: str) -> str:
    """The last line that is not valgrind's own."""
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith("==")]
    return lines[-1] if lines else "it said nothing"
