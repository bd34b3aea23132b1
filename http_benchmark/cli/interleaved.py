"""What `http-benchmark run` does with experiments that take turns: shows how they go, gives the common answer."""

import time
from collections.abc import Callable
from typing import Any

from loguru import logger
from rich.console import Console
from rich.text import Text

from http_benchmark.cli.common import (
    answering,
    before_telling,
    check_writable,
    exit_code,
    open_storage,
    print_lines,
    write_json,
)
from http_benchmark.cli.display import Display
from http_benchmark.cli.main import EXIT_INTERRUPTED
from http_benchmark.cli.planned import print_plan
from http_benchmark.config import Settings
from http_benchmark.errors import StorageError
from http_benchmark.interleaving import Interleaved, InterleavedObserver
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.models.servers import ServersResult
from http_benchmark.models.tags import together_tag
from http_benchmark.report import json as json_report
from http_benchmark.storage import ResultStorage
from http_benchmark.units import counted, format_duration


def run_interleaved[Key, Result: (ScalingResult, ServersResult)](
    make: Callable[[ResultStorage | None], Interleaved[Key, Result]],
    settings: Settings,
    console: Console,
    json_file: str | None,
    *,
    display: Display,
    aims: Callable[[Interleaved[Key, Result]], str],
    print_result: Callable[[Result, Console], None],
    plan_only: bool,
    strict: bool,
) -> int:
    """Carry out the command; return its exit code.

    Args:
        make: Makes what is measured, to be saved in a database, or nowhere.
        settings: Of the command.
        console: For the answer.
        json_file: Where the JSON goes; None for nowhere.
        display: Shows how it goes.
        aims: What of its plan the first experiment's plan does not say.
        print_result: Prints the answer.
        plan_only: Say what would run instead of running it.
        strict: A verdict other than "valid" is an error.
    """
    if plan_only:
        with answering(saved=False):
            whole = make(None)
            print_plan(next(iter(whole.experiments.values())), console)
            lines = (
                f"{whole.drawn:12} {aims(whole)}; each block measures all of them, in random order",
                f"time in all  about {format_duration(whole.estimated_s)}",
            )
            print_lines(lines, console)
        return 0
    if json_file:
        check_writable(json_file)
    interrupted, failure = False, None
    with open_storage(settings) as storage:
        whole = make(storage)
        with display:
            try:
                result = whole.run()
            except KeyboardInterrupt:  # is the only one: from now on further signals are ignored
                interrupted = True
                result = whole.result()
            except StorageError as error:  # such as a full disk: what was measured is shown before that is told
                if not any(experiment.blocks for experiment in whole.experiments.values()):
                    raise
                failure, result = error, whole.result()
    with before_telling(failure, f"list --tag {together_tag(whole.kind, whole.id)}"), answering():
        if json_file:
            write_json(json_report.dump(result), json_file)
        print_result(result, console)
    if interrupted:
        return EXIT_INTERRUPTED
    clients = [client for one in whole.experiments.values() for client in one.result().clients]
    return exit_code(clients, result.validity, strict=strict)


class InterleavedDisplay[Key](InterleavedObserver[Key]):
    """Shows how the experiments go: what is measured in a terminal, a line per block elsewhere.

    Args:
        console, redraw: As for `Display`.
        where: Puts one of them into words, behind the number of a block: "at concurrency 8".
        aim: What all of them aim at, in words.
    """

    def __init__(
        self,
        console: Console,
        where: Callable[[Key], str],
        aim: Callable[[Interleaved[Key, Any]], str],
        *,
        redraw: bool = True,
    ) -> None:
        self.display = Display(console, redraw=redraw)
        self._where = where
        self._aim = aim
        self._started_s = 0.0
        self._done = 0
        self._planned = 1
        self._whole: Interleaved[Key, Any] | None = None

    def waiting(self, why: str) -> None:
        self.display.say(why)

    def preparing(self, whole: Interleaved[Key, Any]) -> None:
        plan = whole.plan
        self._planned, self._whole = whole.planned_blocks, whole
        logger.info("{} {}, seed {}", type(whole).__name__, whole.id, plan.seed)
        self.display.say(
            f"{counted(len(plan.arms), 'contender')}, {counted(plan.blocks, 'block')}, {self._aim(whole)}; "
            f"about {format_duration(whole.estimated_s)}"
        )

    def started(self, whole: Interleaved[Key, Any]) -> None:
        for key, experiment in whole.experiments.items():
            logger.info("what is {} is experiment {}", self._where(key), experiment.id)
        self._started_s = time.monotonic()
        self.display.start()

    def block_started(self, key: Key, block: int) -> None:
        self.display.draw(lambda: Text(f"{self._place(key, block)}{self._left()}"), now=True)

    def block_done(self, key: Key, block: BlockRecord) -> None:
        self._done += 1
        logger.info("block {} {} is saved", block.number + 1, self._where(key))
        assert self._whole is not None
        experiments = self._whole.experiments.values()
        if not self.display.is_live and all(
            len(experiment.blocks) > block.number or not experiment.unfinished for experiment in experiments
        ):
            self.display.say(f"block {block.number + 1} of {self._whole.plan.blocks} done{self._left()}")

    def block_void(self, key: Key, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        what = "is dropped" if dropped else "failed; the block is repeated"
        self.display.say(f"{self._place(key, block)}: {contender} {what}: {reason}")

    def _place(self, key: Key, block: int) -> str:
        assert self._whole is not None
        return f"block {block + 1} of {self._whole.experiments[key].plan.blocks} {self._where(key)}"

    def _left(self) -> str:
        if not self._done or self._done >= self._planned:
            return ""
        left_s = (time.monotonic() - self._started_s) / self._done * (self._planned - self._done)
        return f", {format_duration(left_s)} left"
