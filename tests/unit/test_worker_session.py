"""A session: what it sends before, during and after the runs, and what it says of them."""

import gc
import tempfile
import threading
import unittest
from unittest import mock

from http_benchmark.clients.base import AsyncClient, Client, ClientOptions, Request, refuse
from http_benchmark.errors import ErrorKind
from http_benchmark.load.mix import Mix
from http_benchmark.load.recorder import SAMPLE
from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.worker import session as session_module
from http_benchmark.worker.protocol import Open, Reconnect, Reconnected, Run
from http_benchmark.worker.session import Session

ERRORS = ((ConnectionRefusedError, ErrorKind.CONNECTION_REFUSED),)


class Log:
    """What clients were told, across all clients of a test."""

    def __init__(self) -> None:
        self.opened: list[ClientOptions] = []
        self.prepared: list[Request] = []
        self.sent = self.closed = 0
        self.failing_from = 10**9
        self.refuses_to_close = False
        self.collects = False
        self.lock = threading.Lock()

    def open(self, options: ClientOptions) -> None:
        self.opened.append(options)

    def prepare(self, request: Request) -> None:
        if self.refuses_to_close and ("Connection", "close") in request.headers:
            raise refuse("fake", "close connections", "do without")
        self.prepared.append(request)

    def send(self) -> int:
        with self.lock:
            self.sent += 1
        if self.collects:
            gc.collect(1)
        if self.sent >= self.failing_from:
            raise ConnectionRefusedError("no")
        return 200

    def close(self) -> None:
        self.closed += 1


LOG = Log()


class Fake(Client):
    def open(self, options):
        LOG.open(options)

    def prepare(self, request):
        LOG.prepare(request)
        return LOG.send

    def close(self):
        LOG.close()


class AsyncFake(AsyncClient):
    async def open(self, options):
        LOG.open(options)

    def prepare(self, request):
        LOG.prepare(request)

        async def send() -> int:
            return LOG.send()

        return send

    async def close(self):
        LOG.close()


class SessionTest(unittest.TestCase):
    def each(self, headers=(), http_version="1.1", **settings):
        """A session of three requests in flight, sync and async."""
        for client_class in (Fake, AsyncFake):
            with self.subTest(client_class.__name__):
                LOG.__init__()
                self.sink = self.enterContext(tempfile.TemporaryFile(mode="a+b"))
                order = Open(
                    "",
                    "",
                    options=ClientOptions(concurrency=3, http_version=http_version),
                    request=Request("GET", "http://127.0.0.1:1/", headers),
                    **settings,
                )
                session = Session(client_class(), ERRORS, order, self.sink.fileno())
                yield session
                session.close()

    def samples(self) -> int:
        return self.sink.seek(0, 2) // SAMPLE.size

    def test_the_very_first_request_goes_alone(self):
        """Once in a session's life; then one per connection, and none of them is measured."""
        for session in self.each():
            first, second = (session.run(Run(Stop(requests=5), opening=True)) for _ in range(2))

            self.assertEqual((4, 3), (first.opening_requests, second.opening_requests))
            self.assertGreater(first.first_request_s, 0)
            self.assertIsNone(second.first_request_s)
            self.assertEqual(4 + 5 + 3 + 5, LOG.sent)
            self.assertEqual(10, self.samples())

    def test_without_opening_nothing_is_sent_beforehand(self):
        """An exact number of requests is exact."""
        for session in self.each():
            ran = session.run(Run(Stop(requests=5)))

            self.assertEqual((0, None, 5), (ran.opening_requests, ran.first_request_s, LOG.sent))

    def test_a_first_request_that_fails_has_no_time(self):
        """How fast a connection was refused is no cost of the client."""
        for session in self.each():
            LOG.failing_from = 0

            self.assertIsNone(session.run(Run(Stop(requests=1), opening=True)).first_request_s)

    def test_opening_requests_that_fail_are_counted(self):
        """The first one alone and one of three succeed, two are refused; nothing is opened the second time."""
        for session in self.each():
            LOG.failing_from = 3

            self.assertEqual({"connection-refused": 2}, session.run(Run(Stop(requests=0), opening=True)).opening_errors)
            self.assertEqual({}, session.run(Run(Stop(requests=1))).opening_errors)

    def test_opening_requests_of_a_mix(self):
        """By their places: the first one alone, then the next three of the order; failures count as sent."""
        requests = [Request("GET", f"http://127.0.0.1:1/{name}") for name in "abc"]
        for session in self.each(mix=Mix(tuple(requests), tags=(1, 2, 1), order=(0, 1, 2, 1), deck=4)):
            LOG.failing_from = 3
            ran = session.run(Run(Stop(requests=0), opening=True))

            self.assertEqual({0: 1, 1: 2, 2: 1}, dict(ran.opening_by_place))
            self.assertEqual({"connection-refused": 2}, ran.opening_errors)

    def test_connecting_all_is_timed_once(self):
        """In the first opening alone, and only where all of it succeeded."""
        for session in self.each():
            first, second = (session.run(Run(Stop(requests=1), opening=True)) for _ in range(2))

            self.assertGreater(first.connect_all_s, 0)
            self.assertIsNone(second.connect_all_s)
            self.assertIsNone(session.run(Run(Stop(requests=1))).connect_all_s)
        for session in self.each():
            LOG.failing_from = 4

            self.assertIsNone(session.run(Run(Stop(requests=0), opening=True)).connect_all_s)

    def test_connections_are_opened_one_after_the_other(self):
        """At ten a second the third begins after 0.18 s; the others go on sending until then, and all is counted."""
        for session in self.each(connect_rps=10.0):
            ran = session.run(Run(Stop(requests=0), opening=True))

            self.assertGreaterEqual(ran.connect_all_s, 0.18)
            self.assertEqual(LOG.sent, ran.opening_requests)
            self.assertGreater(ran.opening_requests, 1 + 3)

    def test_requests_go_to_one_address_after_the_other(self):
        """Three requests in flight over two addresses: the first gets two of them."""
        for _ in self.each(origins=("http://127.0.0.1:1", "http://127.0.0.2:2")):
            self.assertEqual(
                ["http://127.0.0.1:1/", "http://127.0.0.2:2/", "http://127.0.0.1:1/"],
                [request.url for request in LOG.prepared],
            )

    def test_the_schedule_is_made_before_its_start_is_set(self):
        """However long it takes to find the end of many arrivals, it takes nothing from the time to get ready."""
        for session in self.each():
            arrivals = Arrivals(1e6, 1e6, 1.0, requests=1, poisson=True)
            with (
                mock.patch.object(session_module, "Schedule", side_effect=KeyError("made")),
                mock.patch.object(session_module.Span, "start", side_effect=KeyError("set")),
                self.assertRaisesRegex(KeyError, "made"),
            ):
                session.run(Run(arrivals=arrivals))

    def test_only_collections_of_the_run_count(self):
        """Each request collects once: four opening ones do not count, five measured ones do."""
        gc.disable()
        self.addCleanup(gc.enable)
        for session in self.each():
            LOG.collects = True
            ran = session.run(Run(Stop(requests=5), opening=True))

            self.assertEqual([0, 5, 0], [collections for collections, _, _ in ran.gc])

    def test_reconnecting_closes_each_connection(self):
        """A second client for one request in flight, with the header in place of the user's."""
        for session in self.each(headers=(("X-A", "1"), ("connection", "keep-alive"))):
            reconnected = session.reconnect(Reconnect(4))

            self.assertEqual(4, reconnected.sent)
            self.assertEqual(4, len(reconnected.durations_s))
            self.assertEqual([3, 1], [options.concurrency for options in LOG.opened])
            self.assertEqual((("X-A", "1"), ("Connection", "close")), LOG.prepared[-1].headers)
            self.assertEqual(1, LOG.closed)
            self.assertEqual(0, self.samples())

    def test_reconnecting_ends_with_the_first_failure(self):
        """Two succeed, the third is refused, no fourth is tried; the client is closed, and no message is left."""
        for session in self.each():
            LOG.failing_from = 3
            reconnected = session.reconnect(Reconnect(10))

            self.assertEqual((3, 2, 1), (reconnected.sent, len(reconnected.durations_s), LOG.closed))
            self.assertEqual({}, session.run(Run(Stop(requests=0))).messages)

    def test_a_client_that_cannot_close_connections(self):
        """It refuses the header, or speaks HTTP/2: nothing is sent and nothing guessed."""
        for session in self.each():
            LOG.refuses_to_close = True
            self.assertEqual(Reconnected(durations_s=(), sent=0), session.reconnect(Reconnect(4)))
            self.assertEqual((0, 1), (LOG.sent, LOG.closed))
        for session in self.each(http_version="2"):
            self.assertEqual(Reconnected(durations_s=(), sent=0), session.reconnect(Reconnect(4)))
            self.assertEqual(0, LOG.sent)

    def test_the_peak_is_that_of_the_runs(self):
        """What comes after the last run, such as a second client, is not in it."""
        for session in self.each():
            with mock.patch.object(session_module.memory, "peak_resident_bytes", iter([100, 300, 900]).__next__):
                self.assertIsNone(session.peak_memory_bytes)
                session.run(Run(Stop(requests=1)))
                session.run(Run(Stop(requests=1)))
                session.reconnect(Reconnect(1))

                self.assertEqual(300, session.peak_memory_bytes)
