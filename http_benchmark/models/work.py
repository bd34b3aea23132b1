"""What a contender was ordered to do, beside what the origin saw of it; part of the published result of an experiment.

It is computed in `stats.work`, and judged in `stats.deviations`.
"""

from typing import Literal

from http_benchmark.models.base import Model

Severity = Literal["less-work", "other-work", "shown"]

DeviationCode = Literal[
    "requests-missing",
    "other-requests",
    "other-headers",
    "errors-swallowed",
    "body-unread",
    "upload-differs",
    "answers-differ",
    "protocol",
    "certificate-unchecked",
    "proxy-unused",
    "no-reuse",
    "extra-connections",
    "tls-handshakes",
    "asked-ahead",
    "retries-hidden",
    "late",
    "headers-differ",
]


class Deviation(Model):
    """One way in which a contender's work was not what was ordered.

    Attributes:
        code: From the closed list in `docs/json.md`.
        what: For a person, to stand behind the contender's name.
        ordered: What should have been seen.
        seen: What was.
        severity: With less or other work a contender is not ranked; what is only shown it may not be able to help.
    """

    code: DeviationCode
    what: str
    ordered: float | None = None
    seen: float | None = None
    severity: Severity


class Count(Model):
    """A number as it was ordered, and as the origin saw it; None where one is not known."""

    ordered: int | None = None
    seen: int | None = None


class Work(Model):
    """A contender's work over all its trials, warm-up included; what the origin did not show is None.

    Attributes:
        requests: Sent by the worker (with redirects that it was to follow), and read by the origin.
        connections: As many as there may be (the concurrency of each trial, and one for each that the origin closed, on
            request only where that was ordered), and accepted.
        tls_handshakes: One for each connection with TLS, none without; and done.
        tls_resumptions: Handshakes that resumed a session.
        protocols: Requests by version of HTTP: "1.0", "1.1", "2".
        statuses: Answers by HTTP status.
        request_header_bytes: All that came in and was no content of a body.
        request_body_bytes: As long as the configured body is for each request that was seen; and received.
        response_header_bytes, response_body_bytes: Sent by the origin: heads of answers, and what followed them.
        failures_reported: Requests that failed as the worker says, and attempts that it repeated.
        failures_seen: Requests that the origin answered with a status of 400 and above, not at all, or not whole for a
            fault.
        unknown_requests: Of which nobody knows which they were: they could not be read, or too many were different.
        retries_seen: Requests beyond those that the worker knows of: repeated by the client itself.
        closed: Connections that the origin ended.
        closed_on_request: Those of them whose client asked for it, or spoke HTTP/1.0.
        reset_by_client: Connections that ended with a reset by the client.
        asked_ahead: Requests that came before the answer to the one before them, on the same connection, was written.
        late: Answers after the deadline that the client took for successes; they count as timeouts.
        deviations: What is not as ordered, in the order of the codes.
    """

    requests: Count = Count()
    connections: Count = Count()
    tls_handshakes: Count = Count()
    tls_resumptions: int | None = None
    protocols: dict[str, int] = {}
    statuses: dict[int, int] = {}
    request_header_bytes: int | None = None
    request_body_bytes: Count = Count()
    response_header_bytes: int | None = None
    response_body_bytes: int | None = None
    failures_reported: int = 0
    failures_seen: int | None = None
    unknown_requests: int | None = None
    retries_seen: int | None = None
    closed: int | None = None
    closed_on_request: int | None = None
    reset_by_client: int | None = None
    asked_ahead: int | None = None
    late: int = 0
    deviations: tuple[Deviation, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """In which ways less or other work was done, in words; empty where its figures are comparable."""
        return tuple(deviation.what for deviation in self.deviations if deviation.severity != "shown")
