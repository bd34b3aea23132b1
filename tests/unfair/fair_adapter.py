"""A client that does the work that it is asked to do; what the others are measured against."""

from fair_client import ERRORS, FairClient

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "FairClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
    "proxy": True,
}

__all__ = ["CAPABILITIES", "ERRORS", "FairClient"]
