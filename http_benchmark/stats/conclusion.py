"""From an experiment's finished blocks to its whole answer: clients, pairs, verdict."""

from collections.abc import Mapping, Sequence

from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.stats.ranking import limited, summarise
from http_benchmark.stats.validity import judge, limited_clients
from http_benchmark.stats.work import works


def conclude(
    experiment: ExperimentResult, blocks: Sequence[BlockRecord], *, dropped: Mapping[str, str] | None = None
) -> ExperimentResult:
    """Fill in what the blocks say; used while running, at the end, and for a run that was cut off.

    Args:
        experiment: What is known without measuring; its clients are those that have no trial in any block.
        blocks: The finished blocks.
        dropped: Contenders that were dropped on the way, with the reason.
    """
    clients, pairs = summarise(
        blocks,
        experiment.primary_metric,
        works=works(
            blocks,
            experiment.configuration,
            url=experiment.target.url,
            unchecked=experiment.certificates_unchecked,
            unproxied=experiment.proxy_unused,
        ),
        failures=dropped,
    )
    validity = judge(experiment.model_copy(update={"clients": tuple(clients)}), blocks)
    clients, pairs = limited(
        clients, pairs, limited_clients(validity.reasons), primary_metric=experiment.primary_metric
    )
    measured = {client.contender for client in clients}
    return experiment.model_copy(
        update={
            "blocks": len(blocks),
            "clients": (*clients, *(client for client in experiment.clients if client.contender not in measured)),
            "pairs": tuple(pairs),
            "validity": validity,
        }
    )
