"""A client that uploads half of a body."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "StingyClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "StingyClient"]


class StingyClient(FairClient):
    """Announces the half as the whole, so that no server can notice."""

    name = "stingy"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        return super().prepare(replace(request, body=request.body[: len(request.body) // 2]), inspect)
