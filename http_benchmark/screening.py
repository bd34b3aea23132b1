"""What each contender is asked just before a run, by servers of our own: one request, which the run could not judge.

Over TLS it must not come to a server with a wrong certificate; with a proxy it must be asked of that. What follows for
the contender is in `stats.deviations`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

from http_benchmark.errors import ClientUnavailableError, ConfigurationError, ErrorKind, WorkerError
from http_benchmark.load.schedule import Stop
from http_benchmark.measured import Measured
from http_benchmark.origin.options import CertificateKind
from http_benchmark.origin.process import OriginProcess
from http_benchmark.plan import Arm, Plan
from http_benchmark.targets import OpenTarget, UrlTarget, open_target
from http_benchmark.trial import Trial
from http_benchmark.worker.protocol import Run

_IMPOSTORS: tuple[CertificateKind, ...] = ("unknown-authority", "wrong-host")
"""Who signed a certificate and whose it is are looked at apart: a client may leave out either."""

_GRACE_S = 30.0  # for a busy machine
_LEAST_TIMEOUT_S = 10.0  # whoever is cut off sooner has not been asked


def unchecked_certificates(plan: Plan) -> tuple[str, ...]:
    """Have each contender send a request to two origins that it must not trust.

    Returns:
        Whose request arrived at one; nobody where the origin has no TLS, or where certificates are not to be checked.
    """
    if not (plan.origin.tls and plan.options.verify):
        return ()
    caught = {name for kind in _IMPOSTORS for name in _arriving_at_impostor(kind, plan)}
    return tuple(arm.name for arm in plan.arms if arm.name in caught)


def _arriving_at_impostor(kind: CertificateKind, plan: Plan) -> Iterator[str]:
    options = replace(plan.origin, certificate=kind, faults=(), processes=1, addresses=1)
    with open_target(None, plan.origin_cpus, options) as impostor:
        for name, sent in _asked(plan, impostor):
            if sent and sent.server and sent.server.requests:
                yield name


def unused_proxies(plan: Plan) -> tuple[str, ...]:
    """Give each contender an origin as its proxy, and the same origin as its target.

    An origin forwards nothing, so that whatever comes of it is an error. But only a request to a proxy names the host
    in its first line (RFC 9112, 3.2.2), or asks for a tunnel (3.2.3).

    Returns:
        Whose requests did not come so; nobody where no proxy is asked for.
    """
    if plan.options.proxy is None:
        return ()
    requests = plan.mix.requests if plan.mix else (plan.request,)
    schemes = {urlsplit(request.url).scheme for request in requests}
    with OriginProcess(cpus=plan.origin_cpus) as witness:
        through = replace(plan, options=replace(plan.options, proxy=witness.url))
        caught = {name for scheme in schemes for name in _passing_by(witness, scheme, through)}
    return tuple(arm.name for arm in plan.arms if arm.name in caught)


def _passing_by(witness: OriginProcess, scheme: str, plan: Plan) -> Iterator[str]:
    target = UrlTarget(urlsplit(witness.url)._replace(scheme=scheme, path="/").geturl())
    witness.start_journal()
    for name, sent in _asked(plan, target):
        lines = [request.target for request in witness.journal().requests]
        gave_up = sent is not None and not lines and sent.figures.errors.keys() == {ErrorKind.TIMEOUT}
        if sent and not gave_up and all(line.startswith("/") for line in lines):
            yield name
        witness.start_journal()


def _asked(plan: Plan, target: OpenTarget) -> Iterator[tuple[str, Measured | None]]:
    """Have each contender send one request to this target, one after the other.

    Yields:
        The contender, and what came of it; None where it failed before, which in the run says why.
    """
    single = replace(
        plan,
        origin=replace(plan.origin, faults=()),
        options=replace(plan.options, concurrency=1, timeout_s=max(plan.options.timeout_s, _LEAST_TIMEOUT_S)),
        processes=1,
        warm_up=None,
        retry_delays_s=(),
        workload=None,
        mix=None,
    )
    with ExitStack() as stack:
        trials = [_started(arm, single, target, stack) for arm in plan.arms]  # they start while others are asked
        for arm, trial in zip(plan.arms, trials, strict=True):
            yield arm.name, _sent(trial, single.slowest_request_s + _GRACE_S) if trial else None


def _started(arm: Arm, plan: Plan, target: OpenTarget, stack: ExitStack) -> Trial | None:
    """A trial whose processes are starting, and that ends with the stack; None where they cannot."""
    try:
        trial = stack.enter_context(Trial(arm, plan, target))
        trial.open()
    except (ClientUnavailableError, ConfigurationError, WorkerError):
        return None
    return trial


def _sent(trial: Trial, patience_s: float) -> Measured | None:
    try:
        trial.opened()
        return trial.send(Run(Stop(requests=1)), patience_s)
    except (ClientUnavailableError, ConfigurationError, WorkerError):
        return None
