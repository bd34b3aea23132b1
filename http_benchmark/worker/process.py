"""The controller's handle on a worker process: start it, give it orders, read its samples."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

from http_benchmark.errors import ClientUnavailableError, UnsupportedOptionError, WorkerError
from http_benchmark.load.recorder import BUFFERED_SAMPLES
from http_benchmark.redaction import cleared
from http_benchmark.utils.child import OWN_INTERPRETER, Child, Interpreter
from http_benchmark.worker.protocol import (
    Broken,
    Finish,
    Finished,
    Message,
    Open,
    Opened,
    Ran,
    Reconnect,
    Reconnected,
    Run,
    decode,
    encode,
)
from http_benchmark.worker.samples import Samples, SamplesFile

OPENING_PATIENCE_S = 60.0
_CLOSING_PATIENCE_S = 10.0
_ANSWERING_PATIENCE_S = 10.0  # for the rest of an answer that has begun
_LOOK_EVERY_S = 0.25  # how often a running worker's file is looked at; ordinary slices are over by then
_PILE_SAMPLES = 4 * BUFFERED_SAMPLES  # fewer can wait until the slice is over, where reading them disturbs nobody

type Take = Callable[[Samples], None]
"""Given samples as the worker recorded them, once, in no particular order."""


class WorkerProcess:
    """A fresh process for one client; a context manager that ends it.

    Args:
        name: The contender, for messages.
        cpus: Processors to run on; empty for any.
        interpreter: The Python that runs it.
    """

    def __init__(self, name: str, cpus: Sequence[int] = (), *, interpreter: Interpreter = OWN_INTERPRETER) -> None:
        self._samples = SamplesFile()
        sink = self._samples.descriptor
        try:
            self._child = Child(
                "http_benchmark.worker.main",
                [str(number) for number in (os.getpid(), sink, *cpus)],
                name=name,
                pass_fds=[sink],
                interpreter=interpreter,
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

    def start(self, order: Run) -> None:
        """Have the worker send requests; `ran` waits for the end, so that several can run at a time."""
        self._child.tell(encode(order))

    def ran(self, patience_s: float, take: Take) -> Ran:
        """Wait until the requests are done, and hand over their samples.

        Args:
            patience_s: How long this may take, from now on, before the worker is taken to hang.
            take: Given each sample once: in chunks of bounded size, some of them already while the worker runs if it
                records more than its share of a short slice.

        Raises:
            WorkerError: It crashed or hung.
        """
        deadline_s = time.monotonic() + patience_s
        while not self.answers_within(min(_LOOK_EVERY_S, deadline_s - time.monotonic())):
            self.relieve(take)
            if time.monotonic() >= deadline_s:
                raise WorkerError(f"{self._child.name} gave no answer within {patience_s:.1f} s")
        ran = self._hear(Ran, _ANSWERING_PATIENCE_S)
        for chunk in self._samples.take():
            take(chunk)
        self._samples.empty()
        return ran

    def answers_within(self, timeout_s: float) -> bool:
        """Whether the worker is done (or has ended), so that `ran` need not wait for it."""
        return self._child.answers_within(max(timeout_s, 0.0))

    def relieve(self, take: Take) -> None:
        """Hand over the samples of a run that is still going on, if a lot of them has piled up.

        `ran` does this for its own worker; who waits for several does it for the others.
        """
        if self._samples.waiting > _PILE_SAMPLES:
            for chunk in self._samples.take():
                take(chunk)

    def reconnect(self, order: Reconnect, patience_s: float) -> Reconnected:
        """Have the worker send requests that each open a connection of their own.

        Args:
            order: How many.
            patience_s: How long this may take before the worker is taken to hang.

        Raises:
            WorkerError: It crashed or hung.
        """
        self._child.tell(encode(order))
        return self._hear(Reconnected, patience_s)

    def finish(self) -> Finished:
        """Close the client and hear of its memory."""
        self._child.tell(encode(Finish()))
        return self._hear(Finished, _CLOSING_PATIENCE_S)

    def end(self) -> str:
        """Wait until the process has ended by itself, and return what it printed to standard error."""
        return self._child.end()

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
            message = replace(message, reason=cleared(message.reason))
            if message.kind == "unavailable":
                raise ClientUnavailableError(message.reason)
            if message.kind == "unsupported":
                raise UnsupportedOptionError(message.reason)
            raise WorkerError(f"{self._child.name}: {message.reason}")
        raise WorkerError(f"{self._child.name} answered {type(message).__name__}, not {expected.__name__}")
