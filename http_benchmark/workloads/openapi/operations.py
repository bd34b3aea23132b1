"""Makes a request of each operation of a valid OpenAPI document that has what it takes to be sent."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from http_benchmark.models.secret_fields import header_fault
from http_benchmark.workloads.mixing import MOST_BYTES
from http_benchmark.workloads.openapi.document import (
    Node,
    NoExampleError,
    References,
    UnsendableError,
    mapping,
    sequence,
    shortened,
    shown,
)
from http_benchmark.workloads.openapi.examples import Examples
from http_benchmark.workloads.openapi.parameters import Parameters, Written
from http_benchmark.workloads.openapi.servers import base_url
from http_benchmark.workloads.openapi.uploads import NOTHING, Upload, Uploads
from http_benchmark.workloads.workload import Template

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_NOT_SENT = ("trace", "query")
_BODILESS = frozenset({"get", "head"})

_PATH_CHARACTERS = "/:@!$&'()*+,;=%{}?"
"""What stays as it is in the text of a path, which its author wrote."""


class Operations:
    """Reads the operations of a valid document.

    Attributes:
        left_out: What cannot be sent, with the reason, a line each.
    """

    def __init__(self, document: Node) -> None:
        self.left_out: list[str] = []
        self._document = document
        self._is_swagger = "swagger" in document
        self._references = References(document)
        self._examples = Examples(self._references)
        self._parameters = Parameters(self._references, self._examples, is_swagger=self._is_swagger)
        self._uploads = Uploads(document, self._references, self._examples)
        self._body_bytes = 0

    def templates(self) -> Iterator[Template]:
        """A request for each operation that can be sent."""
        for path, described in mapping(self._document.get("paths")).items():
            item = self._references.resolved(described, siblings_hold=True)
            for method in [*(one for one in _NOT_SENT if one in item), *mapping(item.get("additionalOperations"))]:
                self._leave_out(f"{method.upper()} {path}: the method is not sent")
            for method in _METHODS:
                if method in item:
                    yield from self._template(path, method, item, mapping(item[method]))

    def _template(self, path: str, method: str, item: Node, operation: Node) -> Iterator[Template]:
        where = shortened(f"{method.upper()} {path}")
        omitted: list[str] = []
        try:
            url_base = base_url(self._document, item, operation)
            parameters = self._parameters.of(item, operation)
            written = self._parameters.written(parameters)
            content_type, body = self._upload(method, parameters, operation, omitted)
            yield Template(
                name=shortened(str(operation.get("operationId", ""))) or where,
                method=method.upper(),
                url=_url(url_base, path, written.path, written.query),
                headers=_checked(self._headers(written, content_type, operation)),
                body=body,
            )
        except UnsendableError as error:
            self._leave_out(f"{where}: {error}")
        except UnicodeError:
            self._leave_out(f"{where}: an example has half a character (a lone surrogate), which is no text")
        else:
            for line in [*written.omitted, *omitted]:
                self._leave_out(f"{where}: {line}")

    def _leave_out(self, line: str) -> None:
        self.left_out.append(shortened(line))

    def _upload(self, method: str, parameters: Sequence[Node], operation: Node, omitted: list[str]) -> Upload:
        """What is uploaded; a body that is not required may be missing."""
        try:
            return self._made_upload(method, parameters, operation)
        except UnsendableError as error:
            if self._uploads.is_required(parameters, operation):
                raise
            if not isinstance(error, NoExampleError):
                omitted.append(f"its body: {error}")
            return NOTHING

    def _made_upload(self, method: str, parameters: Sequence[Node], operation: Node) -> Upload:
        upload = self._uploads.of(parameters, operation)
        if upload != NOTHING and method in _BODILESS:
            raise UnsendableError(f"a body with {method.upper()} is not sent")
        self._body_bytes += len(upload[1])
        if self._body_bytes > MOST_BYTES:  # many operations may share one example
            raise UnsendableError("its body and those before it have more than 256 MiB")
        return upload

    def _headers(self, written: Written, content_type: str, operation: Node) -> Iterator[tuple[str, str]]:
        yield from written.headers
        if written.cookies:
            yield "Cookie", "; ".join(written.cookies)
        if content_type:
            yield "Content-Type", content_type
        if not any(name.lower() == "accept" for name, _ in written.headers) and (types := self._answers(operation)):
            yield "Accept", ", ".join(dict.fromkeys(map(str, types)))

    def _answers(self, operation: Node) -> Sequence[Any]:
        """The media types of what is answered where an operation succeeds."""
        if self._is_swagger:
            return sequence(operation.get("produces")) or sequence(self._document.get("produces"))
        responses = mapping(operation.get("responses")).items()
        answers = [self._references.resolved(answer) for status, answer in responses if status.startswith("2")]
        return [media_type for answer in answers for media_type in mapping(answer.get("content"))]


def _url(base: str, path: str, values: Mapping[str, str], query: Sequence[str]) -> str:
    """A path with its values and a query behind its server.

    Raises:
        UnsendableError: A value is missing, or it is not what a request can be sent to.
    """
    if "#" in path:
        raise UnsendableError("its path has a #, behind which nothing is sent")

    def value(variable: re.Match[str]) -> str:
        if variable[1] not in values:
            raise UnsendableError(f"no path parameter {shown(variable[1])}")
        return values[variable[1]]

    url = base + re.sub(r"\{([^{}]*)\}", value, quote(path, safe=_PATH_CHARACTERS))
    if query:
        url += ("&" if "?" in path else "?") + "&".join(query)
    return url


def _checked(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    checked = tuple(headers)
    for name, value in checked:
        if fault := header_fault(name, value):
            raise UnsendableError(fault)
    return checked
