"""From the contenders of a configuration to the arms of an experiment: who is here and can do it, and who is not."""

from typing import Literal

from http_benchmark.clients import OWN_CLIENTS, Capabilities, installed_clients, installed_version, known_clients
from http_benchmark.environments.making import Environments
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import ClientResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.fields import events_fault, protocol_fault
from http_benchmark.plan import Arm


def find_arms(
    configuration: ExperimentConfiguration, environments: Environments, *, events: bool
) -> tuple[list[Arm], list[ClientResult]]:
    """Split the contenders into those that can be measured, and those that are not here or cannot do it.

    Args:
        configuration: Who is to be measured, and how the target is spoken to.
        environments: Makes those that a version or a tree takes.
        events: Whether it is measured when the events of streams arrive.

    Raises:
        ConfigurationError: A version or tree cannot be had; with a line for each.
    """
    installed = installed_clients()
    arms, unavailable = [], []
    for arm in _resolved(configuration, tuple(installed), environments):
        contender = arm.contender
        fault = protocol_fault(
            contender.library,
            http2=contender.http2,
            tls=configuration.tls,
            verify=configuration.verify,
            proxy=configuration.proxy is not None,
        )
        if events:
            fault = fault or events_fault(contender.library)
        if not arm.environment and contender.library not in {*installed, *OWN_CLIENTS}:
            fault = _how_to_get(arm.capabilities)
        if fault:
            unavailable.append(without_trials(arm, "unavailable", fault))
        else:
            arms.append(arm)
    if not configuration.contenders:
        unavailable += _not_installed(installed)
    return arms, unavailable


def without_trials(arm: Arm, status: Literal["unavailable", "failed"], message: str) -> ClientResult:
    """The result of a contender that no finished block has."""
    return ClientResult(
        contender=arm.name,
        library=arm.contender.library,
        version=arm.version,
        mode=arm.contender.mode or "sync",
        status=status,
        message=message,
    )


def _resolved(
    configuration: ExperimentConfiguration, installed: tuple[str, ...], environments: Environments
) -> list[Arm]:
    """All contenders, with the environments that were made for them."""
    known = known_clients()
    contenders = configuration.resolved_contenders(installed)
    arms = [
        Arm(
            contender,
            known[contender.library],
            environment.version if environment else installed_version(contender.library),
            environment,
        )
        for contender, environment in zip(contenders, environments.of_all(contenders), strict=True)
    ]
    for mixed in _of_both_kinds(arms):
        environments.notify(
            f"{mixed} is measured beside all that is installed here, and a version or tree of it alone with what it "
            f"needs; name both with a version for a fair comparison"
        )
    return arms


def _of_both_kinds(arms: list[Arm]) -> list[str]:
    """Libraries of which the installed one is measured against one in an environment of its own."""
    own = {arm.contender.library for arm in arms if arm.environment}
    return sorted({arm.contender.library for arm in arms if not arm.environment} & own)


def _not_installed(installed: dict[str, Capabilities]) -> list[ClientResult]:
    missing = [
        Arm(Contender(name, next(iter(capabilities.modes))), capabilities, None)
        for name, capabilities in known_clients().items()
        if name not in {*installed, *OWN_CLIENTS}
    ]
    return [without_trials(arm, "unavailable", _how_to_get(arm.capabilities)) for arm in missing]


def _how_to_get(capabilities: Capabilities) -> str:
    return f"{capabilities.name} is not installed; {capabilities.install}"
