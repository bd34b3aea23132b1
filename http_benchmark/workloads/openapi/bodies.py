"""Makes the bytes of a body from its example, as its media type wants them; what it cannot make, it refuses."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from http_benchmark.workloads.multipart import Part, multipart
from http_benchmark.workloads.openapi.document import Node, UnsendableError, mapping, sequence, shown
from http_benchmark.workloads.openapi.styles import Style, in_query, plain, style_of

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_JSON = "application/json"
_REPEATED = Style("form", explode=True)
_STYLED = ("style", "explode", "allowReserved")


def encoded(media_type: str, value: Any, *, schema: Node, encoding: Mapping[str, Node]) -> tuple[str, bytes]:
    """Make a body.

    Args:
        media_type: As in the document; a range such as `*/*` becomes JSON, or plain text where it is that.
        value: The example.
        schema: Of the body, its reference followed.
        encoding: How the fields of a form are written, by name, references followed.

    Returns:
        Content type and body.

    Raises:
        UnsendableError: A body of this type is not made of such a value.
    """
    content_type = _concrete(media_type, value)
    kind = essence(content_type)
    if is_json(kind):
        return content_type, _in_charset(_json_text(value, schema), content_type)
    if kind == FORM and isinstance(value, dict):
        pairs = [pair for name, field in value.items() for pair in _form_pairs(name, field, encoding.get(name, {}))]
        return content_type, "&".join(pairs).encode()
    if kind == MULTIPART and isinstance(value, dict):
        properties = mapping(schema.get("properties"))
        return multipart(
            [
                part
                for name, field in value.items()
                for part in _parts(name, field, mapping(properties.get(name)), encoding.get(name, {}))
            ]
        )
    if isinstance(value, str) and not kind.startswith("multipart/"):
        return content_type, _in_charset(value, content_type)
    raise UnsendableError(f"a body of {shown(kind)} is not put together")


def essence(media_type: str) -> str:
    """A media type in small letters, without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    """Whether a media type is JSON."""
    return kind in {_JSON, "text/json"} or kind.endswith("+json")


def json_text(value: Any) -> str:
    """A value as JSON.

    Raises:
        UnsendableError: JSON does not have it.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise UnsendableError("a number in the example is infinite or none, which JSON does not have") from None


def _json_text(value: Any, schema: Node) -> str:
    """The example as JSON; one of an object or a list may be written as the text that is sent."""
    if isinstance(value, str) and schema.get("type") in ("object", "array"):
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            raise UnsendableError(f"the example {shown(value)} is no JSON, and no {schema['type']}") from None
        return value
    return json_text(value)


def _concrete(media_type: str, value: Any) -> str:
    kind = essence(media_type)
    if "*" not in kind:
        return media_type
    if isinstance(value, str) and kind in {"*/*", "text/*"}:
        return "text/plain; charset=utf-8"
    if kind in {"*/*", "application/*"}:
        return _JSON
    raise UnsendableError(f"{shown(media_type)} does not say what to send")


def _in_charset(text: str, content_type: str) -> bytes:
    charset = next((value for name, value in _arguments(content_type) if name == "charset"), "utf-8")
    try:
        return text.encode(charset)
    except (LookupError, UnicodeError):
        raise UnsendableError(f"the example has characters that {shown(charset)} does not have") from None


def _arguments(content_type: str) -> list[tuple[str, str]]:
    pairs = [argument.partition("=") for argument in content_type.split(";")[1:]]
    return [(name.strip().lower(), value.strip().strip('"')) for name, _, value in pairs]


def _form_pairs(name: str, value: Any, encoding: Node) -> list[str]:
    """A field of a form; objects are JSON unless a style is named."""
    if any(key in encoding for key in _STYLED):
        return in_query(name, value, style_of(encoding, "query"), quote_plus)
    if "contentType" in encoding:
        return [f"{quote_plus(name)}={quote_plus(_field_text(value, _first_type(encoding)))}"]
    return in_query(name, [_text(one) for one in _each(value)], _REPEATED, quote_plus) if _each(value) else []


def _parts(name: str, value: Any, schema: Node, encoding: Node) -> list[Part]:
    """The parts of a multipart body that a field becomes."""
    if any(key in encoding for key in _STYLED):
        raise UnsendableError(f"a style for the part {shown(name)} is not followed")
    if any(mapping(header).get("required") is True for header in mapping(encoding.get("headers")).values()):
        raise UnsendableError(f"headers of the part {shown(name)} are not sent")
    kind = _first_type(encoding) if "contentType" in encoding else None
    return [_part(name, one, mapping(schema.get("items", schema)), kind) for one in _each(value)]


def _part(name: str, value: Any, schema: Node, kind: str | None) -> Part:
    is_file = schema.get("type") == "file" or schema.get("format") == "binary" or "contentMediaType" in schema
    if kind is not None or not is_file:
        text = _text(value) if kind is None else _field_text(value, kind)
        default = _JSON if isinstance(value, dict | list) else ""
        return Part(name, text.encode(), name if is_file else None, kind or default)
    media_type = schema.get("contentMediaType", "application/octet-stream")
    return Part(name, plain(value).encode(), name, str(media_type))


def _first_type(encoding: Node) -> str:
    """The first of the types that a field may have."""
    kind = str(encoding["contentType"]).split(",")[0].strip()
    if "*" in kind:
        raise UnsendableError(f"{shown(kind)} does not say what to send")
    return kind


def _field_text(value: Any, kind: str) -> str:
    return json_text(value) if is_json(essence(kind)) else plain(value)


def _text(value: Any) -> str:
    return json_text(value) if isinstance(value, dict | list) or value is None else plain(value)


def _each(value: Any) -> Sequence[Any]:
    """The values of a field: a list is given value by value."""
    return sequence(value) if isinstance(value, list) else [value]
