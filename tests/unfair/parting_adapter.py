"""A client that has each of its connections closed by the origin."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "PartingClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "PartingClient"]


class PartingClient(FairClient):
    """Adds `Connection: close` to every request."""

    name = "parting"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        parting = replace(request, headers=(*request.headers, ("Connection", "close")))
        return super().prepare(parting, inspect)
