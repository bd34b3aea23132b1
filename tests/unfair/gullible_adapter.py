"""A client that believes every certificate."""

import ssl

from fair_client import ERRORS, FairClient

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "GullibleClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "GullibleClient"]


class GullibleClient(FairClient):
    """Checks neither who signed a certificate nor whose it is."""

    name = "gullible"

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
