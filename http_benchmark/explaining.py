"""Why is one contender of a stored experiment slower than another? Both are started again, and looked into.

What is looked at, and never at the same time: the CPU time of a request, with nobody looking on; the call stacks; the
system calls; what is allocated. Here that is driven; what follows from it is in `stats.explanation`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from http_benchmark.benchmark import Experiment
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError, NoAnswerError
from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.explanation import Explanation, Profiled, ProfiledStack, SyscallRate
from http_benchmark.plan import Arm, Plan
from http_benchmark.profiling import spy
from http_benchmark.profiling.allocations import Allocations, count_allocations
from http_benchmark.profiling.syscalls import Calls, count_calls
from http_benchmark.stats.explanation import explain, overlap
from http_benchmark.stats.stacks import Stack, unfolded
from http_benchmark.targets import OpenTarget
from http_benchmark.trial import Trial
from http_benchmark.worker.protocol import Run

RATE = 199
"""Samples per second: what the program has time for with many threads, and a prime, since requests come at round rates
and would be met at always the same place."""

DURATION_S = 6.0
_PLAIN_S = 2.0
_COUNTED_S = 1.0  # for as many requests as come in this time, system calls and allocations are counted …
_LEAST_COUNTED, _MOST_COUNTED = 20, 2_000  # … within these limits
_PATIENCE_S = 60.0
_SLOWDOWN = 100.0  # of a client whose every system call is stopped

type Say = Callable[[str], None]
"""Told what is about to be looked at."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How the two are looked at.

    Attributes:
        duration_s: For how long their stacks are sampled.
        rate: Samples per second.
        native: Look into extensions written in C, too.
    """

    duration_s: float = DURATION_S
    rate: int = RATE
    native: bool = False


def chosen(experiment: ExperimentResult, named: Sequence[str]) -> tuple[ClientResult, ClientResult]:
    """The two contenders to explain: those that are named, or the slowest and the best ranked.

    Raises:
        ConfigurationError: They are not in the experiment, or it ranks fewer than two.
    """
    if named:
        found = [_named(experiment, text) for text in named]
        if len(found) != 2 or found[0] is found[1]:
            raise ConfigurationError(
                f"explain takes two contenders, got {', '.join(named)}; or none, for best and slowest"
            )
        return found[0], found[1]
    ranked = sorted((one for one in experiment.clients if one.rank), key=lambda one: one.rank or 0)
    if len(ranked) < 2:
        raise ConfigurationError(
            f"experiment {experiment.id} ranks {len(ranked)} contenders, and two are compared; name two of "
            f"{_names(experiment)}"
        )
    return ranked[-1], ranked[0]


class Explainer:
    """Looks into two contenders of an experiment.

    Args:
        experiment: As it was stored.
        configuration: That of the experiment, restored.
        pair: The two.
        looks: How they are looked at.
        environments: Makes what versions and source trees take.
        same_versions: Look into the versions that were measured, in environments of their own.
        other_versions: Look into other versions than were measured.
        say: Told of the progress.

    Raises:
        ConfigurationError: py-spy is not here, or one of the two is no longer, or in another version.
    """

    def __init__(
        self,
        experiment: ExperimentResult,
        configuration: ExperimentConfiguration,
        pair: tuple[ClientResult, ClientResult],
        *,
        looks: Looks,
        environments: Environments | None = None,
        same_versions: bool = False,
        other_versions: bool = False,
        say: Say = lambda _: None,
    ) -> None:
        spy.py_spy()
        self._stored, self._pair, self._looks, self._say = experiment, pair, looks, say
        contenders = tuple(_as_configured(one, same_versions=same_versions) for one in pair)
        values = {name: getattr(configuration, name) for name in ExperimentConfiguration.model_fields}
        own = {"contenders": contenders, "blocks": 1, "floor": False}
        again = Experiment(ExperimentConfiguration(**values | own), environments=environments)
        if again.unavailable:
            raise ConfigurationError([client.message or client.contender for client in again.unavailable])
        self.plan: Plan = again.plan
        if not other_versions and (faults := [*self._other_versions()]):
            raise ConfigurationError(faults)

    def run(self) -> Explanation:
        """Look at both, one after the other.

        Raises:
            ConfigurationError: The system does not let one process look into another.
            TargetError: The bundled origin could not be started.
            WorkerError: A contender or a tool failed.
        """
        plan = self.plan
        with plan.open_target(self._say) as target:
            plan = plan.set_up(target)
            both = [self._look(arm, then, plan, target) for arm, then in zip(plan.arms, self._pair, strict=True)]
        return explain(
            self._stored.id,
            both,
            concurrency=plan.options.concurrency,
            processes=plan.processes,
            rate=self._looks.rate,
            native=self._looks.native,
            alike=overlap(*(one.cpu_s_per_1k for one in self._pair)),
        )

    def _look(
        self, arm: Arm, then: ClientResult, plan: Plan, target: OpenTarget
    ) -> tuple[Profiled, Mapping[Stack, int]]:
        looks, name = self._looks, then.contender
        threads = arm.contender.mode == "sync" and plan.options.concurrency > plan.processes
        with Trial(arm, plan, target) as trial:
            trial.open()
            trial.opened()
            trial.warm_up()
            self._say(f"{name}: CPU time, with nobody looking on")
            plain = trial.send(_for(plan, _PLAIN_S), _patience_s(plan, _PLAIN_S))
            requests = plain.figures.requests
            if not requests:
                raise NoAnswerError(f"{name} sent no request within {_PLAIN_S:.0f} s; check the target")
            counted = min(_MOST_COUNTED, max(_LEAST_COUNTED, int(requests * _COUNTED_S / _PLAIN_S)))
            self._say(f"{name}: call stacks, for {looks.duration_s:g} s")
            stacks = spy.sample(
                trial.pids,
                lambda: trial.send(_for(plan, looks.duration_s), _patience_s(plan, looks.duration_s)),
                rate=looks.rate,
                native=looks.native and not threads,
                threads=threads,
            )
            self._say(f"{name}: system calls of {counted:,} requests")
            calls = count_calls(trial.pids, lambda: trial.send(_exactly(plan, counted), _patience_s(plan, _COUNTED_S)))
        self._say(f"{name}: allocations of {counted:,} requests")
        allocations = count_allocations(
            arm, plan, target, counted, lambda requests: replace(_exactly(plan, requests), opening=True)
        )
        ran = plain.ran
        profiled = Profiled(
            contender=name,
            version=arm.version,
            version_then=then.version,
            cpu_us=_cpu_then_us(then) if then.version == arm.version else None,
            cpu_now_us=(ran.user_ns + ran.system_ns) / 1e3 / requests,
            throughput_rps=then.throughput_rps.estimate if then.throughput_rps else None,
            context_switches=_per_request(ran.voluntary_switches, ran.involuntary_switches, requests=requests),
            not_told=(
                *(words for words in (calls, allocations) if isinstance(words, str)),
                *(
                    [f"{name} has threads, of which only the one with the interpreter's lock is sampled"]
                    if threads
                    else []
                ),
            ),
            samples=sum(stacks.values()),
            stacks=tuple(ProfiledStack(stack=text, samples=count) for text, count in unfolded(stacks)),
            **_of_calls(calls, counted),
            **_of_allocations(allocations),
        )
        return profiled, stacks

    def _other_versions(self) -> list[str]:
        return [
            f"{then.contender}: {then.version} was measured, and {arm.version} is installed; take --same-versions to "
            "explain that one, or --force to explain the installed one"
            for arm, then in zip(self.plan.arms, self._pair, strict=True)
            if then.version and arm.version != then.version
        ]


def _for(plan: Plan, duration_s: float) -> Run:
    """The experiment's load, for so long; in the open model that of its first slice."""
    if plan.arrivals:
        arrivals: Arrivals = replace(plan.arrivals[0], duration_s=duration_s, requests=None)
        return Run(arrivals=arrivals)
    return Run(Stop(duration_s=duration_s))


def _exactly(plan: Plan, requests: int) -> Run:
    """The same load for so many requests; late ones are sent, too, since what counts them slows them down."""
    if plan.arrivals:
        return Run(arrivals=replace(plan.arrivals[0], requests=requests, grace_s=_PATIENCE_S))
    return Run(Stop(requests=requests))


def _patience_s(plan: Plan, duration_s: float) -> float:
    return _PATIENCE_S + _SLOWDOWN * duration_s + 2 * plan.slowest_request_s


def _per_request(*figures: int | None, requests: int) -> float | None:
    """Their sum; None where one of them is not known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) / requests if len(known) == len(figures) else None


def _of_calls(calls: tuple[Calls, ...] | str, requests: int) -> dict[str, Any]:
    """What is published of system calls; nothing where they are not told."""
    if isinstance(calls, str):
        return {}
    rates = [
        SyscallRate(name=one.name, per_request=one.calls / requests, errors_per_request=one.errors / requests)
        for one in calls
    ]
    return {"syscalls": sum(rate.per_request for rate in rates), "syscalls_by_name": tuple(rates)}


def _of_allocations(allocations: Allocations | str) -> dict[str, float]:
    """What is published of allocations, likewise."""
    if isinstance(allocations, str):
        return {}
    return {"allocations": allocations.blocks, "allocated_bytes": allocations.size_bytes}


def _cpu_then_us(then: ClientResult) -> float | None:
    """CPU time of a request in the experiment: seconds of 1,000 requests are milliseconds of one."""
    return 1e3 * then.cpu_s_per_1k.estimate if then.cpu_s_per_1k else None


def _named(experiment: ExperimentResult, text: str) -> ClientResult:
    """The contender of that name; a library's where it has one alone."""
    exact = [one for one in experiment.clients if one.contender == text]
    found = exact or [one for one in experiment.clients if one.library == text]
    measured = [one for one in found if one.status in {"ok", "errors"}]
    if len(measured) != 1:
        what = f"has {len(measured)} contenders {text!r}" if measured else f"did not measure {text!r}"
        raise ConfigurationError(f"experiment {experiment.id} {what}; choose from {_names(experiment)}")
    return measured[0]


def _names(experiment: ExperimentResult) -> str:
    return ", ".join(one.contender for one in experiment.clients if one.status in {"ok", "errors"})


def _as_configured(then: ClientResult, *, same_versions: bool) -> str:
    """The contender as it is named to measure it again."""
    name = then.contender.partition("#")[0]
    contender = Contender.parse(name)
    if contender.named_source or not then.version or not same_versions:
        return name
    return str(replace(contender, version=then.version))
