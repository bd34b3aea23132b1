"""The ranking as plain cells, which the terminal and Markdown put into a table."""

from collections import Counter

from http_benchmark.models.experiment import ClientResult, Estimate, ExperimentResult
from http_benchmark.models.measurement import Distribution
from http_benchmark.report import parts


def ranked(result: ExperimentResult) -> list[ClientResult]:
    """The contenders that have a rank, best first."""
    return [client for client in result.clients if client.rank is not None]


def headings(result: ExperimentResult) -> list[str]:
    """Of the columns; some take two lines."""
    cost = "speed" if result.primary_metric == "throughput_rps" else "cost"
    service_and_lag = ["service\np99 ms", "lag\np99 ms"] if result.load_model == "open" else []
    return ["#", "contender", "requests/s", cost, "p50\nms", "p99\nms", *service_and_lag,
        "CPU\nµs/req", "peak\nMiB", "err.", "grp."]  # fmt: skip


def rows(result: ExperimentResult, *, in_one_line: bool) -> list[list[str]]:
    """A row per ranked contender, a cell for each heading.

    Args:
        result: What was measured.
        in_one_line: Versions and intervals stand beside, not below, what they belong to.
    """
    contenders = ranked(result)
    is_open, is_speed = result.load_model == "open", result.primary_metric == "throughput_rps"
    costs = relative_costs(result)
    holders = Counter(client.rank for client in contenders)
    made = []
    for client in contenders:
        cost = costs.get(client.contender)
        shown = None if cost is None else 1 / cost if is_speed else cost
        place = f"={client.rank}" if holders[client.rank] > 1 else f"{client.rank}"
        ratio = parts.NO_FIGURE if shown is None else f"{shown:.2f}×"
        made.append([place, *_cells(client, ratio, is_open=is_open, wide=in_one_line)])
    return made


def relative_costs(result: ExperimentResult) -> dict[str, float]:
    """How many times as much as the best of at least one contender each costs, as compared block by block."""
    first = ranked(result)[0].contender
    compared = {
        pair.b: 1 + pair.effect_percent / 100
        for pair in result.pairs
        if pair.metric == result.primary_metric and pair.a == first
    }
    return {first: 1.0} | compared


def _cells(client: ClientResult, ratio: str, *, is_open: bool, wide: bool) -> list[str]:
    """A contender's line, without its place."""
    times = client.response_time_s or Distribution(count=0)
    return [
        parts.contender(client.contender, client.version, in_one_line=wide),
        parts.with_detail(*_with_interval(client.throughput_rps), between="  " if wide else "\n"),
        ratio,
        _quantile(times.p50, times),
        _quantile(times.p99, times),
        *(_service_and_lag(client) if is_open else []),
        parts.figure(client.cpu_s_per_1k.estimate if client.cpu_s_per_1k else None, 1e3),
        parts.figure(client.peak_memory_bytes, 1 / 1024**2),
        f"{sum(client.errors.values()):,}",
        client.group or "",
    ]


def _service_and_lag(client: ClientResult) -> list[str]:
    """p99 of both, ms; each for itself, since they do not add up."""
    return [parts.figure(times.p99 if times else None, 1e3) for times in (client.service_time_s, client.lag_s)]


def _quantile(value_s: float | None, times: Distribution) -> str:
    """A quantile in ms; where it falls on requests that were never sent, what it lies above."""
    if value_s is None and times.censored and times.censored_above_s is not None:
        return f">{parts.figure(times.censored_above_s, 1e3)}"
    return parts.figure(value_s, 1e3)


def _with_interval(over_blocks: Estimate | None) -> tuple[str, str | None]:
    return parts.figure(over_blocks.estimate if over_blocks else None), parts.interval(over_blocks)
