"""How a run goes, for people: a live table in a terminal, a line per block elsewhere, and log lines.

The display is redrawn between slices only, so that it takes no processor time from the measurement.
"""

import time

from loguru import logger
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table

from http_benchmark.benchmark import Observer
from http_benchmark.cli import planned
from http_benchmark.cli.display import Display
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord, SliceRecord
from http_benchmark.plan import Plan
from http_benchmark.redaction import described_request, through
from http_benchmark.units import counted, format_duration, format_rate


class ProgressDisplay(Display, Observer):
    """Shows the progress of an experiment: a live table in a terminal, a line per block elsewhere."""

    def __init__(self, console: Console, *, redraw: bool = True) -> None:
        super().__init__(console, redraw=redraw)
        self._rates: dict[str, list[float]] = {}
        self._done: dict[str, int] = {}
        self._slices = 0
        self._blocks = 0
        self._plan: Plan | None = None
        self._started_s = time.monotonic()

    def waiting(self, why: str) -> None:
        self.say(why)

    def preparing(self, plan: Plan) -> None:
        checks = ["pacing"] * bool(plan.arrivals) + ["the floor"] * plan.probe_floor
        if checks:
            self.say(f"checking {' and '.join(checks)} of this machine")

    def started(self, result: ExperimentResult, plan: Plan) -> None:
        self._plan = plan
        self._rates, self._done, self._slices, self._blocks = {}, {}, 0, 0
        self._started_s = time.monotonic()
        request, workload = plan.request, result.workload
        what = (
            f"workload {workload.file}, SHA-256 {workload.sha256}"
            if workload
            else described_request(request.method, result.target.url, request.headers, request.body)
        )
        logger.info("experiment {}, seed {}: {}", result.id, plan.seed, what)
        self.say(
            f"{counted(len(plan.arms), 'contender')}, {planned.blocks(plan)}, "
            f"{result.target.url}{through(plan.options.proxy)}; "
            f"about {format_duration(plan.estimated_s)}"
        )
        if not self.is_live:
            self.start()

    def slice_done(self, block: int, contender: str, record: SliceRecord) -> None:
        logger.debug(
            "block {}, round {}, {}: {} requests in {}, errors {}",
            block + 1,
            record.round + 1,
            contender,
            record.requests,
            format_duration(record.duration_s),
            record.errors or "none",
        )
        self._slices += 1
        self._done[contender] = self._done.get(contender, 0) + record.requests
        if record.throughput_rps:
            self._rates.setdefault(contender, []).append(record.throughput_rps)
        self.draw(self._table)

    def block_done(self, block: BlockRecord) -> None:
        self._blocks = block.number + 1
        logger.info("block {} is saved", self._blocks)
        if self._plan and not self.is_live:
            left = f", {format_duration(self._left_s())} left" if self._blocks < self._plan.blocks else ""
            self.say(f"block {self._blocks} of {self._plan.blocks} done{left}")

    def block_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        what = "is dropped" if dropped else "failed; the block is repeated"
        logger.info("block {} is void: {} {}: {}", block + 1, contender, what, reason)
        self.say(f"block {block + 1}: {contender} {what}: {reason}")

    def _share_done(self) -> float:
        assert self._plan is not None
        in_block = self._slices / max(1, len(self._plan.arms) * len(self._plan.slices)) - self._blocks
        return min(1.0, (self._blocks + min(1.0, max(0.0, in_block))) / self._plan.blocks)

    def _left_s(self) -> float:
        share = self._share_done()
        return (time.monotonic() - self._started_s) * (1 - share) / share if share else 0.0

    def _table(self) -> Table:
        assert self._plan is not None
        table = Table(box=None, pad_edge=False)
        table.add_column(f"block {self._blocks + 1} of {self._plan.blocks}")
        for title in ("requests", "so far", f"{format_duration(self._left_s())} left"):
            table.add_column(title, justify="right")
        fastest = max((_median(rates) for rates in self._rates.values()), default=0.0)
        for arm in self._plan.arms:
            rate = _median(self._rates.get(arm.name, []))
            table.add_row(
                arm.name,
                f"{self._done.get(arm.name, 0):,}",
                format_rate(rate) if rate else "…",
                ProgressBar(total=fastest or 1.0, completed=rate, width=24),
            )
        table.add_row("", "", "", ProgressBar(total=1.0, completed=self._share_done(), width=24))
        return table


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
