"""What a plan is: who is measured, how often, in which order, on which processors, and what follows from that. Pure.

How one is made of a configuration is in `planning`; how a trial is cut into slices is in `slicing`.

`docs/method.md` says why: a block is one fresh process per contender, measured in rounds of short slices in an order
that the recorded seed shuffles; the block is the unit of analysis.
"""

import hashlib
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from http_benchmark.clients import Capabilities
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.environments.making import ClientEnvironment
from http_benchmark.load.mix import Mix
from http_benchmark.load.ramp import CONNECT_RPS
from http_benchmark.load.schedule import Arrivals
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import Metric, Target
from http_benchmark.models.image import Image
from http_benchmark.origin.options import OriginOptions
from http_benchmark.slicing import LEAST_SLICE_S, Slice, Turns
from http_benchmark.targets import OpenTarget, open_target, unheard
from http_benchmark.utils.child import OWN_INTERPRETER, Interpreter
from http_benchmark.workloads.mixing import hosts_of, mix_of
from http_benchmark.workloads.setup import as_if_set_up, set_up
from http_benchmark.workloads.workload import Workload

_START_S = 0.2  # measured: a process, its imports and its client, several starting at a time
_OVERHEAD_S = 3.0  # measured: what the origin, the statistics and the database add to a run
_TYPICAL_RPS = 10_000.0  # of a fast client on one processor; the warm-up tells the rest


_DECISIVE = (
    "blocks",
    "until_percent",
    "processes",
    "slices",
    "turns",
    "adaptive_rounds",
    "warm_up",
    "seed",
    "shown_url",
    "moves_requests",
    "retry_delays_s",
    "think_time_s",
    "client_cpus",
    "origin_cpus",
    "bundled",
    "origin",
    "delay_s",
    "primary_metric",
)
"""Fields of a plan that are part of its fingerprint as they are."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One contender with what is known of its library.

    Attributes:
        contender: What to measure.
        capabilities: What its adapter can do.
        version: What is measured of it; None where it is not installed.
        environment: Where it is installed, if not beside this program.
    """

    contender: Contender
    capabilities: Capabilities
    version: str | None
    environment: ClientEnvironment | None = None

    @property
    def name(self) -> str:
        """As in tables."""
        return str(self.contender)

    @property
    def interpreter(self) -> Interpreter:
        """The Python that measures it."""
        return self.environment.interpreter if self.environment else OWN_INTERPRETER

    @property
    def asked_for(self) -> str:
        """As a user types it: without the number of a repeat."""
        return str(replace(self.contender, number=1))


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before the first request.

    Attributes:
        arms: The contenders, in the order named.
        blocks: How many blocks.
        until_percent: Stop at one of the looks of `stats.sequential` when all intervals of the primary metric are at
            most this wide to either side; None to measure all blocks whatever they say.
        processes: Of each contender.
        slices: The slices of a trial, by round; all `Stop` in the closed model, all `Arrivals` in the open one.
        turns: How the contenders of a block take turns.
        adaptive_rounds: Whether slow slices reduce the rounds to `SLOW_ROUNDS`.
        warm_up: None for none; then connections are not opened beforehand either.
        seed: Of the orders and of generated bodies.
        url: What to aim at: a URL without user and password, a path on the bundled origin, or None for its default.
        shown_url: What may be shown of it.
        image: What a container is started of, on which `url` is a path; None for none.
        request: What is sent; its URL is filled in when the target is open.
        workload: What is sent instead, from a file; None for the one request.
        mix: The workload's concrete requests; None without one, and before the target is open: `aimed`.
        secrets: Values of the workload that must not be shown; those of logins from `set_up` on.
        moves_requests: Send the workload's absolute URLs to the target, without their own scheme and host.
        options: How every client is set up; HTTP version and authority are filled in for each arm and target.
        retry_delays_s: Wait before each further attempt.
        think_time_s: Pause after each request.
        client_cpus, origin_cpus: Disjoint where the machine has more than one processor.
        bundled: Whether the bundled origin is aimed at.
        origin: What kind of server it is.
        delay_s: How long it is asked to wait before each answer.
        primary_metric: What the ranking goes by.
        probe_floor: Whether to measure beforehand what a bare socket reaches.
        probe_life_cycle: Whether to measure, after a trial's slices, requests that each open a connection.
    """

    arms: tuple[Arm, ...]
    blocks: int
    until_percent: float | None
    processes: int
    slices: tuple[Slice, ...]
    turns: Turns
    adaptive_rounds: bool
    warm_up: Slice | None
    seed: int
    url: str | None = field(repr=False)
    shown_url: str | None
    image: Image | None
    request: Request
    workload: Workload | None
    mix: Mix | None
    moves_requests: bool
    options: ClientOptions
    retry_delays_s: tuple[float, ...]
    think_time_s: float
    client_cpus: tuple[int, ...]
    origin_cpus: tuple[int, ...]
    bundled: bool
    origin: OriginOptions
    delay_s: float
    primary_metric: Metric
    probe_floor: bool
    probe_life_cycle: bool
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all that decides what is measured, and in which order; secrets and what they open aside."""
        decisive = {name: getattr(self, name) for name in _DECISIVE}
        decisive |= {
            "arms": [(arm.name, arm.version) for arm in self.arms],
            "request": (self.request.method, [name for name, _ in self.request.headers], len(self.request.body)),
            "workload": self.workload and self.workload.sha256,
            "options": replace(self.options, proxy=None, ca_file=None),
            **({"image": self.image} if self.image else {}),
        }
        return hashlib.sha256(repr(sorted(decisive.items())).encode()).hexdigest()

    @property
    def arrivals(self) -> tuple[Arrivals, ...]:
        """The slices of the open model; none in the closed one."""
        return tuple(part for part in self.slices if isinstance(part, Arrivals))

    @property
    def fastest_arrivals(self) -> Arrivals | None:
        """The slice with the highest rate; None in the closed model."""
        return max(self.arrivals, key=lambda part: max(part.start_rps, part.end_rps), default=None)

    @property
    def slowest_request_s(self) -> float:
        """How long a request may take with all its attempts."""
        attempts = 1 + len(self.retry_delays_s)
        return attempts * self.options.timeout_s + sum(self.retry_delays_s) + self.think_time_s

    @property
    def estimated_s(self) -> float:
        """How long the run takes if every slice lasts no longer than it has to."""
        return _OVERHEAD_S + self.blocks * self.block_s

    @property
    def block_s(self) -> float:
        """How long a block takes; likewise."""
        return len(self.arms) * self._trial_s

    @property
    def together(self) -> int:
        """How many contenders hold connections at the same time."""
        return len(self.arms) if self.turns == "slices" else min(1, len(self.arms))

    def groups(self, block: int) -> list[list[Arm]]:
        """The contenders of a block that are there together, group after group, each in the order of their start."""
        order = self.start_order(block)
        return [order] if self.turns == "slices" else [[arm] for arm in order]

    def start_order(self, block: int) -> list[Arm]:
        """The order in which a block starts its processes and warms them up."""
        return self._shuffled("start", block)

    def round_order(self, block: int, round_number: int) -> list[Arm]:
        """The order in which a round measures its contenders."""
        return self._shuffled("round", block, round_number)

    def slice_of(self, block: int, round_number: int) -> Slice:
        """What every contender of a round is asked for; Poisson arrivals are drawn anew for each round."""
        part = self.slices[round_number]
        if isinstance(part, Arrivals):
            return replace(part, seed=self._generator("arrivals", block, round_number).getrandbits(32))
        return part

    @property
    def orders_close(self) -> bool:
        """Whether a request is to ask for its connection to be closed."""
        requests = self.mix.requests if self.mix else (self.request,)
        return any(request.asks_to_close for request in requests)

    @property
    def has_events(self) -> bool:
        """Whether it is measured when the events of streams arrive."""
        return self.request.events or (self.workload is not None and self.workload.has_events)

    def deck_of(self, block: int, round_number: int) -> int:
        """Where in a workload's order every contender of a round begins."""
        return self._generator("deck", block, round_number).randrange(self.mix.decks) if self.mix else 0

    @property
    def has_setup(self) -> bool:
        """Whether the workload logs in before it is measured."""
        return self.workload is not None and bool(self.workload.setup)

    @property
    def unopened_target(self) -> Target:
        """What can be said of the target before it is open: what a run shows that is interrupted until then."""
        if self.image:
            return Target(kind="docker", url=self.shown_url or "", image=self.image.name)
        return Target(kind="bundled" if self.bundled else "url", url=self.shown_url or "")

    def open_target(self, say: Callable[[str], None] = unheard) -> OpenTarget:
        """Open what is aimed at.

        Args:
            say: Is told what takes long, such as an image that is pulled.

        Raises:
            TargetError: It could not be started.
        """
        return open_target(self.url, self.origin_cpus, self.origin, shown_url=self.shown_url, image=self.image, say=say)

    def set_up(self, target: OpenTarget) -> "Plan":
        """The same plan with the requests as they go to the target, which is asked to log in, without any faults.

        Raises:
            ConfigurationError: A request of the workload is none.
            TargetError: The target does not answer the workload's setup as it should.
        """
        if self.workload is None:
            return self.aimed(target.url)
        target.expect(None, 0)
        ready = set_up(
            self.workload,
            target.url,
            moved=self.moves_requests,
            headers=self.request.headers,
            options=replace(self.options, ca_file=target.ca_file or self.options.ca_file),
        )
        return replace(replace(self, workload=ready).aimed(target.url), workload=self.workload)

    def aimed(self, url: str) -> "Plan":
        """The same plan with the requests as they would go to a target, without asking it anything.

        Raises:
            ConfigurationError: A request of the workload is none.
        """
        if self.workload is None:
            request = replace(self.request, url=url)
            return replace(self, request=request, mix=Mix((request,), (0,), (0,), 1) if request.events else None)
        mix = mix_of(
            as_if_set_up(self.workload),
            url,
            seed=self.seed,
            concurrency=self.options.concurrency,
            moved=self.moves_requests,
            headers=self.request.headers,
        )
        options = replace(self.options, hosts=len(hosts_of(mix)))
        return replace(self, mix=mix, request=mix.requests[0], options=options, secrets=self.workload.secrets)

    def without(self, contender: str) -> "Plan":
        """The same plan for the other contenders."""
        return replace(self, arms=tuple(arm for arm in self.arms if arm.name != contender))

    @property
    def _trial_s(self) -> float:
        """About how long a trial takes with its process, its warm-up, its slices and the requests that open them."""
        slices_s = sum(map(self._slice_s, self.slices))
        if self.warm_up is None:
            return _START_S + slices_s
        opening_s = self.options.concurrency / CONNECT_RPS + self.delay_s
        first_s = self.delay_s + opening_s + self._slice_s(self.warm_up)
        return _START_S + first_s + len(self.slices) * opening_s + slices_s

    def _slice_s(self, part: Slice) -> float:
        if isinstance(part, Arrivals):
            return part.duration_s + self.delay_s
        requests = part.requests or part.least_requests
        waiting_s = math.ceil(requests / self.options.concurrency) * self.delay_s
        return max(part.duration_s + self.delay_s, LEAST_SLICE_S, waiting_s, requests / _TYPICAL_RPS)

    def _shuffled(self, *what: object) -> list[Arm]:
        arms = list(self.arms)
        self._generator(*what).shuffle(arms)
        return arms

    def _generator(self, *what: object) -> random.Random:
        return random.Random(f"{self.seed}/{'/'.join(map(str, what))}")
