"""Retries by the harness, the same for every client: a wrapper around `send`, used only where they are asked for.

The waits between the attempts are computed by the controller, which has a library for that. A request keeps one
sample: its duration spans all attempts, its code is that of the last one.
"""

import asyncio
import time
from collections.abc import Sequence

from http_benchmark.clients.base import AsyncSend, Send
from http_benchmark.load.failures import Failures

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


class Retries:
    """How failed requests are tried again.

    Args:
        delays_s: Wait before the second, third, … attempt.
        failures: The failures that deserve another attempt.

    Attributes:
        count: Attempts beyond the first, so far.
    """

    def __init__(self, delays_s: Sequence[float], failures: Failures) -> None:
        self._delays_s = delays_s
        self._failures = failures.classes
        self.count = 0

    def wrap(self, send: Send) -> Send:
        """Make a `send` that tries again."""
        if not self._delays_s:
            return send

        def send_again() -> int:
            for delay_s in self._delays_s:
                try:
                    status = send()
                except self._failures:
                    pass
                else:
                    if status not in RETRIED_STATUSES:
                        return status
                self.count += 1
                time.sleep(delay_s)
            return send()

        return send_again

    def wrap_async(self, send: AsyncSend) -> AsyncSend:
        """As `wrap`, for a task."""
        if not self._delays_s:
            return send

        async def send_again() -> int:
            for delay_s in self._delays_s:
                try:
                    status = await send()
                except self._failures:
                    pass
                else:
                    if status not in RETRIED_STATUSES:
                        return status
                self.count += 1
                await asyncio.sleep(delay_s)
            return await send()

        return send_again
