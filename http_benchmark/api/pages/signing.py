"""Signing in with the server's token, and out."""

from fastapi import APIRouter, Request, Response

from http_benchmark.api.models import SignIn
from http_benchmark.api.pages.rendering import Form, PageRoute, page, see
from http_benchmark.api.problems import ProblemError
from http_benchmark.api.routes.session import sign_in, sign_out
from http_benchmark.api.shared import Common

router = APIRouter(route_class=PageRoute)


@router.get("/login")
def show_login(request: Request) -> Response:
    """Asks for the token."""
    return page(request, "login", fault=None)


@router.post("/login")
def login(request: Request, form: Form, shared: Common) -> Response:
    """Exchange the token for a cookie, and show the dashboard."""
    answer = see("/")
    try:
        sign_in(SignIn(token=form.get("token", "-")[:1000]), request, answer, shared)
    except ProblemError as error:
        return page(request, "login", 401, fault=error.detail)
    return answer


@router.post("/logout")
def logout() -> Response:
    """Take the cookie away."""
    answer = see("/login")
    sign_out(answer)
    return answer
