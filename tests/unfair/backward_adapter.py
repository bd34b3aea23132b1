"""A client that claims HTTP/2."""

from dataclasses import replace

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import ClientOptions

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "BackwardClient"},
    "http2": True,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "BackwardClient"]


class BackwardClient(FairClient):
    """Speaks HTTP/1.1, whatever was ordered."""

    name = "backward"

    def open(self, options: ClientOptions) -> None:
        super().open(replace(options, http_version="1.1"))
