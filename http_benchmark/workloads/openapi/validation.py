"""Says what is wrong with an OpenAPI document: by the published schema of its version, and in plain words."""

from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.validators import validator_for
from openapi_spec_validator import (
    OpenAPIV2SpecValidator,
    OpenAPIV30SpecValidator,
    OpenAPIV31SpecValidator,
    OpenAPIV32SpecValidator,
)
from openapi_spec_validator.schemas import schema_v2, schema_v30, schema_v31, schema_v32
from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import ValidatorDetectError

from http_benchmark.workloads.openapi.document import Node, dotted, mapping, reference_faults, shortened, shown

_SCHEMAS: dict[Any, Any] = {
    OpenAPIV2SpecValidator: schema_v2,
    OpenAPIV30SpecValidator: schema_v30,
    OpenAPIV31SpecValidator: schema_v31,
    OpenAPIV32SpecValidator: schema_v32,
}

_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}

_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}


def faults_of(document: Any) -> list[str]:
    """What is wrong with a document, a line each."""
    if not isinstance(document, dict):
        return [f"it must be an object, got {_KINDS[type(document)]}; is this an OpenAPI document?"]
    try:
        schema = _SCHEMAS[get_validator_cls(document)]
    except (ValidatorDetectError, TypeError):
        version = document.get("openapi", document.get("swagger"))
        return [f'it must say "openapi": "3.0.x" to "3.2.x" or "swagger": "2.0", got {shown(version)}']
    if faults := list(reference_faults(document)):
        return faults
    # By jsonschema, whose errors tell more: the library takes jsonschema-rs where that happens to be installed.
    errors = validator_for(schema)(schema).iter_errors(document)
    # Not the library's further checks: they crash, or never end, on references in circles or to things of other kinds.
    return _one_by_place(errors) or list(_repeated_names(document))


def _repeated_names(document: Node) -> Iterator[str]:
    """Operations that are called alike; their figures would be mixed."""
    places: dict[str, str] = {}
    for path, item in mapping(document.get("paths")).items():
        for method, operation in mapping(item).items():
            name = mapping(operation).get("operationId")
            if not isinstance(name, str):
                continue
            if name in places:
                where = dotted(("paths", path, method, "operationId"))
                yield f"{where}: {shown(name)} is the name of {places[name]}, too; give each its own"
            places.setdefault(name, shortened(f"{method.upper()} {path}"))


def _one_by_place(errors: Iterable[ValidationError]) -> list[str]:
    """A line for each place; what else is said of it follows from the first."""
    lines: dict[str, str] = {}
    for error in errors:
        specific = _most_specific(error)
        place = dotted(list(specific.absolute_path))
        lines.setdefault(place, f"{place}: {_words(specific)}")
    return list(lines.values())


def _most_specific(error: ValidationError) -> ValidationError:
    """Of an error in all of several alternatives, the deepest in the one that was meant."""
    while error.context:
        alternatives: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            alternatives.setdefault(inner.schema_path[0], []).append(inner)
        meant = min(alternatives.values(), key=lambda inner: sum(_is_of_another_kind(one, error) for one in inner))
        error = max(meant, key=lambda inner: len(inner.absolute_path))
    return error


def _is_of_another_kind(inner: ValidationError, whole: ValidationError) -> bool:
    """Whether an error only says that another alternative was meant: no reference, another kind of parameter."""
    if inner.validator == "required":
        return "$ref" in inner.validator_value
    return inner.validator in {"enum", "const"} and len(inner.absolute_path) > len(whole.absolute_path)


def _words(error: ValidationError) -> str:
    value = error.instance
    words = f"{shown(value)} is not what may stand here ({error.validator}); correct it"
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in value]
            words = (
                f"{_listed(missing, 'and')} {'is missing; add it' if len(missing) == 1 else 'are missing; add them'}"
            )
        case "type":
            types = error.validator_value
            wanted = [_TYPES[one] for one in ([types] if isinstance(types, str) else types)]
            words = f"must be {' or '.join(wanted)}, got {_KINDS[type(value)]}; correct it"
        case "enum":
            words = f"must be {_listed(_allowed(error), 'or')}, got {shown(value)}"
        case "const":
            words = f"must be {shown(error.validator_value)}, got {shown(value)}"
        case "additionalProperties" | "unevaluatedProperties":
            words = f"{_unknown(error)} is not known here; correct or remove it"
        case "minProperties" | "minItems":
            words = "must not be empty; fill it or remove it"
    return words


def _allowed(error: ValidationError) -> list[Any]:
    """The values that may stand at this place, by all alternatives."""
    alternatives = error.parent.context if isinstance(error.parent, ValidationError) else [error]
    same = [one for one in alternatives if one.validator == "enum" and one.absolute_path == error.absolute_path]
    return list(dict.fromkeys(value for one in same for value in one.validator_value))


def _unknown(error: ValidationError) -> str:
    """The names that the library says are unknown; they are only in its message."""
    names = error.message.partition("(")[2].rpartition(" w")[0] or error.message.partition(" do")[0]
    return shortened(names) or "a name"


def _listed(values: list[Any], word: str) -> str:
    *first, last = map(shown, values)
    return f"{', '.join(first)} {word} {last}" if first else last
