"""What is said of an experiment beside its tables, in words: the terminal and Markdown show the same."""

from collections.abc import Mapping
from typing import Any

from http_benchmark.models.experiment import ClientResult, ExperimentResult, Metric
from http_benchmark.report import faults, parts
from http_benchmark.units import counted, format_duration, format_rates

METRIC_NAMES: dict[Metric, str] = {
    "throughput_rps": "throughput",
    "cpu_s_per_1k": "CPU time per request",
    "mean": "mean response time",
    "pooled_mean": "mean response time over whole trials",
    "p50": "p50 of the response time",
    "p99": "p99 of the response time",
    "p999": "p99.9 of the response time",
}


def size(result: ExperimentResult) -> str:
    """How much was measured, and how: "concurrency 10, 15 blocks, seed 42"."""
    configuration = result.configuration
    described = [
        _arrivals(configuration),
        _concurrency(configuration),
        _blocks(result),
        faults.ordered(configuration),
        f"seed {result.seed}",
        _sessions(result),
        "" if result.status == "finished" else result.status,
    ]
    return ", ".join(part for part in described if part)


def no_ranking(result: ExperimentResult) -> str:
    """What stands where the ranking would."""
    return "No contender was ranked." if result.blocks else "No block was finished."


def unranked(result: ExperimentResult) -> list[str]:
    """Who has no rank, and why."""
    metric = METRIC_NAMES[result.primary_metric]
    without = [client for client in result.clients if client.rank is None]
    return [f"{client.contender}: {_why_unranked(client, metric)}" for client in without]


def sources(environment: Mapping[str, Any]) -> list[str]:
    """A note for each source tree that was measured: what state it was in."""
    notes = []
    for name, source in environment.get("sources", {}).items():
        if source["kind"] == "tree":
            commit = f"commit {source['revision']}" if source["revision"] else "not in a git repository"
            changed = " and changes" if source["changed"] else ""
            notes.append(f"{name}: version {environment['libraries'][name]}, {commit}{changed}.")
    return notes


def notes(result: ExperimentResult) -> list[str]:
    """What the figures mean, and what was found out before the first block."""
    is_ranked = any(client.rank is not None for client in result.clients)
    return [
        *sources(result.environment),
        *(_on_ranking(result) if is_ranked else []),
        *faults.notes(result),
        *_retries(result),
    ]


def _sessions(result: ExperimentResult) -> str:
    """Where it was resumed, how often it was begun."""
    sessions = result.provenance.sessions if result.provenance else ()
    return counted(len(sessions), "session") if len(sessions) > 1 else ""


def _arrivals(configuration: Mapping[str, Any]) -> str:
    rate = configuration.get("rate")
    return f"open model, {configuration['arrivals']} arrivals {format_rates(rate)}" if rate else ""


def _concurrency(configuration: Mapping[str, Any]) -> str:
    if "concurrency" not in configuration:
        return ""
    most = "at most " if configuration.get("rate") else ""
    processes = configuration.get("processes", 1)
    return f"concurrency {most}{configuration['concurrency']}" + (f" in {processes} processes" if processes > 1 else "")


def _blocks(result: ExperimentResult) -> str:
    planned = result.planned_blocks
    if planned is not None and result.blocks < planned:
        return f"{result.blocks} of {counted(planned, 'block')}"
    return counted(result.blocks, "block")


def _why_unranked(client: ClientResult, metric: str) -> str:
    other_work = client.work.others
    if client.status == "ok":
        return "; ".join(other_work) or f"no figure for the {metric}"
    reasons = [*([client.message] if client.message else []), *other_work]
    if client.status == "errors":
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in client.errors.items())
        reasons.insert(0, f"{sum(client.errors.values()):,} of {counted(client.requests, 'request')} failed ({kinds})")
    return ": ".join([client.status, *reasons])


def _on_ranking(result: ExperimentResult) -> list[str]:
    over = counted(result.blocks, "block")
    pairs = [pair for pair in result.pairs if pair.metric == result.primary_metric]
    has_intervals = any(client.throughput_rps and client.throughput_rps.low for client in result.clients)
    interval = ", 95 % interval" if has_intervals else ""
    notes = [
        f"Ranked by {METRIC_NAMES[result.primary_metric]}.",
        f"Requests/s and CPU: estimate over {over}{interval}. Response time and peak memory: median over {over}.",
    ]
    if result.load_model == "open":
        notes.append("Response time counts from the moment a request was due: lag and service time together.")
    if any(client.by_rate for client in result.clients):
        notes.append("The rate changed: requests/s and CPU are those of a median slice, response times mix all rates.")
    if result.turns == "trials":
        notes += _many(result)
    notes += _checks(result)
    if any(pair.separated for pair in pairs):
        notes.append("Contenders that share a letter (grp.) cannot be told apart.")
    detectable = [pair.mde_percent for pair in pairs if pair.mde_percent is not None]
    if detectable:
        low, high = f"{min(detectable):.1f}", f"{max(detectable):.1f}"
        span = f"{low} %" if low == high else f"{low}–{high} %, depending on the pair"
        notes.append(f"Smallest difference detectable with 90 % probability: {span}.")
    return notes


def _many(result: ExperimentResult) -> list[str]:
    """What very many connections mean."""
    connecting = [
        f"{client.contender} {format_duration(client.life_cycle.connect_all_s.estimate)}"
        for client in result.clients
        if client.life_cycle.connect_all_s
    ]
    origin = [
        f"{client.contender} {parts.figure(client.origin_memory_bytes, 1 / 1024**2)} MiB"
        for client in result.clients
        if client.origin_memory_bytes is not None
    ]
    apart = (
        "Above 4,000 connections contenders are measured one after the other within a block: what changed on the "
        "machine meanwhile is part of the differences."
    )
    return [
        *([apart] if len(result.clients) > 1 else []),
        *(
            [f"Connecting all, a first answer on each connection included: {', '.join(connecting)}."]
            if connecting
            else []
        ),
        *([f"Memory of the origin: {', '.join(origin)}."] if origin else []),
    ]


def _checks(result: ExperimentResult) -> list[str]:
    """What was found out before the first block."""
    pacing = [
        f"{check.mode} lag p50 {format_duration(check.lag_p50_s)}, p99 {format_duration(check.lag_p99_s)}, "
        f"{parts.figure(check.cpu_s_per_1k, 1e3)} µs of CPU per request"
        for check in result.pacing
    ]
    floors = [f"{probe.mode} {parts.figure(probe.throughput_rps)} /s" for probe in result.floor]
    return [
        *([f"Pacing of this machine, with a client that does nothing: {'; '.join(pacing)}."] if pacing else []),
        *([f"Floor, a bare socket on the same workload: {', '.join(floors)}."] if floors else []),
    ]


def _retries(result: ExperimentResult) -> list[str]:
    retried = [f"{client.contender} {client.retries:,}" for client in result.clients if client.retries]
    return [f"Retries, counted apart from requests: {', '.join(retried)}."] if retried else []
