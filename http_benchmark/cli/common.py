"""What several subcommands do: load the settings, open the database, write JSON, make a console, end."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TextIO, cast

import click
from rich.console import Console
from rich.text import Text

from http_benchmark.cli.argv import hide_typed_secrets
from http_benchmark.cli.main import EXIT_NOTHING_MEASURED
from http_benchmark.config import Settings
from http_benchmark.errors import StorageError
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment import ClientResult, ExperimentResult, Validity
from http_benchmark.redaction import cleared, cleared_document
from http_benchmark.report.plain import Plain
from http_benchmark.stats.reached import reached_target
from http_benchmark.utils import logging
from http_benchmark.utils.vault import resolve

if TYPE_CHECKING:
    from http_benchmark.storage import ResultStorage


def load_settings(arguments: dict[str, Any], config_file: Path | None) -> Settings:
    """Merge arguments, environment, file and defaults, and start logging.

    Args:
        arguments: By name; None, empty and a `verbose` of 0 mean "not given".
        config_file: From `--config`.
    """
    return load_settings_as(Settings, arguments, config_file)


def load_settings_as[Kind: Settings](kind: type[Kind], arguments: dict[str, Any], config_file: Path | None) -> Kind:
    """`load_settings` for a command with settings of its own."""
    given = {name: value for name, value in arguments.items() if value is not None and value != ()}
    if not given.get("verbose"):
        given.pop("verbose", None)  # a count of 0 is "not given"
    settings = kind.load(given, config_file)
    logging.configure(settings.verbose, settings.log_file)
    hide_typed_secrets(given, settings)
    return settings


def open_storage(settings: Settings, *, existing: bool = False) -> "ResultStorage":
    """Open the database that the settings name; make it where there is none, unless it has to exist."""
    from http_benchmark.database.upkeep import require_existing  # takes SQLAlchemy, which many commands do without
    from http_benchmark.storage import ResultStorage

    url = database_of(settings)
    if existing:
        require_existing(url)
    return ResultStorage(url)


def database_of(settings: Settings) -> str:
    """The URL of the database, with its secrets.

    Raises:
        ConfigurationError: A secret is not where the settings say.
    """
    return settings.database_url.reveal(resolve(settings.database_url.references))


def stored(storage: "ResultStorage", identifier: str) -> ExperimentResult:
    """A stored experiment; one that was killed while it ran has its blocks only, and they are concluded now.

    Raises:
        click.ClickException: There is none with this ID.
    """
    experiment = storage.get_experiment(identifier)
    if experiment is None:
        raise missing(identifier)
    return concluded(experiment, storage)


def concluded(experiment: ExperimentResult, storage: "ResultStorage") -> ExperimentResult:
    """An experiment as it is stored, or, where it did not get to its end, what its blocks come to."""
    from http_benchmark.stats.conclusion import conclude  # takes scipy, which most commands do without

    return conclude(experiment, storage.get_blocks(experiment.id)) if experiment.status == "running" else experiment


def readable[Kind](identifiers: Iterable[str], read: Callable[[str], Kind], unreadable: list[str]) -> Iterator[Kind]:
    """What is read of stored experiments or single results.

    Those that cannot be are named on standard error and added to a list: they are damaged, were deleted meanwhile, or
    are called what no bundle takes.
    """
    from http_benchmark.errors import ArchiveError, UnreadableError

    for identifier in identifiers:
        try:
            found = read(identifier)
        except (UnreadableError, ArchiveError, click.ClickException) as error:
            click.echo(cleared(f"left out: {error}"), err=True)
            unreadable.append(identifier)
        else:
            yield found


def stored_result(storage: "ResultStorage", identifier: str) -> BenchmarkResult:
    """A stored single result.

    Raises:
        click.ClickException: There is none with this ID.
        UnreadableError: It is damaged.
    """
    result = storage.get_result_by_id(identifier)
    if result is None:
        raise missing(identifier)
    return result


def whole_ids(storage: "ResultStorage", identifiers: Iterable[str]) -> list[str]:
    """The ids of stored experiments, each once.

    Raises:
        click.ClickException: There is none with one of these IDs.
    """
    found = {identifier: storage.whole_id(identifier) for identifier in identifiers}
    unknown = next((identifier for identifier, whole in found.items() if whole is None), None)
    if unknown is not None:
        raise missing(unknown)
    return [whole for whole in dict.fromkeys(found.values()) if whole]


def missing(identifier: str) -> click.ClickException:
    """What to say where there is no such experiment."""
    return click.ClickException(f"no experiment {identifier!r}; `http-benchmark results list` shows what is stored")


class _Discreet:
    """A stream that takes secrets out of what it is given."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(cleared(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _HonestConsole(Console):
    """A console whose reader may have gone: that is an `OSError` like any other, which the caller may survive."""

    @property  # type: ignore[misc]  # nobody sets it
    def file(self) -> IO[str]:
        """Where it prints to, without secrets."""
        return cast("IO[str]", _Discreet(cast("TextIO", super().file)))

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704 - called by rich while it handles the BrokenPipeError


def make_console(*, to_stderr: bool = False) -> Console:
    """A console that prints plainly where no terminal is, and raises `OSError` where nothing can be printed."""
    return _HonestConsole(stderr=to_stderr, highlight=False)


def print_lines(lines: Iterable[str], console: Console) -> None:
    """Print each as it is, on one line, in ASCII where that is all that the console knows."""
    for line in lines:
        console.print(Plain(Text(line)), soft_wrap=True)


@contextmanager
def answering(*, saved: bool = True) -> Iterator[None]:
    """Print an answer: a reader who has gone is no fault.

    Args:
        saved: It is in the database, too.

    Raises:
        click.ClickException: The answer cannot be printed for another reason.
    """
    try:
        yield
        if sys.stdout:  # None where it was closed from the start
            sys.stdout.flush()
    except BrokenPipeError:
        give_up()
    except OSError as error:
        give_up()
        advice = ", but is saved; see http-benchmark results list" if saved else ""
        raise click.ClickException(f"the answer cannot be printed ({error.strerror}){advice}") from error


@contextmanager
def before_telling(failure: StorageError | None, question: str) -> Iterator[None]:
    """Show what was measured, and tell only then that the database failed meanwhile, if it did.

    Args:
        failure: How it failed, such as with a full disk.
        question: The command after `results` that shows what was saved.

    Raises:
        StorageError: It failed.
    """
    try:
        yield
    finally:
        if failure:
            raise StorageError(f"{failure}; what was saved is shown by: http-benchmark results {question}")


def exit_code(clients: Sequence[ClientResult], validity: Validity, *, strict: bool) -> int:
    """What a run ends with that was not interrupted.

    Failed requests, and that nobody was ranked for them, are an answer; with `strict` it has to be one that holds.
    """
    if not any(reached_target(client) for client in clients):
        return EXIT_NOTHING_MEASURED
    holds = validity.verdict == "valid" and any(client.rank for client in clients)
    return 1 if strict and not holds else 0


def give_up() -> None:
    """Send what standard output has still to be told nowhere, or the interpreter would complain about it at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def check_writable(destination: str, option: str = "--json") -> None:
    """See to it before measuring that the file can be written later; one that is not there is not left behind.

    Args:
        destination: A file, or "-".
        option: Which one named it.

    Raises:
        click.ClickException: The file cannot be written.
    """
    if destination != "-":
        with writing(destination, option):
            path = Path(destination)
            existed = path.exists()
            path.open("a").close()
            if not existed:
                path.resolve().unlink()  # what a link names, not the link


def write_json(document: Any, destination: str) -> None:
    """Write JSON to a file, or to standard output for "-".

    Raises:
        click.ClickException: The file cannot be written.
    """
    if not isinstance(document, str):
        document = json.dumps(cleared_document(document), indent=2, allow_nan=False)
    _write(document, destination, "--json")


def write_text(text: str, destination: str, option: str) -> None:
    """Write a text to a file, or to standard output for "-"; `option` named it.

    Raises:
        click.ClickException: The file cannot be written.
    """
    _write(cleared(text), destination, option)


def _write(text: str, destination: str, option: str) -> None:
    if destination == "-":
        if sys.stdout:  # None where it was closed from the start
            sys.stdout.write(text.rstrip("\n") + "\n")
        return
    with writing(destination, option):
        write_whole(Path(destination), (text.rstrip("\n") + "\n").encode())


def write_whole(path: Path, content: bytes | Callable[[BinaryIO], None]) -> None:
    """Write a file whole or not at all: what had its name before stays until then.

    A device or a pipe is written as it is, and so is a file in a folder in which no other can be made.

    Args:
        path: The file.
        content: What it is to hold, or what writes that.

    Raises:
        OSError: It cannot be written.
    """
    path = path.resolve()  # a link stays one
    partial = path.with_name(f"{path.name}.part")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not path.is_file()):
        partial = path
    try:
        with partial.open("wb") as file:
            file.write(content) if isinstance(content, bytes) else content(file)
        if partial != path:
            partial.replace(path)
    except BaseException:
        if partial != path:
            partial.unlink(missing_ok=True)
        raise


@contextmanager
def writing(destination: str, option: str) -> Iterator[None]:
    """Write a file; an error of the system becomes one line that names the option.

    Raises:
        click.ClickException: The file cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{option} {destination}: {error.strerror}; choose another file") from error
