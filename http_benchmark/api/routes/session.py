"""Signing in: the token becomes a cookie, which pages send by themselves and scripts cannot read."""

from fastapi import APIRouter, Request, Response

from http_benchmark.api.models import SignIn
from http_benchmark.api.problems import ProblemError, responses
from http_benchmark.api.security import COOKIE, is_token, session_of
from http_benchmark.api.shared import Common

router = APIRouter(tags=["session"])


@router.post("/session", status_code=204, responses=responses(401))
def sign_in(order: SignIn, request: Request, response: Response, shared: Common) -> None:
    """Exchange the server's token for a cookie."""
    token = shared.settings.token
    if token is None:
        return
    if not is_token(order.token, token):
        raise ProblemError(401, "that is not the server's token", {"WWW-Authenticate": "Bearer"})
    secure = request.headers.get("origin", "").startswith("https:")  # only the browser knows: a proxy may speak TLS
    response.set_cookie(COOKIE, session_of(token), httponly=True, samesite="strict", secure=secure, path="/")


@router.delete("/session", status_code=204)
def sign_out(response: Response) -> None:
    """Forget the cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
