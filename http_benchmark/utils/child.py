"""A child process that is spoken to in JSON lines over its standard input and output.

The origin and the workers are such children. A child ends when its standard input is closed, so that none outlives
the controller. What it prints to standard error is kept for the error message.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from http_benchmark.errors import WorkerError
from http_benchmark.redaction import cleared
from http_benchmark.utils.inheritance import child_environment

_STDERR_TAIL_BYTES = 2000
_STOP_PATIENCE_S = 2.0
_ENDING_PATIENCE_S = 30.0
_READING_PATIENCE_S = 30.0
_PIPE_BYTES = select.PIPE_BUF  # what a pipe that can be written takes without waiting


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that a child runs in.

    Attributes:
        executable: Its path.
        search_path: Folder in which it finds this package instead of the user's PYTHONPATH, which could stand before
            what is installed there; None for the Python that runs this program.
        variables: Of the child's environment, besides those that it inherits.
    """

    executable: str = sys.executable
    search_path: str | None = None
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """The child's environment variables."""
        inherited = child_environment(os.environ)
        if self.search_path is None:
            return inherited | _path_to_this_package() | dict(self.variables)
        inherited.pop("PYTHONHOME", None)
        return inherited | {"PYTHONPATH": self.search_path} | dict(self.variables)


OWN_INTERPRETER = Interpreter()
"""The one that runs this program."""


def _path_to_this_package() -> dict[str, str]:
    """What lets a child import this package when it runs from a source tree instead of site-packages.

    The user's own PYTHONPATH follows, since the adapter of another distribution may be found there.
    """
    root = Path(__file__).parents[2]
    if root.name in {"site-packages", "dist-packages"}:
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))}


class Child:
    """One child process, started at once; a context manager that stops it.

    Args:
        module: The Python module to run.
        arguments: Its command-line arguments; nothing secret, since others can read them.
        name: What to call it in messages.
        pass_fds: Open files that the child inherits under the same numbers.
        interpreter: The Python that runs it.
        stop_patience_s: How long it may take to end before it is killed.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        name: str,
        pass_fds: Collection[int] = (),
        interpreter: Interpreter = OWN_INTERPRETER,
        stop_patience_s: float = _STOP_PATIENCE_S,
    ) -> None:
        self.name = name
        self._stop_patience_s = stop_patience_s
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self._unread = b""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [
                    interpreter.executable,
                    "-P",
                    "-m",
                    module,
                    *arguments,
                ],  # -P: a requests.py in the current folder is not the library
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                pass_fds=tuple(pass_fds),
                env=interpreter.environment,
                start_new_session=True,  # Ctrl-C reaches the controller alone, which then ends its children in order
            )
        except BaseException as error:
            self._stderr.close()
            if isinstance(error, OSError):
                raise WorkerError(f"{name} could not be started: {error}") from error
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def tell(self, message: dict[str, Any]) -> None:
        """Send one message.

        Raises:
            WorkerError: The child has ended, or does not read what it is told.
        """
        stdin = self._process.stdin
        assert stdin is not None
        unsent = json.dumps(message).encode() + b"\n"
        try:
            while unsent:  # a large message does not fit into the pipe at once
                if not select.select([], [stdin], [], _READING_PATIENCE_S)[1]:
                    raise WorkerError(f"{self.name} did not read its orders within {_READING_PATIENCE_S:.0f} s")
                unsent = unsent[os.write(stdin.fileno(), unsent[:_PIPE_BYTES]) :]
        except (BrokenPipeError, ValueError) as error:
            raise WorkerError(self._obituary()) from error

    def answers_within(self, timeout_s: float) -> bool:
        """Whether something is there to `listen` to, or the child's end to be told of, before the time is over."""
        assert self._process.stdout is not None
        return b"\n" in self._unread or bool(select.select([self._process.stdout], [], [], timeout_s)[0])

    def listen(self, timeout_s: float) -> dict[str, Any]:
        """Wait for the next message.

        Raises:
            WorkerError: The child ended, answered something else than a JSON object, or said nothing in time.
        """
        deadline_s = time.monotonic() + timeout_s
        stdout = self._process.stdout
        assert stdout is not None
        while b"\n" not in self._unread:
            remaining_s = deadline_s - time.monotonic()
            if remaining_s <= 0 or not select.select([stdout], [], [], remaining_s)[0]:
                raise WorkerError(f"{self.name} gave no answer within {timeout_s:.1f} s")
            chunk = os.read(stdout.fileno(), 1 << 16)
            if not chunk:
                raise WorkerError(self._obituary())
            self._unread += chunk
        line, self._unread = self._unread.split(b"\n", 1)
        try:
            message = json.loads(line)
        except ValueError as error:
            raise WorkerError(f"{self.name} answered something that is no message: {_shown(line)}") from error
        if not isinstance(message, dict):
            raise WorkerError(f"{self.name} answered something that is no message: {_shown(line)}")
        return message

    def ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Send one message and wait for the answer."""
        self.tell(message)
        return self.listen(timeout_s)

    def complaints(self) -> str:
        """What the child has printed to standard error so far; "" once it was stopped."""
        if self._stderr.closed:
            return ""
        descriptor = self._stderr.fileno()  # the child writes at the same position, which must stay where it is
        return cleared(os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace"))

    def end(self) -> str:
        """Close its input, wait until it has ended, and return what it printed to standard error.

        Raises:
            WorkerError: It does not end.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_ENDING_PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise WorkerError(f"{self.name} did not end within {_ENDING_PATIENCE_S:.0f} s") from None
        return self.complaints()

    def stop(self) -> None:
        """End the child: close its input, wait a little, then kill it. Harmless when repeated."""
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # it ended with a message unread
                    pipe.close()
        try:
            process.wait(self._stop_patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._stderr.close()

    def interrupt(self) -> None:
        """Kill the child, and let whoever waits for its answer find that out; from any thread."""
        self._process.kill()

    def kill(self) -> None:
        """End the child at once, whatever it does."""
        self._process.kill()
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _obituary(self) -> str:
        if self._stderr.closed:
            return f"{self.name} was stopped"
        try:
            code = self._process.wait(_STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return f"{self.name} closed its pipe"
        how = f"was killed by {_named(-code)}" if code < 0 else f"ended with exit code {code}"
        self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, self._stderr.tell() - _STDERR_TAIL_BYTES))
        lines = cleared(self._stderr.read().decode(errors="replace")).strip().splitlines()
        return f"{self.name} {how}" + (f": {lines[-1]}" if lines else "")


def _named(number: int) -> str:
    """A signal by its number; of SIGKILL, what it most often means."""
    return f"signal {number}" + (", as the kernel does where memory runs out" if number == signal.SIGKILL else "")


def _shown(line: bytes) -> str:
    return repr(cleared(line.decode(errors="replace"))[:200])
