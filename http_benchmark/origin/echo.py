"""Answers that tell the client what it sent, as JSON with httpbin's keys."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

import brotli

from http_benchmark.origin.messages import Request, Response

_SAMPLE = {
    "slideshow": {
        "title": "Sample Slide Show",
        "date": "date of publication",
        "author": "Yours Truly",
        "slides": [
            {"type": "all", "title": "Wake up to WonderWidgets!"},
            {
                "type": "all",
                "title": "Overview",
                "items": ["Why <em>WonderWidgets</em> are great", "Who <em>buys</em> WonderWidgets"],
            },
        ],
    }
}


def arguments(request: Request) -> list[tuple[str, str]]:
    """The query as (name, value) pairs in order."""
    return parse_qsl(request.query, keep_blank_values=True)


def argument(request: Request, name: str, default: str) -> str:
    """The first value of one query argument."""
    return next((value for key, value in arguments(request) if key == name), default)


# What was sent


def describe(request: Request) -> Response:
    """Answer with the query, the headers, the client's address and the URL."""
    return _json(_description(request))


def describe_upload(request: Request) -> Response:
    """The same with the body: as text, as form fields, as JSON."""
    return _echo(_description(request) | _uploaded(request))


def describe_anything(request: Request) -> Response:
    """The same with the method."""
    return _echo(_description(request) | _uploaded(request) | {"method": request.method})


def show_headers(request: Request) -> Response:
    """Answer with the request's headers."""
    return _json({"headers": _headers(request)})


def show_cookies(request: Request) -> Response:
    """Answer with the request's cookies."""
    try:
        cookies = SimpleCookie(request.header("cookie"))
    except CookieError as error:
        raise ValueError(f"not a Cookie header: {error}") from error
    return _json({"cookies": {name: morsel.value for name, morsel in cookies.items()}})


def check_login(request: Request, user: str, password: str) -> Response:
    """200 for this user with this password, 401 for anybody else."""
    scheme, _, credentials = request.header("authorization").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True)
    except ValueError:
        given = b""
    if scheme.lower() == "basic" and given == f"{user}:{password}".encode():
        return _json({"authenticated": True, "user": user})
    return Response(401, headers=(("WWW-Authenticate", 'Basic realm="origin"'),))


class Lines:
    """A stream of JSON lines that describe the request, numbered from 0; can be iterated again and again."""

    def __init__(self, request: Request, number: int) -> None:
        self._description = _description(request)
        self._number = number

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._number):
            yield json.dumps(self._description | {"id": number}).encode() + b"\n"


# Fixed and compressed answers


def sample(_: Request) -> Response:
    """A JSON document that is always the same."""
    return _json(_SAMPLE)


def gzipped(request: Request) -> Response:
    """A description of the request, compressed with gzip."""
    return _compressed(
        request, "gzipped", "gzip", partial(gzip.compress, mtime=0)
    )  # no time of day: the same each time


def deflated(request: Request) -> Response:
    """A description of the request, compressed with zlib, which HTTP calls deflate."""
    return _compressed(request, "deflated", "deflate", zlib.compress)


def brotlied(request: Request) -> Response:
    """A description of the request, compressed with Brotli."""
    return _compressed(request, "brotli", "br", brotli.compress)


def _compressed(request: Request, name: str, encoding: str, compress: Callable[[bytes], bytes]) -> Response:
    facts = {
        name: True,
        "headers": _headers(request),
        "method": request.method,
        "origin": request.peer,
    }
    body = compress(json.dumps(facts).encode())
    return Response(body=body, content_type="application/json", headers=(("Content-Encoding", encoding),))


def _json(document: dict[str, Any]) -> Response:
    return Response(body=json.dumps(document, indent=2).encode() + b"\n", content_type="application/json")


def _echo(document: dict[str, Any]) -> Response:
    """On one line: indented, an upload that is nested deeply would come back as hundreds of times its size."""
    try:
        body = json.dumps(document).encode()
    except RecursionError:  # reading it went a little deeper than writing does
        body = json.dumps(document | {"json": None}).encode()
    return Response(body=body + b"\n", content_type="application/json")


def _description(request: Request) -> dict[str, Any]:
    return {
        "args": _grouped(arguments(request)),
        "headers": _headers(request),
        "origin": request.peer,
        "url": f"{request.scheme}://{request.header('host')}{request.target}",
    }


def _uploaded(request: Request) -> dict[str, Any]:
    if request.header("content-type").lower().startswith("application/x-www-form-urlencoded"):
        fields = parse_qsl(_readable(request.body), keep_blank_values=True)
        return {"data": "", "form": _grouped(fields), "json": None}
    return {"data": _readable(request.body), "form": {}, "json": _parsed(request.body)}


def _readable(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "data:application/octet-stream;base64," + base64.b64encode(body).decode("ascii")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _headers(request: Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers:
        title = name.title()
        headers[title] = f"{headers[title]},{value}" if title in headers else value
    return headers


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in groups.items()}
