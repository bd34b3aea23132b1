"""A client that sends requests again without a word."""

import http.client
from itertools import count

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import ClientOptions, Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "StubbornClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "StubbornClient"]

_DOUBTS = 20  # after so many requests it does not trust an answer, whatever it says


class StubbornClient(FairClient):
    """Sends a request a second time where the first one failed, and each twentieth in any case."""

    name = "stubborn"

    def open(self, options: ClientOptions) -> None:
        super().open(options)
        self._numbers = count(1)  # of all threads

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        send, numbers = super().prepare(request, inspect), self._numbers

        def send_until_content() -> int:
            try:
                status = send()
            except (OSError, http.client.HTTPException):
                return send()
            return send() if status >= 500 or next(numbers) % _DOUBTS == 0 else status

        return send_until_content
