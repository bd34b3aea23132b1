"""Counts the system calls of running workers with strace, which stops them at each: never while time is taken."""

import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_ATTACHING_PATIENCE_S = 10.0
_ENDING_PATIENCE_S = 30.0
_ROW = re.compile(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(?P<calls>\d+)\s+(?:(?P<errors>\d+)\s+)?(?P<name>[a-z_0-9]+)")


@dataclass(frozen=True, slots=True)
class Calls:
    """One system call: how often, and how often of that in vain."""

    name: str
    calls: int
    errors: int


def count_calls(pids: Sequence[int], send: Callable[[], object]) -> tuple[Calls, ...] | str:
    """Count the system calls of processes while they send, all threads.

    Args:
        pids: Of the processes.
        send: Has them send, and returns when they are done.

    Returns:
        Each call, the most frequent first; or why it cannot be told, in words. Nothing is sent then.
    """
    program = shutil.which("strace")
    if program is None:
        return "system calls are not told: strace is not here (apt-get install strace)"
    attached = [argument for pid in pids for argument in ("-p", str(pid))]
    process = subprocess.Popen(  # noqa: S603 - no shell
        [program, "-c", "-f", *attached],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    heard = _Hearing(process)
    try:
        if not heard.waits_for("attached"):
            return f"system calls are not told: {heard.last or 'strace did not attach in time'}"
        send()
    finally:
        process.send_signal(signal.SIGINT)  # it lets go of the processes, and prints its table
        try:
            process.wait(_ENDING_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        heard.thread.join()
    return counted_calls("\n".join(heard.lines)) or "system calls are not told: strace printed no table"


def counted_calls(table: str) -> tuple[Calls, ...]:
    """The rows of `strace -c`, the most frequent first."""
    rows = [match for match in map(_ROW.fullmatch, table.splitlines()) if match and match["name"] != "total"]
    calls = [Calls(row["name"], int(row["calls"]), int(row["errors"] or 0)) for row in rows]
    return tuple(sorted(calls, key=lambda one: (-one.calls, one.name)))


class _Hearing:
    """Reads what a process prints to standard error, so that it never waits for a reader."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.lines: list[str] = []
        self._process = process
        self._spoke = threading.Condition()
        self._ended = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    @property
    def last(self) -> str:
        """The last line so far."""
        return self.lines[-1] if self.lines else ""

    def waits_for(self, word: str) -> bool:
        """Whether a line with this word comes in time."""

        def heard() -> bool:
            return self._ended or any(word in line for line in self.lines)

        with self._spoke:
            self._spoke.wait_for(heard, _ATTACHING_PATIENCE_S)
            return any(word in line for line in self.lines)

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for line in stream:
                with self._spoke:
                    self.lines.append(line.rstrip())
                    self._spoke.notify_all()
        with self._spoke:
            self._ended = True
            self._spoke.notify_all()
