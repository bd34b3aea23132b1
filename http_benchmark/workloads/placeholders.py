"""Placeholders in a workload's texts: `{{table.column}}`, `{{value}}`, and references to secrets as `secret` has them.

`${NAME}` is short for `${env:NAME}`.

They are the standard library's string templates with other marks: a value is put in, nothing is computed.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from string import Template as StringTemplate
from urllib.parse import quote

from http_benchmark.secret import Reference, SecretText, parse
from http_benchmark.workloads.workload import Template

type Escape = Callable[[str], str]


class Text(StringTemplate):
    """A text with placeholders; secrets have the reference as their name, the others what stands between the marks."""

    pattern = r"""
        \{\{ \s* (?P<named> [A-Za-z_][\w-]* (?: \. [\w\ -]+? )? ) \s* \}\}
        | (?P<braced> \$\{ [A-Za-z_]\w* \} | \$? \$\{ [a-z]+ : [^{}]* \} )
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


def references_in(template: Template) -> tuple[Reference, ...]:
    """The secrets that a request names, each once.

    Raises:
        ValueError: A reference is none; says so without the rest of the text.
    """
    texts = (re.sub(r"(?<!\$)\$\{(?=[A-Za-z_]\w*\})", "${env:", text) for text in template.texts)
    return tuple(dict.fromkeys(one for text in texts for one in SecretText(parse(text)).references))


def as_placeholders(secrets: Mapping[Reference, str]) -> dict[str, str]:
    """Secrets by the names that placeholders have for them."""
    short = {f"${{{reference.name}}}": value for reference, value in secrets.items() if reference.kind == "env"}
    return {**{str(reference): value for reference, value in secrets.items()}, **short}


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
    return template.substitute(
        {name: name[1:] if name.startswith("$$") else escape(values[name]) for name in template.get_identifiers()}
    )


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
