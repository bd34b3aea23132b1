"""Samples the call stacks of running workers with py-spy, which reads their memory from outside."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from http_benchmark.errors import ConfigurationError, WorkerError
from http_benchmark.stats.stacks import Stack, folded

_ENDING_PATIENCE_S = 60.0
_OF_THREADS = ("--gil", "--nonblocking")
_NOT_PERMITTED = ("permission denied", "operation not permitted", "ptrace")


def py_spy() -> str:
    """The path of py-spy: beside this Python, or where programs are.

    Raises:
        ConfigurationError: It is not installed.
    """
    found = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if found is None:
        raise ConfigurationError("explain needs py-spy, which is not here; pip install 'http-benchmark[explain]'")
    return found


def sample(
    pids: Sequence[int], send: Callable[[], object], *, rate: int, native: bool, threads: bool
) -> dict[Stack, int]:
    """Sample processes while they send; a thread that waits is not counted.

    Of several threads only the one that holds the interpreter's lock is: the system takes those that are about to wait
    for it for running ones, and to stop them all for a sample would change who holds it.

    Args:
        pids: Of the processes.
        send: Has them send, and returns when they are done.
        rate: Samples per second.
        native: Look into extensions written in C, too.
        threads: The processes have several threads that send.

    Returns:
        How often each stack was seen, of all processes together.

    Raises:
        ConfigurationError: The system does not let one process look into another.
        WorkerError: py-spy failed otherwise, or saw nothing.
    """
    program, counts = py_spy(), Counter[Stack]()
    with tempfile.TemporaryDirectory(prefix="http-benchmark-") as folder:
        outputs = [Path(folder) / f"{pid}.txt" for pid in pids]
        how = ["--rate", str(rate), *(["--native"] if native else []), *(_OF_THREADS if threads else [])]
        spies = [_start(program, pid, output, how) for pid, output in zip(pids, outputs, strict=True)]
        try:
            send()
        finally:
            told = [_end(spy) for spy in spies]
        for spy, words, output in zip(spies, told, outputs, strict=True):
            if spy.returncode or not output.exists():
                raise failure(words)
            counts.update(folded(output.read_text(encoding="utf-8")))
    if not counts:
        raise WorkerError("py-spy saw no function run; sample for longer (--sample)")
    return dict(counts)


def _start(program: str, pid: int, output: Path, how: Sequence[str]) -> subprocess.Popen[str]:
    options = ["--pid", str(pid), "--format", "raw", "--output", str(output)]
    return subprocess.Popen(  # noqa: S603 - no shell
        [program, "record", *options, *how],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _end(spy: subprocess.Popen[str]) -> str:
    """Have it write what it has, and wait for that; what it said."""
    spy.send_signal(signal.SIGINT)
    try:
        return spy.communicate(timeout=_ENDING_PATIENCE_S)[0]
    except subprocess.TimeoutExpired:
        spy.kill()
        return spy.communicate()[0]


def failure(words: str) -> ConfigurationError | WorkerError:
    """What its last words mean."""
    if any(sign in words.lower() for sign in _NOT_PERMITTED):
        return ConfigurationError(
            "py-spy may not look into another process here; allow it (sudo sysctl kernel.yama.ptrace_scope=0, in a "
            "container --cap-add SYS_PTRACE), or run as root"
        )
    lines = [line for line in words.splitlines() if line.strip()]
    return WorkerError(f"py-spy failed: {lines[-1] if lines else 'it said nothing'}")
