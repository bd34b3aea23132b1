"""What `http-benchmark explain` does: find the experiment, look into two contenders, print why they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from http_benchmark.cli.again import asked_for, given_again, kept
from http_benchmark.cli.common import (
    answering,
    check_writable,
    load_settings,
    make_console,
    open_storage,
    print_lines,
    stored,
    write_json,
    write_text,
)
from http_benchmark.cli.display import Display
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.explaining import DURATION_S, Explainer, Looks, chosen
from http_benchmark.models.explanation import Explanation
from http_benchmark.redaction import cleared_document
from http_benchmark.report.explanation import print_explanation
from http_benchmark.restoring import restored
from http_benchmark.units import parse_duration

_PICTURE = ".svg"
_FORMS = (".html", _PICTURE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of an explanation, as typed.

    Attributes:
        contenders: The two; empty for the slowest and the best.
        output: Where the page or the picture goes; None for nowhere.
        sample: For how long stacks are sampled.
        native: Look into extensions, too.
        same_versions: Look into the versions that were measured.
        force: Accept what is not as it was.
        trusted: As for `reproduce`.
    """

    contenders: tuple[str, ...]
    output: str | None
    sample: str | None
    native: bool
    same_versions: bool
    force: bool
    trusted: bool


def explain(
    identifier: str, asked: Asked, arguments: Mapping[str, Any], config_file: Path | None, json_file: str | None
) -> int:
    """Carry out the command; return its exit code.

    Args:
        identifier: ID of the experiment, or the beginning of it.
        asked: Who is explained, and how.
        arguments: Settings by name, None for those not given; only what is lost may be given again.
        config_file: Settings file, or None for the usual places.
        json_file: Where the JSON goes; None for nowhere.
    """
    settings = load_settings(kept(arguments), config_file)
    looks = Looks(duration_s=_duration_s(asked.sample), native=asked.native)
    display = Display(make_console(to_stderr=True), redraw=False)
    if asked.output:
        _require_form(asked.output)
    for destination, option in ((json_file, "--json"), (asked.output, "--output")):
        if destination:
            check_writable(destination, option)
    with open_storage(settings, existing=True) as storage:
        experiment = stored(storage, identifier)
    pair = chosen(experiment, asked.contenders)
    configuration = asked_for(restored(experiment, given_again(arguments), force=asked.force, trusted=asked.trusted))
    explanation = Explainer(
        experiment,
        configuration,
        pair,
        looks=looks,
        environments=Environments(display.say),
        same_versions=asked.same_versions,
        other_versions=asked.force,
        say=display.say,
    ).run()
    _show(explanation, asked.output, json_file)
    return 0


def _show(explanation: Explanation, output: str | None, json_file: str | None) -> None:
    console = make_console(to_stderr="-" in (json_file, output))
    with answering(saved=False):
        try:
            if json_file:
                write_json(explanation.to_dict(), json_file)
            if output:
                write_text(_drawn(explanation, output), output, "--output")
        finally:  # it took a minute to find out, and a disk may be full
            print_explanation(explanation, console)
    if output and output != "-":
        print_lines([f"wrote {output}"], make_console(to_stderr=True))


def _drawn(explanation: Explanation, output: str) -> str:
    """The page, or the picture of the difference, as the file's ending says."""
    from http_benchmark.report.charts.flames import flames
    from http_benchmark.report.charts.themes import for_image
    from http_benchmark.report.explanation_html import html_explanation
    from http_benchmark.report.images import svg

    if Path(output).suffix.lower() == _PICTURE:
        return svg(cleared_document(for_image(flames(explanation)[0], "light")))
    return html_explanation(explanation)


def _require_form(output: str) -> None:
    """Standard output gets the page.

    Raises:
        ConfigurationError: The file's name tells another form.
    """
    if output != "-" and Path(output).suffix.lower() not in _FORMS:
        raise ConfigurationError(f"output must end in {' or '.join(_FORMS)}, got {output}")


def _duration_s(text: str | None) -> float:
    """For how long stacks are sampled.

    Raises:
        ConfigurationError: That is no duration, or none at all.
    """
    if text is None:
        return DURATION_S
    try:
        duration_s = parse_duration(text)
    except ValueError as error:
        raise ConfigurationError(f"sample is {error}") from None
    if duration_s <= 0:
        raise ConfigurationError(f"sample must be above 0, got {text}; for example 10s")
    return duration_s
