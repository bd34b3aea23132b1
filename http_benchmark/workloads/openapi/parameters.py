"""Finds values for the parameters of an operation, and writes them where they belong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from http_benchmark.workloads.har import NOT_REPLAYED
from http_benchmark.workloads.openapi.bodies import essence, is_json, json_text
from http_benchmark.workloads.openapi.document import (
    Node,
    NoExampleError,
    References,
    UnsendableError,
    mapping,
    sequence,
    shown,
)
from http_benchmark.workloads.openapi.examples import Examples
from http_benchmark.workloads.openapi.styles import (
    collection_style_of,
    in_cookie,
    in_header,
    in_path,
    in_query,
    plain,
    style_of,
)

_DESCRIBED_ELSEWHERE = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI 3 ignores: media types and security schemes say what they are."""


@dataclass(slots=True)
class Written:
    """Parameters as they are sent.

    Attributes:
        path: A text for each name.
        query: `name=value` texts.
        headers: Name and value.
        cookies: `name=value` texts.
        omitted: Those that are not sent though they have a value, with the reason.
    """

    path: dict[str, str] = field(default_factory=dict)
    query: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    omitted: list[str] = field(default_factory=list)


class Parameters:
    """Reads and writes the parameters of one document."""

    def __init__(self, references: References, examples: Examples, *, is_swagger: bool) -> None:
        self._references = references
        self._examples = examples
        self._is_swagger = is_swagger

    def of(self, item: Node, operation: Node) -> list[Node]:
        """The parameters of an operation, its body in Swagger among them; its own replace those of its path.

        Raises:
            UnsendableError: A reference leads to something else.
        """
        found = {}
        for described in [*sequence(item.get("parameters")), *sequence(operation.get("parameters"))]:
            parameter = self._references.resolved(described)
            place, name = parameter.get("in"), parameter.get("name")
            if not isinstance(place, str) or not isinstance(name, str):
                raise UnsendableError(f"{shown(described)} is no parameter")
            if not self._is_described_elsewhere(place, name):
                found[place, name] = parameter
        return list(found.values())

    def written(self, parameters: Sequence[Node]) -> Written:
        """All that have a value, each where it belongs; without those of bodies.

        Raises:
            UnsendableError: One that is required has no value, or none that can be written.
        """
        written = Written()
        for parameter in parameters:
            if parameter["in"] in {"body", "formData"}:
                continue
            what = f"{parameter['in']} parameter {shown(parameter['name'])}"
            try:
                self._write(parameter, self._examples.of(self._media(parameter), what), written)
            except NoExampleError:
                if parameter.get("required"):
                    raise
            except UnsendableError as error:
                if parameter.get("required"):
                    raise UnsendableError(f"{what}: {error}") from None
                written.omitted.append(f"{what}: {error}")
        return written

    def _is_described_elsewhere(self, place: str, name: str) -> bool:
        ignored = {"content-type"} if self._is_swagger else _DESCRIBED_ELSEWHERE
        return place == "header" and name.lower() in ignored

    def _media(self, parameter: Node) -> Node:
        """Where an example of a parameter is found: in itself, or in its media type."""
        content = mapping(parameter.get("content"))
        return self._references.resolved(next(iter(content.values()))) if content else parameter

    def _write(self, parameter: Node, value: Any, written: Written) -> None:
        place, name = parameter["in"], parameter["name"]
        style = collection_style_of(parameter) if self._is_swagger else style_of(parameter, place)
        for media_type in mapping(parameter.get("content")):
            value = json_text(value) if is_json(essence(media_type)) else plain(value)
        match place:
            case "path":
                written.path[name] = in_path(name, value, style)
            case "query":
                written.query += in_query(name, value, style)
            case "cookie":
                written.cookies += in_cookie(name, value, style)
            case "header" if name.lower() in NOT_REPLAYED:
                raise UnsendableError("the client decides it")
            case "header":
                written.headers.append((name, in_header(value, style)))
            case _:
                raise UnsendableError("a parameter of this place is not sent")
