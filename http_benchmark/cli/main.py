"""The command `http-benchmark`: the group of subcommands, what they share, and the exit codes.

A subcommand's module is imported only when it is called, so that `--help` is there at once.
"""

import errno
import importlib
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click

from http_benchmark import __version__
from http_benchmark.errors import (
    ClientUnavailableError,
    ConfigurationError,
    HTTPBenchmarkError,
    NoAnswerError,
    TargetError,
    WorkerError,
)
from http_benchmark.lifeline import ending_signals
from http_benchmark.redaction import cleared
from http_benchmark.utils.tracebacks import clear_tracebacks

EXIT_USAGE = 2
EXIT_NOTHING_MEASURED = 4
EXIT_INTERRUPTED = 130

_NOTHING_MEASURED = (TargetError, NoAnswerError, WorkerError, ClientUnavailableError)

_SUBCOMMANDS = {
    "run": "Compare HTTP clients and print the ranking.",
    "capacity": "Find the highest arrival rate that clients sustain under an objective.",
    "gate": "Has a candidate become slower than its baseline?",
    "conform": "Check that clients do the work that they claim.",
    "clients": "List the known clients: versions, modes, how to install them.",
    "origin": "Run the bundled origin in the foreground.",
    "explain": "Why is one client of a stored experiment slower than another?",
    "report": "Write a stored experiment as a page, as pictures or as Markdown.",
    "results": "List, show or delete stored results.",
    "serve": "Show results and start runs in the browser, and over REST.",
    "doctor": "Is this machine fit to measure on?",
    "db": "Migrate the database, or tell its version.",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of the same name, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _SUBCOMMANDS:
            return None
        command: click.Command = importlib.import_module(f"http_benchmark.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUBCOMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: http-benchmark run httpx aiohttp --concurrency 32 --quick",
)
@click.version_option(__version__, "--version", prog_name="http-benchmark")
@click.option("-v", "--verbose", count=True, help="Say more; -vv says everything. Also works after the subcommand.")
@click.pass_context
def cli(context: click.Context, verbose: int) -> None:
    """Which Python HTTP client for my workload, what does it cost, and has it got slower?"""
    context.obj = verbose


def main() -> NoReturn:
    """Run the command line and exit with the documented code."""
    clear_tracebacks()
    for number in ending_signals():
        signal.signal(number, _interrupt)
    try:
        code = _run()
    except KeyboardInterrupt:  # in the middle of dealing with another exception
        code = EXIT_INTERRUPTED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        code = _give_up(error)
    _ignore_endings()  # the interpreter is about to end, and would complain
    sys.exit(code)


def _run() -> int:
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _complain(["interrupted"], EXIT_INTERRUPTED)
    except click.ClickException as error:
        return _refuse(error)
    except ConfigurationError as error:
        return _complain(error.faults, EXIT_USAGE)
    except HTTPBenchmarkError as error:
        return _complain([str(error)], EXIT_NOTHING_MEASURED if isinstance(error, _NOTHING_MEASURED) else EXIT_USAGE)
    return code if isinstance(code, int) else 0


def _refuse(error: click.ClickException) -> int:
    if not isinstance(error, click.exceptions.NoArgsIsHelpError):
        return _complain([" ".join(error.format_message().split()) + _help_on(error)], EXIT_USAGE)
    click.echo(cleared(error.format_message()), err=True)  # the help of a group that was called alone
    return EXIT_USAGE


def _help_on(error: click.ClickException) -> str:
    """What an option that is missing is about."""
    option = error.param if isinstance(error, click.MissingParameter) else None
    return f" {option.help}" if isinstance(option, click.Option) else ""


def _give_up(error: OSError) -> int:
    """A help that a full disk keeps from being printed; answers see to that by themselves."""
    from http_benchmark.cli.common import give_up

    give_up()
    return _complain([f"the answer cannot be printed ({error.strerror})"], EXIT_USAGE)


def _complain(faults: Sequence[str], code: int) -> int:
    with suppress(OSError):  # where standard error cannot be written either, the exit code has to say it
        for fault in faults:
            click.echo(cleared(f"http-benchmark: {fault}"), err=True)
    return code


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Interrupt once: what was measured is then saved and shown, however often the user asks again."""
    _ignore_endings()
    raise KeyboardInterrupt


def _ignore_endings() -> None:
    for number in ending_signals():
        signal.signal(number, signal.SIG_IGN)
