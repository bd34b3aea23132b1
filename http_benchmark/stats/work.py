"""What each contender was ordered to do over all its trials, beside what the origin saw of it.

The origin's counters are read before the warm-up and after the last slice, so that everything a worker sends is in
them, but not the requests that try new connections afterwards. What is made of a difference is in `deviations`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any

from http_benchmark.clients import NULL_CLIENT
from http_benchmark.errors import ErrorKind
from http_benchmark.models.measurement import BlockRecord, Requested, ServerCounts, TrialRecord
from http_benchmark.models.work import Count, Work
from http_benchmark.stats.deviations import Account, deviations
from http_benchmark.stats.totals import http_version, trials_by_contender

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ANSWERED = frozenset({ErrorKind.HTTP_4XX, ErrorKind.HTTP_5XX})


@dataclass(frozen=True, slots=True)
class Orders:
    """What the configuration says about the work.

    Attributes:
        concurrency: Requests in flight at a time, and the connections that they need.
        follow_redirects: A redirect is answered by another request.
        tls: Connections are encrypted.
        proxy: A proxy stands between, whose connections the origin sees, and whose answers it does not.
    """

    concurrency: int
    follow_redirects: bool
    tls: bool
    proxy: bool

    @property
    def answered(self) -> frozenset[ErrorKind]:
        """Kinds of failures that the origin has answered; with a proxy none, since 407 and 502 are its own."""
        return frozenset() if self.proxy else _ANSWERED


@dataclass(frozen=True, slots=True)
class TrialWork:
    """What a contender's processes sent over one trial, warm-up and opening requests included, and what was seen of it.

    Attributes:
        server: What the origin counted; None against a foreign server.
        sent: Requests, with the attempts that the harness repeated.
        failures: Requests that were sent and failed in their last attempt, by kind.
        retries: Attempts beyond the first, by the harness.
        missing: Requests that neither came nor failed without an answer, added up over the orders to send, so that none
            is made up for by another one's repeated requests; None where that was not noted.
        late: Answers after the deadline, among the measured requests.
        body_bytes: Length of the body of each request; None where they differ.
        mixed: The requests of a workload differ.
        orders_close: A request was to ask for its connection to be closed.
        requested: Which requests came; None where nobody asked.
    """

    server: ServerCounts | None = None
    sent: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    missing: int | None = None
    late: int = 0
    body_bytes: int | None = None
    mixed: bool = False
    orders_close: bool = False
    requested: Requested | None = None

    def plus(self, order: "TrialWork", orders: Orders) -> "TrialWork":
        """Add what came of one more order to send.

        Args:
            order: What was sent and seen; what the trial was set up with, and which requests came, is not read from it.
            orders: What was configured.
        """
        counted = order.server
        return replace(
            self,
            server=self.server + counted if self.server and counted else self.server or counted,
            sent=self.sent + order.sent,
            failures=dict(Counter(self.failures) + Counter(order.failures)),
            retries=self.retries + order.retries,
            missing=(self.missing or 0) + missing_requests(order, orders) if counted else None,
            late=self.late + order.late,
        )

    @property
    def closed(self) -> int:
        """Connections that the origin ended without being asked to, or as ordered; each explains another one."""
        if self.server is None:
            return 0
        if self.server.closed is None:  # the HTTP/2 origin does not count them: as many as may have been
            return min(self.server.requests, self._ordered_closes)
        return self.server.closed - max(0, (self.server.closed_on_request or 0) - self._ordered_closes)

    @property
    def _ordered_closes(self) -> int:
        """How many requests were to ask for it; all that may have been, where an older version did not count them."""
        if not self.orders_close or self.server is None:
            return 0
        counted = self.requested.closes if self.requested else None
        return self.server.requests if counted is None else counted


def trial_work(trial: TrialRecord) -> TrialWork:
    """The work of a recorded trial."""
    return TrialWork(
        server=trial.server,
        sent=trial.sent,
        failures=trial.failures,
        retries=trial.retries,
        missing=trial.missing,
        late=sum(measured.late for measured in trial.slices),
        body_bytes=trial.body_bytes,
        mixed=bool(trial.by_request),
        orders_close=trial.orders_close,
        requested=trial.requested,
    )


def works(
    blocks: Sequence[BlockRecord],
    configuration: Mapping[str, Any],
    *,
    url: str,
    unchecked: Collection[str] = (),
    unproxied: Collection[str] = (),
) -> dict[str, Work]:
    """The work of every contender over finished blocks; arguments and result as those of `works_of`."""
    trials = {
        name: [trial_work(trial) for trial in trials]
        for name, trials in trials_by_contender(blocks).items()
        if trials[0].library != NULL_CLIENT
    }
    return works_of(trials, configuration, url=url, unchecked=unchecked, unproxied=unproxied)


def works_of(
    trials: Mapping[str, Sequence[TrialWork]],
    configuration: Mapping[str, Any],
    *,
    url: str,
    unchecked: Collection[str] = (),
    unproxied: Collection[str] = (),
) -> dict[str, Work]:
    """The work of every contender, with its deviations.

    Args:
        trials: Contender → all its trials, at least one. The null client, which never reaches the origin, is not among
            them.
        configuration: As it was asked for; what older runs did not know is missing.
        url: What was aimed at.
        unchecked: Contenders that were seen not to check certificates.
        unproxied: Those that were seen to go past their proxy.
    """
    orders = Orders(
        concurrency=int(configuration.get("concurrency") or 1),
        follow_redirects=bool(configuration.get("follow_redirects")),
        tls=url.startswith("https:"),
        proxy=bool(configuration.get("proxy")),
    )
    accounts = {
        name: replace(
            _account(of_contender, orders),
            http_version=http_version(name),
            checks_certificates=name not in unchecked,
            uses_proxy=name not in unproxied,
        )
        for name, of_contender in trials.items()
    }
    return {
        name: account.work.model_copy(
            update={"deviations": deviations(account, [other for key, other in accounts.items() if key != name])}
        )
        for name, account in accounts.items()
    }


def missing_requests(work: TrialWork, orders: Orders) -> int:
    """Requests that did not come though they did not fail without an answer; 0 where the origin saw as many, or more.

    Args:
        work: Of one order to send, since in a longer time repeated requests would make up for missing ones.
        orders: What was configured.
    """
    return max(0, _ordered_requests(work, orders) - _seen_requests(work) - _unanswered(work, orders))


def _account(trials: Sequence[TrialWork], orders: Orders) -> Account:
    counted = [trial.server for trial in trials if trial.server is not None]
    failures = sum(sum(trial.failures.values()) + trial.retries for trial in trials)
    sent = Count(ordered=sum(trial.sent for trial in trials))
    work = Work(requests=sent, failures_reported=failures, late=sum(trial.late for trial in trials))
    if len(counted) < len(trials):  # a foreign server
        return Account(work)
    total = sum(counted[1:], counted[0])
    missing = sum(_missing(trial, orders) for trial in trials)
    seen = _seen(trials, total, orders, missing=missing)
    account = Account(
        work.model_copy(update=seen),
        trials=len(trials),
        concurrency=orders.concurrency,
        missing=missing,
        unanswered=sum(_unanswered(trial, orders) for trial in trials),
        body_bytes=max(map(_longest_body_bytes, trials)),
        mixed=any(trial.mixed for trial in trials),
        requested=_all_requested(trials),
        redirects=_redirects(total, orders),
        extra_connections=sum(_extra_connections(trial, orders) for trial in trials),
        most_connections=max(
            (
                Count(ordered=_connections(trial, orders), seen=counts.connections)
                for trial, counts in zip(trials, counted, strict=True)
            ),
            key=lambda count: count.seen or 0,
        ),
    )
    return _without_the_proxys(account) if orders.proxy else account


def _without_the_proxys(account: Account) -> Account:
    """The same without what the origin saw of the proxy instead: connections and what is done on them."""
    unknown: dict[str, Any] = {
        "connections": Count(),
        "tls_handshakes": Count(),
        "tls_resumptions": None,
        "protocols": {},
        "request_header_bytes": None,
        "response_header_bytes": None,
        "closed": None,
        "closed_on_request": None,
        "reset_by_client": None,
        "asked_ahead": None,
    }
    work = account.work.model_copy(update=unknown)
    requested = account.requested and account.requested.model_copy(update={"headers": 0})  # it may drop and add some
    return replace(account, work=work, requested=requested, extra_connections=0, most_connections=None)


def _seen(trials: Sequence[TrialWork], total: ServerCounts, orders: Orders, *, missing: int) -> dict[str, Any]:
    """The fields of `Work` that the origin's counters give, beside what was ordered."""
    ordered, seen = sum(_ordered_requests(trial, orders) for trial in trials), sum(map(_seen_requests, trials))
    may_be_dropped = _redirects(total, orders) > 0  # by a redirect
    body_bytes = None if may_be_dropped else _ordered_body_bytes(trials)
    requested = _all_requested(trials)
    return {
        "requests": Count(ordered=ordered, seen=seen),
        "connections": Count(ordered=sum(_connections(trial, orders) for trial in trials), seen=total.connections),
        "tls_handshakes": Count(ordered=total.connections if orders.tls else 0, seen=total.tls_handshakes),
        "tls_resumptions": total.tls_resumptions,
        "protocols": total.protocols,
        "statuses": total.statuses,
        "request_header_bytes": total.header_bytes_received,
        "request_body_bytes": Count(ordered=body_bytes, seen=total.body_bytes_received),
        "response_header_bytes": _difference(total.bytes_sent, total.body_bytes_sent),
        "response_body_bytes": total.body_bytes_sent,
        "failures_seen": _failures_seen(total),
        "unknown_requests": requested.unknown if requested else None,
        "retries_seen": max(0, seen - ordered + missing),
        "closed": total.closed,
        "closed_on_request": total.closed_on_request,
        "reset_by_client": total.reset_by_client,
        "asked_ahead": total.asked_ahead,
    }


def _failures_seen(total: ServerCounts) -> int:
    """Requests that must have failed, each once: answered with an error, not at all, or not whole."""
    errors = sum(count for status, count in total.statuses.items() if status >= 400)
    return errors + (total.dropped or 0) + (total.broken or 0)


def _missing(trial: TrialWork, orders: Orders) -> int:
    """As it was noted; over the whole trial where an older version did not."""
    return missing_requests(trial, orders) if trial.missing is None else trial.missing


def _ordered_requests(work: TrialWork, orders: Orders) -> int:
    """What was sent, and what was to follow redirects."""
    return work.sent + (_redirects(work.server, orders) if work.server else 0)


def _seen_requests(work: TrialWork) -> int:
    return work.server.requests + (work.server.dropped or 0) if work.server else 0


def _redirects(total: ServerCounts, orders: Orders) -> int:
    """Answers that were to be followed by another request."""
    return sum(total.statuses.get(status, 0) for status in _REDIRECTS) if orders.follow_redirects else 0


def _all_requested(trials: Sequence[TrialWork]) -> Requested | None:
    """Which requests came, over all trials; None where one of them does not say."""
    requested = [trial.requested for trial in trials if trial.requested is not None]
    return reduce(add, requested) if len(requested) == len(trials) else None


def _longest_body_bytes(trial: TrialWork) -> int:
    return trial.body_bytes or (trial.requested.longest_body_bytes if trial.requested else 0)


def _ordered_body_bytes(trials: Sequence[TrialWork]) -> int | None:
    """What the requests that were seen should have carried, or, where they differ, those that were sent."""
    ordered = [_trials_body_bytes(trial) for trial in trials]
    return None if None in ordered else sum(filter(None, ordered))


def _trials_body_bytes(trial: TrialWork) -> int | None:
    if trial.mixed:
        return trial.requested.body_bytes if trial.requested else None
    return None if trial.body_bytes is None else trial.body_bytes * _seen_requests(trial)


def _connections(trial: TrialWork, orders: Orders) -> int:
    """As many as are needed, if all goes well."""
    return orders.concurrency + trial.closed


def _unanswered(trial: TrialWork, orders: Orders) -> int:
    """Requests that failed without an answer, and attempts that the harness repeated."""
    return sum(count for kind, count in trial.failures.items() if kind not in orders.answered) + trial.retries


def _extra_connections(trial: TrialWork, orders: Orders) -> int:
    """Those that nothing explains: each unanswered or repeated request may have cost one."""
    counts = trial.server
    if counts is None or counts.connections is None:
        return 0
    repeated = max(0, _seen_requests(trial) - trial.sent)
    return max(0, counts.connections - _connections(trial, orders) - _unanswered(trial, orders) - repeated)


def _difference(all_bytes: int | None, some_bytes: int | None) -> int | None:
    return None if all_bytes is None or some_bytes is None else all_bytes - some_bytes
