"""A client that does its work where it is looked at."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "TwofacedClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "TwofacedClient"]


class TwofacedClient(FairClient):
    """Asks for heads alone where nobody inspects bodies."""

    name = "twofaced"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        if inspect is None and request.method == "GET":
            request = replace(request, method="HEAD")
        return super().prepare(request, inspect)
