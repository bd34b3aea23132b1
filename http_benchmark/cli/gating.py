"""What `http-benchmark gate` does: both environments, the experiments, the answer."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from loguru import logger
from rich.console import Console

from http_benchmark.cli.common import (
    answering,
    before_telling,
    load_settings_as,
    make_console,
    open_storage,
    print_lines,
)
from http_benchmark.cli.display import Display
from http_benchmark.cli.gate_outputs import Outputs
from http_benchmark.cli.main import EXIT_INTERRUPTED, EXIT_NOTHING_MEASURED
from http_benchmark.cli.planned import what_is_sent, where_it_goes
from http_benchmark.cli.progress import ProgressDisplay
from http_benchmark.config import GateSettings
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError, StorageError
from http_benchmark.gate import Gate, GateObserver
from http_benchmark.instruction_gate import InstructionGate
from http_benchmark.models.base import did_you_mean
from http_benchmark.models.experiment import METRICS, ExperimentResult, Metric
from http_benchmark.models.gate import GateResult
from http_benchmark.models.tags import gate_tag
from http_benchmark.plan import Plan
from http_benchmark.stats.gate import Outcome
from http_benchmark.stats.instructions import REPEATS
from http_benchmark.storage import ResultStorage
from http_benchmark.units import format_duration, parse_percent

_MARGIN, _LIMIT = "3%", "1%"
_EXIT_WORSE = 1
_EXIT_INCONCLUSIVE = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of a gate, as typed."""

    baseline: str
    candidate: str
    metrics: tuple[str, ...]
    margin: str | None
    instructions: bool = False


def gate(
    asked: Asked,
    arguments: dict[str, Any],
    config_file: Path | None,
    *,
    outputs: Outputs,
    plan_only: bool,
    fail_on_inconclusive: bool,
) -> int:
    """Carry out the command; return its exit code.

    Args:
        asked: Who is compared, and by what.
        arguments: Settings by name, None for those not given.
        config_file: Settings file, or None for the usual places.
        outputs: Where the answer goes.
        plan_only: Say what would run instead of running it.
        fail_on_inconclusive: Too much noise is an error.
    """
    settings, metrics, margin = _checked(asked, arguments, config_file)
    progress = GateDisplay(make_console(to_stderr=True), redraw=not settings.verbose)

    if asked.instructions:
        return _count(asked, settings, margin, outputs, plan_only=plan_only, strict=fail_on_inconclusive)

    def made(storage: ResultStorage | None = None) -> Gate:
        return Gate(
            asked.baseline,
            asked.candidate,
            settings.experiment(),
            metrics=metrics,
            margin=margin,
            storage=storage,
            observer=progress,
            environments=Environments(progress.say),
        )

    if plan_only:
        with answering(saved=False):
            print_plan(made(), margin, outputs.console)
        return 0
    outputs.check()
    with open_storage(settings) as storage, progress:
        measured, failure = made(storage), None
        try:
            result = measured.run()
        except KeyboardInterrupt:  # is the only one: from now on further signals are ignored
            result = measured.result()
            progress.stop()
        except StorageError as error:  # such as a full disk: what was measured is shown before that is told
            if not any(attempt.experiment.blocks for attempt in measured.attempts):
                raise
            failure, result = error, measured.result()
            progress.stop()
    with before_telling(failure, f"list --tag {gate_tag(measured.id)}"):
        outputs.write(result, fail_on_inconclusive=fail_on_inconclusive)
    return exit_code(result, fail_on_inconclusive=fail_on_inconclusive)


def _count(
    asked: Asked, settings: GateSettings, margin: float, outputs: Outputs, *, plan_only: bool, strict: bool
) -> int:
    """The command with `--instructions`: nothing is stored, since nothing was timed."""
    display = Display(make_console(to_stderr=True), redraw=False)
    counting = InstructionGate(
        asked.baseline,
        asked.candidate,
        settings.experiment(),
        margin=margin,
        environments=Environments(display.say),
        on_repeat=lambda repeat: display.say(f"counting instructions, repeat {repeat} of {REPEATS}"),
    )
    if plan_only:
        lines = [
            *where_it_goes(counting.plan),
            *what_is_sent(counting.plan),
            f"gated        instructions, {margin:.1%}",
        ]
        with answering(saved=False):
            print_lines(lines, outputs.console)
        return 0
    outputs.check()
    try:
        result = counting.run()
    except KeyboardInterrupt:  # is the only one: from now on further signals are ignored
        result = counting.result()
    outputs.write(result, fail_on_inconclusive=strict)
    return exit_code(result, fail_on_inconclusive=strict)


def exit_code(result: GateResult, *, fail_on_inconclusive: bool) -> int:
    """What a gate ends with."""
    if result.status != "finished":
        return EXIT_INTERRUPTED if result.status == "interrupted" else EXIT_NOTHING_MEASURED
    if result.outcome == "inconclusive":
        return _EXIT_INCONCLUSIVE if fail_on_inconclusive else 0
    return _EXIT_WORSE if result.outcome == "fail" else 0


def print_plan(gate: Gate, margin: float, console: Console) -> None:
    """Say what would be measured and how long it would take."""
    plan = gate.plan
    baseline, candidate = (f"{arm.name} ({arm.version})" for arm in plan.arms)
    later = f"; what they cannot tell, {gate.looks[-1]} have to" if len(gate.looks) > 1 else ""
    lines = [
        *where_it_goes(plan),
        *what_is_sent(plan),
        f"baseline     {baseline}",
        f"candidate    {candidate}",
        f"gated        {', '.join(gate.metrics)}, margin {100 * margin:g} %",
        f"concurrency  {plan.options.concurrency}{' at most' if plan.arrivals else ''}",
        f"judged       after {gate.looks[0]} blocks{later}",
        f"time         about {format_duration(gate.estimated_s)}, longer where a request is slow; twice for a failure",
    ]
    print_lines(lines, console)


def _checked(
    asked: Asked, arguments: dict[str, Any], config_file: Path | None
) -> tuple[GateSettings, tuple[Metric, ...], float]:
    """Settings, metrics and the margin as a ratio, with the faults of all at once."""
    faults = [
        f"unknown metric {name!r}; {did_you_mean(name, METRICS)}" for name in asked.metrics if name not in METRICS
    ]
    margin_percent = 0.0
    if asked.instructions and asked.metrics:
        faults.append(f"metric {asked.metrics[0]} and instructions contradict each other; leave out one of both")
    try:
        margin_percent = parse_percent(asked.margin or (_LIMIT if asked.instructions else _MARGIN))
    except ValueError as error:
        faults.append(f"margin is {error}")
    else:
        if not margin_percent > 0:
            faults.append(f"margin must be above 0, got {asked.margin}; differences below it are taken for noise")
    settings = None
    try:
        settings = load_settings_as(GateSettings, arguments, config_file)
    except ConfigurationError as error:
        faults += error.faults
    if settings and settings.servers:
        faults.append(f"target must be one server, got {', '.join(settings.servers)}; gate on each by itself")
    if settings and settings.levels:
        faults.append(f"concurrency must be one number, got {','.join(map(str, settings.levels))}; gate each by itself")
    if settings is None or faults:
        raise ConfigurationError(faults)
    return settings, cast("tuple[Metric, ...]", asked.metrics), margin_percent / 100


class GateDisplay(ProgressDisplay, GateObserver):
    """Shows how a gate goes, from look to look: a live table in a terminal, a line per block elsewhere."""

    def __init__(self, console: Console, *, redraw: bool = True) -> None:
        super().__init__(console, redraw=redraw)
        self._looks: tuple[int, ...] = ()

    def attempt_started(self, number: int, seed: int, looks: tuple[int, ...]) -> None:
        self._looks = looks
        if number > 1:
            self.say(f"it failed; measuring once more, with seed {seed}")

    def started(self, result: ExperimentResult, plan: Plan) -> None:
        super().started(result, replace(plan, blocks=self._looks[0]))

    def looked(self, blocks: int, outcomes: dict[Metric, Outcome]) -> None:
        logger.info("after {} blocks: {}", blocks, outcomes)
        self.say(f"after {blocks} blocks: {', '.join(f'{metric} {outcome}' for metric, outcome in outcomes.items())}")
        if self._plan:
            self._plan = replace(self._plan, blocks=self._looks[-1])
