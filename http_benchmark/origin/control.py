"""The controller's line to the origin's process: JSON lines on standard input and output, served by the event loop."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any

_READ_BYTES = 65536


class ControlChannel:
    """Answers the controller's questions as they come, without a thread.

    Args:
        answer: Makes the reply to one message.
        on_end: Called when the controller closes the channel or is gone.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], dict[str, Any]], on_end: Callable[[], None]) -> None:
        self._answer = answer
        self._on_end = on_end
        self._unread = b""
        self._input = sys.stdin.fileno()
        asyncio.get_running_loop().add_reader(self._input, self._read)

    def _read(self) -> None:
        data = os.read(self._input, _READ_BYTES)
        if not data:
            asyncio.get_running_loop().remove_reader(self._input)
            self._on_end()
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            say(self._answer(json.loads(line)))


def say(message: dict[str, Any]) -> None:
    """Send one message to the controller."""
    os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")
