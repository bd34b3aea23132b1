"""What one contender did over all its trials: sums, ratios, medians, estimates over the blocks."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf
from statistics import median
from typing import Literal

import numpy as np

from http_benchmark.models.experiment import ClientResult, Estimate, EventResult, RequestResult
from http_benchmark.models.measurement import BlockRecord, Distribution, RequestRecord, ServerCounts, TrialRecord
from http_benchmark.models.work import Work
from http_benchmark.stats.by_rate import by_rate
from http_benchmark.stats.faults import fault_score
from http_benchmark.stats.intervals import estimate_over_blocks
from http_benchmark.stats.pairs import BlockValues
from http_benchmark.stats.quantiles import printable, samples_needed
from http_benchmark.stats.steadiness import drift_percent
from http_benchmark.stats.usage import life_cycle, resources
from http_benchmark.stats.within_run import QUANTILES, within_run

MAX_ERROR_RATIO = 0.001  # a client that fails more often is listed, but not ranked: failing can be fast


def trials_by_contender(blocks: Sequence[BlockRecord]) -> dict[str, list[TrialRecord]]:
    """The trials of each contender, in the order of their first appearance."""
    trials: dict[str, list[TrialRecord]] = {}
    for block in blocks:
        for trial in block.trials:
            trials.setdefault(trial.contender, []).append(trial)
    return trials


def http_version(contender: str) -> Literal["1.1", "2"]:
    """The version of HTTP that a contender was to speak, as its name says."""
    return "2" if contender.partition("#")[0].endswith("+h2") else "1.1"


def client_result(
    trials: Sequence[TrialRecord],
    throughputs: BlockValues,
    cpu_times: BlockValues,
    *,
    work: Work,
    failure: str | None = None,
) -> ClientResult:
    """Sum up one contender, without its rank.

    Args:
        trials: All trials of the contender, at least one.
        throughputs: Figures of `throughput_rps`, of all contenders.
        cpu_times: Figures of `cpu_s_per_1k`, of all contenders.
        work: What it was to do, and what was seen of it.
        failure: Why the contender was dropped from the experiment; None if it was not.
    """
    first = trials[0]
    requests = sum(measured.requests for trial in trials for measured in trial.slices)
    errors = _errors(trials)
    failed = sum(errors.values())
    faults = fault_score(trials)
    status, message = _status(requests, failed, faults.unexplained if faults else failed, failure)
    return ClientResult(
        contender=first.contender,
        library=first.library,
        version=first.version,
        mode=first.mode,
        http_version=http_version(first.contender),
        status=status,
        message=message or _first_message(trials, errors),
        requests=requests,
        errors=errors,
        retries=sum(measured.retries for trial in trials for measured in trial.slices),
        success_ratio=1 - failed / requests if requests else None,
        throughput_rps=over_blocks(throughputs, first.contender),
        cpu_s_per_1k=over_blocks(cpu_times, first.contender),
        response_time_s=over_trials([trial.response_time_s for trial in trials]),
        service_time_s=over_trials([trial.service_time_s for trial in trials]),
        lag_s=over_trials([trial.lag_s for trial in trials]),
        peak_memory_bytes=_middle(trial.peak_memory_bytes for trial in trials),
        origin_memory_bytes=_middle(trial.origin_memory_bytes for trial in trials),
        sent_requests=sum(trial.sent for trial in trials),
        processes=max(trial.processes for trial in trials),
        censored=sum(measured.censored for trial in trials for measured in trial.slices),
        exhausted_ratio=_exhausted_ratio(trials),
        over_triple_median=_over_triple_median(trials),
        drift_percent=drift_percent(trials),
        life_cycle=life_cycle(trials),
        resources=resources(trials),
        within_run=within_run(trials),
        by_rate=by_rate(trials),
        by_request=by_request(trials),
        events=events(trials),
        work=work,
        faults=faults,
        **_at_the_origin(trials),
    )


def _at_the_origin(trials: Sequence[TrialRecord]) -> dict[str, int | None]:
    """The fields that the origin's counters give; seen from the client, what it sent is what the server received."""
    server = _server(trials)
    return {
        "connections_opened": max(_of_all(server, lambda counts: counts.connections) or (), default=None),
        "server_requests": _total(server, lambda counts: counts.requests),
        "bytes_sent": _total(server, lambda counts: counts.bytes_received),
        "bytes_received": _total(server, lambda counts: counts.bytes_sent),
    }


def over_blocks(values: BlockValues, contender: str) -> Estimate | None:
    """A contender's figure over the blocks, where a block's is the median over its rounds; None without a figure."""
    blocks = values.get(contender, {})
    if not blocks:
        return None
    return estimate_over_blocks([float(np.median(list(rounds.values()))) for rounds in blocks.values()])


def over_trials(trials: Sequence[Distribution]) -> Distribution | None:
    """A typical trial: the median over the trials of each quantile and of the mean, with the extremes of all.

    A quantile that one of the trials has too few samples for is None: over a part of the trials it could lie below a
    lower quantile. One that lands on a censored request is larger than all others there, so it is None only where the
    median over the trials lands on it. Trials without any request do not count.
    """
    measured = [_with_censored(trial) for trial in trials if trial.count or trial.censored]
    if not measured:
        return None

    def typical(figure: Callable[[Distribution], float | None]) -> float | None:
        figures = _known(figure(trial) for trial in measured)
        middle = median(figures) if len(figures) == len(measured) else None
        return None if middle == inf else middle

    return Distribution(
        count=sum(trial.count for trial in measured),
        censored=sum(trial.censored for trial in measured),
        censored_above_s=min(_known(trial.censored_above_s for trial in measured), default=None),
        mean=typical(lambda trial: trial.mean),
        min=min(_known(trial.min for trial in measured), default=None),
        p50=typical(lambda trial: trial.p50),
        p90=typical(lambda trial: trial.p90),
        p95=typical(lambda trial: trial.p95),
        p99=typical(lambda trial: trial.p99),
        p999=typical(lambda trial: trial.p999),
        max=max(_known(trial.max for trial in measured), default=None),
    )


def by_request(trials: Sequence[TrialRecord]) -> tuple[RequestResult, ...]:
    """The requests of a workload by name, in its order; empty without one."""
    records: dict[str, list[RequestRecord]] = {}
    for trial in trials:
        for record in trial.by_request:
            records.setdefault(record.name, []).append(record)
    total = sum(record.requests for of_name in records.values() for record in of_name)
    return tuple(
        RequestResult(
            name=name,
            requests=(requests := sum(record.requests for record in of_name)),
            share=requests / total if total else 0.0,
            errors=_summed_errors(record.errors for record in of_name),
            response_time_s=over_trials([record.response_time_s for record in of_name]),
        )
        for name, of_name in records.items()
    )


def events(trials: Sequence[TrialRecord]) -> EventResult | None:
    """When the events of streams arrived; None where nobody looked."""
    records = [trial.events for trial in trials if trial.events]
    if not records:
        return None
    return EventResult(
        events=sum(record.events for record in records),
        events_per_s=median(rates) if (rates := _known(record.events_per_s for record in records)) else None,
        first_event_s=over_trials([record.first_event_s for record in records]),
        gap_s=over_trials([record.gap_s for record in records]),
        jitter_s=median(jitters) if (jitters := _known(record.jitter_s for record in records)) else None,
    )


def _with_censored(trial: Distribution) -> Distribution:
    """What may be printed, with infinity for each quantile that lands on a censored request."""
    shown = printable(trial)
    if not trial.censored:
        return shown
    enough = {name for name, p in QUANTILES.items() if trial.count + trial.censored >= samples_needed(p)}
    return shown.model_copy(update={name: inf for name in enough if getattr(trial, name) is None})


def _exhausted_ratio(trials: Sequence[TrialRecord]) -> float | None:
    """Share of the open model's turns that found everybody busy; None in the closed model, which has no turns."""
    slices = [measured for trial in trials for measured in trial.slices if measured.rate_rps is not None]
    requests = sum(measured.requests for measured in slices)
    return sum(measured.exhausted for measured in slices) / requests if requests else None


def _over_triple_median(trials: Sequence[TrialRecord]) -> float | None:
    """Median over the blocks of the share of response times above three times the median of their slice."""
    shares = _known(_share_of_trial(trial) for trial in trials)
    return median(shares) if shares else None


def _share_of_trial(trial: TrialRecord) -> float | None:
    slices = [(s.over_triple_median, s.requests) for s in trial.slices if s.over_triple_median is not None]
    requests = sum(weight for _, weight in slices)
    return sum(share * weight for share, weight in slices) / requests if requests else None


def _known(figures: Iterable[float | None]) -> list[float]:
    return [figure for figure in figures if figure is not None]


def _status(
    requests: int, failed: int, unexplained: int, failure: str | None
) -> tuple[Literal["ok", "errors", "failed"], str | None]:
    if failure is not None:
        return "failed", failure
    if not requests:
        return "failed", "no request was done"
    return ("errors" if failed == requests or unexplained / requests > MAX_ERROR_RATIO else "ok"), None


def _errors(trials: Sequence[TrialRecord]) -> dict[str, int]:
    return _summed_errors(measured.errors for trial in trials for measured in trial.slices)


def _summed_errors(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Failed requests by kind, most frequent first."""
    errors: Counter[str] = Counter()
    for part in parts:
        errors.update(part)
    return dict(errors.most_common())


def _first_message(trials: Sequence[TrialRecord], errors: dict[str, int]) -> str | None:
    """What the client said when it first failed in the most frequent way."""
    messages = (trial.messages.get(kind) for kind in errors for trial in trials)
    return next((message for message in messages if message), None)


def _server(trials: Sequence[TrialRecord]) -> list[ServerCounts]:
    """What the origin counted, by trial; empty where it did not see every trial."""
    counts = [trial.server for trial in trials if trial.server is not None]
    return counts if len(counts) == len(trials) else []


def _total(server: list[ServerCounts], figure: Callable[[ServerCounts], int | None]) -> int | None:
    figures = _of_all(server, figure)
    return sum(figures) if figures else None


def _of_all(server: list[ServerCounts], figure: Callable[[ServerCounts], int | None]) -> list[int] | None:
    """A number of each trial; None where one of them is not known."""
    figures = [count for counts in server if (count := figure(counts)) is not None]
    return figures if len(figures) == len(server) else None


def _middle(figures: Iterable[int | None]) -> int | None:
    known = _known(figures)
    return round(median(known)) if known else None
