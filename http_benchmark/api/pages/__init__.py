"""The dashboard: pages for people, made on the server, which work without a script and are livelier with one."""

from importlib import resources

from fastapi import FastAPI, Request, Response

from http_benchmark.api.pages import comparing, experiment, jobs, ordering, overview, signing
from http_benchmark.api.pages.rendering import error_page, vega_address
from http_benchmark.api.problems import ProblemError, of_status
from http_benchmark.api.security import REST
from http_benchmark.report.html import asset, javascript_bundle

_STATIC = {
    "dashboard.css": "text/css; charset=utf-8",
    "dashboard.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_OF_REPORTS = {"report.css": "text/css; charset=utf-8", "report.js": "text/javascript; charset=utf-8"}


def install(app: FastAPI) -> None:
    """Add the pages and their files to an application; they are no part of its description."""
    for subject in (overview, experiment, ordering, jobs, comparing, signing):
        app.include_router(subject.router, include_in_schema=False)
    app.add_api_route("/static/{name}", _file, include_in_schema=False)
    app.add_exception_handler(404, _not_there)


def _not_there(request: Request, error: Exception) -> Response:
    """A page where people would look for one, and a problem for programs."""
    if request.url.path.startswith(REST):
        return of_status(request, error)
    return error_page(request, 404, [f"there is no page {request.url.path}"])


def _file(name: str, request: Request) -> Response:
    """A style, a script or an image; a script of a version never changes."""
    if request.url.path == vega_address():
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(javascript_bundle(), media_type="text/javascript; charset=utf-8", headers=headers)
    if name in _OF_REPORTS:
        return Response(asset(name), media_type=_OF_REPORTS[name])
    if name in _STATIC:
        return Response(resources.files(__name__).joinpath("static", name).read_bytes(), media_type=_STATIC[name])
    raise ProblemError(404, f"there is no file {name}")
