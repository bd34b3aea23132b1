"""What is decided before the first request."""

import random
import unittest

from http_benchmark.clients import known_clients
from http_benchmark.load.schedule import Stop
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.plan import (
    Arm,
    body_bytes,
    default_blocks,
    make_plan,
    merge_headers,
    plan_slices,
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


class SlicesTest(unittest.TestCase):
    def slices(self, **configuration) -> tuple[Stop, ...]:
        return plan_slices(ExperimentConfiguration(**configuration))

    def test_by_default_a_slice_has_its_least_time_and_requests(self):
        """Twelve slices of 100 ms, 100 requests and ten per connection at least."""
        self.assertEqual((Stop(duration_s=0.1, least_requests=100),) * 12, self.slices(concurrency=10))
        self.assertEqual((Stop(duration_s=0.1, least_requests=640),) * 12, self.slices(concurrency=64))

    def test_a_quick_run_has_three(self):
        """Quick means fewer slices, not shorter ones."""
        self.assertEqual((Stop(duration_s=0.1, least_requests=100),) * 3, self.slices(quick=True))

    def test_a_number_of_requests_is_kept_to_the_last_one(self):
        """1000 requests over ten slices of 100; 1003 over ten, three of them with one more; 5 over one."""
        self.assertEqual((Stop(requests=100),) * 10, self.slices(requests=1000))
        self.assertEqual([101, 101, 101, *[100] * 7], [stop.requests for stop in self.slices(requests=1003)])
        self.assertEqual((Stop(requests=5),), self.slices(requests=5))
        self.assertEqual([2, 2, 1], [stop.requests for stop in self.slices(requests=5, slices=3)])
        self.assertEqual((Stop(requests=1),) * 2, self.slices(requests=2, slices=3))

    def test_a_duration_is_shared_out(self):
        """10 s are twelve slices below a second each, 30 s four long ones, 50 ms one."""
        self.assertEqual((Stop(duration_s=0.5),) * 12, self.slices(duration=6))
        self.assertEqual((Stop(duration_s=7.5),) * 4, self.slices(duration=30))
        self.assertEqual((Stop(duration_s=0.05),), self.slices(duration=0.05))


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
