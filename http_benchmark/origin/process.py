"""The controller's handle on an origin that runs in a process of its own."""

import os
from collections.abc import Collection
from threading import Lock
from typing import Any, Self

from http_benchmark.errors import TargetError, WorkerError
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.journal import Entries
from http_benchmark.origin.options import PLAIN, OriginOptions
from http_benchmark.utils.child import Child

_START_PATIENCE_S = 20.0
_ANSWER_PATIENCE_S = 10.0  # it answers between requests; a loaded machine may keep it waiting


class OriginProcess:
    """A running origin; started at construction, ended by `stop` or by leaving the `with` block.

    It also ends by itself when this process or the thread that started it does.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 for a free one.
        cpus: Processors to run on; all by default.
        options: What kind of server it is.

    Attributes:
        url: Where it is reached, without a slash at the end, for example "http://127.0.0.1:34567".
        urls: The same for each of its addresses, the first one's first.
        ca_file: PEM file of the authority that its clients have to trust, while it runs; None without TLS.
        pid: Its process id.

    Raises:
        TargetError: It could not be started, for example since the port is taken.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        cpus: Collection[int] = (),
        options: OriginOptions = PLAIN,
    ) -> None:
        self._asking = Lock()  # several threads may ask, and an answer does not say to which question
        self._child = Child(
            "http_benchmark.origin.main",
            [
                f"--host={host}",
                f"--port={port}",
                f"--cpus={','.join(map(str, sorted(cpus)))}",
                f"--options={options.to_json()}",
                f"--child={os.getpid()}",
            ],
            name="the bundled origin",
        )
        try:
            self.urls, self.ca_file = self._listening()
        except BaseException:
            self._child.kill()
            raise
        self.url = self.urls[0]
        self.pid = self._child.pid

    def counts(self) -> ServerCounts:
        """What it has seen since it was started.

        Raises:
            TargetError: It is no longer there.
        """
        return ServerCounts.from_dict(self._ask({"do": "counts"}))

    def settle(self) -> ServerCounts:
        """The same, between two turns: what is under way now counts as dropped, and nothing that comes of it.

        Raises:
            TargetError: It is no longer there.
        """
        return ServerCounts.from_dict(self._ask({"do": "settle"}))

    def take_requested(self) -> dict[str, int]:
        """Requests as in `origin.requested`, as many as came since this was asked last.

        Raises:
            TargetError: It is no longer there.
        """
        return self._ask({"do": "take-requested"})

    def expect(self, contender: str | None, part: int) -> None:
        """Announce who sends the requests that come next, and which part of its trial that is; only with faults.

        Requests and connections are numbered from 0 again, and by these numbers meet faults; those of None meet none.

        Raises:
            TargetError: It is no longer there.
        """
        self._ask({"do": "expect", "contender": contender, "part": part})

    def open_connections(self, contender: str) -> int:
        """How many of the connections are open that came while this contender was expected; only with faults.

        Raises:
            TargetError: It is no longer there.
        """
        answer: int = self._ask({"do": "open-connections", "contender": contender})["open"]
        return answer

    def start_journal(self) -> None:
        """Have it write down, from now on, every request and the end of every connection that is opened.

        Said again, it forgets what it wrote down, and writes no more of the connections that are open.

        Raises:
            TargetError: It is no longer there.
        """
        self._ask({"do": "start-journal"})

    def journal(self) -> Entries:
        """What it wrote down since `start_journal`.

        Raises:
            TargetError: It is no longer there.
        """
        return Entries.from_dict(self._ask({"do": "journal"}))

    def complaints(self) -> str:
        """What it printed to standard error: faults of its own, each of which ended a connection; "" once stopped."""
        return self._child.complaints()

    def stop(self) -> None:
        """End it. Harmless when repeated."""
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            with self._asking:
                return self._child.ask(question, _ANSWER_PATIENCE_S)
        except WorkerError as error:
            raise TargetError(str(error)) from error

    def _listening(self) -> tuple[tuple[str, ...], str | None]:
        try:
            message = self._child.listen(_START_PATIENCE_S)
        except WorkerError as error:
            raise TargetError(str(error)) from error
        if message["is"] != "listening":
            raise TargetError(message["message"])
        return tuple(message["urls"]), message["ca_file"]
