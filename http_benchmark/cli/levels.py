"""What `http-benchmark run` does with several concurrencies: a block of each in turn, then tables and curves."""

from typing import Any

from rich.console import Console

from http_benchmark.cli.common import make_console
from http_benchmark.cli.interleaved import InterleavedDisplay, run_interleaved
from http_benchmark.cli.planned import target
from http_benchmark.config import Settings
from http_benchmark.environments.making import Environments
from http_benchmark.interleaving import Interleaved
from http_benchmark.report.scaling import print_scaling
from http_benchmark.scaling import ScalingExperiment


def run_levels(settings: Settings, console: Console, json_file: str | None, *, plan_only: bool, strict: bool) -> int:
    """Carry out the command with several `levels`; the rest as for `run_interleaved`."""
    progress = levels_display(make_console(to_stderr=True), redraw=not settings.verbose)
    return run_interleaved(
        lambda storage: ScalingExperiment(
            settings.experiment(),
            settings.levels,
            storage=storage,
            observer=progress,
            environments=Environments(progress.display.say),
        ),
        settings,
        console,
        json_file,
        display=progress.display,
        aims=_levels,
        print_result=print_scaling,
        plan_only=plan_only,
        strict=strict,
    )


def levels_display(console: Console, *, redraw: bool = True) -> InterleavedDisplay[int]:
    """Shows how the levels go."""
    return InterleavedDisplay[int](
        console,
        lambda level: f"at concurrency {level}",
        lambda whole: f"{target(whole.plan)}, {_levels(whole)}",
        redraw=redraw,
    )


def _levels(whole: Interleaved[int, Any]) -> str:
    return f"concurrency {', '.join(map(str, whole.experiments))}"
