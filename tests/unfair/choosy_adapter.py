"""A client that chooses among the requests of a workload."""

from collections.abc import Sequence

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Observe, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "ChoosyClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "ChoosyClient"]


class ChoosyClient(FairClient):
    """Sends the first of them, as often as all together should be sent."""

    name = "choosy"

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[Send]:
        return super().prepare_each(requests[:1] * len(requests), observe)
