"""A client that sends more than it was told to at first, and less later."""

from itertools import count

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import ClientOptions, Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "SavingClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "SavingClient"]

_SAVED = 20  # the first requests of all threads, each of which it sends twice
_SPENT = 150  # after so many requests as many are not sent at all


class SavingClient(FairClient):
    """Sends the first requests twice and later ones never: in the end as many came as were ordered."""

    name = "saving"

    def open(self, options: ClientOptions) -> None:
        super().open(options)
        self._numbers = count()  # of all threads

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        send, numbers = super().prepare(request, inspect), self._numbers

        def send_twice_or_never() -> int:
            number = next(numbers)
            if number < _SAVED:
                send()
            return 200 if _SPENT <= number < _SPENT + _SAVED else send()

        return send_twice_or_never
