"""Measuring a stored experiment again: `run --resume` goes on where it ended, `results reproduce` starts anew.

What may be given again, and what is asked for, is the same for `explain`.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from http_benchmark.benchmark import Experiment
from http_benchmark.cli.common import (
    answering,
    check_writable,
    exit_code,
    load_settings,
    make_console,
    open_storage,
    print_lines,
    stored,
    write_json,
)
from http_benchmark.cli.main import EXIT_INTERRUPTED
from http_benchmark.cli.planned import print_plan
from http_benchmark.cli.progress import ProgressDisplay
from http_benchmark.cli.running import measured
from http_benchmark.comparison import Arm
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.report.reproduction import print_reproduction
from http_benchmark.reproduction import reproduction
from http_benchmark.restoring import AGAIN, restored
from http_benchmark.resuming import Interrupted, require_resumable
from http_benchmark.stats.comparability import differences

_OTHERWISE = frozenset({"database_url", "verbose", "log_file"})
"""Settings that say nothing of what is measured."""


def resume(
    identifier: str,
    arguments: Mapping[str, Any],
    config_file: Path | None,
    json_file: str | None,
    *,
    strict: bool,
    force: bool,
    trusted: bool,
) -> int:
    """Go on with an interrupted experiment; return the exit code of `run`.

    Args:
        identifier: Its ID, or the beginning of it.
        arguments: Settings by name, None for those not given; only what is lost may be given again.
        config_file: Settings file, or None for the usual places.
        json_file: Where the JSON goes; None for nowhere.
        strict: A verdict other than "valid" is an error.
        force: Go on though circumstances are others.
        trusted: Let an imported one have the secrets and files that it names.
    """
    given = given_again(arguments)
    settings = load_settings(kept(arguments), config_file)
    progress = ProgressDisplay(make_console(to_stderr=True), redraw=not settings.verbose)
    if json_file:
        check_writable(json_file)
    with open_storage(settings, existing=True) as storage, progress:
        experiment = stored(storage, identifier)
        require_resumable(experiment, force=force)
        configuration = asked_for(restored(experiment, given, force=force, trusted=trusted))
        interrupted = Interrupted(experiment, storage.get_blocks(experiment.id), force)
        going_on = Experiment(
            configuration,
            storage=storage,
            observer=progress,
            environments=Environments(progress.say),
            interrupted=interrupted,
        )
        return measured(going_on, progress, json_file, verbose=settings.verbose > 0, strict=strict)


def reproduce(
    identifier: str,
    arguments: Mapping[str, Any],
    config_file: Path | None,
    json_file: str | None,
    *,
    blocks: int | None,
    same_versions: bool,
    force: bool,
    trusted: bool,
    plan_only: bool,
    strict: bool,
) -> int:
    """Measure a stored experiment again and compare; return the exit code.

    Args:
        identifier: Its ID, or the beginning of it.
        arguments: As for `resume`.
        config_file: Settings file, or None for the usual places.
        json_file: Where the comparison goes as JSON; None for nowhere.
        blocks: How many blocks; None for as many as then.
        same_versions: Measure the versions that were measured then.
        force: Accept files that changed.
        trusted: As for `resume`.
        plan_only: Say what would run instead of running it.
        strict: What does not agree is an error.
    """
    settings = load_settings(kept(arguments), config_file)
    console = make_console(to_stderr=json_file == "-")
    progress = ProgressDisplay(make_console(to_stderr=True), redraw=not settings.verbose)
    if json_file:
        check_writable(json_file)
    with open_storage(settings, existing=True) as storage, progress:
        original = stored(storage, identifier)
        before = Arm(original, blocks=storage.get_blocks(original.id))
        again = restored(original, given_again(arguments), same_versions=same_versions, force=force, trusted=trusted)
        configuration = asked_for(again)
        if blocks:
            configuration = configuration.model_copy(update={"blocks": blocks})
        experiment = Experiment(
            configuration,
            storage=storage,
            observer=progress,
            environments=Environments(progress.say),
            reproduces=original.id,
        )
        if plan_only:
            with answering(saved=False):
                print_plan(experiment, console)
            return 0
        print_lines((str(found) for found in differences(original, experiment.result())), make_console(to_stderr=True))
        try:
            result = experiment.run()
        except KeyboardInterrupt:
            progress.stop()
            return EXIT_INTERRUPTED
    found = reproduction(before, Arm(result, blocks=experiment.blocks))
    with answering():
        if json_file:
            write_json(found.to_dict(), json_file)
        print_reproduction(found, console)
    code = exit_code(result.clients, result.validity, strict=False)
    return code or int(strict and found.agrees != "yes")


def given_again(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What is given again.

    Raises:
        ConfigurationError: Something is given that would make another experiment of it.
    """
    given = {name: value for name, value in arguments.items() if value is not None and value != ()}
    others = sorted(given.keys() - AGAIN - _OTHERWISE)
    if others:
        names = ", ".join(others)
        raise ConfigurationError(f"{names}: the stored experiment says it; give again only what was not stored")
    body = given.get("body")
    if isinstance(body, str) and body.startswith("@"):
        given["body_file"] = given.pop("body")[1:]
    return {name: value for name, value in given.items() if name in AGAIN}


def kept(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that say nothing of what is measured."""
    return {name: value for name, value in arguments.items() if name in _OTHERWISE}


def asked_for(configuration: ExperimentConfiguration) -> ExperimentConfiguration:
    """The same, once a person was asked for variables that it names and that are not set.

    They are set for this process alone: children get no variable that a reference names.
    """
    for reference in configuration.references:
        if reference.kind == "env" and reference.name not in os.environ and sys.stdin.isatty():
            os.environ[reference.name] = click.prompt(reference.name, hide_input=True, err=True)
    return configuration
