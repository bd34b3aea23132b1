"""A client that does its work, with a connection that it keeps by thread: not unfair, but easily accused."""

import threading

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "ClingingClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "ClingingClient"]


class ClingingClient(FairClient):
    """Opens a connection in each thread that sends."""

    name = "clinging"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        prepare, own = super().prepare, threading.local()

        def send() -> int:
            if not hasattr(own, "send"):
                own.send = prepare(request, inspect)
            return own.send()

        return send
