"""What a workload sends before anything is measured, such as logins, and the values that it takes from the answers.

The controller sends it with the standard library's client, once per block for all contenders alike: a login is not
measured, and every contender then sends the same cookies and tokens.
"""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.errors import ConfigurationError, TargetError
from http_benchmark.redaction import without_secrets
from http_benchmark.workloads.mixing import concrete_request
from http_benchmark.workloads.placeholders import as_placeholders
from http_benchmark.workloads.workload import Row, Step, Take, Workload

_PLAIN = ("Accept-Encoding", "identity")  # the standard library decodes nothing
_UPLOADING = frozenset({"POST", "PUT", "PATCH"})  # have a length, be it 0


class _Answer:
    """A response.

    Attributes:
        status: The HTTP status.
        headers: (name, value) pairs.
        body: The whole body.
    """

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.getheaders()
        self.body = response.read()

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it sets, by name."""
        cookies: dict[str, str] = {}
        for name, value in self.headers:
            if name.lower() == "set-cookie":
                cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
        return cookies


def set_up(
    workload: Workload, base_url: str, *, moved: bool, headers: tuple[tuple[str, str], ...], options: ClientOptions
) -> Workload:
    """Send the steps of a workload; the same workload without them, with the values that they took.

    Args:
        workload: With or without steps.
        base_url: Where paths go.
        moved: Send absolute URLs there too.
        headers: What every request has that does not bring the same header itself.
        options: Deadline and certificates are as for the clients.

    Raises:
        TargetError: A step was not answered, or not as it should be.
        ConfigurationError: A step is no request.
    """
    for step in workload.setup:
        if step.for_each is None:
            taken = _taken(step, {}, workload, base_url, moved=moved, headers=headers, options=options)
            workload = replace(workload, taken={**workload.taken, **taken})
        else:
            rows = [
                {**row, **_taken(step, row, workload, base_url, moved=moved, headers=headers, options=options)}
                for row in workload.tables[step.for_each]
            ]
            workload = replace(workload, tables={**workload.tables, step.for_each: tuple(rows)})
    return replace(workload, setup=())


def as_if_set_up(workload: Workload) -> Workload:
    """The same workload with something in the place of each value that steps would take, to be looked at."""
    for step in workload.setup:
        something = dict.fromkeys(step.takes, "x")
        if step.for_each is None:
            workload = replace(workload, taken={**workload.taken, **something})
        else:
            rows = tuple({**row, **something} for row in workload.tables[step.for_each])
            workload = replace(workload, tables={**workload.tables, step.for_each: rows})
    return workload


def _taken(
    step: Step,
    row: Row,
    workload: Workload,
    base_url: str,
    *,
    moved: bool,
    headers: tuple[tuple[str, str], ...],
    options: ClientOptions,
) -> dict[str, str]:
    name = f"{workload.path.name}: setup {step.template.name!r}"
    values = {
        **as_placeholders(workload.environment),
        **workload.taken,
        **{f"{step.for_each}.{column}": value for column, value in row.items()},
    }
    plain = (*(pair for pair in headers if pair[0].lower() != _PLAIN[0].lower()), _PLAIN)
    try:
        request = concrete_request(step.template, values, base_url, moved=moved, headers=plain)
    except ConfigurationError as error:
        raise ConfigurationError([f"{name}: {fault}" for fault in error.faults]) from None
    try:
        answer = _send(request, options)
    except (OSError, http.client.HTTPException) as error:
        raise TargetError(
            f"{name}: {without_secrets(str(error) or type(error).__name__)}; is the server there?"
        ) from error
    if answer.status >= 400:
        raise TargetError(f"{name} was answered {answer.status}; correct what it sends, or the credentials")
    return {key: _value(take, answer, f"{name}: {key}") for key, take in step.takes.items()}


def _send(request: Request, options: ClientOptions) -> _Answer:
    url = urlsplit(request.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    host, headers = url.netloc, _with_own(request)
    connection = (
        http.client.HTTPConnection(host, timeout=options.timeout_s)
        if url.scheme == "http"
        else http.client.HTTPSConnection(host, timeout=options.timeout_s, context=_tls(options))
    )
    try:
        has_host = any(name.lower() == "host" for name, _ in headers)
        connection.putrequest(request.method, target, skip_host=has_host, skip_accept_encoding=True)
        for header in headers:
            connection.putheader(*header)
        connection.endheaders(request.body or None)
        with connection.getresponse() as response:
            return _Answer(response)
    finally:
        connection.close()


def _with_own(request: Request) -> list[tuple[str, str]]:
    """The headers of a request, with those that follow from its body."""
    headers, names = list(request.headers), {name.lower() for name, _ in request.headers}
    if (request.body or request.method in _UPLOADING) and "content-length" not in names:
        headers.append(("Content-Length", str(len(request.body))))
    return headers


def _tls(options: ClientOptions) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca_file)
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _value(take: Take, answer: _Answer, what: str) -> str:
    """What a step takes out of an answer.

    Raises:
        TargetError: It is not there.
    """
    if take.kind == "cookies":
        return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    found: object = None
    if take.kind == "cookie":
        found = answer.cookies.get(take.name)
    elif take.kind == "header":
        found = next((value for name, value in answer.headers if name.lower() == take.name.lower()), None)
    else:
        found = _in_json(answer.body, take.name)
    if not isinstance(found, str | int | float):
        raise TargetError(f"{what}: the answer has no {take.kind} {take.name!r}; correct what is taken")
    return json.dumps(found) if isinstance(found, bool) else str(found)


def _in_json(body: bytes, path: str) -> Any:
    """What stands in a JSON document at a path of keys and numbers with dots between; None where there is nothing."""
    try:
        node: Any = json.loads(body)
    except ValueError:
        return None
    for part in path.split("."):
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node
