"""What a check is, and how it states what it expects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from http_benchmark.conformance.examinee import DeviationError, Examinee
from http_benchmark.conformance.protocol import Answer
from http_benchmark.origin.journal import SeenRequest
from http_benchmark.units import format_duration

type Ask = Callable[[Examinee], str]
"""Puts the question; returns in a few words what was seen, where that is as it has to be.

Raises `DeviationError` where it is not, `NotOfferedError` where the client does not claim to do it.
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to every client.

    Attributes:
        id: How it is called, for `--check`, JSON and tables.
        question: One line; the answer that conforms is yes.
        witness: What the origin must have seen, or the client must have said.
        ask: Puts it.
        not_http2: Why it is not asked over HTTP/2; None where it is.
    """

    id: str
    question: str
    witness: str
    ask: Ask
    not_http2: str | None = None


def expect(expected: object, found: object, what: str) -> None:
    """Raise a deviation unless the two are equal: "connections: 3 instead of 1"."""
    if expected != found:
        raise DeviationError(f"{what}: {found} instead of {expected}")


def expect_statuses(expected: int | Sequence[int], answers: Sequence[Answer]) -> None:
    """Raise a deviation unless these statuses came back, each as the answer to its request."""
    wanted = [expected] * len(answers) if isinstance(expected, int) else list(expected)
    for status, answer in zip(wanted, answers, strict=True):
        if answer.status != status:
            raise DeviationError(f"{told(answer)} instead of {status}")


def expect_requests(count: int, examinee: Examinee) -> tuple[SeenRequest, ...]:
    """The requests that the origin saw; raise a deviation unless there are so many."""
    requests = examinee.seen().requests
    expect(count, len(requests), "requests")
    return requests


def told(answer: Answer) -> str:
    """What came of a request, as the client told it: "200", "timeout (ReadTimeout: …)"."""
    return str(answer.status) if answer.kind is None else f"{answer.kind} ({answer.error})"


def after(answer: Answer) -> str:
    """The same with the time that it took, without the client's own words: "timeout after 0.51 s"."""
    return f"{answer.kind or answer.status} after {format_duration(answer.duration_s)}"
