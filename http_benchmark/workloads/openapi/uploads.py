"""Finds the body of an operation: a request body with a media type, or Swagger's body and form parameters."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote_plus

from http_benchmark.workloads.multipart import Part, multipart
from http_benchmark.workloads.openapi.bodies import FORM, MULTIPART, encoded, essence
from http_benchmark.workloads.openapi.document import (
    Node,
    NoExampleError,
    References,
    UnsendableError,
    mapping,
    sequence,
)
from http_benchmark.workloads.openapi.examples import Examples
from http_benchmark.workloads.openapi.styles import collection_style_of, in_header, in_query, plain

type Upload = tuple[str, bytes]
"""Content type and body; both empty where nothing is uploaded."""

NOTHING: Upload = ("", b"")


class Uploads:
    """Finds the bodies of one document."""

    def __init__(self, document: Node, references: References, examples: Examples) -> None:
        self._document = document
        self._references = references
        self._examples = examples
        self._is_swagger = "swagger" in document

    def is_required(self, parameters: Sequence[Node], operation: Node) -> bool:
        """Whether an operation is wrong without a body."""
        described = [self._references.resolved(operation.get("requestBody"))]
        if self._is_swagger:
            described = [parameter for parameter in parameters if parameter["in"] in {"body", "formData"}]
        return any(node.get("required") is True for node in described)

    def of(self, parameters: Sequence[Node], operation: Node) -> Upload:
        """What an operation uploads: in the first of its media types that can be made.

        Raises:
            NoExampleError: The document has no value for it.
            UnsendableError: There is a value, but none of the media types can be made of it.
        """
        if not self._is_swagger:
            return self._first_of(self._media(operation))
        bodies = [parameter for parameter in parameters if parameter["in"] == "body"]
        types = sequence(operation.get("consumes")) or sequence(self._document.get("consumes"))
        if bodies:
            return self._first_of((str(kind), bodies[0]) for kind in types or ["application/json"])
        return self._form([parameter for parameter in parameters if parameter["in"] == "formData"], types)

    def _media(self, operation: Node) -> Iterator[tuple[str, Node]]:
        content = mapping(self._references.resolved(operation.get("requestBody")).get("content"))
        return ((media_type, self._references.resolved(media)) for media_type, media in content.items())

    def _first_of(self, described: Iterator[tuple[str, Node]]) -> Upload:
        errors: list[UnsendableError] = []
        for media_type, media in described:
            try:
                return self._encoded(media_type, media)
            except UnsendableError as error:
                errors.append(error)
        if not errors:
            return NOTHING
        kind = NoExampleError if all(isinstance(error, NoExampleError) for error in errors) else UnsendableError
        raise kind("; ".join(dict.fromkeys(map(str, errors))))

    def _encoded(self, media_type: str, media: Node) -> Upload:
        value = self._examples.of(media, "body")
        schema = self._references.resolved(media.get("schema"))
        properties = self._resolved_values(schema.get("properties"))
        encoding = self._resolved_values(media.get("encoding"))
        return encoded(media_type, value, schema={**schema, "properties": properties}, encoding=encoding)

    def _resolved_values(self, node: Any) -> dict[str, Node]:
        return {name: self._references.resolved(value) for name, value in mapping(node).items()}

    def _form(self, fields: Sequence[Node], types: Sequence[Any]) -> Upload:
        """A form of Swagger 2: with files, or where nothing else is taken, in parts."""
        values = []
        for field in fields:
            try:
                values.append((field, self._examples.of(field, f"form field {field['name']!r}")))
            except NoExampleError:
                if field.get("required"):
                    raise
        if not values:
            return NOTHING
        kinds = [essence(str(kind)) for kind in types]
        has_files = any(field.get("type") == "file" for field, _ in values)
        if has_files or (MULTIPART in kinds and FORM not in kinds):
            return multipart([part for field, value in values for part in _parts(field, value)])
        pairs = [in_query(field["name"], value, collection_style_of(field), quote_plus) for field, value in values]
        return FORM, "&".join(pair for texts in pairs for pair in texts).encode()


def _parts(field: Node, value: Any) -> list[Part]:
    name = field["name"]
    if field.get("type") == "file":
        return [Part(name, plain(value).encode(), name, "application/octet-stream")]
    style = collection_style_of(field)
    texts = map(plain, value) if style.explode and isinstance(value, list) else [in_header(value, style)]
    return [Part(name, text.encode()) for text in texts]
