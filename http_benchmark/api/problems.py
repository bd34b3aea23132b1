"""Errors as problem details (RFC 9457): what was wrong and what to do, and nothing of what is inside."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from loguru import logger
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from http_benchmark.errors import ConfigurationError, HTTPBenchmarkError
from http_benchmark.models.base import Model, faults_of
from http_benchmark.redaction import cleared

_NO_JSON = "the body must be a JSON object"

MEDIA_TYPE = "application/problem+json"


class Problem(Model):
    """What went wrong, by RFC 9457.

    Attributes:
        type: "about:blank": the status says what kind it is.
        title: Of the status.
        status: Of the answer.
        detail: What was wrong, and what to do.
        faults: One line for each fault of a request that has several.
    """

    type: str = "about:blank"
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    faults: tuple[str, ...] = ()


class ProblemError(HTTPException):
    """Ends a request with a problem.

    Args:
        status: Of the answer.
        detail: What was wrong, and what to do.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, dict(headers or {}))


def problem_response(
    status: int, detail: str, *, faults: Sequence[str] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A problem as an answer."""
    problem = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=cleared(detail), faults=tuple(map(cleared, faults))
    )
    return JSONResponse(problem.to_dict(), status, dict(headers or {}), MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an operation answers with, for its description."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": _REFERENCE}}}
        for status in statuses
    }


_REFERENCE = {"$ref": "#/components/schemas/Problem"}
SCHEMA = Problem.model_json_schema(mode="serialization")
"""What `responses` refers to."""


def install(app: FastAPI) -> None:
    """Answer all errors of an application with problems."""
    app.add_exception_handler(HTTPException, of_status)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(HTTPBenchmarkError, _of_ours)


def of_status(request: Request, error: Exception) -> JSONResponse:
    """What ended a request with a status, as a problem."""
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # is FastAPI's alone, for a body that is no text
        return problem_response(422, _NO_JSON)
    return problem_response(error.status_code, str(error.detail), headers=_whole(error.headers, request))


def _whole(headers: Mapping[str, str] | None, request: Request) -> Mapping[str, str] | None:
    """The same, but with all methods of an address that has a route for each, where those of one are named."""
    if not headers or "Allow" not in headers:
        return headers
    scopes = [{**request.scope, "method": method} for method in ("DELETE", "GET", "PATCH", "POST", "PUT")]
    there = [
        scope["method"]
        for scope in scopes
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]
    return {**headers, "Allow": ", ".join(there)}


def _of_request(_: Request, error: Exception) -> JSONResponse:
    """A request that is not of the described form; what was given is not repeated where it may be secret."""
    assert isinstance(error, RequestValidationError)
    faults = [fault for details in error.errors() for fault in _faults_of(details)]
    return problem_response(422, "; ".join(faults), faults=faults)


def _faults_of(details: dict[str, Any]) -> Sequence[str]:
    part, *path = details["loc"]  # where in the request it stands, then where in there
    if details["type"] == "json_invalid" or (part == "body" and not path):
        return [_NO_JSON]
    return faults_of({**details, "loc": tuple(path) or (part,)})


def _of_ours(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ConfigurationError):
        return problem_response(422, "; ".join(error.faults), faults=error.faults)
    logger.error("{}: {}", type(error).__name__, error)
    return problem_response(503, "the database or the machine cannot do it now; the server's log says why")


_OF_EVERY_OPERATION = (403, 408, 413, 415, 421, 422, 429, 500, 503)


def describe(operation: dict[str, Any], *, open_: bool) -> None:
    """Say in the description of an operation with which problems it may answer, and whether it asks for the token.

    Args:
        operation: Of the OpenAPI document; is changed.
        open_: It is there for everybody.
    """
    answers = operation["responses"]
    answers |= {str(status): description for status, description in responses(*_OF_EVERY_OPERATION).items()}
    if not open_:
        answers |= {str(status): description for status, description in responses(401).items()}
        operation["security"] = [{"token": []}]
