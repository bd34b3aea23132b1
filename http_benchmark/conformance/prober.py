"""The prober process: imports one client, sends what the suite asks for, tells what came of it.

Like the worker it imports the standard library and the one client. Run as
`python -m http_benchmark.conformance.prober PARENT_PID`.
"""

import gc
import json
import os
import sys
import warnings
from inspect import signature
from pathlib import Path
from typing import Any

from http_benchmark.clients import load_adapter
from http_benchmark.clients.base import AsyncClient, Client
from http_benchmark.conformance import protocol
from http_benchmark.conformance.driving import AsyncDriver, Driver, SyncDriver
from http_benchmark.errors import UnsupportedOptionError
from http_benchmark.lifeline import die_with_parent, take_stdout
from http_benchmark.worker.usage import thread_count

_DESCRIPTORS = Path("/proc/self/fd")


def main() -> None:
    """Serve the suite until it closes the pipe."""
    die_with_parent(int(sys.argv[1]))
    answers = take_stdout()
    prober = Prober()
    for line in sys.stdin.buffer:
        answers.write(json.dumps(protocol.encode(prober.answer(protocol.decode(json.loads(line))))).encode() + b"\n")
        answers.flush()


class Prober:
    """One client after the other, all of one class."""

    def __init__(self) -> None:
        self._driver: Driver | None = None
        self._environment: dict[str, str] = {}
        self._complaints: list[str] = []
        warnings.simplefilter("always")
        warnings.showwarning = self._warn
        sys.unraisablehook = self._complain

    def answer(self, order: protocol.Message) -> protocol.Message:
        """Do what is asked for."""
        try:
            return self._obey(order)
        except ImportError as error:
            return protocol.Broken(reason=str(error), kind="unavailable")
        except UnsupportedOptionError as error:
            return protocol.Broken(reason=str(error), kind="unsupported")
        except Exception as error:  # noqa: BLE001 - the edge of the process: the suite decides what follows
            return protocol.Broken(reason=f"{type(error).__name__}: {error}".removesuffix(": "), kind="failed")

    def _obey(self, order: protocol.Message) -> protocol.Message:
        if isinstance(order, protocol.Open):
            return self._open(order)
        assert self._driver is not None, f"{order} without a client"
        if isinstance(order, protocol.Send):
            return protocol.Sent(self._driver.send(order))
        if isinstance(order, protocol.Close):
            tasks = self._driver.close()
            self._restore_environment()
            return protocol.Closed(tasks)
        assert isinstance(order, protocol.Forget)
        self._driver = None
        gc.collect()
        complaints, self._complaints = tuple(self._complaints), []
        return protocol.Forgotten(_left(), complaints)

    def _open(self, order: protocol.Open) -> protocol.Opened:
        adapter = load_adapter(order.module)
        client: Client | AsyncClient = getattr(adapter, order.class_name)()
        if "inspect" not in signature(client.prepare).parameters:
            raise TypeError(
                f"the adapter {order.module} cannot show what it receives: its prepare() takes no `inspect`; "
                "see docs/adapters.md"
            )
        before = _left()
        self._environment = {name: os.environ.get(name, "") for name in order.environment}
        os.environ.update(order.environment)
        try:
            if isinstance(client, AsyncClient):
                self._driver = AsyncDriver(client, order.options, adapter.ERRORS)
            else:
                self._driver = SyncDriver(client, order.options, adapter.ERRORS)
        except BaseException:
            self._restore_environment()
            raise
        return protocol.Opened(before)

    def _restore_environment(self) -> None:
        for name, value in self._environment.items():
            if value:
                os.environ[name] = value
            else:
                os.environ.pop(name, None)

    def _warn(self, message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        self._complaints.append(f"{category.__name__}: {message}")

    def _complain(self, unraisable: Any) -> None:
        self._complaints.append(f"{type(unraisable.exc_value).__name__}: {unraisable.exc_value}")


def _left() -> protocol.Left:
    return protocol.Left(thread_count(), _descriptor_count())


def _descriptor_count() -> int | None:
    try:
        return sum(1 for _ in _DESCRIPTORS.iterdir()) - 1  # one is the listing's own
    except OSError:
        return None


if __name__ == "__main__":
    main()
