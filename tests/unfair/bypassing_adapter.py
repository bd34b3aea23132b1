"""A client that takes a proxy and does not use it."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import ClientOptions

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "BypassingClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
    "proxy": True,
}

__all__ = ["CAPABILITIES", "ERRORS", "BypassingClient"]


class BypassingClient(FairClient):
    """Sends everything directly."""

    name = "bypassing"

    def open(self, options: ClientOptions) -> None:
        super().open(replace(options, proxy=None))
