"""From a configuration to a plan: who is measured, how often, in which order, on which processors. Pure.

How a trial is cut into slices is in `slicing`.

`docs/method.md` says why: a block is one fresh process per contender, measured in rounds of short slices in an order
that the recorded seed shuffles; the block is the unit of analysis.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying, wait_exponential

from http_benchmark import __version__
from http_benchmark.clients import Capabilities
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.errors import ConfigurationError
from http_benchmark.load.mix import Mix
from http_benchmark.load.ramp import CONNECT_RPS
from http_benchmark.load.schedule import Arrivals
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import Metric
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.origin.options import OriginOptions
from http_benchmark.redaction import without_passwords
from http_benchmark.slicing import (
    LEAST_SLICE_S,
    Slice,
    Turns,
    asked_delay_s,
    may_be_fewer,
    plan_slices,
    plan_turns,
    plan_warm_up,
)
from http_benchmark.stats.pairs import blocks_to_separate
from http_benchmark.stats.sequential import LOOKS
from http_benchmark.utils.host import available_cpus
from http_benchmark.workloads.mixing import hosts_of, mix_of
from http_benchmark.workloads.reading import read_workload
from http_benchmark.workloads.setup import as_if_set_up, set_up
from http_benchmark.workloads.workload import Workload

DEFAULT_BLOCKS = 15
QUICK_BLOCKS = 11  # the fewest with which Holm can separate all pairs of nine contenders

_START_S = 0.2  # measured: a process, its imports and its client, several starting at a time
_OVERHEAD_S = 3.0  # measured: what the origin, the statistics and the database add to a run
_TYPICAL_RPS = 10_000.0  # of a fast client on one processor; the warm-up tells the rest
_CHUNK_BYTES = 1024**2  # `randbytes` overflows at 256 MiB

READING = frozenset({"GET", "HEAD", "STREAM"})
"""Methods that may be sent to a foreign server for more than the workload."""

DEFAULT_HEADERS = (
    ("User-Agent", f"http-benchmark/{__version__}"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
)
"""Sent by every client, so that all put the same bytes on the wire; the user's headers replace them by name."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One contender with what is known of its library.

    Attributes:
        contender: What to measure.
        capabilities: What its adapter can do.
        version: The installed version; None where it is not installed.
    """

    contender: Contender
    capabilities: Capabilities
    version: str | None

    @property
    def name(self) -> str:
        """As in tables."""
        return str(self.contender)

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
        url: What to aim at: a URL, a path on the bundled origin, or None for its default.
        request: What is sent; its URL is filled in when the target is open.
        workload: What is sent instead, from a file; None for the one request.
        mix: The workload's concrete requests; None without one, and before the target is open: `aimed`.
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
    url: str | None
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
    def has_events(self) -> bool:
        """Whether it is measured when the events of streams arrive."""
        return self.request.events or any(
            template.events for template in (self.workload.templates if self.workload else ())
        )

    def deck_of(self, block: int, round_number: int) -> int:
        """Where in a workload's order every contender of a round begins."""
        return self._generator("deck", block, round_number).randrange(self.mix.decks) if self.mix else 0

    @property
    def has_setup(self) -> bool:
        """Whether the workload logs in before it is measured."""
        return self.workload is not None and bool(self.workload.setup)

    def set_up(self, url: str, ca_file: str | None) -> "Plan":
        """The same plan with the requests as they go to the target, which is open by now, and is asked to log in.

        Args:
            url: Of the target.
            ca_file: PEM file of the target's own authority; None where it has none.

        Raises:
            ConfigurationError: A request of the workload is none.
            TargetError: The target does not answer the workload's setup as it should.
        """
        if self.workload is None:
            return self.aimed(url)
        options = replace(self.options, ca_file=ca_file or self.options.ca_file)
        ready = set_up(self.workload, url, moved=self.moves_requests, headers=self.request.headers, options=options)
        return replace(replace(self, workload=ready).aimed(url), workload=self.workload)

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
        return replace(self, mix=mix, request=mix.requests[0], options=options)

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


def make_plan(
    configuration: ExperimentConfiguration, arms: Sequence[Arm], *, seed: int, body: bytes | None = None
) -> Plan:
    """Decide how an experiment runs.

    Args:
        configuration: What the user asked for.
        arms: The contenders that are there.
        seed: The configuration's or a random one.
        body: Bytes to upload instead of what the configuration names.

    Raises:
        ConfigurationError: Fewer blocks were allowed than `until` needs to decide anything; the workload is at fault;
            somebody else's server is to go wrong.
    """
    origin_cpus, client_cpus = share_processors(available_cpus())
    slices = plan_slices(configuration)
    warm_up = plan_warm_up(configuration)
    workload = _workload(configuration)
    url = _url(configuration, workload)
    bundled = url is None or url.startswith("/")
    if configuration.fault and not bundled:
        raise ConfigurationError(
            f"fault {configuration.fault[0]!r} can only be ordered from the bundled origin, not from "
            f"{without_passwords(url or '')}; leave it out, or aim at http-benchmark origin --fault"
        )
    if configuration.tls and not bundled:
        raise ConfigurationError(
            f"tls is the bundled origin's, and {configuration.workload} leads to {url}; "
            "leave it out, or say with url which path on the bundled origin it goes to"
        )
    if configuration.proxy and workload and workload.setup:
        raise ConfigurationError(
            f"{workload.path.name} logs in with its setup, which is not offered through a proxy; "
            "leave out proxy, or give the headers that the setup would take"
        )
    methods = {template.method for template in workload.templates} if workload else {configuration.method}
    http2 = any(arm.contender.http2 for arm in arms)
    plan = Plan(
        arms=tuple(arms),
        blocks=_blocks(configuration, len(arms)),
        until_percent=configuration.until,
        processes=configuration.processes,
        slices=slices,
        turns=plan_turns(configuration),
        adaptive_rounds=may_be_fewer(configuration, slices),
        warm_up=warm_up,
        seed=seed,
        url=url,
        request=Request(
            method="GET" if configuration.method == "STREAM" else configuration.method,
            url="",
            headers=merge_headers(configuration.headers),
            body=body_bytes(configuration, seed) if body is None else body,
            stream=configuration.stream or configuration.events or configuration.method == "STREAM",
            events=configuration.events,
        ),
        workload=workload,
        mix=None,
        moves_requests=configuration.url is not None,
        options=ClientOptions(
            concurrency=configuration.concurrency,
            timeout_s=configuration.timeout,
            verify=configuration.verify,
            ca_file=str(configuration.ca) if configuration.ca else None,
            follow_redirects=configuration.follow_redirects,
            proxy=configuration.proxy,
        ),
        retry_delays_s=retry_delays(configuration.retries),
        think_time_s=configuration.think_time,
        client_cpus=client_cpus,
        origin_cpus=origin_cpus,
        bundled=bundled,
        origin=OriginOptions(seed=seed, tls=configuration.tls, http2=http2, faults=configuration.fault),
        delay_s=asked_delay_s(configuration),
        primary_metric=configuration.primary or ("cpu_s_per_1k" if configuration.rate else "throughput_rps"),
        # Somebody else's server gets nothing but the workload, unless a little more of the same does no harm.
        # A bare socket speaks neither TLS nor HTTP/2, nor to a proxy. What goes wrong tells nothing of it, nor of new
        # connections.
        probe_floor=configuration.floor
        and warm_up is not None
        and not (configuration.tls or http2 or configuration.fault or configuration.proxy)
        and (bundled or methods <= READING),
        probe_life_cycle=warm_up is not None and bundled and not configuration.fault,
    )
    plan.aimed("http://127.0.0.1/")  # so that what is wrong with a workload is said now
    return plan


def _workload(configuration: ExperimentConfiguration) -> Workload | None:
    if configuration.workload is None:
        return None
    workload = read_workload(configuration.workload)
    hosts = configuration.workload_hosts
    return workload.only_to(hosts) if hosts else workload


def _url(configuration: ExperimentConfiguration, workload: Workload | None) -> str | None:
    """What to aim at: as configured, else where the workload's URLs lead, else the bundled origin.

    Raises:
        ConfigurationError: The workload has paths and absolute URLs, and nobody says where the paths go.
    """
    if configuration.url is not None or workload is None:
        return configuration.url
    hosts = workload.hosts
    if not hosts:
        return "/"
    if "" in hosts:
        raise ConfigurationError(
            f"{workload.path.name} has paths and also URLs of {', '.join(filter(None, hosts))}; "
            "write all in one way, or say with url where all of them go"
        )
    if len(hosts) > 1 and not configuration.workload_hosts:
        raise ConfigurationError(
            f"{workload.path.name} has URLs of {len(hosts)} hosts: {', '.join(hosts)}; name those that you may put "
            "under load (--workload-host, repeatable), or say with url where all of them go"
        )
    return next(
        urlsplit(template.url)._replace(path="/", query="", fragment="").geturl() for template in workload.templates
    )


def _blocks(configuration: ExperimentConfiguration, contenders: int) -> int:
    if configuration.blocks is not None:
        if configuration.until and configuration.blocks <= LOOKS[0]:
            raise ConfigurationError(
                f"until looks at the intervals after {LOOKS[0]} blocks and later, got blocks {configuration.blocks}; "
                "allow more blocks, or leave out one of both"
            )
        return configuration.blocks
    return LOOKS[-1] if configuration.until else default_blocks(contenders, quick=configuration.quick)


def default_blocks(contenders: int, *, quick: bool) -> int:
    """How many blocks are measured unless others are asked for: enough to separate every pair."""
    return max(QUICK_BLOCKS if quick else DEFAULT_BLOCKS, blocks_to_separate(math.comb(contenders, 2)))


def body_bytes(configuration: ExperimentConfiguration, seed: int) -> bytes:
    """What is uploaded: the text, the file's content, or generated bytes, the same for the same seed."""
    if configuration.body is not None:
        return configuration.body.encode()
    if configuration.body_file is not None:
        return configuration.body_file.read_bytes()
    generator, size = random.Random(seed), configuration.body_size or 0
    chunks = (min(_CHUNK_BYTES, size - start) for start in range(0, size, _CHUNK_BYTES))
    return b"".join(map(generator.randbytes, chunks))


def retry_delays(retries: int) -> tuple[float, ...]:
    """The waits before each further attempt: exponential from 0.1 s, at most 5 s, the same for every client."""
    wait = wait_exponential(multiplier=0.1, max=5.0)
    state = RetryCallState(Retrying(), None, (), {})
    delays = []
    for attempt in range(1, retries + 1):
        state.attempt_number = attempt
        delays.append(wait(state))
    return tuple(delays)


def merge_headers(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The default headers without those that the user gave, then the user's."""
    given = {name.lower() for name, _ in headers}
    return (*(pair for pair in DEFAULT_HEADERS if pair[0].lower() not in given), *headers)


def share_processors(available: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split the processors into (origin's, client's): disjoint from two on; from three on one is the controller's.

    With a single processor both get it, which the verdict reports.
    """
    if len(available) < 2:
        return tuple(available), tuple(available)
    if len(available) == 2:
        return (available[0],), (available[1],)
    return (available[1],), tuple(available[2:])
