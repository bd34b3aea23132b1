"""What `http-benchmark run` does: plan, measure, print the ranking, save the results."""

from collections.abc import Sequence

from loguru import logger
from rich.console import Console

from http_benchmark.benchmark import Experiment
from http_benchmark.cli import EARLIER_DISTRIBUTION
from http_benchmark.cli.common import (
    answering,
    before_telling,
    check_writable,
    exit_code,
    make_console,
    open_storage,
    print_lines,
    write_json,
)
from http_benchmark.cli.levels import run_levels
from http_benchmark.cli.main import EXIT_INTERRUPTED
from http_benchmark.cli.planned import print_plan
from http_benchmark.cli.progress import ProgressDisplay
from http_benchmark.cli.servers import run_servers
from http_benchmark.config import Settings
from http_benchmark.environments.making import Environments
from http_benchmark.errors import StorageError
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.report import json as json_report
from http_benchmark.report.terminal import print_experiment
from http_benchmark.utils import host


def run(settings: Settings, json_file: str | None, *, plan_only: bool, strict: bool) -> int:
    """Carry out the command; return its exit code.

    Args:
        settings: Of the command line, its file and its environment.
        json_file: Where the JSON goes; None for nowhere.
        plan_only: Say what would run instead of running it.
        strict: A verdict other than "valid" is an error.
    """
    _warn_of_the_earlier_distribution()
    console = make_console(to_stderr=json_file == "-")
    if settings.levels:
        return run_levels(settings, console, json_file, plan_only=plan_only, strict=strict)
    if settings.servers:
        return run_servers(settings, console, json_file, plan_only=plan_only, strict=strict)
    progress = ProgressDisplay(make_console(to_stderr=True), redraw=not settings.verbose)
    environments = Environments(progress.say)
    if plan_only:
        with answering(saved=False):
            print_plan(Experiment(settings.experiment(), environments=environments), console)
        return 0
    if json_file:
        check_writable(json_file)
    with open_storage(settings) as storage, progress:
        experiment = Experiment(settings.experiment(), storage=storage, observer=progress, environments=environments)
        return measured(experiment, progress, json_file, verbose=settings.verbose > 0, strict=strict)


def measured(
    experiment: Experiment, progress: ProgressDisplay, json_file: str | None, *, verbose: bool, strict: bool
) -> int:
    """Carry out an experiment and print its answer, interrupted or not; return the exit code."""
    interrupted, failure = False, None
    try:
        result = experiment.run()
    except KeyboardInterrupt:  # is the only one: from now on further signals are ignored
        interrupted = True
        result = experiment.result()
    except StorageError as error:  # such as a full disk: what was measured is shown before that is told
        if not experiment.blocks:
            raise
        failure = error
        result = experiment.result()
    progress.stop()
    console = make_console(to_stderr=json_file == "-")
    with before_telling(failure, f"show {experiment.id}"):
        _show(result, experiment.blocks, console, json_file, verbose=verbose)
    if interrupted and result.provenance:  # it began, so it is stored
        with answering():
            print_lines(["", f"To go on: http-benchmark run --resume {experiment.id}"], console)
    return EXIT_INTERRUPTED if interrupted else exit_code(result.clients, result.validity, strict=strict)


def _show(
    result: ExperimentResult, blocks: Sequence[BlockRecord], console: Console, json_file: str | None, *, verbose: bool
) -> None:
    with answering():
        print_experiment(result, console, blocks=blocks, verbose=verbose)
    if json_file:
        with answering():
            write_json(json_report.dump(result), json_file)


def _warn_of_the_earlier_distribution() -> None:
    if host.distribution_version(EARLIER_DISTRIBUTION):
        logger.warning(
            f"{EARLIER_DISTRIBUTION} is installed too and brings the same import name; whichever was installed last is "
            f"in force. Uninstall it (pip uninstall {EARLIER_DISTRIBUTION}), then install http-benchmark again with "
            "--force-reinstall"
        )
