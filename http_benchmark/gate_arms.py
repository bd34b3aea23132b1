"""The two sides of a gate: how they are named, made comparable and published."""

from collections.abc import Sequence
from dataclasses import replace

from http_benchmark.clients import installed_version, known_clients
from http_benchmark.environments.making import Environments, normalised
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.gate import GateArm, PackageDifference
from http_benchmark.plan import Arm


def pinned(texts: tuple[str, str], environments: Environments) -> tuple[str, str]:
    """Both contenders with one mode each, and of the same kind: installed here, or in environments of their own.

    Raises:
        ConfigurationError: One of them has two modes, is not known, or is not installed.
    """
    ExperimentConfiguration(contenders=texts)  # raises with the faults of both
    contenders = [_with_one_mode(Contender.parse(text)) for text in texts]
    if any(one.named_source for one in contenders):
        for index, one in enumerate(contenders):
            if not one.named_source:
                version = installed_version(one.library)
                if version is None:
                    raise ConfigurationError(
                        f"{one.library} is not installed; {known_clients()[one.library].install}, or name a version"
                    )
                contenders[index] = replace(one, version=version)
                environments.notify(f"{one} is measured as {contenders[index]}, in an environment as the other one's")
    baseline, candidate = map(str, contenders)
    return baseline, candidate


def _with_one_mode(contender: Contender) -> Contender:
    modes = known_clients()[contender.library].modes
    if contender.mode is None and len(modes) > 1:
        raise ConfigurationError(
            f"{contender} has the modes {' and '.join(modes)}, and a gate compares one; name it, such as "
            f"{replace(contender, mode='async')}"
        )
    return contender if contender.mode else replace(contender, mode=next(iter(modes)))


def described(arm: Arm) -> GateArm:
    """One side as it is published."""
    contender = arm.contender
    return GateArm(contender=arm.name, library=contender.library, mode=contender.mode or "sync", version=arm.version)


def differences(arms: Sequence[Arm]) -> tuple[PackageDifference, ...]:
    """What else differs between the two environments; nothing where both are the one that runs this program."""
    own = {normalised(arm.capabilities.distribution) for arm in arms}
    before, after = [arm.environment.source.packages if arm.environment else {} for arm in arms]
    return tuple(
        PackageDifference(package=name, baseline=before.get(name), candidate=after.get(name))
        for name in sorted((before | after).keys() - own)
        if before.get(name) != after.get(name)
    )
