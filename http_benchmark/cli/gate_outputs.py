"""Where the answer of `gate` goes besides the terminal: JSON, JUnit XML, Markdown, GitHub."""

import os
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from http_benchmark.cli.common import answering, check_writable, make_console, print_lines, write_json, write_text
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.gate import GateResult
from http_benchmark.redaction import cleared
from http_benchmark.report import json as json_report
from http_benchmark.report.gate import print_gate
from http_benchmark.report.gate_markdown import gate_markdown
from http_benchmark.report.github import annotations
from http_benchmark.report.junit import junit

_GITHUB_FILES = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
"""Variables in which GitHub names the files of a job's summary and of a step's outputs."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is to be written, with its file; "-" for standard output, None for nothing.

    Attributes:
        json, junit, markdown: Documents.
        github: Print annotations, add the Markdown to the job's summary and the outcome to the step's outputs; None for
            where GitHub runs this.
    """

    json: str | None = None
    junit: str | None = None
    markdown: str | None = None
    github: bool | None = None

    @property
    def console(self) -> Console:
        """For what people read: standard error where a document takes standard output."""
        return make_console(to_stderr="-" in (self.json, self.junit, self.markdown))

    def check(self) -> None:
        """See to it before measuring that everything can be written.

        Raises:
            ConfigurationError: Two documents are to go to standard output.
            click.ClickException: A file cannot be written.
        """
        named = {"--json": self.json, "--junit": self.junit, "--markdown": self.markdown}
        if list(named.values()).count("-") > 1:
            both = " and ".join(option for option, file in named.items() if file == "-")
            raise ConfigurationError(f"{both} cannot both go to standard output; name a file for one of them")
        github = {name: os.environ.get(name) for name in _GITHUB_FILES} if self._is_on_github else {}
        for option, file in (named | github).items():
            if file:
                check_writable(file, option)

    def write(self, result: GateResult, *, fail_on_inconclusive: bool) -> None:
        """Write all documents, and print what people read."""
        with answering():
            if self.json:
                write_json(json_report.dump(result), self.json)
            if self.junit:
                write_text(junit(result, fail_on_inconclusive=fail_on_inconclusive), self.junit, "--junit")
            if self.markdown:
                write_text(gate_markdown(result), self.markdown, "--markdown")
            print_gate(result, self.console)
            if self._is_on_github:
                print_lines(annotations(result), self.console)
                for name, text in zip(
                    _GITHUB_FILES, (gate_markdown(result), f"outcome={result.outcome}\n"), strict=True
                ):
                    _append(text, name)

    @property
    def _is_on_github(self) -> bool:
        return os.environ.get("GITHUB_ACTIONS") == "true" if self.github is None else self.github


def _append(text: str, variable: str) -> None:
    """Add to the file that GitHub names in a variable, if it does, without secrets."""
    if path := os.environ.get(variable):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(cleared(text))
