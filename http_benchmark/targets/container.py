"""A server in a container as a target: started from an image for the run, and removed at its end."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from http_benchmark.errors import TargetError, WorkerError
from http_benchmark.models.experiment import Target
from http_benchmark.models.image import Image
from http_benchmark.targets.foreign import UrlTarget
from http_benchmark.utils.child import Child, Interpreter
from http_benchmark.utils.resource_monitor import family

_START_PATIENCE_S = 1800.0  # between two words of the child, which waits for a registry and for the server
_LOOK_PATIENCE_S = 60.0  # a server that ended is removed before that is told
_STOP_PATIENCE_S = 30.0  # the engine stops the server, and takes down its network


class ContainerTarget(UrlTarget):
    """A server in a container of its own, on its own processors where there are several.

    A process apart starts it and removes it, since the engine's library brings HTTP clients along that the controller
    must not have. The process removes the container when this one ends, in whatever way.

    Args:
        image: What to start.
        path: Where on the server, with a leading slash.
        shown_path: What may be stored and shown of it.
        cpus: Processors to run it on; empty for any.
        say: Is told how an image is pulled.

    Raises:
        TargetError: No engine answers, there is no such image, or the server does not answer.
    """

    def __init__(
        self, image: Image, path: str, shown_path: str, cpus: Sequence[int], *, say: Callable[[str], None]
    ) -> None:
        order = asdict(image) | {"cpus": ",".join(map(str, sorted(cpus)))}
        try:
            self._child = Child(
                "http_benchmark.targets.container_main",
                [json.dumps(order)],
                name=f"the container of {image.name}",
                interpreter=Interpreter(variables=_of_the_engine()),
                stop_patience_s=_STOP_PATIENCE_S,
            )
        except WorkerError as error:
            raise TargetError(str(error)) from error
        try:
            answer = self._listening(say)
        except BaseException:
            self._child.stop()
            raise
        super().__init__(answer["url"] + path, answer["url"] + shown_path)
        self._pid: int | None = answer["pid"]
        self.description = Target(
            kind="docker", url=answer["url"] + shown_path, image=image.name, image_id=answer["image_id"]
        )

    def _listening(self, say: Callable[[str], None]) -> dict[str, Any]:
        """What the process says once the server answers."""
        while (answer := self._answer(_START_PATIENCE_S))["is"] == "pulling":
            say(answer["message"])
        return answer

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        try:
            answer = self._child.listen(timeout_s)
        except WorkerError as error:
            raise TargetError(str(error)) from error
        if answer["is"] == "failed":
            raise TargetError(answer["message"])
        return answer

    def require_running(self) -> None:
        try:
            self._child.tell({"is": "running?"})
        except WorkerError as error:
            raise TargetError(str(error)) from error
        self._answer(_LOOK_PATIENCE_S)

    def processes(self) -> tuple[int, ...]:
        return family(self._pid) if self._pid else ()

    def __exit__(self, *_: object) -> None:
        self._child.stop()


def _of_the_engine() -> tuple[tuple[str, str], ...]:
    """Variables that say which engine it is, and how to log in there, over SSH, too, and at registries."""
    return tuple(
        (name, value) for name, value in os.environ.items() if name.startswith("DOCKER_") or name == "SSH_AUTH_SOCK"
    )
