"""Is a run to be trusted? Each reason against it with its figure, its limit and what to do."""

from collections.abc import Iterator, Sequence

from http_benchmark.clients import NULL_CLIENT
from http_benchmark.models.experiment import ClientResult, Reason, Validity
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.stats.intervals import MIN_BLOCKS_95

MOST_SERVER_BUSY = 0.70
"""Share of its core that the origin may use; above, the server's speed is part of what is measured."""


def judge(
    clients: Sequence[ClientResult],
    blocks: Sequence[BlockRecord],
    *,
    concurrency: int,
    quick: bool,
    shared_cpus: bool,
) -> Validity:
    """Weigh a run.

    Args:
        clients: The contenders' results.
        blocks: The finished blocks.
        concurrency: Connections that a contender may open at a time.
        quick: Whether it was a quick run.
        shared_cpus: Whether clients and origin share a processor.
    """
    reasons = [
        *_too_few_blocks(blocks),
        *_quick(quick),
        *_shared_cpus(shared_cpus),
        *_server_limited(blocks),
        *(
            reason
            for client in clients
            if client.library != NULL_CLIENT
            for reason in _unequal_work(client, concurrency)
        ),
    ]
    severities = {reason.severity for reason in reasons}
    verdict = "invalid" if "invalid" in severities else "suspect" if severities else "valid"
    return Validity(verdict=verdict, reasons=tuple(reasons))


def _too_few_blocks(blocks: Sequence[BlockRecord]) -> Iterator[Reason]:
    if len(blocks) < MIN_BLOCKS_95:
        yield Reason(
            code="too-few-blocks",
            severity="suspect",
            message=f"no 95 % interval below {MIN_BLOCKS_95} blocks, got {len(blocks)}; run more (--blocks)",
            value=len(blocks),
            limit=MIN_BLOCKS_95,
        )


def _quick(quick: bool) -> Iterator[Reason]:
    if quick:
        yield Reason(
            code="quick", severity="suspect", message="a quick run finds large differences only; leave out --quick"
        )


def _shared_cpus(shared_cpus: bool) -> Iterator[Reason]:
    if shared_cpus:
        yield Reason(
            code="shared-processor",
            severity="suspect",
            message="clients and origin share one processor, so each slows the other; use a machine with two or more",
        )


def _server_limited(blocks: Sequence[BlockRecord]) -> Iterator[Reason]:
    busy: dict[str, list[float]] = {}
    for block in blocks:
        for trial in block.trials:
            busy.setdefault(trial.contender, []).extend(
                measured.server.cpu_s / measured.duration_s * measured.requests / measured.server.requests
                for measured in trial.slices
                if measured.server and measured.server.requests and measured.duration_s
            )
    for contender, shares in busy.items():
        share = sorted(shares)[len(shares) // 2] if shares else 0.0
        if share > MOST_SERVER_BUSY:
            yield Reason(
                code="server-limited",
                severity="suspect",
                message=(
                    f"the origin used {share:.0%} of its core for {contender}, so its speed is part of the result; "
                    "compare by CPU time (--primary cpu_s_per_1k)"
                ),
                value=share,
                limit=MOST_SERVER_BUSY,
            )


def _unequal_work(client: ClientResult, concurrency: int) -> Iterator[Reason]:
    if client.server_requests is not None and not _same_requests(client, client.server_requests):
        yield Reason(
            code="unequal-work",
            severity="suspect",
            message=(
                f"{client.contender} says that it sent {client.sent_requests} requests, "
                f"the origin saw {client.server_requests}: it gave up on some or repeated some by itself"
            ),
            value=client.server_requests,
            limit=client.sent_requests,
        )
    if client.connections_opened is not None and client.connections_opened > concurrency and not client.errors:
        yield Reason(
            code="extra-connections",
            severity="suspect",
            message=(
                f"{client.contender} opened {client.connections_opened} connections in a trial at concurrency "
                f"{concurrency}: it opens more than it needs or does not keep them alive"
            ),
            value=client.connections_opened,
            limit=concurrency,
        )


def _same_requests(client: ClientResult, seen: int) -> bool:
    """Whether the origin saw what was sent; a request that failed may have ended before the origin answered it."""
    return seen == client.sent_requests or (bool(client.errors) and seen < client.sent_requests)
