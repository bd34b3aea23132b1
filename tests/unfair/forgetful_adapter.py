"""A client that opens a new connection for every request."""

import http.client

from fair_client import ERRORS, FairClient

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "ForgetfulClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "ForgetfulClient"]


class ForgetfulClient(FairClient):
    """Reads the whole answer, then closes."""

    name = "forgetful"

    def answer(self, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        answer = super().answer(connection)
        connection.close()
        return answer
