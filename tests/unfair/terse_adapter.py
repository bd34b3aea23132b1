"""A client that leaves out a header."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "TerseClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "TerseClient"]


class TerseClient(FairClient):
    """Does not say which encodings it takes."""

    name = "terse"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        headers = tuple(pair for pair in request.headers if pair[0] != "Accept-Encoding")
        return super().prepare(replace(request, headers=headers), inspect)
