"""OpenAPI 3 and Swagger 2 documents: each operation that has what it takes to be sent becomes a request.

What it takes is a value for each required parameter and for a required body: an example, else a default, the only or
first value that is allowed, or for an object all that of its properties. An operation without is left out, and said so.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jsonschema_path import SchemaPath
from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import ValidatorDetectError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.bounded_yaml import parse_yaml
from http_benchmark.workloads.workload import Template, Workload

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_MOST_FAULTS = 20
_DEEPEST = 20
"""Levels of a schema from which an example is put together; one that refers to itself has no end."""

_FORM = "application/x-www-form-urlencoded"


class _NoExampleError(Exception):
    """A value is needed that the document does not have; the message says which."""


def read(path: Path, content: bytes, document: Any = None) -> Workload:
    """Read a workload from a document.

    Args:
        path: The file.
        content: Its bytes.
        document: The JSON in it; None for YAML.

    Raises:
        ConfigurationError: With one line for each fault, and where in the document it is.
    """
    if document is None:
        document = parse_yaml(content, path.name)
    if faults := _faults(document):
        shown = faults[:_MOST_FAULTS]
        more = [f"and {len(faults) - len(shown)} more"] if len(faults) > len(shown) else []
        raise ConfigurationError([f"{path.name}: {fault}" for fault in [*shown, *more]])
    operations = _Operations(document)
    templates = tuple(operations.templates())
    if not templates:
        missing = "; ".join(operations.left_out) or "it has no operations"
        raise ConfigurationError(f"{path.name}: no operation can be sent: {missing}; add examples")
    return Workload(
        path=path,
        format="openapi",
        sha256=hashlib.sha256(content).hexdigest(),
        templates=templates,
        notes=tuple(f"left out: {line}" for line in operations.left_out),
    )


def _faults(document: Any) -> list[str]:
    """What is wrong with a document, a line each."""
    if not isinstance(document, dict):
        return [f"it must be a mapping, got {type(document).__name__}; is this an OpenAPI document?"]
    try:
        validator = get_validator_cls(document)
    except (ValidatorDetectError, TypeError):
        version = document.get("openapi", document.get("swagger"))
        return [f'it must say "openapi": "3.0.x" to "3.2.x" or "swagger": "2.0", got {version!r}']
    if faults := list(_broken_references(document)):
        return faults
    errors = validator(SchemaPath.from_dict(document, handlers={})).iter_errors()
    return [f"{'.'.join(map(str, error.absolute_path)) or 'document'}: {_short(error.message)}" for error in errors]


def _broken_references(document: Mapping[str, Any]) -> Iterator[str]:
    resolver = _registry(document).resolver()
    for place, reference in _references(document, ()):
        where = ".".join(map(str, place))
        if not reference.startswith("#"):
            yield f"{where}: {reference!r} is in another file, which is not read; put everything into one document"
            continue
        try:
            resolver.lookup(reference)
        except Unresolvable:
            yield f"{where}: {reference!r} leads nowhere; correct it"


def _references(node: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """All references in a document, with where they stand."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield (*place, "$ref"), node["$ref"]
        for key, value in node.items():
            yield from _references(value, (*place, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _references(value, (*place, number))


def _registry(document: Mapping[str, Any]) -> Registry[Any]:
    """Knows this document and nothing else, so that nothing is fetched."""
    known: Registry[Any] = Registry().with_resource("", DRAFT202012.create_resource(document))
    return known


def _short(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:200]}…"


class _Operations:
    """Reads the operations of a valid document.

    Attributes:
        left_out: Those that cannot be sent, with the reason.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.left_out: list[str] = []
        self._document = document
        self._resolver = _registry(document).resolver()
        self._is_swagger = "swagger" in document
        self._base_url = _swagger_base(document) if self._is_swagger else _server(document)

    def templates(self) -> Iterator[Template]:
        """A request for each operation that can be sent."""
        for path, described in self._document.get("paths", {}).items():
            item = self._resolved(described)
            for method in _METHODS:
                if method in item:
                    try:
                        yield self._template(path, method, item, item[method])
                    except _NoExampleError as error:
                        self.left_out.append(f"{method.upper()} {path}: {error}")

    def _template(self, path: str, method: str, item: Mapping[str, Any], operation: Mapping[str, Any]) -> Template:
        parameters = {
            (parameter["in"], parameter["name"]): parameter
            for parameter in map(self._resolved, [*item.get("parameters", ()), *operation.get("parameters", ())])
        }
        values: dict[str, list[tuple[str, Any]]] = {}
        for (place, name), parameter in parameters.items():
            value = self._value_of(parameter, place, name)
            if value is not None:
                values.setdefault(place, []).append((name, value))
        target = path
        for name, value in values.get("path", ()):
            target = target.replace(f"{{{name}}}", quote(_text(value), safe=""))
        if query := values.get("query"):
            target += f"?{urlencode([(name, _text(one)) for name, value in query for one in _each(value)])}"
        headers = [(name, _text(value)) for name, value in values.get("header", ())]
        if cookies := values.get("cookie"):
            headers.append(("Cookie", "; ".join(f"{name}={_text(value)}" for name, value in cookies)))
        content_type, body = self._body(operation, values)
        if body and method in {"get", "head"}:
            raise _NoExampleError(f"a body with {method.upper()} is not sent")
        if content_type:
            headers.append(("Content-Type", content_type))
        return Template(
            name=operation.get("operationId") or f"{method.upper()} {path}",
            method=method.upper(),
            url=self._base_url.rstrip("/") + target,
            headers=tuple(headers),
            body=body,
        )

    def _value_of(self, parameter: Mapping[str, Any], place: str, name: str) -> Any:
        """An example of a parameter; None for one that may be left out."""
        try:
            return self._example(parameter, f"{place} parameter {name!r}")
        except _NoExampleError:
            if parameter.get("required"):
                raise
            return None

    def _body(self, operation: Mapping[str, Any], values: Mapping[str, list[tuple[str, Any]]]) -> tuple[str, bytes]:
        """Content type and body; both empty where none is sent."""
        if self._is_swagger:
            if "formData" in values:
                return _FORM, urlencode([(name, _text(value)) for name, value in values["formData"]]).encode()
            bodies = [value for _, value in values.get("body", ())]
            types = operation.get("consumes") or self._document.get("consumes") or ["application/json"]
            return (types[0], _encoded(types[0], bodies[0])) if bodies else ("", b"")
        described = self._resolved(operation.get("requestBody", {}))
        reasons = []
        for content_type, media in described.get("content", {}).items():
            try:
                return content_type, _encoded(content_type, self._example(self._resolved(media), "body"))
            except _NoExampleError as error:
                reasons.append(str(error))
        if described.get("required"):
            raise _NoExampleError("; ".join(reasons))
        return "", b""

    def _example(self, node: Mapping[str, Any], what: str, depth: int = 0) -> Any:
        """A value for a parameter, a body, or a schema."""
        if depth > _DEEPEST:
            raise _NoExampleError(f"no example for the {what}")
        for value in self._given(node):
            return value
        if "schema" in node:
            return self._example(self._resolved(node["schema"]), what, depth + 1)
        if "allOf" in node:
            parts = [self._example(self._resolved(part), what, depth + 1) for part in node["allOf"]]
            return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}
        if node.get("properties"):
            return self._object(node, what, depth)
        if "items" in node:
            return [self._example(self._resolved(node["items"]), what, depth + 1)]
        raise _NoExampleError(f"no example for the {what}")

    def _given(self, node: Mapping[str, Any]) -> Iterator[Any]:
        """The values that stand in the document for a parameter, a body or a schema, the best one first."""
        yield from (node[key] for key in ("example", "x-example") if key in node)
        examples = node.get("examples")
        if isinstance(examples, dict):  # by name, as of parameters and bodies
            yield from (named["value"] for named in map(self._resolved, examples.values()) if "value" in named)
        elif isinstance(examples, list):  # as of schemas
            yield from examples
        yield from (node[key] for key in ("default", "const") if key in node)
        yield from node.get("enum", ())

    def _object(self, schema: Mapping[str, Any], what: str, depth: int) -> dict[str, Any]:
        """An object of the examples of its properties; those that are not required may be missing."""
        value = {}
        for name, property_schema in schema["properties"].items():
            try:
                value[name] = self._example(self._resolved(property_schema), f"{what}, property {name!r}", depth + 1)
            except _NoExampleError:
                if name in schema.get("required", ()):
                    raise
        if not value:
            raise _NoExampleError(f"no example for the {what}")
        return value

    def _resolved(self, node: Any) -> Mapping[str, Any]:
        """What a node refers to, if it does."""
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"] not in seen:
            seen.add(node["$ref"])
            node = self._resolver.lookup(node["$ref"]).contents
        return node if isinstance(node, dict) else {}


def _server(document: Mapping[str, Any]) -> str:
    """The first server, with the defaults of its variables."""
    server: Mapping[str, Any] = next(iter(document.get("servers", ())), {"url": "/"})
    url = str(server["url"])
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return url if "://" in url or url.startswith("/") else f"/{url}"


def _swagger_base(document: Mapping[str, Any]) -> str:
    path = document.get("basePath", "/")
    if "host" not in document:
        return str(path)
    scheme = next(iter(document.get("schemes", ())), "http")
    return urlsplit(f"{scheme}://{document['host']}")._replace(path=path).geturl()


def _each(value: Any) -> Sequence[Any]:
    """The values of a query parameter: a list is given value by value."""
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """A value as it stands in a URL or a header."""
    if isinstance(value, str):
        return value
    return ",".join(map(_text, value)) if isinstance(value, list) else json.dumps(value)


def _encoded(content_type: str, value: Any) -> bytes:
    """A body as its content type wants it."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return json.dumps(value, ensure_ascii=False).encode()
    if kind == _FORM and isinstance(value, dict):
        return urlencode([(name, _text(one)) for name, field in value.items() for one in _each(field)]).encode()
    if isinstance(value, str) and not kind.startswith("multipart/"):
        return value.encode()
    raise _NoExampleError(f"a body of {kind} is not put together")
