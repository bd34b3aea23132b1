"""A client that asks for something else, of the same size."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "StrayingClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "StrayingClient"]


class StrayingClient(FairClient):
    """Changes the last character of each path."""

    name = "straying"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        return super().prepare(replace(request, url=request.url[:-1] + "x"), inspect)
