"""The application: its routes, what stands before them, and what they share."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from http_benchmark import __version__
from http_benchmark.api import pages, problems
from http_benchmark.api.jobs import Feed, Measuring
from http_benchmark.api.memory import Memory
from http_benchmark.api.routes import clients, comparisons, experiments, jobs, pictures, results, session
from http_benchmark.api.security import Guard
from http_benchmark.api.settings import ServerSettings
from http_benchmark.api.shared import Shared

PREFIX = "/api/v1"

ROUTERS = tuple(subject.router for subject in (experiments, pictures, comparisons, results, clients, jobs, session))

_DESCRIPTION = (
    "Stored results of http-benchmark, and runs on the machine of the server, one after the other. "
    "Errors are problem details (RFC 9457)."
)


def create_app(settings: ServerSettings) -> FastAPI:
    """Make the application; its jobs are measured once `shared_of(app).measuring` was started.

    Args:
        settings: Of the server.

    Raises:
        StorageError: The database cannot be opened.
        DatabaseVersionError: Its schema is older or newer than this program's.
    """
    app = FastAPI(title="http-benchmark", version=__version__, description=_DESCRIPTION, docs_url=None, redoc_url=None)
    feed = Feed()
    app.state.shared = Shared(settings, feed, Measuring(settings.database, settings.allowed_targets, feed))
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    problems.install(app)
    pages.install(app)
    app.add_middleware(Memory, shared=shared_of(app))
    app.add_middleware(Guard, settings=settings)  # is asked before it
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # as FastAPI's documentation has it
    return app


def shared_of(app: FastAPI) -> Shared:
    """What the routes of an application share."""
    shared: Shared = app.state.shared
    return shared


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with problems instead of FastAPI's own errors."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = problems.SCHEMA
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, operations in document["paths"].items():
            for operation in operations.values():
                problems.describe(operation, open_=path in {f"{PREFIX}/health", f"{PREFIX}/session"})
        app.openapi_schema = document
    return app.openapi_schema
