"""A client of which it is known what a request costs, and where: in `burning_pool.py`."""

from burning_pool import BurningPool

from http_benchmark.clients.base import Client, ClientOptions, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "explained",
    "install": "only a test has it",
    "modes": {"sync": "BurningClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((OSError, ErrorKind.OTHER),)


class BurningClient(Client):
    """Answers 200 after a search for a connection, and without one."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request) -> Send:
        pool = BurningPool()

        def send() -> int:
            pool.find_connection()
            return 200

        return send

    def close(self) -> None:
        """Close nothing."""
