"""How pages are made: templates, forms, and errors as pages."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version as version_of
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from loguru import logger
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from http_benchmark import __version__
from http_benchmark.errors import ConfigurationError, HTTPBenchmarkError
from http_benchmark.models.base import Model, faults_of
from http_benchmark.redaction import cleared
from http_benchmark.report.html import environment, themes
from http_benchmark.report.images import VEGA_LITE

_MOST_FIELDS = 200

_VERDICTS = {"valid": "✓", "suspect": "?", "invalid": "✗"}


class Fields:
    """What a form holds, or the query of an address; empty fields count as not filled in.

    Args:
        pairs: Names and values, as they came.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = [(name, value.strip()) for name, value in pairs if value.strip()]

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        return next((value for field, value in reversed(self._pairs) if field == name), default)

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for field, value in self._pairs if field == name]

    def __contains__(self, name: object) -> bool:
        return any(field == name for field, _ in self._pairs)

    def __str__(self) -> str:
        return urlencode(self._pairs)

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def changed(self, **changes: str | Sequence[str] | None) -> "Fields":
        """The same with some fields changed to a value or to several, or left out for None."""
        pairs = [pair for pair in self._pairs if pair[0] not in changes]
        for name, change in changes.items():
            pairs += [(name, value) for value in ([change] if isinstance(change, str) else change or ())]
        return Fields(pairs)

    def split(self, name: str) -> list[str]:
        """The words of a field, which commas separate."""
        return [word.strip() for word in self.get(name).split(",") if word.strip()]

    def address(self, path: str, **changes: str | Sequence[str] | None) -> str:
        """A path with these fields as its query, some of them changed, or left out for None."""
        query = str(self.changed(**changes))
        return f"{path}?{query}" if query else path


async def _form(request: Request) -> Fields:
    """The fields of a form that was sent.

    Raises:
        HTTPException: It is no text, or of more fields than any form has.
    """
    try:
        return Fields(parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(422, "the form cannot be read; go back and send it again") from None


def _query(request: Request) -> Fields:
    return Fields(request.query_params.multi_items())


Form = Annotated[Fields, Depends(_form)]
Query = Annotated[Fields, Depends(_query)]


class PageRoute(APIRoute):
    """Answers with pages where something is wrong, too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_with_page(request: Request) -> Response:
            try:
                return await answer(request)
            except HTTPException as error:
                return error_page(request, error.status_code, [str(error.detail)])
            except (RequestValidationError, ConfigurationError) as error:
                return error_page(request, 422, faults_in(error))
            except HTTPBenchmarkError as error:
                logger.error("{}: {}", type(error).__name__, error)
                return error_page(request, 503, ["the database or the machine cannot do it now; the log says why"])

        return answer_with_page


def page(request: Request, name: str, status: int = 200, **told: Any) -> HTMLResponse:
    """A page of a template.

    Args:
        request: That it answers.
        name: Of the template.
        status: Of the answer.
        told: What the template tells.
    """
    signed = request.app.state.shared.settings.token is not None
    template = environment("http_benchmark.api.pages", "http_benchmark.report").get_template(f"{name}.html.j2")
    text = template.render(
        {
            "path": request.url.path,
            "version": __version__,
            "signed": signed,
            "moment": _moment,
            "mark": _VERDICTS.get,
            "vega": vega_address(),
            "themes": themes,
        }
        | told
    )
    # Without a referrer browsers would not say either where a form comes from.
    return HTMLResponse(text, status, {"Referrer-Policy": "same-origin"})


def see(path: str) -> Response:
    """Go there, and look."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def vega_address() -> str:
    """Where the script is that draws pictures; another one with each version."""
    return f"/static/vega-{VEGA_LITE}-{version_of('vl-convert-python')}.js"


def read[Kind: Model](kind: type[Kind], fields: Fields, lists: Sequence[str] = ()) -> Kind:
    """The model that the fields with the names of its own make.

    Args:
        kind: Of the model.
        fields: What was filled in.
        lists: Names of fields that have several values.

    Raises:
        ConfigurationError: It is none.
    """
    values: dict[str, Any] = {name: fields.get(name) for name in kind.model_fields if name in fields}
    values |= {name: fields.all(name) for name in lists}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(faults_in(error)) from None


def faults_in(error: Exception) -> list[str]:
    """What was wrong, a line each, without secrets."""
    if isinstance(error, ConfigurationError):
        faults: Sequence[str] = error.faults
    elif isinstance(error, ValidationError | RequestValidationError):
        faults = [fault for details in error.errors() for fault in faults_of(details)]
    else:
        faults = [str(error)]
    return [cleared(fault) for fault in faults]


def options(values: Sequence[str], chosen: str, words: Mapping[Any, str] | None = None) -> list[tuple[str, str, bool]]:
    """What a list offers: value, words, whether it is chosen."""
    return [(value, (words or {}).get(value, value), value == chosen) for value in values]


def error_page(request: Request, status: int, faults: Sequence[str]) -> Response:
    """What was wrong, as a page."""
    return page(request, "error", status, title=HTTPStatus(status).phrase, faults=[cleared(fault) for fault in faults])


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
