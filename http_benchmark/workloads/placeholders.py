"""Placeholders in a workload's texts: `{{table.column}}`, `{{value}}` and `${ENVIRONMENT_VARIABLE}`.

They are the standard library's string templates with other marks: a value is put in, nothing is computed.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from string import Template as StringTemplate
from urllib.parse import quote

from http_benchmark.workloads.workload import Template

type Escape = Callable[[str], str]


class Text(StringTemplate):
    """A text with placeholders; those of the environment have the name `${NAME}`, the others that between the marks."""

    pattern = r"""
        \{\{ \s* (?P<named> [A-Za-z_][\w-]* (?: \. [\w\ -]+? )? ) \s* \}\}
        | (?P<braced> \$\{ [A-Za-z_]\w* \} )
        | (?P<escaped> (?!) )
        | \{ (?P<invalid> \{ )
    """  # type: ignore[assignment]  # the base class compiles it


def fault_in(text: str) -> str | None:
    """What is wrong with a text's placeholders, or None."""
    try:
        Text(text).substitute(defaultdict(str))
    except ValueError as error:
        return str(error).replace("Invalid placeholder in string", "no placeholder at")
    return None


def names_in(template: Template) -> set[str]:
    """The names of all placeholders of a request."""
    return {name for text in template.texts for name in Text(text).get_identifiers()}


def as_placeholders(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment variables by the names that placeholders have for them."""
    return {f"${{{name}}}": value for name, value in environment.items()}


def fill(template: Template, values: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    """URL, headers and body of a request with these values, each escaped as its place wants it.

    Args:
        template: The request.
        values: By name, at least those that it uses.
    """
    body = template.body
    if not template.has_placeholders:
        return template.url, template.headers, body.encode() if isinstance(body, str) else body
    url = _filled(template.url, values, lambda value: quote(value, safe=""))
    headers = tuple((name, _filled(text, values, str)) for name, text in template.headers)
    if isinstance(body, str):
        body = _filled(body, values, _in_json if template.json_body else str).encode()
    return url, headers, body


def _filled(text: str, values: Mapping[str, str], escape: Escape) -> str:
    template = Text(text)
    return template.substitute({name: escape(values[name]) for name in template.get_identifiers()})


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
