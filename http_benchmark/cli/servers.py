"""What `http-benchmark run` does with several targets: a block of each in turn, then tables."""

from typing import Any

from rich.console import Console

from http_benchmark.cli.common import make_console
from http_benchmark.cli.interleaved import InterleavedDisplay, run_interleaved
from http_benchmark.cli.planned import target
from http_benchmark.config import Settings
from http_benchmark.environments.making import Environments
from http_benchmark.interleaving import Interleaved
from http_benchmark.report.servers import print_servers
from http_benchmark.servers import ServersExperiment


def run_servers(settings: Settings, console: Console, json_file: str | None, *, plan_only: bool, strict: bool) -> int:
    """Carry out the command with several `servers`; the rest as for `run_interleaved`."""
    progress = InterleavedDisplay[str](
        make_console(to_stderr=True), lambda server: f"on {server}", _aims, redraw=not settings.verbose
    )
    return run_interleaved(
        lambda storage: ServersExperiment(
            settings.servers,
            storage=storage,
            observer=progress,
            environments=Environments(progress.display.say),
        ),
        settings,
        console,
        json_file,
        display=progress.display,
        aims=_aims,
        print_result=print_servers,
        plan_only=plan_only,
        strict=strict,
    )


def _aims(whole: Interleaved[str, Any]) -> str:
    return ", ".join(target(one.plan) for one in whole.experiments.values())
