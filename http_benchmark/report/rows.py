"""Results as rows with named, typed columns: what CSV and Parquet share.

Three tables. A row of `clients` is a contender with its figures over all blocks; one of `trials` is a contender in one
block, the unit of analysis; one of `slices` is the shortest measurement that is stored.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Literal, NamedTuple

from http_benchmark.models.experiment import METRICS, ClientResult, ExperimentResult, Metric
from http_benchmark.models.measurement import BlockRecord, SliceRecord, TrialRecord
from http_benchmark.stats.pairs import block_values

type Kind = Literal["text", "integer", "real", "moment"]
type Cell = str | int | float | datetime | None
type TableName = Literal["clients", "trials", "slices"]
type Measured = tuple[ExperimentResult, Sequence[BlockRecord]]
"""An experiment with its blocks."""


class Source(NamedTuple):
    """What a row is made of; what its table does not have is None.

    Attributes:
        experiment: To which the row belongs.
        client: A contender over all blocks.
        block: One block.
        trial: A contender in that block.
        figures: The trial's figures as they are compared, by metric.
        measured: A slice of that trial.
    """

    experiment: ExperimentResult
    client: ClientResult | None = None
    block: BlockRecord | None = None
    trial: TrialRecord | None = None
    figures: Mapping[Metric, float] = {}
    measured: SliceRecord | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: With its unit, as in the published JSON.
        kind: Of its cells; each may be None, for what was not measured.
        meaning: For the documentation, and for the file where its format has a place for it.
        of: Its cell in the row of a source.
    """

    name: str
    kind: Kind
    meaning: str
    of: Callable[[Source], Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of row.

    Attributes:
        columns: In their order.
        sources: The rows of one experiment.
    """

    columns: tuple[Column, ...]
    sources: Callable[[ExperimentResult, Sequence[BlockRecord]], Iterable[Source]]

    def rows(self, experiments: Iterable[Measured]) -> Iterator[list[Cell]]:
        """The rows of several experiments, one after the other; a cell for each column."""
        for experiment, blocks in experiments:
            for source in self.sources(experiment, blocks):
                yield [column.of(source) for column in self.columns]


def _clients(experiment: ExperimentResult, _blocks: Sequence[BlockRecord]) -> Iterator[Source]:
    return (Source(experiment, client=client) for client in experiment.clients)


def _trials(experiment: ExperimentResult, blocks: Sequence[BlockRecord]) -> Iterator[Source]:
    values = {metric: block_values(blocks, metric) for metric in METRICS}
    for index, block in enumerate(blocks):
        for trial in block.trials:
            rounds = {metric: values[metric].get(trial.contender, {}).get(index) for metric in METRICS}
            figures = {metric: median(of_round.values()) for metric, of_round in rounds.items() if of_round}
            yield Source(experiment, block=block, trial=trial, figures=figures)


def _slices(experiment: ExperimentResult, blocks: Sequence[BlockRecord]) -> Iterator[Source]:
    return (
        Source(experiment, block=block, trial=trial, measured=measured)
        for block in blocks
        for trial in block.trials
        for measured in trial.slices
    )


def at(path: str, then: Callable[[Any], Cell] | None = None) -> Callable[[Source], Cell]:
    """The cell at a path of attributes such as "client.response_time_s.p50"; None where one of them is None.

    Args:
        path: From the source on.
        then: What makes a cell of what is there; None where it is one.
    """

    def of(source: Source) -> Cell:
        value: Any = source
        for name in path.split("."):
            value = None if value is None else getattr(value, name)
        cell: Cell = value if value is None or then is None else then(value)
        return cell

    return of


def _named(part: str, *columns: tuple[str, Kind, str]) -> tuple[Column, ...]:
    """Columns of attributes that have the same name: name, kind and meaning of each."""
    return tuple(Column(name, kind, meaning, at(f"{part}.{name}")) for name, kind, meaning in columns)


def _times(path: str, meaning: str, *figures: str) -> tuple[Column, ...]:
    """Columns of a distribution: "client.response_time_s" gives response_p50_s and so on."""
    stem = path.rpartition(".")[2].removesuffix("_s").removesuffix("_time")
    return tuple(Column(f"{stem}_{name}_s", "real", f"{meaning}: {name}", at(f"{path}.{name}")) for name in figures)


def _estimate(name: str, meaning: str) -> tuple[Column, ...]:
    """Columns of an estimate over the blocks and of its interval."""
    return (
        Column(name, "real", f"{meaning}: estimate over the blocks", at(f"client.{name}.estimate")),
        Column(f"{name}_low", "real", "Lower limit of its 95 % interval", at(f"client.{name}.low")),
        Column(f"{name}_high", "real", "Upper limit of its 95 % interval", at(f"client.{name}.high")),
    )


def _figure(metric: Metric, name: str, meaning: str) -> Column:
    """A trial's figure as it enters a comparison."""
    return Column(name, "real", f"{meaning}; median over the slices", lambda source: source.figures.get(metric))


def _failed(errors: Mapping[str, int]) -> int:
    return sum(errors.values())


def _packed(counts: Mapping[str, int]) -> str | None:
    """Counts by name as JSON; None for none."""
    return json.dumps(counts) if counts else None


_ALL = ("mean", "min", "p50", "p90", "p95", "p99", "p999", "max")
_LAGS = ("p50", "p99", "max")

_OF_EXPERIMENT = (
    Column("experiment_id", "text", "The experiment", at("experiment.id")),
    Column("experiment_name", "text", "Its name", at("experiment.name")),
    Column("experiment_started_at", "moment", "When it started, in UTC", at("experiment.started_at")),
)
_OF_BLOCK = Column("block", "integer", "Number of the block, from 0", at("block.number"))


def _of_contender(part: str) -> tuple[Column, ...]:
    return _named(
        part,
        ("contender", "text", "As named in tables"),
        ("library", "text", "The client library"),
        ("version", "text", "Its version"),
        ("mode", "text", "sync or async"),
    )


CLIENTS = Table(
    columns=(
        *_OF_EXPERIMENT,
        Column("verdict", "text", "valid, suspect or invalid", at("experiment.validity.verdict")),
        Column("blocks", "integer", "The sample size of every estimate", at("experiment.blocks")),
        *_of_contender("client"),
        *_named(
            "client",
            ("http_version", "text", "The version of HTTP that was ordered"),
            ("status", "text", "ok, errors, unavailable or failed"),
            ("rank", "integer", "Place; equal where nobody can tell them apart"),
            ("group", "text", "Letters; who shares one cannot be told apart"),
            ("requests", "integer", "Measured requests, failed ones included"),
        ),
        Column("failed", "integer", "Those that failed", at("client.errors", _failed)),
        Column("errors", "text", "The same by kind, as JSON", at("client.errors", _packed)),
        *_named(
            "client",
            ("retries", "integer", "Attempts beyond the first, by the harness"),
            ("success_ratio", "real", "Share of the requests that succeeded"),
        ),
        *_estimate("throughput_rps", "Requests per second"),
        *_estimate("cpu_s_per_1k", "CPU seconds per thousand requests"),
        *_times("client.response_time_s", "Response time of a typical trial, seconds", *_ALL),
        *_times("client.service_time_s", "Service time likewise", *_ALL),
        *_times("client.lag_s", "Intended time until sent, likewise", *_LAGS),
        *_named(
            "client",
            ("censored", "integer", "Requests that were never sent"),
            ("peak_memory_bytes", "integer", "Peak resident memory; median over the trials"),
            ("connections_opened", "integer", "Most in a trial, as the origin counted"),
            ("bytes_sent", "integer", "By the client over all trials, as the origin counted"),
            ("bytes_received", "integer", "By the client, likewise"),
        ),
        Column("other_work", "text", "How its work was not what was ordered", at("client.work.others", "; ".join)),
    ),
    sources=_clients,
)
"""A row per contender."""

TRIALS = Table(
    columns=(
        *_OF_EXPERIMENT,
        _OF_BLOCK,
        Column("block_started_at", "moment", "When the block started, in UTC", at("block.started_at")),
        *_of_contender("trial"),
        *_named("trial", ("sent", "integer", "Requests sent in all, warm-up included")),
        Column("failures", "text", "Those that failed, by kind, as JSON", at("trial.failures", _packed)),
        _figure("throughput_rps", "throughput_rps", "Requests per second"),
        _figure("cpu_s_per_1k", "cpu_s_per_1k", "CPU seconds per thousand requests"),
        _figure("mean", "mean_s", "Mean response time, seconds"),
        _figure("p50", "p50_s", "p50 of the response time, seconds"),
        *_times("trial.response_time_s", "Response time over the whole trial, seconds", *_ALL),
        *_times("trial.service_time_s", "Service time likewise", *_ALL),
        *_times("trial.lag_s", "Intended time until sent, likewise", *_LAGS),
        *_named(
            "trial",
            ("peak_memory_bytes", "integer", "Peak resident memory of the worker"),
            ("import_s", "real", "How long importing the client took"),
        ),
    ),
    sources=_trials,
)
"""A row per contender and block."""

SLICES = Table(
    columns=(
        *_OF_EXPERIMENT,
        _OF_BLOCK,
        *_of_contender("trial"),
        *_named(
            "measured",
            ("round", "integer", "Number of the round within the block, from 0"),
            ("position", "integer", "Place of the slice within its round, from 0"),
            ("started_s", "real", "Seconds since the experiment started"),
            ("duration_s", "real", "First request sent until last request done"),
            ("requests", "integer", "Requests done"),
        ),
        Column("failed", "integer", "Those that failed", at("measured.errors", _failed)),
        Column("errors", "text", "The same by kind, as JSON", at("measured.errors", _packed)),
        *_named(
            "measured",
            ("retries", "integer", "Attempts beyond the first, by the harness"),
            ("rate_rps", "real", "Arrivals per second asked for, in the open model"),
            ("censored", "integer", "Requests that were never sent"),
            ("throughput_rps", "real", "Requests per second"),
            ("cpu_s", "real", "CPU seconds of the worker"),
            ("cpu_s_per_1k", "real", "CPU seconds per thousand requests"),
            ("mean_s", "real", "Mean response time"),
            ("p50_s", "real", "p50 of the response time"),
            ("p99_s", "real", "p99 of the response time, in the open model"),
            ("max_s", "real", "Longest response time"),
            ("lag_p50_s", "real", "Intended time until sent, p50"),
            ("lag_p99_s", "real", "Intended time until sent, p99"),
            ("in_flight", "real", "Mean number of requests in flight"),
            ("memory_bytes", "integer", "Resident memory of the worker at the slice's end"),
            ("threads", "integer", "Native threads of the worker at the slice's end"),
            ("voluntary_switches", "integer", "Context switches of the worker"),
            ("involuntary_switches", "integer", "The same, when it would have gone on"),
        ),
        *_named(
            "measured.machine",
            ("load_average", "real", "Of the last minute, at the slice's end"),
            ("steal_ratio", "real", "Share of all processors' time that the hypervisor gave to others"),
            ("other_cpu_ratio", "real", "CPU time of other processes, as a share of one processor"),
        ),
    ),
    sources=_slices,
)
"""A row per slice."""

TABLES: dict[TableName, Table] = {"clients": CLIENTS, "trials": TRIALS, "slices": SLICES}
