"""A client to which everything went well."""

import contextlib
import http.client

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "RosyClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "RosyClient"]


class RosyClient(FairClient):
    """Reports 200 whatever the answer says, and where there is none."""

    name = "rosy"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        send = super().prepare(request, inspect)

        def send_and_smile() -> int:
            with contextlib.suppress(OSError, http.client.HTTPException):
                send()
            return 200

        return send_and_smile
