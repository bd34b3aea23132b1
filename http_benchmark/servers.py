"""One workload on several servers: which of them serves these clients faster, measured together.

Each server is an experiment of its own; their blocks take turns, and the same clients measure all of them.
"""

import secrets
from collections.abc import Mapping

from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.interleaving import Interleaved, InterleavedObserver
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.servers import MeasuredServer, ServerMetric, ServersResult
from http_benchmark.stats.scaling import gravest
from http_benchmark.stats.servers import about_servers, side_by_side, with_busy_clients
from http_benchmark.storage import ResultStorage

_MAY_DIFFER = frozenset({"target", "target_port", "target_wait", "url", "ca", "verify", "tls", "name", "tag", "seed"})
"""What belongs to a server; everything else is the workload and the load, which have to be the same."""


class ServersExperiment(Interleaved[str, ServersResult]):
    """Compares servers on one workload by the same clients.

    Args:
        configurations: What a server is called → what to run against it; they differ in the target alone. The first is
            the one that the others are compared with.
        storage: Where each server's experiment is saved, tagged so that they can be found together.
        observer: Is told of the progress.
        environments: As for `Experiment`.

    Raises:
        ConfigurationError: There are fewer than two, they differ in more than the target, or one is at fault.
        ClientUnavailableError: None of the contenders is installed.
    """

    kind = "servers"
    drawn = "servers"

    def __init__(
        self,
        configurations: Mapping[str, ExperimentConfiguration],
        *,
        storage: ResultStorage | None = None,
        observer: InterleavedObserver[str] | None = None,
        environments: Environments | None = None,
    ) -> None:
        if len(configurations) < 2:
            raise ConfigurationError(
                f"several servers are at least two, got {len(configurations)}; use Experiment for one"
            )
        first, *others = configurations.values()
        differing = [name for name in ExperimentConfiguration.model_fields if name not in _MAY_DIFFER]
        if faults := [
            f"{name} must be the same for all servers"
            for name in differing
            if any(getattr(other, name) != getattr(first, name) for other in others)
        ]:
            raise ConfigurationError(faults)
        super().__init__(
            configurations,
            seed=first.seed if first.seed is not None else secrets.randbits(32),
            storage=storage,
            observer=observer,
            environments=environments,
        )

    def result(self) -> ServersResult:
        results = {server: experiment.result() for server, experiment in self.experiments.items()}
        blocks = {server: experiment.blocks for server, experiment in self.experiments.items()}
        first_server, first = next(iter(results.items()))
        metric: ServerMetric = "p99" if self.plan.arrivals else "throughput_rps"
        contenders = side_by_side(results, blocks, metric)
        validity = gravest(
            {server: about_servers(result.validity) for server, result in results.items()},
            lambda servers: f"on {', '.join(servers)}",
        )
        return ServersResult(
            id=self.id,
            name=first.name.removesuffix(f", {first_server}"),
            status=self.course.status,
            started_at=self.course.started_at,
            finished_at=self.course.finished_at,
            seed=self.seed,
            configuration=first.configuration,
            environment=first.environment,
            compared_by=metric,
            validity=validity if self.plan.arrivals else with_busy_clients(validity, contenders),
            servers=tuple(
                MeasuredServer(
                    server=server,
                    experiment_id=result.id,
                    status=result.status,
                    blocks=result.blocks,
                    target=result.target,
                    validity=result.validity,
                )
                for server, result in results.items()
            ),
            contenders=contenders,
        )
