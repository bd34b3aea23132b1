"""Ordered faults: the origin meets its orders on the wire, the same for the same seed, and contenders bear them."""

import socket
import time
import unittest
from collections.abc import Iterator

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.faults import Fault
from http_benchmark.models.experiment import ClientResult
from http_benchmark.origin.faults import meets
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from tests.integration.origin_wire import OriginTestCase, Wire, get


def pattern(origin: OriginProcess, requests: int) -> str:
    """What became of each request, over a new connection after each that was lost: its status, or - for no answer."""
    seen: list[str] = []
    wire = Wire(origin)
    for _ in range(requests):
        wire.send(get("/bytes/10"))
        line = wire._file.readline()
        if line:
            wire._file.read(int(_headers(wire)["content-length"]))
            seen.append(line.split()[1].decode())
        else:
            wire.__exit__()
            wire = Wire(origin)
            seen.append("-")
    wire.__exit__()
    return " ".join(seen)


def _headers(wire: Wire) -> dict[str, str]:
    headers = {}
    while line := wire._file.readline().rstrip(b"\r\n"):
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value
    return headers


class SeedTest(OriginTestCase):
    def patterns(self, seed: int) -> Iterator[str]:
        """Of two contenders, of the same two again, and of another part of their trials."""
        options = OriginOptions(seed=seed, faults=("drop:10%", "unavailable:burst=3/20"))
        with OriginProcess(options=options) as origin:
            for contender, part in (("a", 1), ("b", 1), ("a", 1), ("b", 2)):
                origin.expect(contender, part)
                yield pattern(origin, 60)

    def test_the_same_seed_gives_the_same_faults(self):
        """At the same numbers, for every contender, in every process; other parts and other seeds give others."""
        once, again, other = ([*self.patterns(seed)] for seed in (1, 1, 2))
        self.assertEqual(once, again)
        self.assertEqual(1, len(set(once[:3])))
        self.assertEqual(3, len({once[0], once[3], other[0]}))
        for seen in (*once, *other):
            self.assertLessEqual(3, seen.count("503"))
            self.assertEqual({"200", "503", "-"}, set(seen.split()))


class OrdersTest(OriginTestCase):
    """Each test has an origin of its own."""

    def order(self, *faults: str) -> None:
        self.origin = self.enterContext(OriginProcess(options=OriginOptions(faults=faults)))

    def test_what_befell_is_counted(self):
        """Faults by kind; what was dropped is no answer, what was cut is one."""
        self.order("drop:burst=1/4", "truncated:burst=1/1")
        for _ in range(8):
            with Wire(self.origin) as wire:
                wire.send(get("/bytes/10"))
                wire.rest()
        seen = self.origin.counts()
        self.assertEqual({"drop": 2, "truncated": 6}, seen.faults)
        self.assertEqual((6, {200: 6}, 8), (seen.requests, seen.statuses, seen.connections))

    def test_delays_add_up(self):
        """Two delays and the route's own: the answer is not there before."""
        self.order("delay=150ms", "delay=100ms", "jitter=1ms")
        started_s = time.monotonic()
        wire = self.wire()
        wire.send(get("/delay/0.1"))
        self.assertEqual(200, wire.answer()[0])
        self.assertGreater(time.monotonic() - started_s, 0.35)

    def test_a_capped_line(self):
        """64 KiB take a quarter of a second at 256 KiB/s, streamed or not; the next answer waits for its turn."""
        self.order("bandwidth=256KiB/s")
        for target in ("/bytes/65536", "/stream-bytes/65536"):
            with self.subTest(target):
                started_s = time.monotonic()
                wire = self.wire()
                wire.send(get(target, "Connection: close"))
                self.assertGreater(len(wire.rest()), 65536)
                self.assertGreater(time.monotonic() - started_s, 0.25)

    def test_late_acceptance(self):
        """What a new connection asks is not even read before; later requests on it are answered at once."""
        self.order("slow-accept=300ms")
        started_s = time.monotonic()
        wire = self.wire()
        wire.send(get("/bytes/3"))
        time.sleep(0.1)
        self.assertEqual(0, self.origin.counts().bytes_received)
        self.assertEqual((200, b"\0\1\2"), wire.answer())
        self.assertGreater(time.monotonic() - started_s, 0.3)
        wire.send(get("/bytes/3"))
        self.assertEqual((200, b"\0\1\2"), wire.answer())
        self.assertEqual({"slow-accept": 1}, self.origin.counts().faults)

    def test_who_leaves_before_it_is_read_is_dropped(self):
        """It may have closed its sending side only; who stays is answered."""
        self.order("slow-accept=300ms")
        left, half, waiting = self.wire(), self.wire(), self.wire()
        for wire in (left, half, waiting):
            wire.send(get("/bytes/3"))
        left.__exit__()
        half.socket.shutdown(socket.SHUT_WR)
        self.assertEqual((200, b"\0\1\2"), waiting.answer())
        self.assertEqual(b"", half.rest())
        counts = self.origin.counts()
        self.assertEqual((1, 2, 3 * len(get("/bytes/3"))), (counts.requests, counts.dropped, counts.bytes_received))

    def test_who_is_not_read_when_its_turn_ends_is_dropped(self):
        """And not answered at the cost of whose turn is next."""
        self.order("slow-accept=300ms")
        wire = self.wire()
        wire.send(get("/bytes/3"))
        time.sleep(0.1)
        turn = self.origin.settle()
        self.assertEqual(b"", wire.rest())
        later = self.origin.counts() - turn
        self.assertEqual((0, 1, 0, 0), (turn.requests, turn.dropped, later.requests, later.dropped))

    def test_idle_connections_are_closed(self):
        """In order, after so long without a request; an answer that takes longer is sent before."""
        self.order("idle-close=300ms")
        wire = self.wire()
        wire.send(get("/delay/0.5"))
        self.assertEqual(200, wire.answer()[0])
        answered_s = time.monotonic()
        self.assertEqual(b"", wire.rest())
        self.assertGreater(time.monotonic() - answered_s, 0.2)
        self.assertEqual({"idle-close": 1}, self.origin.counts().faults)

    def test_what_is_not_measured_meets_nothing(self):
        """Neither requests nor connections do while nobody is expected."""
        self.order("unavailable", "slow-accept=1ms")
        for contender, status in (("a", 503), (None, 200), ("a", 503)):
            self.origin.expect(contender, 0)
            with self.subTest(contender), Wire(self.origin) as wire:
                wire.send(get("/bytes/1"))
                self.assertEqual(status, wire.answer()[0])
        self.assertEqual({"unavailable": 2, "slow-accept": 2}, self.origin.counts().faults)

    def test_connections_are_whose_turn_it_was(self):
        """Open connections are counted by the contender that was expected when they came."""
        self.order("delay=1ms")
        self.origin.expect("a", 0)
        first, second = self.wire(), self.wire()
        for wire in (first, second):
            wire.send(get("/bytes/1"))
            wire.answer()
        self.origin.expect("b", 0)
        third = self.wire()
        third.send(get("/bytes/1"))
        third.answer()
        self.assertEqual((2, 1), (self.origin.open_connections("a"), self.origin.open_connections("b")))
        first._file.close()
        first.socket.close()
        self.until(lambda: self.origin.open_connections("a") == 1)


BREAKING = (
    {
        "reset-in": {"connection-reset"},
        "truncated": {"incomplete-response"},
        "stalled=2s": {"timeout"},
        "unavailable": {"http-5xx"},
        "garbage": {"protocol"},
        "bad-gzip": {"decoding"},
    },
    {"bad-chunk": {"protocol", "incomplete-response"}},  # urllib3 takes a chunk without a size for the end
    {"reset-before": {"connection-reset"}, "stalled-body=2s": {"timeout"}},
    {"drop": {"connection-reset"}, "trickle=2s": {"timeout"}},
)
"""Fault → the kinds of errors that follow from it; what can be told apart by its errors is ordered together."""


class ExperimentTest(unittest.TestCase):
    """One sync and one async client in small experiments without a warm-up, at a time-out of a third of a second."""

    def bear(self, *faults: str, **settings: object) -> dict[str, ClientResult]:
        small = {"blocks": 1, "slices": 1, "requests": 60, "warmup": 0, "concurrency": 2, "timeout": 0.3, "seed": 5}
        configuration = ExperimentConfiguration(
            contenders=("urllib3:sync", "aiohttp:async"), fault=faults, **small | settings
        )
        return {client.library: client for client in Experiment(configuration).run().clients}

    def test_each_fault_has_its_errors(self):
        """As many errors of its kind as were met, less those that the client repeated by itself; all are ranked."""
        for faults in BREAKING:
            for library, client in self.bear(*(f"{fault}:5%" for fault in faults)).items():
                met, errors = dict(client.faults.met), dict(client.errors)
                for fault, kinds in faults.items():
                    with self.subTest(fault, library=library):
                        number = met.pop(fault.partition("=")[0])
                        failed = sum(errors.pop(kind, 0) for kind in kinds)
                        self.assertGreater(number, 0)
                        self.assertLessEqual(failed, number)
                        self.assertLessEqual(number - failed, client.work.retries_seen)
                with self.subTest(faults, library=library):
                    self.assertEqual(({}, {}), (met, errors))
                    self.assertEqual(
                        sum(client.faults.met.values()), sum(client.errors.values()) + client.work.retries_seen
                    )
                    self.assertEqual(("ok", 0, 1), (client.status, client.faults.unexplained, client.rank))

    def test_recovery_and_lateness(self):
        """After each burst somebody recovers; who waits for half an answer is late by less than the answer would be."""
        for library, client in self.bear("stalled-body=2s:burst=2/20").items():
            with self.subTest(library=library):
                score = client.faults
                self.assertEqual({"timeout": 6}, client.errors)
                self.assertGreaterEqual(score.recovery_p50_s, 0.0)
                self.assertLessEqual(score.late_p50_s, score.late_max_s)
                self.assertLess(score.late_max_s, 1.7)

    def test_what_comes_after_an_answer(self):
        """A reset or a close behind a whole answer costs at most one request each, and what is idle may be closed."""
        for faults, settings in (
            (("reset-after:burst=4/40", "close-after:burst=4/40"), {}),
            (("idle-close=50ms",), {"think_time": 0.1, "requests": 10}),
        ):
            for library, client in self.bear(*faults, **settings).items():
                with self.subTest(faults, library=library):
                    self.assertEqual("ok", client.status)
                    self.assertLessEqual(sum(client.errors.values()), sum(client.faults.met.values()))
                    self.assertGreaterEqual(sum(client.faults.met.values()), 4)
                    self.assertEqual(1, client.rank)

    def test_what_slows_down_fails_nobody(self):
        """Delays, a slow line and late acceptance take time, and are no reason against anybody."""
        for library, client in self.bear("delay=1ms", "jitter=2ms", "bandwidth=1MiB/s", "slow-accept=50ms").items():
            with self.subTest(library=library):
                self.assertEqual(({}, 1), (client.errors, client.rank))
                self.assertEqual({"delay": 60, "jitter": 60, "bandwidth": 2, "slow-accept": 2}, client.faults.met)
                self.assertGreater(client.response_time_s.min, 0.001 + 1024 / 1024**2)

    def test_the_seed_says_who_meets_it(self):
        """In every block as many as the draw says for these numbers, and another number for another seed."""
        fault = "reset-in:20%"
        numbers = [sum(meets(Fault.parse(fault), f"{seed}/0", number) for number in range(60)) for seed in (1, 2)]
        self.assertNotEqual(*numbers)
        for seed, number in zip((1, 2), numbers, strict=True):
            for library, client in self.bear(fault, seed=seed, blocks=2).items():
                with self.subTest(seed=seed, library=library):
                    self.assertEqual({"reset-in": 2 * number}, client.faults.met)
                    self.assertEqual({"connection-reset": 2 * number}, client.errors)
