"""A client that holds twice as many connections as it was given."""

from itertools import cycle

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "SprawlingClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "SprawlingClient"]


class SprawlingClient(FairClient):
    """Takes turns between two connections for each thread, and keeps both."""

    name = "sprawling"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        sends = cycle([super().prepare(request, inspect), super().prepare(request, inspect)])

        def send_by_the_next_one() -> int:
            return next(sends)()

        return send_by_the_next_one
