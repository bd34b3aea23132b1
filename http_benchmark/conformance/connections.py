"""Checks of how connections are used: kept, shared, closed, freed, and not left behind."""

from collections.abc import Sequence
from itertools import pairwise

from http_benchmark.conformance.check import Check, expect, expect_statuses
from http_benchmark.conformance.examinee import HEADERS, DeviationError, Examinee, Leftovers, NotOfferedError
from http_benchmark.conformance.protocol import Left
from http_benchmark.origin.journal import Entries, SeenConnection
from http_benchmark.units import counted

_WORKERS = 8
_TIMES = 5
_LIVES = 8  # of a client that is opened and closed again and again
_STREAMED_BYTES = 10 * 1024**2
_NO_HEADER = "HTTP/2 has no Connection header"
_NO_ENDS = "the server behind HTTP/2 does not show when connections end; leaks counts what is open"


def _keep_alive(examinee: Examinee) -> str:
    with examinee.opened() as client:
        expect_statuses(200, client.get("/bytes/1024", times=50))
    expect((50, 1), _requests_and_connections(examinee.seen()), "requests and connections")
    return "50 requests over 1 connection"


def _keep_alive_streamed(examinee: Examinee) -> str:
    for route in ("bytes", "stream-bytes"):
        examinee.begin_again()
        with examinee.opened() as client:
            ask = client.ask("GET", f"/{route}/{_STREAMED_BYTES}", stream=True)
            expect_statuses(200, client.send(ask, times=3))
        expect((3, 1), _requests_and_connections(examinee.seen()), "requests and connections")
    return "3 streams of 10 MiB over 1 connection, with and without a length"


def _pool(examinee: Examinee) -> str:
    with examinee.opened(concurrency=_WORKERS) as client:
        ask = client.ask("GET", "/delay/0.02")
        answers = client.send(*[ask] * _WORKERS, times=_TIMES, at_once=True)
    expect_statuses(200, answers)
    requests, connections = _requests_and_connections(examinee.seen())
    expect(_WORKERS * _TIMES, requests, "requests")
    fewest = 1 if examinee.contender.http2 else 2  # HTTP/2 sends many requests over one
    if not fewest <= connections <= _WORKERS:
        raise DeviationError(f"{counted(connections, 'connection')} for {_WORKERS} at once")
    return f"{requests} requests, {_WORKERS} at once, over {connections} connections"


def _together(examinee: Examinee) -> str:
    with examinee.opened(concurrency=_WORKERS) as client:
        sizes = [1000 + number for number in range(_WORKERS)]
        asks = [client.ask("GET", f"/bytes/{size}") for size in sizes]
        answers = client.send(*asks, times=_TIMES, at_once=True, inspect=True)
    expect_statuses(200, answers)
    ordered = [size for size in sizes for _ in range(_TIMES)]
    expect(ordered, [answer.body_bytes for answer in answers], "lengths")
    return f"{len(answers)} answers to {_WORKERS} at once, each to its own request"


def _close_obeyed(examinee: Examinee) -> str:
    with examinee.opened() as client:
        ask = client.ask("GET", "/bytes/1024", headers=(*HEADERS, ("Connection", "close")))
        expect_statuses(200, client.send(ask, times=3))
        seen = examinee.seen_when(_all_closed)
    expect((3, 3), _requests_and_connections(seen), "requests and connections")
    if not _all_closed(seen):
        raise DeviationError("a connection stays open")
    return "3 requests over 3 connections"


def _cancelling(examinee: Examinee) -> str:
    if examinee.mode == "sync":
        raise NotOfferedError("a call in a thread cannot be cancelled")
    with examinee.opened() as client:
        (cancelled,) = client.send(client.ask("GET", "/delay/5"), cancel_after_s=0.1)
        expect("cancelled", cancelled.kind or str(cancelled.status), "the cancelled request")
        how = _stream_reset(examinee) if examinee.contender.http2 else _connection_closed(examinee)
        expect_statuses(200, client.get("/status/200"))
    return f"{how}, the place in the pool is free"


def _connection_closed(examinee: Examinee) -> str:
    seen = examinee.seen_when(_all_closed)
    if not _all_closed(seen):
        raise DeviationError("the connection stays open")
    return f"closed by the {_endings(seen.connections)}"


def _stream_reset(examinee: Examinee) -> str:
    if not examinee.counts_when(lambda counts: bool(counts.dropped)).dropped:
        raise DeviationError("the stream is not reset, so that the server goes on")
    return "the stream reset"


def _closing(examinee: Examinee) -> str:
    with examinee.opened(concurrency=_WORKERS) as client:
        client.send(*[client.ask("GET", "/delay/0.01")] * _WORKERS, times=2, at_once=True)
        client.close()
        seen = examinee.seen_when(_all_closed)
    if not _all_closed(seen):
        still = sum(connection.closed_ns is None for connection in seen.connections)
        raise DeviationError(f"{still} of {len(seen.connections)} connections are open after close")
    return f"{counted(len(seen.connections), 'connection')} closed by the {_endings(seen.connections)}"


def _leaks(examinee: Examinee) -> str:
    lives = [_live(examinee) for _ in range(_LIVES)]
    said = {complaint for life in lives for complaint in life.complaints}
    if said:
        raise DeviationError(f"Python says: {'; '.join(sorted(said))[:200]}")
    if any(life.tasks for life in lives):
        raise DeviationError(f"tasks after close: {lives[-1].tasks}")
    # A library may start threads as it needs them, and keep them; who leaks has more after each life.
    for what in ("threads", "descriptors"):
        held = [_number(life.after, what) for life in lives]
        if all(last is not None and now is not None and now > last for last, now in pairwise(held)):
            raise DeviationError(f"{what} after one client, two, …: {', '.join(map(str, held))}")
    after = lives[-1].after
    return f"{after.threads} threads and {after.descriptors} descriptors after {_LIVES} clients"


def _live(examinee: Examinee) -> Leftovers:
    with examinee.opened(concurrency=_WORKERS) as client:
        client.send(*[client.ask("GET", "/delay/0.01")] * _WORKERS, times=2, at_once=True)
        return client.forget()


def _number(left: Left, what: str) -> int | None:
    return left.threads if what == "threads" else left.descriptors


def _requests_and_connections(seen: Entries) -> tuple[int, int]:
    return len(seen.requests), len(seen.connections)


def _all_closed(seen: Entries) -> bool:
    return all(connection.closed_ns is not None for connection in seen.connections)


def _endings(connections: Sequence[SeenConnection]) -> str:
    return " and ".join(sorted({str(connection.ended) for connection in connections}))


CHECKS = (
    Check("keep-alive", "Are connections kept?", "50 requests over one connection", _keep_alive),
    Check(
        "keep-alive-streamed",
        "Is a streamed body read to its end?",
        "the connection is used again after it",
        _keep_alive_streamed,
    ),
    Check(
        "pool",
        "Are there never more connections than requests at a time?",
        f"{_WORKERS} at once: at most {_WORKERS} connections, more than one in HTTP/1.1, no request twice",
        _pool,
    ),
    Check(
        "at-once",
        "Can threads or tasks use it at once?",
        f"{_WORKERS} at once: each gets the answer to its own request",
        _together,
    ),
    Check(
        "close-obeyed",
        "Is `Connection: close` obeyed?",
        "each request over a connection of its own",
        _close_obeyed,
        _NO_HEADER,
    ),
    Check(
        "cancelling",
        "Does cancelling free the connection?",
        "it is closed, over HTTP/2 the stream reset; the next request is answered",
        _cancelling,
    ),
    Check("closing", "Does close() close all connections?", "none is open after it", _closing, _NO_ENDS),
    Check(
        "leaks",
        "Is nothing left behind after close()?",
        f"no task, no complaint of Python's, and not more threads or descriptors after each of {_LIVES} clients",
        _leaks,
    ),
)
