"""A client that asks for heads where whole answers were ordered."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "LazyClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "LazyClient"]


class LazyClient(FairClient):
    """Sends HEAD for GET."""

    name = "lazy"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        method = "HEAD" if request.method == "GET" else request.method
        return super().prepare(replace(request, method=method), inspect)
