"""How a plan is made of a configuration: what is asked for is checked, what is left open is filled in. Pure.

What a plan is, and what follows from it, is in `plan`; how a trial is cut into slices is in `slicing`.
"""

import math
import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying, wait_exponential

from http_benchmark import __version__
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.secret_fields import header_fault
from http_benchmark.origin.events import EVENT_STREAMS
from http_benchmark.origin.options import OriginOptions
from http_benchmark.plan import Arm, Plan
from http_benchmark.secret import Reference
from http_benchmark.secret_url import SecretUrl, parse_url
from http_benchmark.slicing import asked_delay_s, may_be_fewer, plan_slices, plan_turns, plan_warm_up
from http_benchmark.stats.pairs import blocks_to_separate
from http_benchmark.stats.sequential import LOOKS
from http_benchmark.targets import DEFAULT_PATH
from http_benchmark.utils.host import available_cpus
from http_benchmark.workloads.reading import read_workload
from http_benchmark.workloads.workload import Workload

DEFAULT_BLOCKS = 15
QUICK_BLOCKS = 11  # the fewest with which Holm can separate all pairs of nine contenders

_CHUNK_BYTES = 1024**2  # `randbytes` overflows at 256 MiB

_ANYWHERE = "http://127.0.0.1"  # stands for an address that is not known before the server is started
_NO_SECRETS: Mapping[Reference, str] = MappingProxyType({})

READING = frozenset({"GET", "HEAD", "STREAM"})
"""Methods that may be sent to a foreign server for more than the workload."""

DEFAULT_HEADERS = (
    ("User-Agent", f"http-benchmark/{__version__}"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
)
"""Sent by every client, so that all put the same bytes on the wire; the user's headers replace them by name."""


def make_plan(
    configuration: ExperimentConfiguration,
    arms: Sequence[Arm],
    *,
    seed: int,
    body: bytes | None = None,
    workload: Workload | None = None,
    secrets: Mapping[Reference, str] = _NO_SECRETS,
) -> Plan:
    """Decide how an experiment runs.

    Args:
        configuration: What the user asked for.
        arms: The contenders that are there.
        seed: The configuration's or a random one.
        body: Bytes to upload instead of what the configuration names.
        workload: What `configured_workload` gave, where that was asked before.
        secrets: What the configuration's references stand for.

    Raises:
        ConfigurationError: Fewer blocks were allowed than `until` needs to decide anything; the workload is at fault;
            somebody else's server is to go wrong; the bundled origin is to send events where it has none; a secret
            cannot be sent, or was not stored.
    """
    workload = workload or configured_workload(configuration)
    url = _url(configuration, workload)
    _require_possible(configuration, workload, url)
    image = configuration.image
    bundled = image is None and (url is None or url.is_path)
    origin_cpus, client_cpus = share_processors(available_cpus())
    slices, warm_up = plan_slices(configuration), plan_warm_up(configuration)
    origin = OriginOptions(
        seed=seed,
        tls=configuration.tls,
        http2=any(arm.contender.http2 for arm in arms),
        faults=configuration.fault,
    )
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
        url=url.reveal_address(secrets) if url else None,
        shown_url=str(url.address) if url else None,
        image=image,
        request=_request(configuration, body_bytes(configuration, seed, secrets) if body is None else body, secrets),
        workload=workload,
        mix=None,
        moves_requests=configuration.url is not None,
        options=_client_options(configuration, secrets),
        retry_delays_s=retry_delays(configuration.retries),
        think_time_s=configuration.think_time,
        client_cpus=client_cpus,
        origin_cpus=origin_cpus,
        bundled=bundled,
        origin=origin,
        delay_s=asked_delay_s(configuration),
        primary_metric=configuration.primary or ("cpu_s_per_1k" if configuration.rate else "throughput_rps"),
        probe_floor=warm_up is not None and _has_floor(configuration, workload, origin, bundled=bundled),
        probe_life_cycle=warm_up is not None and bundled and not configuration.fault,
    )
    _require_answerable(plan)
    return plan


def configured_workload(configuration: ExperimentConfiguration) -> Workload | None:
    """What the configuration's workload file says, without the requests to other hosts; None where there is none.

    Raises:
        ConfigurationError: The file is at fault, or sends nothing to a host that was named.
    """
    if configuration.workload is None:
        return None
    workload = read_workload(configuration.workload)
    hosts = configuration.workload_hosts
    return workload.only_to(hosts) if hosts else workload


def _require_possible(configuration: ExperimentConfiguration, workload: Workload | None, url: SecretUrl | None) -> None:
    """Refuse what the target cannot do, now that it is known which one it is."""
    foreign = configuration.target or (url is not None and not url.is_path and url)
    if configuration.fault and foreign:
        raise ConfigurationError(
            f"fault {configuration.fault[0]!r} can only be ordered from the bundled origin, not from "
            f"{foreign}; leave it out, or aim at http-benchmark origin --fault"
        )
    if configuration.tls and foreign:
        raise ConfigurationError(
            f"tls is the bundled origin's, and {configuration.workload} leads to {url}; "
            "leave it out, or say with url which path on the bundled origin it goes to"
        )
    if configuration.proxy and workload and workload.setup:
        raise ConfigurationError(
            f"{workload.path.name} logs in with its setup, which is not offered through a proxy; "
            "leave out proxy, or give the headers that the setup would take"
        )


def _require_answerable(plan: Plan) -> None:
    """Say now what is wrong with a workload, and which of the bundled origin's paths has no events."""
    aimed = plan.aimed(
        _ANYWHERE + (plan.url or (DEFAULT_PATH if plan.bundled else "/"))
        if plan.bundled or plan.image
        else plan.url or ""
    )
    if not (plan.bundled and aimed.mix):
        return
    paths = dict.fromkeys(urlsplit(request.url).path for request in aimed.mix.requests if request.events)
    faults = [
        f"events: {path} on the bundled origin is no stream of events; aim at /tokens/N or /sse/N, "
        "such as /tokens/50?gap=0.02"
        for path in paths
        if not path.startswith(EVENT_STREAMS)
    ]
    if faults:
        raise ConfigurationError(faults)


def _request(configuration: ExperimentConfiguration, body: bytes, secrets: Mapping[Reference, str]) -> Request:
    """What is sent, but for its URL, which is known when the target is open."""
    return Request(
        method="GET" if configuration.method == "STREAM" else configuration.method,
        url="",
        headers=merge_headers(_headers(configuration, secrets)),
        body=body,
        stream=configuration.stream or configuration.events or configuration.method == "STREAM",
        events=configuration.events,
    )


def _headers(configuration: ExperimentConfiguration, secrets: Mapping[Reference, str]) -> list[tuple[str, str]]:
    """The headers, with user and password of the URL as one, since not every client reads them there.

    Raises:
        ConfigurationError: A secret has what a header cannot carry.
    """
    headers = [(name, text.reveal(secrets)) for name, text in configuration.headers]
    if faults := [fault for name, text in headers if (fault := header_fault(name, text))]:
        raise ConfigurationError(faults)
    credentials = configuration.url and configuration.url.credentials
    return [*headers, ("Authorization", credentials.authorization(secrets))] if credentials else headers


def _client_options(configuration: ExperimentConfiguration, secrets: Mapping[Reference, str]) -> ClientOptions:
    return ClientOptions(
        concurrency=configuration.concurrency,
        timeout_s=configuration.timeout,
        verify=configuration.verify,
        ca_file=str(configuration.ca) if configuration.ca else None,
        follow_redirects=configuration.follow_redirects,
        proxy=configuration.proxy.reveal(secrets) if configuration.proxy else None,
    )


def _has_floor(
    configuration: ExperimentConfiguration, workload: Workload | None, origin: OriginOptions, *, bundled: bool
) -> bool:
    """Whether a bare socket can do the same work, and may.

    It speaks neither TLS nor HTTP/2, nor to a proxy, and what goes wrong tells nothing of it. Somebody else's server
    gets nothing but the workload, unless a little more of the same does no harm.
    """
    if origin.tls or origin.http2 or origin.faults or configuration.proxy:
        return False
    methods = {template.method for template in workload.templates} if workload else {configuration.method}
    return configuration.floor and (bundled or methods <= READING)


def _url(configuration: ExperimentConfiguration, workload: Workload | None) -> SecretUrl | None:
    """What to aim at: as configured, else where the workload's URLs lead, else the bundled origin.

    Raises:
        ConfigurationError: The workload has paths and absolute URLs, and nobody says where the paths go.
    """
    if configuration.url is not None or workload is None:
        return configuration.url
    hosts = workload.hosts
    if not hosts:
        return parse_url("/")
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
    first = urlsplit(workload.templates[0].url)
    return parse_url(f"{first.scheme}://{workload.templates[0].host}/")


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


def body_bytes(
    configuration: ExperimentConfiguration, seed: int, secrets: Mapping[Reference, str] = _NO_SECRETS
) -> bytes:
    """What is uploaded: the text, the file's content, or generated bytes, the same for the same seed."""
    if configuration.body is not None:
        return configuration.body.reveal(secrets).encode()
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
