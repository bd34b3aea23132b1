"""What `http-benchmark run` does with several concurrencies: a block of each in turn, then tables and curves."""

import time

from loguru import logger
from rich.console import Console
from rich.text import Text

from http_benchmark.cli.common import (
    answering,
    check_writable,
    exit_code,
    make_console,
    open_storage,
    print_lines,
    write_json,
)
from http_benchmark.cli.display import Display
from http_benchmark.cli.main import EXIT_INTERRUPTED
from http_benchmark.cli.planned import print_plan, target
from http_benchmark.config import Settings
from http_benchmark.environments.making import Environments
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.report import json as json_report
from http_benchmark.report.scaling import print_scaling
from http_benchmark.scaling import ScalingExperiment, ScalingObserver
from http_benchmark.units import counted, format_duration


def run_levels(settings: Settings, console: Console, json_file: str | None, *, plan_only: bool, strict: bool) -> int:
    """Carry out the command; return its exit code.

    Args:
        settings: With several `levels`.
        console: For the answer.
        json_file: Where the JSON goes; None for nowhere.
        plan_only: Say what would run instead of running it.
        strict: A verdict other than "valid" is an error.
    """
    progress = LevelsDisplay(make_console(to_stderr=True), redraw=not settings.verbose)
    if plan_only:
        with answering(saved=False):
            _print_plan(
                ScalingExperiment(
                    settings.experiment(), settings.levels, environments=Environments(progress.display.say)
                ),
                console,
            )
        return 0
    if json_file:
        check_writable(json_file)
    interrupted = False
    with open_storage(settings) as storage:
        scaling = ScalingExperiment(
            settings.experiment(),
            settings.levels,
            storage=storage,
            observer=progress,
            environments=Environments(progress.display.say),
        )
        with progress.display:
            try:
                result = scaling.run()
            except KeyboardInterrupt:  # is the only one: from now on further signals are ignored
                interrupted = True
                result = scaling.result()
    if json_file:
        with answering():
            write_json(json_report.dump(result), json_file)
    with answering():
        print_scaling(result, console)
    if interrupted:
        return EXIT_INTERRUPTED
    clients = [client for level in scaling.levels.values() for client in level.result().clients]
    return exit_code(clients, result.validity, strict=strict)


def _print_plan(scaling: ScalingExperiment, console: Console) -> None:
    """The plan of the first level, and what the levels add to it."""
    print_plan(next(iter(scaling.levels.values())), console)
    lines = (
        f"levels       concurrency {_levels(scaling)}; each block measures all of them, in random order",
        f"time in all  about {format_duration(scaling.estimated_s)}",
    )
    print_lines(lines, console)


def _levels(scaling: ScalingExperiment) -> str:
    return ", ".join(map(str, scaling.levels))


class LevelsDisplay(ScalingObserver):
    """Shows how the levels go: what is measured in a terminal, a line per block elsewhere.

    Args:
        console, redraw: As for `Display`.
    """

    def __init__(self, console: Console, *, redraw: bool = True) -> None:
        self.display = Display(console, redraw=redraw)
        self._started_s = 0.0
        self._done = 0
        self._planned = 1
        self._scaling: ScalingExperiment | None = None

    def preparing(self, scaling: ScalingExperiment) -> None:
        plan = scaling.plan
        self._planned, self._scaling = scaling.planned_blocks, scaling
        logger.info("scaling {}, seed {}", scaling.id, plan.seed)
        self.display.say(
            f"{counted(len(plan.arms), 'contender')}, {counted(plan.blocks, 'block')}, "
            f"{target(plan)}, concurrency {_levels(scaling)}; about {format_duration(scaling.estimated_s)}"
        )

    def started(self, scaling: ScalingExperiment) -> None:
        for concurrency, experiment in scaling.levels.items():
            logger.info("concurrency {} is experiment {}", concurrency, experiment.id)
        self._started_s = time.monotonic()
        self.display.start()

    def block_started(self, concurrency: int, block: int) -> None:
        self.display.draw(lambda: Text(f"{self._where(concurrency, block)}{self._left()}"), now=True)

    def block_done(self, concurrency: int, block: BlockRecord) -> None:
        self._done += 1
        logger.info("block {} at concurrency {} is saved", block.number + 1, concurrency)
        assert self._scaling is not None
        levels = self._scaling.levels.values()
        if not self.display.is_live and all(
            len(level.blocks) > block.number or not level.unfinished for level in levels
        ):
            self.display.say(f"block {block.number + 1} of {self._scaling.plan.blocks} done{self._left()}")

    def block_void(self, concurrency: int, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        what = "is dropped" if dropped else "failed; the block is repeated"
        self.display.say(f"{self._where(concurrency, block)}: {contender} {what}: {reason}")

    def _where(self, concurrency: int, block: int) -> str:
        assert self._scaling is not None
        return f"block {block + 1} of {self._scaling.levels[concurrency].plan.blocks} at concurrency {concurrency}"

    def _left(self) -> str:
        if not self._done or self._done >= self._planned:
            return ""
        left_s = (time.monotonic() - self._started_s) / self._done * (self._planned - self._done)
        return f", {format_duration(left_s)} left"
