"""Slower by 5 % on purpose: urllib3, which after each request spins for a twentieth of the time that it took (K13)."""

from time import perf_counter_ns

from http_benchmark.clients.base import Inspect, Request, Send
from http_benchmark.clients.urllib3_adapter import ERRORS, Urllib3Client

__all__ = ["ERRORS", "SLOWER_BY", "SpinningClient"]

SLOWER_BY = 0.05
_PARTS = round(1 / SLOWER_BY)


class SpinningClient(Urllib3Client):
    """Does all that urllib3 does, and then nothing for a while, keeping the processor busy."""

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        send = super().prepare(request, inspect)

        def send_and_spin() -> int:
            started = perf_counter_ns()
            status = send()
            ended = perf_counter_ns()
            until = ended + (ended - started) // _PARTS
            while perf_counter_ns() < until:
                pass
            return status

        return send_and_spin
