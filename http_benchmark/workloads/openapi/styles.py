"""Writes the values of an OpenAPI document's parameters into URLs, headers and forms, in the style that it asks for.

The styles are those of OpenAPI 3 (`style` and `explode`), most of them RFC 6570's; Swagger 2 has `collectionFormat`.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from http_benchmark.workloads.openapi.document import Node, UnsendableError, shown

type Encode = Callable[[str], str]

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_COLLECTION_FORMATS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_DEFAULT_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}

_RESERVED = "%:/?@!$&'()*+,;="
"""What `allowReserved` leaves as it is; not #, [ and ], which no query may hold."""

_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Style:
    """How a value becomes text.

    Attributes:
        name: As OpenAPI calls it, or `collection` for Swagger.
        explode: The items of lists and objects stand apart.
        delimiter: Between the items of a Swagger collection.
        reserved: Reserved characters stay as they are.
    """

    name: str
    explode: bool
    delimiter: str = ","
    reserved: bool = False


def style_of(parameter: Node, place: str) -> Style:
    """The style of an OpenAPI 3 parameter, a header, or the encoding of a form's field."""
    name = str(parameter.get("style", _DEFAULT_STYLES.get(place, "form")))
    explode = bool(parameter.get("explode", name in {"form", "cookie"}))
    return Style(name, explode=explode, reserved=parameter.get("allowReserved") is True)


def collection_style_of(parameter: Node) -> Style:
    """The style of a Swagger 2 parameter."""
    collection_format = str(parameter.get("collectionFormat", "csv"))
    return Style(
        "collection",
        explode=collection_format == "multi",
        delimiter=_COLLECTION_FORMATS.get(collection_format, ","),
    )


def percent_encoded(text: str, style: Style | None = None) -> str:
    """A text as it stands in a URL."""
    if style and style.reserved:
        return quote(_LONE_PERCENT.sub("%25", text), safe=_RESERVED)
    return quote(text, safe="")


def in_path(name: str, value: Any, style: Style) -> str:
    """A value in a path.

    Raises:
        UnsendableError: The style has no way to write it, or the path would become another one.
    """
    key = percent_encoded(name)
    match style.name:
        case "label":
            text = "." + _joined(value, style, percent_encoded, "." if style.explode else ",")
        case "matrix" if style.explode and isinstance(value, dict | list):
            text = "".join(f";{pair}" for pair in _pairs(key, value, percent_encoded))
        case "matrix":
            text = f";{key}={_joined(value, style, percent_encoded)}"
        case "simple" | "collection":
            text = _joined(value, style, percent_encoded)
        case _:
            raise _unknown(style)
    if text in {"", ".", ".."}:
        raise UnsendableError(f"{shown(text)} in a path makes another path of it")
    return text


def in_query(name: str, value: Any, style: Style, encode: Encode | None = None) -> list[str]:
    """A value in a query or a form: `name=value` texts.

    Args:
        name: Of the parameter.
        value: What it is given.
        style: How.
        encode: Percent-encodes a text; None for as URLs have it.

    Raises:
        UnsendableError: The style has no way to write it.
    """

    def url_encoded(text: str) -> str:
        return percent_encoded(text, style)

    encode = encode or url_encoded
    key = encode(name)
    match style.name:
        case "deepObject" if isinstance(value, dict) and value:
            return [f"{key}%5B{encode(inner)}%5D={encode(plain(one))}" for inner, one in value.items()]
        case "spaceDelimited" | "pipeDelimited" if isinstance(value, dict | list) and not style.explode:
            return [f"{key}={_joined(value, style, encode, encode(_DELIMITERS[style.name]))}"]
        case "form" | "cookie" | "collection" if style.explode and isinstance(value, dict | list):
            return _pairs(key, value, encode)
        case "form" | "cookie" | "collection":
            return [f"{key}={_joined(value, style, encode)}"]
        case "deepObject" | "spaceDelimited" | "pipeDelimited":
            exploded = ", exploded" if style.explode and style.name != "deepObject" else ""
            raise UnsendableError(f"style {style.name}{exploded} has no way to write {shown(value)}")
    raise _unknown(style)


def in_header(value: Any, style: Style) -> str:
    """A value in a header.

    Raises:
        UnsendableError: The style has no way to write it.
    """
    if style.name not in {"simple", "collection"}:
        raise _unknown(style)
    return _joined(value, style, str)


def in_cookie(name: str, value: Any, style: Style) -> list[str]:
    """A value in a `Cookie` header: `name=value` texts.

    Raises:
        UnsendableError: The style has no way to write it.
    """
    if style.name == "cookie":
        return in_query(name, value, style, str)
    if style.explode and isinstance(value, dict | list):
        raise UnsendableError(f"a cookie of style form has no way to write {shown(value)}; say explode: false")
    return in_query(name, value, style)


def plain(value: Any) -> str:
    """A single value as text.

    Raises:
        UnsendableError: It is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return json.dumps(value)
    raise UnsendableError(f"there is no way to write {shown(value)} as a single value")


def _joined(value: Any, style: Style, encode: Encode, delimiter: str | None = None) -> str:
    """Lists and objects in one text; exploded objects as `name=value`."""
    if delimiter is None:
        delimiter = "," if style.delimiter == "," else encode(style.delimiter)
    if isinstance(value, dict) and style.explode:
        texts: Sequence[str] = [f"{encode(name)}={encode(plain(one))}" for name, one in value.items()]
    elif isinstance(value, dict):
        texts = [encode(text) for name, one in value.items() for text in (name, plain(one))]
    elif isinstance(value, list):
        texts = [encode(plain(one)) for one in value]
    else:
        texts = [encode(plain(value))]
    if not texts:
        raise UnsendableError(f"style {style.name} has no way to write {shown(value)}")
    return delimiter.join(texts)


def _pairs(key: str, value: dict[str, Any] | list[Any], encode: Encode) -> list[str]:
    """`name=value` for each item of a list or an object."""
    if not value:
        raise UnsendableError(f"there is no way to write {shown(value)}")
    if isinstance(value, dict):
        return [f"{encode(name)}={encode(plain(one))}" for name, one in value.items()]
    return [f"{key}={encode(plain(one))}" for one in value]


def _unknown(style: Style) -> UnsendableError:
    return UnsendableError(f"style {shown(style.name)} is not one of this place")
