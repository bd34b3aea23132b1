"""Checks of how answers are taken: without a body, with an error's status, as a redirect, with a cookie."""

from collections.abc import Callable
from urllib.parse import quote

from http_benchmark.conformance.check import Check, expect, expect_requests, expect_statuses, told
from http_benchmark.conformance.examinee import HEADERS, DeviationError, Examinee
from http_benchmark.errors import ErrorKind
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess

_ERROR_STATUSES = (400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504)
_MOST_REDIRECTS = 20


def _without_body(method: str, path: str, status: int) -> Callable[[Examinee], str]:
    def ask(examinee: Examinee) -> str:
        for stream in (False, True):
            examinee.begin_again()
            with examinee.opened() as client:
                answers = client.send(client.ask(method, path, stream=stream), times=3, inspect=True)
            expect_statuses(status, answers)
            expect([0, 0, 0], [answer.body_bytes for answer in answers], "bytes of body")
            expect((3, 1), _requests_and_connections(examinee), "requests and connections")
        return "3 times without a body, over 1 connection, read whole and as a stream"

    return ask


def _statuses(examinee: Examinee) -> str:
    with examinee.opened() as client:
        answers = client.send(*(client.ask("GET", f"/status/{status}") for status in _ERROR_STATUSES))
    expect_statuses(_ERROR_STATUSES, answers)
    expect_requests(len(_ERROR_STATUSES), examinee)
    return ", ".join(map(str, _ERROR_STATUSES))


def _redirects_off(examinee: Examinee) -> str:
    with examinee.opened() as client:
        answers = client.get("/redirect/3")
    expect_statuses(302, answers)
    expect(["/redirect/3"], [request.target for request in examinee.seen().requests], "requests")
    return "302, and nothing followed"


def _redirects_on(examinee: Examinee) -> str:
    with examinee.opened(follow_redirects=True) as client:
        answers = client.get("/redirect/3")
    expect_statuses(200, answers)
    targets = [request.target for request in examinee.seen().requests]
    expect(["/redirect/3", "/redirect/2", "/redirect/1", "/get"], targets, "requests")
    return "3 followed, to a 200"


def _redirect_limit(examinee: Examinee) -> str:
    with examinee.opened(follow_redirects=True, max_redirects=_MOST_REDIRECTS) as client:
        expect_statuses(200, client.get(f"/redirect/{_MOST_REDIRECTS}"))
        (answer,) = client.get(f"/redirect/{_MOST_REDIRECTS + 1}")
    if answer.kind != ErrorKind.TOO_MANY_REDIRECTS:
        raise DeviationError(f"{told(answer)} instead of {ErrorKind.TOO_MANY_REDIRECTS}")
    return f"{_MOST_REDIRECTS} followed, one more is {answer.kind}"


def _credentials_stay(examinee: Examinee) -> str:
    given = (("Authorization", "Bearer x"), ("Cookie", "a=b"))
    with OriginProcess(options=OriginOptions(http2=examinee.contender.http2)) as other:
        other.start_journal()
        for elsewhere in (other.url, examinee.url("").replace("127.0.0.1", "localhost")):
            with examinee.opened(follow_redirects=True) as client:
                ask = client.ask(
                    "GET", f"/redirect-to?url={quote(elsewhere, safe='')}%2Fget", headers=(*HEADERS, *given)
                )
                expect_statuses(200, client.send(ask))
        arrived = [*other.journal().requests, *(one for one in examinee.seen().requests if one.target == "/get")]
    expect(2, len(arrived), "requests elsewhere")
    for port_or_host, request in zip(("port", "host"), arrived, strict=True):
        if carried := [name for name, _ in given if request.header(name) is not None]:
            raise DeviationError(f"{' and '.join(carried)} went along to another {port_or_host}")
    return "to another port and to another host neither went along"


def _cookies(examinee: Examinee) -> str:
    # By name, since some clients keep no cookies of hosts that are only an address.
    url = examinee.url("/cookies/set?taste=sweet").replace("127.0.0.1", "localhost")
    with examinee.opened() as client:
        expect_statuses(302, client.get(url, times=2))
    cookie = expect_requests(2, examinee)[1].header("Cookie")
    if cookie is not None:
        raise DeviationError(f"it came back: {cookie}")
    return "it did not come back"


def _requests_and_connections(examinee: Examinee) -> tuple[int, int]:
    seen = examinee.seen()
    return len(seen.requests), len(seen.connections)


CHECKS = (
    Check(
        "head",
        "Has an answer to HEAD no body, whatever its length says?",
        "three requests over one connection",
        _without_body("HEAD", "/bytes/1024", 200),
    ),
    Check("no-content", "Has a 204 no body?", "the same", _without_body("GET", "/status/204", 204)),
    Check("not-modified", "Has a 304 no body?", "the same", _without_body("GET", "/status/304", 304)),
    Check("statuses", "Are 4xx and 5xx told as what they are?", "one request each; their statuses", _statuses),
    Check("redirects-off", "Is a redirect an answer by default?", "one request; 302", _redirects_off),
    Check("redirects-on", "Are redirects followed when asked?", "the whole chain; 200", _redirects_on),
    Check(
        "redirect-limit",
        "Is the limit of redirects the last one followed?",
        f"{_MOST_REDIRECTS} are followed, {_MOST_REDIRECTS + 1} are too-many-redirects",
        _redirect_limit,
    ),
    Check(
        "credentials-stay",
        "Do credentials stay where they were sent when a redirect leads elsewhere?",
        "neither Authorization nor Cookie at another port, nor at another host",
        _credentials_stay,
    ),
    Check("cookies", "Are cookies ignored?", "no Cookie after a Set-Cookie", _cookies),
)
