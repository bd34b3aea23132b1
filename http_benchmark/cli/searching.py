"""What `http-benchmark capacity` does: plan, search, print the capacities with their curves."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger
from rich.console import Console
from rich.text import Text

from http_benchmark.capacity import CapacityExperiment, CapacityObserver
from http_benchmark.cli.common import answering, check_writable, load_settings_as, make_console, print_lines, write_json
from http_benchmark.cli.display import Display
from http_benchmark.cli.main import EXIT_INTERRUPTED, EXIT_NOTHING_MEASURED
from http_benchmark.cli.pictures import write_picture
from http_benchmark.cli.planned import what_goes_wrong, what_is_sent, where_it_goes
from http_benchmark.config import CapacitySettings
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.capacity import CapacityResult, CapacitySearch, Probe
from http_benchmark.redaction import through
from http_benchmark.report import json as json_report
from http_benchmark.report.capacity import print_capacity
from http_benchmark.slo import Slo
from http_benchmark.units import counted, format_duration, format_rate

if TYPE_CHECKING:
    from http_benchmark.report.charts import Theme


def search(
    arguments: dict[str, Any],
    slo: str,
    config_file: Path | None,
    json_file: str | None,
    *,
    plan_only: bool,
    strict: bool,
    picture: Path | None,
    theme: "Theme",
) -> int:
    """Carry out the command; return its exit code.

    Args:
        arguments: Settings by name, None for those not given.
        slo: The objectives, as typed.
        config_file: Settings file, or None for the usual places.
        json_file: Where the JSON goes; None for nowhere.
        plan_only: Say what would run instead of running it.
        strict: A verdict other than "valid" is an error.
        picture: File for the picture; None for none.
        theme: Its colours.
    """
    settings, objectives = _checked(arguments, slo, config_file)
    console = make_console(to_stderr=json_file == "-")
    progress = SearchDisplay(make_console(to_stderr=True), redraw=not settings.verbose)
    experiment = CapacityExperiment(
        settings.experiment(),
        objectives,
        spacing=settings.spacing,
        observer=progress,
        environments=Environments(progress.display.say),
    )
    if plan_only:
        with answering(saved=False):
            print_plan(experiment, console)
        return 0
    if json_file:
        check_writable(json_file)
    if picture:
        check_writable(str(picture), "--picture")
    interrupted = False
    with progress.display:
        try:
            result = experiment.run()
        except KeyboardInterrupt:  # is the only one: from now on further signals are ignored
            interrupted = True
            result = experiment.result()
    if json_file:
        with answering(saved=False):
            write_json(json_report.dump(result), json_file)
    with answering(saved=False):
        print_capacity(result, console, verbose=settings.verbose > 0)
    if picture:
        from http_benchmark.report.charts import capacity_chart

        if drawn := capacity_chart(result):
            write_picture(drawn, picture, theme=theme)
        else:
            print_lines([f"{picture} is not written: there are no figures for it"], make_console(to_stderr=True))
    return EXIT_INTERRUPTED if interrupted else _exit_code(result, strict=strict)


def print_plan(experiment: CapacityExperiment, console: Console) -> None:
    """Say what would be searched and how long it would take."""
    plan, probing = experiment.plan, experiment.probing
    lines = [
        *where_it_goes(plan),
        *what_is_sent(plan),
        *what_goes_wrong(plan),
        f"contenders   {', '.join(arm.name for arm in plan.arms)}",
        f"objective    {probing.slo.described()}",
        f"arrivals     {probing.spacing}, {format_rate(probing.lowest_rps)} at least",
        f"concurrency  {plan.options.concurrency} at most",
        f"short looks  {format_duration(probing.look_s)} or more, {probing.least_requests} requests or more",
        f"at the edge  {format_duration(probing.least_s)} or more",
        f"repeated     {counted(plan.blocks, 'block')}, each with a fresh process per contender",
        f"time         about {format_duration(experiment.estimated_s)}, longer where the capacity is low",
    ]
    print_lines(lines, console)


def _checked(arguments: dict[str, Any], slo: str, config_file: Path | None) -> tuple[CapacitySettings, Slo]:
    """Settings and objectives, with the faults of both at once."""
    faults: list[str] = []
    objectives = settings = None
    try:
        objectives = Slo.parse(slo)
    except ConfigurationError as error:
        faults += error.faults
    try:
        settings = load_settings_as(CapacitySettings, arguments, config_file)
    except ConfigurationError as error:
        faults += error.faults
    if settings and settings.servers:
        faults.append(f"target must be one server, got {', '.join(settings.servers)}; search on each by itself")
    if settings and settings.levels:
        faults.append(f"concurrency must be one number, got {','.join(map(str, settings.levels))}; give the largest")
    if settings is None or objectives is None or faults:
        raise ConfigurationError(faults)
    return settings, objectives


def _exit_code(result: CapacityResult, *, strict: bool) -> int:
    """That no rate keeps the objective is an answer, too."""
    if not any(search.complete for search in result.searches):
        return EXIT_NOTHING_MEASURED
    return 1 if strict and result.validity.verdict != "valid" else 0


class SearchDisplay(CapacityObserver):
    """Shows how a search goes: the rate that is tried in a terminal, a line per search elsewhere.

    Args:
        console, redraw: As for `Display`.
    """

    def __init__(self, console: Console, *, redraw: bool = True) -> None:
        self.display = Display(console, redraw=redraw)
        self._experiment: CapacityExperiment | None = None
        self._started_s = 0.0
        self._searches = 0
        self._planned = 1
        self._probes: list[Probe] = []

    def waiting(self, why: str) -> None:
        self.display.say(why)

    def started(self, result: CapacityResult, experiment: CapacityExperiment) -> None:
        self._experiment = experiment
        self._started_s = time.monotonic()
        plan = experiment.plan
        self._planned = len(plan.arms) * plan.blocks
        logger.info("capacity search {}, seed {}, {}", result.id, result.seed, result.slo)
        self.display.say(
            f"{counted(len(plan.arms), 'contender')}, {counted(plan.blocks, 'block')}, "
            f"{result.target.url}{through(plan.options.proxy)}; "
            f"about {format_duration(experiment.estimated_s)}"
        )
        self.display.start()

    def searching(self, block: int, contender: str, rate_rps: float | None) -> None:
        if rate_rps is None:
            self._probes = []
        doing = "warming up" if rate_rps is None else f"trying {format_rate(rate_rps)}"
        self.display.draw(
            lambda: Text(f"{self._where(block)}: {contender}, {doing}{self._known()}{self._left()}"), now=True
        )

    def probe_done(self, block: int, contender: str, probe: Probe) -> None:
        self._probes.append(probe)
        logger.debug(
            "block {}, {} at {}: {} requests, p50 {}, p99 {}, lag p99 {}, CPU {:.0%}, {}",
            block + 1,
            contender,
            format_rate(probe.rate_rps),
            probe.requests,
            format_duration(probe.response_time_s.p50),
            format_duration(probe.response_time_s.p99),
            format_duration(probe.lag_s.p99),
            probe.cpu_ratio,
            "passed" if probe.passed else f"failed ({', '.join(probe.violated) or 'fell behind'})",
        )

    def search_done(self, search: CapacitySearch) -> None:
        self._searches += 1
        if not self.display.is_live:
            found = f"sustains {format_rate(search.passed_rps)}" if search.passed_rps else "sustains no rate"
            self.display.say(f"{self._where(search.block)}: {search.contender} {found}{self._left()}")

    def search_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        what = "is dropped" if dropped else "failed; its search is repeated"
        self.display.say(f"{self._where(block)}: {contender} {what}: {reason}")

    def _where(self, block: int) -> str:
        assert self._experiment is not None
        return f"block {block + 1} of {self._experiment.plan.blocks}"

    def _known(self) -> str:
        """Between which rates the capacity seems to be."""
        passed = max((probe.rate_rps for probe in self._probes if probe.passed), default=None)
        failed = min((probe.rate_rps for probe in self._probes if not probe.passed), default=None)
        known = [f"{format_rate(passed)} passed"] * (passed is not None) + [f"{format_rate(failed)} failed"] * (
            failed is not None
        )
        return f" ({', '.join(known)})" if known else ""

    def _left(self) -> str:
        assert self._experiment is not None
        if not self._searches:
            left_s = self._experiment.estimated_s - (time.monotonic() - self._started_s)
        else:
            left_s = (time.monotonic() - self._started_s) / self._searches * (self._planned - self._searches)
        return f", {format_duration(left_s)} left" if left_s > 0 and self._searches < self._planned else ""
