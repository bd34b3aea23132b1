"""Which requests and connections meet which of the ordered faults, and what that makes of a response.

Whether the k-th request, or connection, meets a fault follows from the seed, the fault and k alone: every client meets
the same faults at the same numbers, however fast it is and whatever it does about them.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from http_benchmark.faults import ON_CONNECTIONS, Fault, FaultKind
from http_benchmark.origin.messages import Response
from http_benchmark.origin.routes import UNAVAILABLE, bad_gzip

_BEFOREHAND = frozenset({FaultKind.DELAY, FaultKind.JITTER})  # any number of them may fall on one request


class Draw:
    """Numbers requests and connections from 0, and says what each of them meets.

    Args:
        faults: In order of precedence.
        seed: What the draw follows from.
    """

    def __init__(self, faults: Sequence[Fault], seed: str) -> None:
        self._of_requests = [fault for fault in faults if fault.kind not in ON_CONNECTIONS]
        self._of_connections = [fault for fault in faults if fault.kind in ON_CONNECTIONS]
        self._seed = seed
        self._requests = 0
        self._connections = 0

    def next_request(self) -> tuple[Fault, ...]:
        """What the next request meets: all its delays, and of what else would befall it the first in order."""
        met = [_drawn(fault, self._seed, self._requests) for fault in self._met(self._of_requests, self._requests)]
        self._requests += 1
        waits = [fault for fault in met if fault.kind in _BEFOREHAND]
        return (*waits, *[fault for fault in met if fault.kind not in _BEFOREHAND][:1])

    def next_connection(self) -> tuple[Fault, ...]:
        """What the next connection meets: of each kind the first in order."""
        met = self._met(self._of_connections, self._connections)
        self._connections += 1
        return tuple({fault.kind: fault for fault in reversed(met)}.values())

    def _met(self, faults: Sequence[Fault], number: int) -> list[Fault]:
        return [fault for fault in faults if meets(fault, self._seed, number)]


def meets(fault: Fault, seed: str, number: int) -> bool:
    """Whether the request, or connection, with this number meets a fault.

    A burst falls once into each window of as many numbers as it says; where in the window is drawn.
    """
    if fault.burst is not None:
        count, out_of = fault.burst
        window, place = divmod(number, out_of)
        first = int(_fraction(fault, seed, window) * (out_of - count + 1))
        return first <= place < first + count
    return fault.share >= 1 or _fraction(fault, seed, number) < fault.share


def befallen(response: Response, faults: Sequence[Fault]) -> Response:
    """A response to a request that met these faults; nobody else gets the same."""
    delay_s = response.delay_s
    for fault in faults:
        if fault.kind in _BEFOREHAND:
            delay_s += fault.amount
        elif fault.kind is FaultKind.UNAVAILABLE:
            response = UNAVAILABLE
        elif fault.kind is FaultKind.BAD_GZIP:
            response = bad_gzip()
        elif fault.kind is FaultKind.BAD_CHUNK:  # sent in place of any answer, it says 200
            response = replace(response, status=200, fault=fault)
        else:
            response = replace(response, fault=fault)
    return replace(response, delay_s=delay_s, repeatable=False)


def _drawn(fault: Fault, seed: str, number: int) -> Fault:
    """The fault with the amount that this request meets: of jitter, any part of what was ordered."""
    if fault.kind is not FaultKind.JITTER:
        return fault
    return replace(fault, amount=fault.amount * _fraction(fault, f"{seed}/amount", number))


def _fraction(fault: Fault, seed: str, number: int) -> float:
    """From 0 to below 1, evenly spread over the numbers."""
    what = f"{seed}/{fault.kind}/{fault.amount!r}/{fault.share!r}/{fault.burst}/{number}"
    return int.from_bytes(blake2b(what.encode(), digest_size=6).digest()) / 2**48
