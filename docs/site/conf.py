"""How Sphinx makes a site of the documents: `make docs` writes it into `site/`.

The source folder is the repository, so that links between README and documents hold as they stand. What only the site
has is beside this file: the order of the pages (navigation.md) and the reference that is generated from the code.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
from sphinx.application import Sphinx

from http_benchmark import __version__
from http_benchmark.cli.main import cli

_REPOSITORY = Path(__file__).parents[2]
_WITH_PAGES = {"docs", "examples"}  # examples are linked to

project = "http-benchmark"
author = "the http-benchmark authors"
copyright = author  # noqa: A001 - Sphinx's name
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = [path.name for path in _REPOSITORY.iterdir() if path.is_dir() and path.name not in _WITH_PAGES]
exclude_patterns += ["docs/site/navigation.md"]

myst_heading_anchors = 6  # as GitHub makes them
smartquotes_action = "D"  # dashes; quotes stand as they were typed
default_role = "code"  # docstrings write `name`
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = project
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False  # the pages are in the repository
html_additional_pages = {"index": "index.html"}
templates_path = ["templates"]


def _complete(_app: Sphinx, docname: str, source: list[str]) -> None:
    """README is the first page, on which the order of the others hangs; the page of commands gets their help."""
    if docname == root_doc:
        source[0] += "\n" + (Path(__file__).parent / "navigation.md").read_text(encoding="utf-8")
    if docname == "docs/site/command-line":
        source[0] += "\n".join(_helps(click.Context(cli, info_name=project, terminal_width=80, **cli.context_settings)))


def _helps(context: click.Context) -> Iterator[str]:
    """What each command says on `--help`, under its name."""
    yield f"\n## {context.command_path}\n\n```text\n{context.get_help()}\n```"
    if isinstance(group := context.command, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            yield from _helps(click.Context(command, parent=context, info_name=name))


def _shorten(_app: Sphinx, _what: str, _name: str, thing: object, _options: object, _signature: str, _returns: str):
    """The checks of a model's fields do not belong into its signature."""
    if not hasattr(thing, "__pydantic_fields__"):
        return None
    parameters = inspect.signature(thing).parameters.values()
    return f"({', '.join(str(one.replace(annotation=one.empty)) for one in parameters)})", ""


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", _shorten)
    app.connect("source-read", _complete)
