"""A client that waits for an answer as long as it takes."""

import http.client

from fair_client import ERRORS, FairClient

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "PatientClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "PatientClient"]


class PatientClient(FairClient):
    """Has no timeout, whatever it was told."""

    name = "patient"

    def connection(self, scheme: str, host: str) -> http.client.HTTPConnection:
        connection = super().connection(scheme, host)
        connection.timeout = None
        return connection
