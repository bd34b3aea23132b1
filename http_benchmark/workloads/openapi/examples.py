"""Finds values for the parameters and bodies of an OpenAPI document: examples that stand in it, or are put together.

A schema's own example comes first, else a default, the only or the first value that is allowed; else an object has its
properties' examples, with those of everything that it is composed of, and a list one of its items'. Properties that
only answers have (`readOnly`) are left out.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from http_benchmark.workloads.openapi.document import (
    Node,
    NoExampleError,
    References,
    UnsendableError,
    mapping,
    reference_of,
    sequence,
    shown,
)

MOST_VALUES = 10_000
"""Values of one example that is put together; lists of references multiply fast."""

MOST_IN_ALL = 500_000
"""Values that are put together for a whole document: a few seconds' work."""

_DEEPEST = 50
"""Schemas within each other; each takes a few of Python's 1,000 frames."""


class _TooLargeError(Exception):
    """The example that is being put together has too many values."""


class _LackError(Exception):
    """A schema has no example.

    Attributes:
        path: Which part of it has none, the innermost first.
        reason: Why not, where the document says more than nothing.
    """

    def __init__(self, *path: str, reason: str = "") -> None:
        self.path = list(path)
        self.reason = reason


class Examples:
    """Finds examples in one document, and remembers which schemas have none.

    Args:
        references: Of the document.
        most_in_all: Values that are put together at most.
    """

    def __init__(self, references: References, most_in_all: int = MOST_IN_ALL) -> None:
        self._references = references
        self._left_in_all = most_in_all
        self._left = 0
        self._within: list[str] = []
        self._interrupted = 0
        self._lacking: dict[str, _LackError] = {}

    def of(self, node: Node, what: str) -> Any:
        """A value for a parameter or a media type.

        Args:
            node: The parameter or media type, its reference followed.
            what: What it is, for messages.

        Raises:
            NoExampleError: The document has none.
            UnsendableError: It would be too large, or needs more than the document says.
        """
        for value in self._given(node):
            return value
        self._left = min(MOST_VALUES, self._left_in_all)
        allowed = self._left
        try:
            return self._example(node.get("schema", node))  # Swagger's parameters are schemas themselves
        except _LackError as lack:
            part = ", ".join([what, *reversed(lack.path)])
            if lack.reason:
                raise UnsendableError(f"the {part} {lack.reason}; write an example into the document") from None
            raise NoExampleError(f"no example for the {part}") from None
        except _TooLargeError:
            raise UnsendableError(
                f"the example of the {what} would have more than {allowed:,} values; write one into the document"
            ) from None
        finally:
            self._left_in_all -= allowed - self._left

    def _example(self, node: Any, depth: int = 0) -> Any:
        """A value for a schema or what a reference leads to."""
        self._spend(None)
        schema = self._references.resolved(node)
        for value in self._given(schema):
            self._spend(value)
            return value
        reference = reference_of(node)
        if reference in self._lacking:
            known = self._lacking[reference]
            raise _LackError(*known.path, reason=known.reason)
        if reference in self._within or depth > _DEEPEST:
            self._interrupted += 1
            raise _LackError
        interrupted = self._interrupted
        self._within.append(reference or "")
        try:
            return self._put_together(schema, depth + 1)
        except _LackError as lack:
            if reference is not None and interrupted == self._interrupted:
                self._lacking[reference] = _LackError(*lack.path, reason=lack.reason)
            raise
        finally:
            self._within.pop()

    def _put_together(self, schema: Node, depth: int) -> Any:
        for keyword in ("oneOf", "anyOf"):
            if alternatives := sequence(schema.get(keyword)):
                rest = {key: value for key, value in schema.items() if key != keyword}
                return self._first_of(alternatives, rest, depth)
        if schema.get("allOf") or schema.get("properties"):
            return self._composed(schema, depth)
        if "items" in schema:
            count = max(1, _least(schema.get("minItems")))
            if count > 1 and schema.get("uniqueItems"):
                raise _LackError(reason=f"needs {count} different items")
            return [self._example(schema["items"], depth) for _ in range(count)]
        raise _LackError

    def _first_of(self, alternatives: Sequence[Any], rest: Node, depth: int) -> Any:
        """The example of the first alternative that has one, with the rest of the schema."""
        first_error: _LackError | None = None
        for alternative in alternatives:
            schema = {**rest, "allOf": [*sequence(rest.get("allOf")), alternative]} if _says_more(rest) else alternative
            try:
                return self._example(schema, depth)
            except _LackError as error:
                first_error = first_error or error
        raise first_error or _LackError()

    def _composed(self, schema: Node, depth: int) -> Any:
        """An object of the examples of all properties; those that are not required may be missing."""
        value: dict[str, Any] = {}
        properties: dict[str, Any] = {}
        required: set[str] = set()
        for part in self._parts(schema):
            known = self._example(part, depth) if "oneOf" in part or "anyOf" in part else None
            known = next(self._given(part), known)
            if known is not None and not isinstance(known, dict):
                return known
            value |= known or {}
            properties |= mapping(part.get("properties"))
            required |= {name for name in sequence(part.get("required")) if isinstance(name, str)}
        for name, described in properties.items():
            if name in value:
                continue
            if self._references.resolved(described).get("readOnly") is True:
                required.discard(name)
                continue
            try:
                value[name] = self._example(described, depth)
            except _LackError as lack:
                if name in required:
                    lack.path.append(f"property {shown(name)}")
                    raise
        if missing := sorted(required - value.keys()):
            raise _LackError(f"property {shown(missing[0])}")
        if not value:
            raise _LackError
        return value

    def _parts(self, schema: Node) -> Iterator[Node]:
        """What a schema is composed of by `allOf`, at any level, each once; itself last."""
        seen: set[str] = set()
        waiting = [(schema, False)]
        while waiting:
            part, is_expanded = waiting.pop()
            self._spend(None)
            if is_expanded or "oneOf" in part or "anyOf" in part:
                yield part
                continue
            waiting.append((part, True))
            for inner in reversed(sequence(part.get("allOf"))):
                reference = reference_of(inner)
                if reference is None or reference not in seen:
                    seen.add(reference or "")
                    waiting.append((self._references.resolved(inner), False))

    def _given(self, node: Node) -> Iterator[Any]:
        """The values that stand in the document for a parameter, a body or a schema, the best one first."""
        yield from (node[key] for key in ("example", "x-example") if key in node)
        examples = node.get("examples")
        for named in map(self._references.resolved, mapping(examples).values()):  # of parameters and bodies
            yield from (named[key] for key in ("dataValue", "value") if key in named)
        yield from sequence(examples)  # of schemas
        yield from (node[key] for key in ("default", "const") if key in node)
        yield from sequence(node.get("enum"))

    def _spend(self, value: Any) -> None:
        """Take a value from the budget, with all that it holds."""
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self._left -= 1 + (len(one) // 100 if isinstance(one, str) else 0)
            if self._left < 0:
                self._left = 0
                raise _TooLargeError
            waiting.extend(one.values() if isinstance(one, dict) else sequence(one))


def _says_more(schema: Node) -> bool:
    """Whether a schema has, beside its alternatives, something that an example is made of."""
    return bool(schema.keys() & {"allOf", "anyOf", "oneOf", "properties", "required"})


def _least(count: Any) -> int:
    return count if isinstance(count, int) else 0
