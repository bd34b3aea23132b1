"""A client that does not look whose certificate it is shown."""

import ssl

from fair_client import ERRORS, FairClient

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "CarelessClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "CarelessClient"]


class CarelessClient(FairClient):
    """Checks who signed a certificate, and not for which host."""

    name = "careless"

    def tls(self) -> ssl.SSLContext:
        context = super().tls()
        context.check_hostname = False
        return context
