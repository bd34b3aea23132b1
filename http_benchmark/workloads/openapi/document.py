"""Walks in an OpenAPI document: follows its references, and looks at values that may be of the wrong kind."""

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

_COMPOSING = frozenset({"allOf", "anyOf", "oneOf", "properties", "required"})
"""Keywords of schemas that add to each other where two schemas have them."""

_LONGEST = 200
"""Characters of a line's parts that come from the document."""

type Node = Mapping[str, Any]


class UnsendableError(Exception):
    """An operation, or a part of it, cannot be sent; the message says why."""


class NoExampleError(UnsendableError):
    """It is not sent, because the document has no value for it."""


class References:
    """Follows the references of a document whose references all lead somewhere."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._looked_up: dict[str, Any] = {}
        self._siblings_hold = str(document.get("openapi", "")).startswith(("3.1", "3.2"))

    def resolved(self, node: Any, *, siblings_hold: bool | None = None) -> Node:
        """What a node refers to, if it does; empty for what is no mapping.

        Args:
            node: Anything that stands in the document.
            siblings_hold: What stands beside the reference counts; None for as the document's version has it.
        """
        siblings = []
        while (reference := reference_of(node)) is not None:
            if len(node) > 1:
                siblings.append({key: value for key, value in node.items() if key != "$ref"})
            if reference not in self._looked_up:
                self._looked_up[reference] = _looked_up(self._document, reference)
            node = self._looked_up[reference]
        found = mapping(node)
        if self._siblings_hold if siblings_hold is None else siblings_hold:
            for beside in reversed(siblings):
                found = _both(found, beside)
        return found


def reference_faults(document: Node) -> Iterator[str]:
    """References that lead to no value, a line each."""
    for place, reference in _references(document, ()):
        if reason := _reference_fault(document, reference):
            yield f"{dotted(place)}: {shown(reference)} {reason}"


def mapping(node: Any) -> Node:
    """The node, if it is a mapping; else an empty one."""
    return node if isinstance(node, dict) else {}


def sequence(node: Any) -> Sequence[Any]:
    """The node, if it is a list; else an empty one."""
    return node if isinstance(node, list) else ()


def reference_of(node: Any) -> str | None:
    """What a node refers to; None for one that does not."""
    reference = mapping(node).get("$ref")
    return reference if isinstance(reference, str) else None


def dotted(place: Sequence[str | int]) -> str:
    """A place in the document, for messages."""
    return shortened(".".join(map(str, place))) or "document"


def shortened(text: str) -> str:
    """A text that may come from the document, as one line that can be read and printed."""
    line = " ".join(text.split()).encode(errors="replace").decode()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def shown(value: Any) -> str:
    """A value of the document, for messages: the beginning of it."""
    names = {None: "null", True: "true", False: "false"}
    return names[value] if value is None or isinstance(value, bool) else _REPR.repr(value)


_REPR = reprlib.Repr(maxstring=60, maxother=60, maxdict=3, maxlist=3, maxlevel=2)


def _looked_up(document: Node, reference: str) -> Any:
    """What stands where a JSON pointer (RFC 6901) leads to.

    Raises:
        LookupError: Nothing does.
    """
    node: Any = document
    root, *keys = unquote(reference.removeprefix("#")).split("/")
    if root:
        raise LookupError(reference)
    for key in keys:
        if isinstance(node, dict):
            node = node[key.replace("~1", "/").replace("~0", "~")]
        else:
            node = dict(enumerate(sequence(node)))[int(key) if key.isdecimal() else -1]
    return node


def _reference_fault(document: Node, reference: str) -> str | None:
    seen = set()
    following: str | None = reference
    while following is not None:
        if not following.startswith("#"):
            return "is in another file, which is not read; put everything into one document"
        if following in seen:
            return "leads back to itself; let it lead to what is meant"
        seen.add(following)
        try:
            node = _looked_up(document, following)
        except LookupError:
            return "leads nowhere; correct it"
        following = reference_of(node)
    return None


def _references(node: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """All references in a document, with where they stand."""
    if (reference := reference_of(node)) is not None:
        yield (*place, "$ref"), reference
    children = node.items() if isinstance(node, dict) else enumerate(sequence(node))
    for key, value in children:
        yield from _references(value, (*place, key))


def _both(schema: Node, beside: Node) -> Node:
    """A schema and what stands beside the reference to it."""
    if schema.keys() & beside.keys() & _COMPOSING:
        return {"allOf": [schema, beside]}
    return {**schema, **beside}
