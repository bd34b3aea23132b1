"""The controller's handle on a worker process: start it, give it orders, read its samples."""

import os
from collections.abc import Sequence
from typing import Self

from http_benchmark.errors import ClientUnavailableError, UnsupportedOptionError, WorkerError
from http_benchmark.utils.child import Child
from http_benchmark.worker.protocol import (
    Broken,
    Finish,
    Finished,
    Message,
    Open,
    Opened,
    Ran,
    Run,
    decode,
    encode,
)
from http_benchmark.worker.samples import Samples, SamplesFile

OPENING_PATIENCE_S = 60.0
_CLOSING_PATIENCE_S = 10.0


class WorkerProcess:
    """A fresh process for one client; a context manager that ends it.

    Args:
        name: The contender, for messages.
        cpus: Processors to run on; empty for any.
    """

    def __init__(self, name: str, cpus: Sequence[int] = ()) -> None:
        self._samples = SamplesFile()
        sink = self._samples.descriptor
        try:
            self._child = Child(
                "http_benchmark.worker.main",
                [str(number) for number in (os.getpid(), sink, *cpus)],
                name=name,
                pass_fds=[sink],
            )
        except BaseException:
            self._samples.close()
            raise

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._child.pid

    def open(self, order: Open) -> None:
        """Tell the worker what to measure; `opened` waits for it, so that several can start at a time."""
        self._child.tell(encode(order))

    def opened(self) -> Opened:
        """Wait until the client is ready.

        Raises:
            ClientUnavailableError: The library is not installed.
            UnsupportedOptionError: The client cannot honour a setting.
            WorkerError: It crashed or hung.
        """
        return self._hear(Opened, OPENING_PATIENCE_S)

    def run(self, order: Run, patience_s: float) -> tuple[Ran, Samples]:
        """Have the worker send requests.

        Args:
            order: What to send.
            patience_s: How long this may take before the worker is taken to hang.

        Raises:
            WorkerError: It crashed or hung.
        """
        self._child.tell(encode(order))
        ran = self._hear(Ran, patience_s)
        return ran, self._samples.take(ran.started_ns)

    def finish(self) -> Finished:
        """Close the client and hear of its memory."""
        self._child.tell(encode(Finish()))
        return self._hear(Finished, _CLOSING_PATIENCE_S)

    def stop(self) -> None:
        """End the process, whatever it does. Harmless when repeated."""
        self._child.kill()
        self._samples.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _hear[Answer: Message](self, expected: type[Answer], patience_s: float) -> Answer:
        try:
            message = decode(self._child.listen(patience_s))
        except ValueError as error:
            raise WorkerError(f"{self._child.name}: {error}") from error
        if isinstance(message, expected):
            return message
        if isinstance(message, Broken):
            if message.kind == "unavailable":
                raise ClientUnavailableError(message.reason)
            if message.kind == "unsupported":
                raise UnsupportedOptionError(message.reason)
            raise WorkerError(f"{self._child.name}: {message.reason}")
        raise WorkerError(f"{self._child.name} answered {type(message).__name__}, not {expected.__name__}")
