"""From experiments on several servers to figures side by side, and to the ratios between servers."""

from collections.abc import Mapping, Sequence
from typing import Literal

from http_benchmark.models.experiment import Estimate, ExperimentResult, Reason, Validity
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.servers import ServerMetric, ServerPoint, ServerRatio, ServersOfContender
from http_benchmark.stats.scaling import by_block, point_of, ratio_in_each_block


def side_by_side(
    results: Mapping[str, ExperimentResult],
    blocks: Mapping[str, Sequence[BlockRecord]],
    metric: ServerMetric,
) -> tuple[ServersOfContender, ...]:
    """Put the servers together, contender by contender; the highest throughput on the first server first.

    Args:
        results: Server → what its experiment says; the first is the one that others are compared with.
        blocks: Server → the experiment's finished blocks, in order; those with the same index were measured next to
            each other.
        metric: What servers are compared by.
    """
    names = dict.fromkeys(client.contender for result in results.values() for client in result.clients)
    all_of_them = [_of_contender(name, results, blocks, metric) for name in names]
    return tuple(sorted(all_of_them, key=lambda one: -_first_rps(one)))


MOST_BUSY = 0.9
"""Share of a core; a client that uses more has hardly waited for the server."""

_OF_CLIENTS = frozenset({"client-idle", "floor-limited", "server-limited"})
"""Reasons that say that it is the server that sets the speed, which is what a comparison of servers wants."""


def about_servers(validity: Validity) -> Validity:
    """The verdict on an experiment for who compares servers by it, not clients."""
    reasons = tuple(reason for reason in validity.reasons if reason.code not in _OF_CLIENTS)
    severities = {reason.severity for reason in reasons}
    verdict = "invalid" if "invalid" in severities else "suspect" if "suspect" in severities else "valid"
    return Validity(verdict=verdict, reasons=reasons)


def with_busy_clients(validity: Validity, contenders: Sequence[ServersOfContender]) -> Validity:
    """The verdict, with a reason for whoever is the limit on every server, so that all servers look alike through him.

    For the closed model; with a rate, what a client cannot keep up with is a reason of each experiment already.
    """
    busy = {one.contender: min(shares) for one in contenders if (shares := _shares_of_a_core(one))}
    limited = sorted((name for name, share in busy.items() if share > MOST_BUSY), key=lambda name: -busy[name])
    if not limited:
        return validity
    who = ", ".join(f"{name} {100 * busy[name]:.0f} %" for name in limited)
    reason = Reason(
        code="client-limited",
        severity="suspect",
        message=f"used more than {100 * MOST_BUSY:.0f} % of a core on every server ({who}): the client sets the speed, "
        "so the servers differ more than it shows; compare them at a rate (--rate), or by a client that costs less",
        value=busy[limited[0]],
        limit=MOST_BUSY,
        contenders=tuple(limited),
    )
    verdict: Literal["suspect", "invalid"] = "invalid" if validity.verdict == "invalid" else "suspect"
    return Validity(verdict=verdict, reasons=(*validity.reasons, reason))


def _shares_of_a_core(one: ServersOfContender) -> list[float]:
    """On each server where it did the work that was ordered."""
    return [
        point.throughput_rps.estimate * point.cpu_s_per_1k.estimate / 1000
        for point in one.points
        if point.is_comparable and point.throughput_rps and point.cpu_s_per_1k
    ]


def _of_contender(
    name: str,
    results: Mapping[str, ExperimentResult],
    blocks: Mapping[str, Sequence[BlockRecord]],
    metric: ServerMetric,
) -> ServersOfContender:
    clients = {
        server: client for server, result in results.items() for client in result.clients if client.contender == name
    }
    points = tuple(ServerPoint(server=server, **point_of(client, blocks[server])) for server, client in clients.items())
    comparable = [point.server for point in points if point.is_comparable]
    first = next(iter(results))
    if first not in comparable:
        return ServersOfContender(contender=name, points=points)
    values = {server: by_block(blocks[server], name, metric) for server in comparable}
    ratios = (_ratio(server, values[server], values[first]) for server in comparable if server != first)
    return ServersOfContender(contender=name, points=points, ratios=tuple(filter(None, ratios)))


def _ratio(server: str, figures: Mapping[int, float], beside: Mapping[int, float]) -> ServerRatio | None:
    """From the ratio in each block that has both."""
    ratio = ratio_in_each_block(figures, beside)
    return ServerRatio(server=server, ratio=ratio, separated=excludes_one(ratio)) if ratio else None


def excludes_one(ratio: Estimate) -> bool:
    """Whether the interval of a ratio is there and leaves 1 out."""
    return ratio.low is not None and ratio.high is not None and not ratio.low <= 1 <= ratio.high


def _first_rps(one: ServersOfContender) -> float:
    first = one.points[0]
    return first.throughput_rps.estimate if first.is_comparable and first.throughput_rps else 0.0
