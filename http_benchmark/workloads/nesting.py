"""Bounds how deeply a file may nest, so that whoever walks through it needs no bound of their own."""

import json
from typing import Any

from http_benchmark.errors import ConfigurationError

DEEPEST = 100
"""Levels; the validator of OpenAPI documents needs about seven of Python's 1,000 frames for each."""


def parse_json(content: str | bytes, name: str) -> Any:
    """Parse JSON that may come from anywhere.

    Args:
        content: The text, or its bytes in UTF-8, UTF-16 or UTF-32.
        name: What it is, for messages.

    Raises:
        ConfigurationError: It is malformed, or nests too deeply.
    """
    try:
        document = json.loads(content)
    except RecursionError:
        raise nests_too_deeply(name) from None
    except ValueError as error:
        raise ConfigurationError(f"{name} is no JSON: {error}; correct it") from None
    check_nesting(document, name)
    return document


def check_nesting(document: Any, name: str) -> None:
    """Refuse a document whose mappings and lists nest too deeply.

    Args:
        document: Mappings, lists and other values; no value contains itself.
        name: What it is, for messages.

    Raises:
        ConfigurationError: It has more than `DEEPEST` levels.
    """
    level = [document]
    for _ in range(DEEPEST):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
    if level:
        raise nests_too_deeply(name)


def nests_too_deeply(name: str) -> ConfigurationError:
    """The fault of a document with too many levels."""
    return ConfigurationError(f"{name} nests more than {DEEPEST} levels deep; make it flatter")


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
