"""What a workload sends before anything is measured, such as logins, and the values that it takes from the answers.

The controller sends it with the standard library's client, once per block for all contenders alike: a login is not
measured, and every contender then sends the same cookies and tokens.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from http_benchmark.clients.base import ClientOptions
from http_benchmark.errors import ConfigurationError, TargetError
from http_benchmark.redaction import cleared, know, without_secrets
from http_benchmark.workloads.cookies import cookies_set
from http_benchmark.workloads.exchange import Answer, exchange
from http_benchmark.workloads.mixing import concrete_request
from http_benchmark.workloads.nesting import parse_json
from http_benchmark.workloads.placeholders import as_placeholders
from http_benchmark.workloads.workload import Row, Step, Take, Workload

_PLAIN = ("Accept-Encoding", "identity")  # the standard library decodes nothing


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
        **as_placeholders(workload.references),
        **workload.taken,
        **{f"{step.for_each}.{column}": value for column, value in row.items()},
    }
    plain = (*(pair for pair in headers if pair[0].lower() != _PLAIN[0].lower()), _PLAIN)
    try:
        request = concrete_request(step.template, values, base_url, moved=moved, headers=plain)
    except ConfigurationError as error:
        raise ConfigurationError([f"{name}: {fault}" for fault in error.faults]) from None
    try:
        answer = exchange(request, options)
    except (OSError, UnicodeError, http.client.HTTPException) as error:  # Unicode: no host can have that name
        raise TargetError(
            f"{name}: {cleared(without_secrets(str(error) or type(error).__name__))}; is the server there?"
        ) from error
    if answer.status >= 400:
        raise TargetError(f"{name} was answered {answer.status}; correct what it sends, or the credentials")
    taken = {key: _value(take, answer, f"{name}: {key}") for key, take in step.takes.items()}
    for value in taken.values():
        know(value)
    return taken


def _value(take: Take, answer: Answer, what: str) -> str:
    """What a step takes out of an answer.

    Raises:
        TargetError: It is not there.
    """
    cookies = cookies_set(answer.headers)
    if take.kind == "cookies":
        return "; ".join(f"{name}={value}" for name, value in cookies.items())
    found: object = None
    if take.kind == "cookie":
        found = cookies.get(take.name)
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
        node = parse_json(body, "the answer")
    except ConfigurationError:
        return None
    for part in path.split("."):
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node
