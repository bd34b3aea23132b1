"""What `conform` does: asks, shows progress, prints the matrix."""

from collections.abc import Sequence
from threading import Lock

from rich.console import Console
from rich.text import Text

from http_benchmark.cli.common import answering, check_writable, make_console, write_json, write_text
from http_benchmark.cli.display import Display
from http_benchmark.cli.main import EXIT_INTERRUPTED, EXIT_NOTHING_MEASURED
from http_benchmark.conformance import conforming
from http_benchmark.conformance.suite import chosen_checks
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.conformance import CheckOutcome
from http_benchmark.report.conformance import markdown, print_checks, print_conformance
from http_benchmark.units import counted

_EXIT_UNEXPECTED = 1
_MARKDOWN = "--markdown"


def conform(
    contenders: Sequence[str], check_ids: Sequence[str], json_file: str | None, markdown_file: str | None
) -> int:
    """Examine contenders; return the exit code."""
    checks = chosen_checks(check_ids)
    if json_file == markdown_file == "-":
        raise ConfigurationError("--json and --markdown cannot both go to standard output; name a file for one of them")
    if json_file:
        check_writable(json_file)
    if markdown_file:
        check_writable(markdown_file, _MARKDOWN)
    names = [str(contender) for contender in conforming.resolved(contenders)]
    with Progress(make_console(to_stderr=True), names, len(checks)) as progress:
        result = conforming.conform(contenders, checks, progress.told, environments=Environments(progress.say))
    with answering(saved=False):
        if "-" not in (json_file, markdown_file):  # first, since a file may fail, and nothing is stored
            print_conformance(result, make_console())
        if json_file:
            write_json(result.to_dict(), json_file)
        if markdown_file:
            write_text(markdown(result), markdown_file, _MARKDOWN)
    if result.status == "interrupted":
        return EXIT_INTERRUPTED
    if not any(contender.outcomes for contender in result.contenders):
        return EXIT_NOTHING_MEASURED
    return 0 if result.as_expected else _EXIT_UNEXPECTED


def list_checks(check_ids: Sequence[str], json_file: str | None) -> int:
    """Print what would be asked; return the exit code."""
    checks = conforming.described(chosen_checks(check_ids))
    with answering(saved=False):
        if json_file:
            write_json([check.to_dict() for check in checks], json_file)
        else:
            print_checks(checks, make_console())
    return 0


class Progress(Display):
    """How far each contender is: one line that is drawn anew, or a line per contender where that cannot be."""

    def __init__(self, console: Console, names: Sequence[str], checks: int) -> None:
        super().__init__(console)
        self._done = dict.fromkeys(names, 0)
        self._checks = checks
        self._lock = Lock()
        self.say(f"{counted(len(names), 'contender')}, {counted(checks, 'check')} each")
        self.start()

    def told(self, contender: str, outcome: CheckOutcome) -> None:
        """An outcome has come, in whatever thread."""
        with self._lock:
            self._done[contender] += 1
            if not outcome.expected:
                self.say(f"{contender} {outcome.check} {outcome.outcome}: {outcome.seen}")
            if self.is_live:
                self.draw(lambda: Text(", ".join(self._under_way())))
            elif self._done[contender] == self._checks:
                self.say(f"{contender} done")

    def _under_way(self) -> list[str]:
        return [f"{name} {done}/{self._checks}" for name, done in self._done.items() if 0 < done < self._checks]
