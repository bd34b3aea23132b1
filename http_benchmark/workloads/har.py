"""HTTP archives (HAR 1.2), as browsers and proxies record them: each recorded request is sent again, in that order."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import configuration_error
from http_benchmark.models.fields import HTTP_METHODS
from http_benchmark.redaction import without_passwords, without_queries
from http_benchmark.units import counted
from http_benchmark.workloads.multipart import Part, multipart
from http_benchmark.workloads.urls import with_ascii_host
from http_benchmark.workloads.workload import Template, Workload

NOT_REPLAYED = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "host", "http2-settings", "keep-alive"),
        *("proxy-connection", "te", "transfer-encoding", "upgrade"),
    }
)
"""Headers of a recording that are the client's own business; `Accept-Encoding` has to be the same for all."""

_URL_CHARACTERS = "%/?:@!$&'()*+,;=~[]"  # what may stand in a URL as it is; others are percent-encoded


class _Pair(BaseModel):
    """A header or a form field."""

    name: str
    value: str = ""


class _Param(BaseModel):
    """A form field; a file where it has the name of one."""

    name: str
    value: str | None = None
    fileName: str | None = None  # noqa: N815 - as in the file
    contentType: str | None = None  # noqa: N815 - as in the file


class _PostData(BaseModel):
    """What was uploaded; `encoding` is what browsers add where it is no text."""

    mimeType: str = ""  # noqa: N815 - as in the file
    text: str = ""
    params: tuple[_Param, ...] = ()
    encoding: str = ""

    @property
    def in_parts(self) -> bool:
        """Whether it is a form that is known by its fields only, and has files or was sent like one that has."""
        has_files = any(param.fileName is not None for param in self.params)
        return (
            bool(self.params)
            and not self.text
            and (has_files or self.mimeType.lower().startswith("multipart/form-data"))
        )


class _Request(BaseModel):
    """What was asked for."""

    method: str
    url: str
    headers: tuple[_Pair, ...] = ()
    postData: _PostData | None = None  # noqa: N815 - as in the file


class _Entry(BaseModel):
    """One exchange; what came back says nothing here."""

    request: _Request


class _Log(BaseModel):
    """All of them."""

    entries: tuple[_Entry, ...]


class _Archive(BaseModel):
    """The whole file; all other fields are left alone."""

    log: _Log


def read(path: Path, content: bytes, document: Any) -> Workload:
    """Read a workload from an archive.

    Args:
        path: The file.
        content: Its bytes.
        document: The JSON in it.

    Raises:
        ConfigurationError: With one line for each fault.
    """
    try:
        entries = _Archive.model_validate(document).log.entries
    except ValidationError as error:
        raise ConfigurationError([f"{path.name}: {fault}" for fault in configuration_error(error).faults]) from None
    faults: list[str] = []
    left_out: dict[str, int] = {}
    templates: list[Template] = []
    for number, entry in enumerate(entries):
        request = entry.request
        if reason := _why_left_out(request):
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        try:
            templates.append(_template(request))
        except ValueError as error:
            faults.append(f"{path.name}: log.entries.{number}.request.{error}; correct it or take it out")
    if faults:
        raise ConfigurationError(faults)
    if not templates:
        raise ConfigurationError(f"{path.name}: log.entries has no request that can be sent; record some over HTTP")
    return Workload(
        path=path,
        format="har",
        sha256=hashlib.sha256(content).hexdigest(),
        templates=tuple(templates),
        in_order=True,
        notes=tuple(f"left out: {counted(count, 'request')} of {what}" for what, count in left_out.items()),
    )


def _why_left_out(request: _Request) -> str | None:
    """What it is that is not sent, or None."""
    scheme = request.url.partition(":")[0].lower()
    if scheme not in {"http", "https"}:
        return f"{scheme}: URLs"
    return request.method if request.method not in HTTP_METHODS else None


def _template(request: _Request) -> Template:
    """What is sent again.

    Raises:
        ValueError: A field is at fault, whose name begins the message.
    """
    try:
        url = quote(with_ascii_host(request.url.partition("#")[0]), safe=_URL_CHARACTERS)
        path = urlsplit(url).path or "/"
    except ValueError as error:
        raise ValueError(f"url is no URL ({error}), got {without_queries(without_passwords(request.url))!r}") from None
    headers = tuple(
        (header.name, header.value)
        for header in request.headers
        if header.name.lower() not in NOT_REPLAYED and not header.name.startswith(":")
    )
    data = request.postData
    if request.method == "HEAD" or data is None:
        body = b""
    elif data.in_parts:
        content_type, body = multipart(_parts(data.params))
        headers = (*(pair for pair in headers if pair[0].lower() != "content-type"), ("Content-Type", content_type))
    else:
        body = _body(data)
    return Template(f"{request.method} {path}", request.method, url, headers, body)


def _body(data: _PostData) -> bytes:
    if data.encoding == "base64":
        try:
            return base64.b64decode(data.text, validate=True)
        except binascii.Error:
            raise ValueError("postData.text is no Base64, though its encoding says so") from None
    if not data.text and data.params:
        return _utf8(urlencode([(param.name, param.value or "") for param in data.params]), "params")
    return _utf8(data.text, "text")


def _utf8(text: str, field: str) -> bytes:
    """The bytes of a text.

    Raises:
        ValueError: It has half a character, which JSON can write and nobody can send.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"postData.{field} has half a character (a lone surrogate), which cannot be sent") from None


def _parts(params: Iterable[_Param]) -> list[Part]:
    parts: list[Part] = []
    for number, param in enumerate(params):
        if param.value is None and param.fileName is not None:
            raise ValueError(f"postData.params.{number} has the name of a file, and not what was in it")
        content_type = param.contentType or ""
        if re.search(r"[\x00-\x1f]", content_type):
            raise ValueError(f"postData.params.{number}.contentType is none")
        parts.append(Part(param.name, _utf8(param.value or "", f"params.{number}.value"), param.fileName, content_type))
    return parts
