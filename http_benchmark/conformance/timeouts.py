"""Checks of what a client cuts off by itself when its timeout is over, and how late.

A run does not depend on it: there whatever ends after the deadline counts as a timeout.
"""

import contextlib
import socket
from collections.abc import Callable, Iterator

from http_benchmark.conformance.check import Check, after
from http_benchmark.conformance.examinee import DeviationError, Examinee
from http_benchmark.errors import ErrorKind
from http_benchmark.units import format_duration

TIMEOUT_S = 0.5
SLOW_S = 3.0
"""How long the origin takes to go on."""

_LATE_S = 1.5  # beyond the timeout; generous, since machines are busy
_PATIENCE_S = 20.0
_BODY_PIECES = 2
_TRICKLE_S = 1.2
_DROPS = 30  # in that time: no single wait comes near the timeout


def _connecting(examinee: Examinee) -> str:
    with black_hole() as port:
        return _cut_off(examinee, f"http://127.0.0.1:{port}/", ErrorKind.CONNECT_TIMEOUT)


def _waiting(path: str) -> Callable[[Examinee], str]:
    def ask(examinee: Examinee) -> str:
        return _cut_off(examinee, path, ErrorKind.TIMEOUT)

    return ask


def _cut_off(examinee: Examinee, path: str, kind: ErrorKind) -> str:
    with examinee.opened(timeout_s=TIMEOUT_S, concurrency=2) as client:
        client.get("/status/200")  # libraries load more with their first request
        asks = [client.ask("GET", path, stream=stream) for stream in (False, True)]
        answers = client.send(*asks, at_once=True, patience_s=_PATIENCE_S)
    for answer in answers:
        if answer.kind != kind or answer.duration_s > TIMEOUT_S + _LATE_S:
            raise DeviationError(f"{after(answer)} instead of {kind} after {format_duration(TIMEOUT_S)}")
    return ", streamed ".join(map(after, answers))


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port on which connecting neither succeeds nor fails: it listens, but its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield listener.getsockname()[1]


CHECKS = (
    Check(
        "slow-connect",
        "Is connecting to a black hole cut off, as connect-timeout?",
        f"the failure within {_LATE_S:g} s of the timeout",
        _connecting,
    ),
    Check("slow-headers", "Are headers that do not come cut off?", "a timeout, likewise", _waiting(f"/delay/{SLOW_S}")),
    Check(
        "slow-body",
        "Is a body that stops cut off?",
        "a timeout, likewise",
        _waiting(f"/drip?numbytes={_BODY_PIECES}&duration={_BODY_PIECES * SLOW_S}"),
    ),
    Check(
        "trickle",
        "Is a body that trickles cut off, so that the timeout is a deadline?",
        "a timeout, likewise, though no single wait reaches it",
        _waiting(f"/drip?numbytes={_DROPS}&duration={_TRICKLE_S}"),
    ),
)
