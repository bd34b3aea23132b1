"""One client under load in a worker process, as in any run, with its raw samples: what was due, sent and answered when.

The clients, the load loops, the recorder and the worker are those of the package; only the statistics are left out,
since the experiments compare every single request with theory.
"""

import itertools
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from http_benchmark.clients import known_clients
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.clock import monotonic_ns
from http_benchmark.load.schedule import Arrivals
from http_benchmark.models.contender import Contender
from http_benchmark.models.measurement import MachineLoad
from http_benchmark.origin.process import OriginProcess
from http_benchmark.planning import DEFAULT_HEADERS, share_processors
from http_benchmark.stats.raw import unpack
from http_benchmark.utils.host import available_cpus
from http_benchmark.utils.resource_monitor import MachineWatch, family
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Open, Ran, Run

MOST_CPU = 0.70
"""Share of a processor above which a client is too slow for the rate, whoever measures it."""

_QUIET = 0.05  # others may use so much of a processor without being mentioned
_TIMEOUT_S = 30.0
_PATIENCE_S = 120.0
_queues = itertools.count()

type Floats = NDArray[np.float64]
type Samples = NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """What a run recorded, request by request, in order of the intended times; all arrays of shape (n,).

    Attributes:
        due_s: When each request was due, on the monotonic clock.
        lag_s: How much later it was sent.
        service_s: From there to the answer.
        code: HTTP statuses; below 100 kinds of errors.
        ran: The worker's own account.
        machine: What else the machine did meanwhile.
    """

    due_s: Floats
    lag_s: Floats
    service_s: Floats
    code: Samples
    ran: Ran
    machine: MachineLoad

    @cached_property
    def response_s(self) -> Floats:
        """From when it was due to the answer."""
        return self.lag_s + self.service_s

    @property
    def answered(self) -> int:
        """Requests with a good answer."""
        return int(np.count_nonzero((self.code >= 100) & (self.code < 400)))

    @property
    def cpu_s(self) -> float:
        """CPU time of the client's process."""
        return (self.ran.user_ns + self.ran.system_ns) / 1e9

    @property
    def cpu(self) -> float:
        """The same as a share of one processor."""
        return self.cpu_s * 1e9 / (self.ran.ended_ns - self.ran.started_ns)

    @property
    def disturbance(self) -> str:
        """What others used of the machine, if that can have mattered; for notes."""
        share = self.machine.other_cpu_ratio
        return f"others used {share:.0%} of a processor" if share is not None and share > _QUIET else ""

    @property
    def throughput_rps(self) -> float:
        """All requests ÷ first sent until last answered."""
        sent_s = self.due_s + self.lag_s
        return self.due_s.size / float((sent_s + self.service_s).max() - sent_s.min())


@contextmanager
def origin() -> Iterator[OriginProcess]:
    """The bundled origin, and this process, each where a run has them."""
    origin_cpus, client_cpus = share_processors(available_cpus())
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before - set(client_cpus) or before)
    try:
        with OriginProcess(cpus=origin_cpus) as process:
            yield process
    finally:
        os.sched_setaffinity(0, before)


def new_queue() -> str:
    """A queue that nobody has used."""
    return f"queue=proof-{next(_queues)}"


def start_queue(url: str) -> float:
    """Send the first request to a queue; return when that was, on the monotonic clock: its stall counts from there."""
    moment_s = monotonic_ns() / 1e9
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
        answer.read()
    return moment_s


def measure(contender: str, url: str, order: Run, *, concurrency: int) -> Measured:
    """Run one client once, in a fresh worker; connections are opened and every `send` is used once before.

    Args:
        contender: For example "httpx:async".
        url: Where the requests go.
        order: What to send.
        concurrency: Connections, and threads or tasks.
    """
    _, client_cpus = share_processors(available_cpus())
    chunks: list[Samples] = []
    watch = MachineWatch()
    with WorkerProcess(contender, client_cpus) as worker:
        worker.open(_opening(contender, url, concurrency))
        worker.opened()
        watch.start(family())
        worker.start(order)
        ran = worker.ran(_PATIENCE_S, chunks.append)
        machine = watch.stop()
        worker.finish()
    return _measured(np.concatenate(chunks), ran, machine)


def open_run(rate_rps: float, *, duration_s: float, requests: int | None = None, poisson: bool = False) -> Run:
    """The open model at a constant rate, all connections open."""
    return Run(
        arrivals=Arrivals(
            start_rps=rate_rps, end_rps=rate_rps, duration_s=duration_s, requests=requests, poisson=poisson, seed=1
        ),
        opening=True,
    )


def _opening(contender: str, url: str, concurrency: int) -> Open:
    parsed = Contender.parse(contender)
    client = known_clients()[parsed.library]
    assert parsed.mode is not None
    return Open(
        client.module,
        client.modes[parsed.mode],
        options=ClientOptions(concurrency=concurrency, timeout_s=_TIMEOUT_S),
        request=Request("GET", url, DEFAULT_HEADERS),
    )


def _measured(raw: Samples, ran: Ran, machine: MachineLoad) -> Measured:
    columns = unpack(raw[np.argsort(raw[:, 0], kind="stable")])
    return Measured(
        due_s=columns.intended_ns / 1e9,
        lag_s=columns.lag_ns / 1e9,
        service_s=columns.duration_ns / 1e9,
        code=columns.code,
        ran=ran,
        machine=machine,
    )
