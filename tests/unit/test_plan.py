"""What is decided before the first request."""

import random
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from http_benchmark.clients import known_clients
from http_benchmark.clients.base import Request
from http_benchmark.errors import ConfigurationError
from http_benchmark.load.mix import Mix
from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.plan import Arm
from http_benchmark.planning import (
    body_bytes,
    default_blocks,
    make_plan,
    merge_headers,
    retry_delays,
    share_processors,
)


def arms(*names: str) -> list[Arm]:
    known = known_clients()
    contenders = [Contender.parse(name) for name in names]
    return [Arm(contender, known[contender.library], "1.0") for contender in contenders]


class BlocksTest(unittest.TestCase):
    def test_as_many_as_all_pairs_need(self):
        """The larger of 15 and the number below which no pair passes Holm's first step: 3→7, 5→9, 9→11, 15→13."""
        for contenders, quick, expected in (
            (1, False, 15),
            (9, False, 15),
            (1, True, 11),
            (9, True, 11),
            (15, True, 13),
            (40, False, 15),
            (100, False, 18),
        ):
            with self.subTest(contenders=contenders, quick=quick):
                self.assertEqual(expected, default_blocks(contenders, quick=quick))


class PlanTest(unittest.TestCase):
    def plan(self, seed=1, **configuration):
        return make_plan(ExperimentConfiguration(**configuration), arms("null:sync", "null:async", "httpx"), seed=seed)

    def test_the_order_is_the_seeds(self):
        """The same seed gives the same orders, another seed other ones, and every round its own."""
        orders = [[self.plan(seed).round_order(block, 0) for block in range(8)] for seed in (1, 1, 2)]

        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])
        self.assertGreater(len({tuple(arm.name for arm in order) for order in orders[0]}), 1)
        for order in orders[0]:
            self.assertCountEqual(self.plan().arms, order)

    def test_where_a_workload_begins_is_the_seeds(self):
        """Another deck in each round, the same again with the same seed; without a workload there is but one."""
        request = Request("GET", "http://127.0.0.1:9/")
        mix = Mix((request,), tags=(1,), order=(0,) * 1000, deck=1)
        decks = [[replace(self.plan(seed), mix=mix).deck_of(0, number) for number in range(8)] for seed in (1, 1, 2)]

        self.assertEqual(decks[0], decks[1])
        self.assertNotEqual(decks[0], decks[2])
        self.assertGreater(len(set(decks[0])), 1)
        self.assertEqual(0, self.plan().deck_of(0, 1))

    def test_warm_up(self):
        """One second and 200 requests, at most three seconds; `warmup=0` is none, also in a quick run."""
        self.assertEqual(Stop(duration_s=1.0, least_requests=200, most_s=3.0), self.plan().warm_up)
        self.assertEqual(
            Stop(duration_s=5.0, least_requests=300, most_s=5.0), self.plan(warmup=5, concurrency=300).warm_up
        )
        self.assertIsNone(self.plan(warmup=0).warm_up)
        self.assertIsNone(self.plan(warmup=0, quick=True).warm_up)

    def test_warm_up_of_a_quick_run(self):
        """0.3 s and ten requests, unless a warm-up was asked for."""
        self.assertEqual(Stop(duration_s=0.3, least_requests=10, most_s=3.0), self.plan(quick=True).warm_up)
        self.assertEqual(Stop(duration_s=2.0, least_requests=10, most_s=3.0), self.plan(quick=True, warmup=2).warm_up)

    def test_warm_up_of_the_open_model(self):
        """At the rate with which the trial starts, long enough for one request."""
        self.assertEqual(Arrivals(100, 100, 1.0), self.plan(rate="100..200/s").warm_up)
        self.assertEqual(Arrivals(0.5, 0.5, 2.0), self.plan(rate="30/min").warm_up)

    def test_the_primary_metric_is_the_models(self):
        """Throughput says nothing where the rate is given."""
        self.assertEqual("throughput_rps", self.plan().primary_metric)
        self.assertEqual("cpu_s_per_1k", self.plan(rate=5).primary_metric)
        self.assertEqual("p99", self.plan(rate=5, primary="p99").primary_metric)

    def test_poisson_arrivals_are_the_rounds_own(self):
        """Drawn anew for each round and block, the same for every contender in it, and for the same seed."""
        plan = self.plan(rate=100, arrivals="poisson")
        seeds = {(block, number): plan.slice_of(block, number).seed for block in range(3) for number in range(4)}

        self.assertEqual(12, len(set(seeds.values())))
        self.assertEqual(seeds[1, 2], self.plan(rate=100, arrivals="poisson").slice_of(1, 2).seed)

    def test_the_fastest_arrivals_are_what_pacing_is_checked_with(self):
        """The slice in which the rate is highest, at whichever end."""
        self.assertIsNone(self.plan().fastest_arrivals)
        self.assertEqual(900, self.plan(rate="100,900..300,400/s").fastest_arrivals.start_rps)

    def test_a_foreign_server_gets_reading_probes_only(self):
        """The bundled origin is probed with anything, a foreign one with GET and HEAD, nobody without a warm-up."""
        foreign = "http://127.0.0.1:1/"
        for expected, settings in (
            ((True, True), {}),
            ((True, True), {"method": "POST"}),
            ((False, True), {"floor": False}),
            ((True, False), {"url": foreign}),
            ((False, False), {"url": foreign, "method": "POST"}),
            ((False, False), {"warmup": 0}),
        ):
            with self.subTest(settings):
                plan = self.plan(**settings)
                self.assertEqual(expected, (plan.probe_floor, plan.probe_life_cycle))

    def test_until_measures_up_to_forty_blocks(self):
        """Unless fewer are asked for."""
        self.assertEqual((40, 2.0), (self.plan(until="2%").blocks, self.plan(until="2%").until_percent))
        self.assertEqual(20, self.plan(until="2%", blocks=20).blocks)

    def test_until_needs_more_blocks_than_the_first_look(self):
        """With ten or fewer there is nothing to decide, so that is a mistake, and told with its value."""
        self.assertEqual(11, self.plan(until="2%", blocks=11).blocks)
        with self.assertRaisesRegex(ConfigurationError, "after 10 blocks and later, got blocks 10; allow more"):
            self.plan(until="2%", blocks=10)

    def test_very_many_connections_are_not_there_together(self):
        """Up to 4,000 each all contenders are one group; above, each is one of its own, in the order of the start."""
        beside, apart = (self.plan(concurrency=concurrency) for concurrency in (4_000, 4_001))

        self.assertEqual(("slices", 3, "trials", 1), (beside.turns, beside.together, apart.turns, apart.together))
        self.assertEqual([beside.start_order(5)], beside.groups(5))
        self.assertEqual([[arm] for arm in apart.start_order(5)], apart.groups(5))

    def test_how_long_a_run_takes(self):
        """A trial: 0.2 s to start, what the slices last, the answers they wait for, the opening of each."""
        for expected, settings in (
            (0.2 + 1.002 + 12 * 0.102, {}),
            (0.2 + 5.0, {"warmup": 0, "slices": 1, "duration": 5}),
            (0.2 + 3.0, {"warmup": 0, "slices": 1, "requests": 30_000, "concurrency": 3}),
            (0.2 + 1.0 + 3.0 + 2.0 + 4 * (3.0 + 10.0), {"concurrency": 10_000, "url": "/delay/1"}),
            (0.2 + 1.0 + 3.0 + 2.0 + 3.0 + 11.0, {"concurrency": 10_000, "url": "/delay/1", "duration": 10}),
            (0.2 + 1.0128 + 4 * 2.0128, {"rate": "100/s"}),
        ):
            with self.subTest(settings):
                plan = self.plan(blocks=2, **settings)
                self.assertAlmostEqual(3 * expected, plan.block_s)
                self.assertAlmostEqual(3.0 + 6 * expected, plan.estimated_s)

    def test_stream_is_a_get_read_as_a_stream(self):
        """What goes over the wire is a GET."""
        request = self.plan(method="STREAM").request

        self.assertEqual(("GET", True), (request.method, request.stream))

    def test_a_contender_can_be_left_out(self):
        """The others keep their place."""
        self.assertEqual(["null:sync", "httpx"], [arm.name for arm in self.plan().without("null:async").arms])

    def test_the_slowest_request_counts_every_attempt(self):
        """Three attempts of 2 s with waits of 0.1 and 0.2 s between them."""
        self.assertAlmostEqual(6.3, self.plan(timeout=2, retries=2).slowest_request_s)


class RequestTest(unittest.TestCase):
    def test_the_users_header_replaces_the_default_whatever_its_case(self):
        """No header is sent twice."""
        merged = merge_headers([("user-agent", "mine"), ("X-A", "1")])

        self.assertEqual(["Accept", "Accept-Encoding", "user-agent", "X-A"], [name for name, _ in merged])

    def test_a_generated_body_is_the_seeds(self):
        """Of the size asked for, the same for the same seed."""
        configuration = ExperimentConfiguration(method="POST", body_size="64KiB")

        self.assertEqual(65536, len(body_bytes(configuration, 1)))
        self.assertEqual(body_bytes(configuration, 1), body_bytes(configuration, 1))
        self.assertNotEqual(body_bytes(configuration, 1), body_bytes(configuration, 2))

    def test_a_large_generated_body(self):
        """More than the generator gives at once; bytes do not depend on how they were asked for."""
        size = 256 * 1024**2 + 1
        body = body_bytes(ExperimentConfiguration(method="POST", body_size=size), 1)

        self.assertEqual(size, len(body))
        self.assertTrue(body.startswith(random.Random(1).randbytes(3 * 1024**2)))

    def test_waits_between_attempts_double_up_to_five_seconds(self):
        """0.1, 0.2, 0.4 … 5 s."""
        self.assertEqual((), retry_delays(0))
        self.assertEqual((0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0), retry_delays(7))


class ProtocolsTest(unittest.TestCase):
    def test_the_origin_speaks_what_a_contender_needs(self):
        """HTTP/2 as soon as one contender does; and then, as over TLS, there is no floor to probe."""
        for contender, settings, expected in (
            ("httpx:sync", {}, (False, False, True)),
            ("httpx:sync", {"tls": True}, (True, False, False)),
            ("httpx:sync+h2", {}, (False, True, False)),
        ):
            with self.subTest(contender, **settings):
                plan = make_plan(ExperimentConfiguration(**settings), arms(contender), seed=1)
                self.assertEqual(expected, (plan.origin.tls, plan.origin.http2, plan.probe_floor))

    def test_tls_is_refused_for_a_workload_that_leads_elsewhere(self):
        """Its URLs are another server's, as if `url` were."""
        file = Path(self.enterContext(tempfile.TemporaryDirectory()), "a.toml")
        file.write_text('[[request]]\nurl = "http://127.0.0.1:9/a"\n')
        with self.assertRaisesRegex(ConfigurationError, r"tls is the bundled origin's, and .*a\.toml leads to http://"):
            make_plan(ExperimentConfiguration(workload=file, tls=True), [], seed=1)
        plan = make_plan(ExperimentConfiguration(workload=file, url="/", tls=True), [], seed=1)
        self.assertTrue(plan.origin.tls)

    def test_a_proxy_is_refused_for_a_workload_that_logs_in(self):
        """Its logins would go past the proxy."""
        file = Path(self.enterContext(tempfile.TemporaryDirectory()), "a.toml")
        file.write_text('[[setup]]\nurl = "/login"\n[[request]]\nurl = "/a"\n')
        with self.assertRaisesRegex(ConfigurationError, r"^a\.toml logs in with its setup, which is not offered"):
            make_plan(ExperimentConfiguration(workload=file, proxy="http://127.0.0.1:9"), [], seed=1)


class EventsTest(unittest.TestCase):
    def test_what_the_origin_does_not_stream_is_refused(self):
        """The default, another path, a path of a workload and where it is moved to; somebody else's server may."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        streams, mixed = folder / "streams.toml", folder / "mixed.toml"
        streams.write_text('[[request]]\nurl = "/tokens/3"\nstream = "events"\n[[request]]\nurl = "/get"\n')
        mixed.write_text(
            '[[request]]\nurl = "/tokens/3"\nstream = "events"\n[[request]]\nurl = "/get"\nstream = "events"\n'
        )
        for settings, refused in (
            ({"events": True}, "/bytes/1024"),
            ({"events": True, "url": "/get"}, "/get"),
            ({"events": True, "url": "/sse/3"}, None),
            ({"events": True, "url": "http://127.0.0.1:9/get"}, None),
            ({"workload": mixed}, "/get"),
            ({"workload": streams}, None),
            ({"workload": streams, "url": "/anything"}, "/anything/tokens/3"),
        ):
            with self.subTest(**settings):
                if refused is None:
                    self.assertTrue(make_plan(ExperimentConfiguration(**settings), [], seed=1).has_events)
                    continue
                with self.assertRaises(ConfigurationError) as raised:
                    make_plan(ExperimentConfiguration(**settings), [], seed=1)
                (fault,) = raised.exception.faults
                self.assertIn(f"events: {refused} on the bundled origin is no stream of events", fault)


class ProcessorsTest(unittest.TestCase):
    def test_client_and_origin_are_apart_where_they_can_be(self):
        """One processor is shared; of two each gets one; of more, one is left to the controller."""
        for available, expected in (
            ([], ((), ())),
            ([3], ((3,), (3,))),
            ([0, 1], ((0,), (1,))),
            ([0, 1, 2, 3], ((1,), (2, 3))),
        ):
            with self.subTest(available=available):
                self.assertEqual(expected, share_processors(available))
