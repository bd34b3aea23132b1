"""The form that starts a run: what was filled in stays, and each fault stands beside its field."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from http_benchmark.api.models import JobOrder
from http_benchmark.api.pages.rendering import Fields, Form, PageRoute, faults_in, options, page, see
from http_benchmark.api.problems import ProblemError
from http_benchmark.api.routes.clients import list_clients
from http_benchmark.api.routes.jobs import order_job
from http_benchmark.api.shared import Common
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import faults_of
from http_benchmark.redaction import cleared

router = APIRouter(route_class=PageRoute)

_NUMBERS = ("concurrency", "rate", "blocks", "duration", "warmup", "body_size", "until", "seed", "timeout", "processes")
_TEXTS = ("name", "url", "method", "http")
_SWITCHES = ("quick", "tls")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_FIELDS = ("contenders", "tag", *_NUMBERS, *_TEXTS, *_SWITCHES)
_EMPTY = Fields([("load", "closed"), ("method", "GET"), ("quick", "on")])


class _Fault(NamedTuple):
    """What was wrong with a field; None for no single one."""

    field: str | None
    words: str


@router.get("/start")
def show_form(request: Request) -> Response:
    """The form, with what a first look needs."""
    return _shown(request, _EMPTY, ())


@router.post("/start")
def start(request: Request, form: Form, shared: Common) -> Response:
    """Queue the run, and show how it goes; or the form again, with what was wrong."""
    faults: list[_Fault] = []
    try:
        job = order_job(JobOrder.model_validate(_order(form)), Response(), shared)
    except ValidationError as error:
        for details in error.errors():
            field = str(details["loc"][0])
            if field not in {fault.field for fault in faults}:  # a rate may be one or many, and fails at both
                faults += [
                    _Fault(field if field in _FIELDS else None, words)
                    for words in map(cleared, faults_of({**details, "loc": (field,)}))
                ]
    except ConfigurationError as error:
        faults = [_Fault(_field(words), words) for words in faults_in(error)]
    except ProblemError as error:
        faults = [_Fault(None, str(error.detail))]
    else:
        return see(f"/experiments/{job.id}")
    return _shown(request, form, faults)


def _order(form: Fields) -> dict[str, Any]:
    """What was filled in, by the names that a job has for it."""
    given: dict[str, Any] = {name: form.get(name) for name in (*_NUMBERS, *_TEXTS) if name in form}
    if form.get("load") == "open":
        given.setdefault("rate", "nothing")
    else:
        given.pop("rate", None)
    given |= {name: True for name in _SWITCHES if name in form}
    given["contenders"] = form.all("contenders")
    given["tag"] = form.split("tag")
    return given


def _field(words: str) -> str | None:
    """Which field of the form it is about, by the first word that names one."""
    named = re.match(r"[a-z_]+", words.replace("contender ", "contenders ", 1))
    return named[0] if named and named[0] in _FIELDS else None


def _shown(request: Request, form: Fields, faults: Sequence[_Fault]) -> Response:
    shared = request.app.state.shared
    clients = [client for client in list_clients().clients if client.version is not None]
    beside = {field: [fault.words for fault in faults if fault.field == field] for field in _FIELDS}
    return page(
        request,
        "start",
        422 if faults else 200,
        form=form,
        faults=faults,
        beside=beside,
        clients=clients,
        others=[client for client in list_clients().clients if client.version is None],
        chosen=form.all("contenders"),
        methods=options(_METHODS, form.get("method", "GET")),
        protocols=options(
            ("", "1.1", "2"), form.get("http"), {"": "as the client has it", "1.1": "HTTP/1.1", "2": "HTTP/2"}
        ),
        targets=[
            f"{target.host}:{target.port}" if target.port else target.host for target in shared.settings.allowed_targets
        ],
    )
