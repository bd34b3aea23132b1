"""Clients that do less or other work than they were asked to, caught by a run: real adapters, a real origin."""

import tempfile
import unittest
from pathlib import Path

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.capacity import CapacityExperiment
from http_benchmark.models.capacity import CapacityResult, ContenderCapacity
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.models.work import Count
from http_benchmark.report.capacity import print_capacity
from http_benchmark.report.terminal import print_experiment
from http_benchmark.slo import Slo
from tests.foreign_clients import make_known
from tests.snapshot_case import printed

REQUESTS = 200
BODY_BYTES = 5000


WORKLOAD = f"""
[[request]]
url = "/bytes/10"
weight = 2

[[request]]
url = "/bytes/20000"

[[request]]
method = "POST"
url = "/bytes/10"
body = "{"x" * BODY_BYTES}"
"""


def uploaded(client: ClientResult) -> tuple[int | None, int | None]:
    """Bytes of bodies, ordered and seen."""
    return client.work.request_body_bytes.ordered, client.work.request_body_bytes.seen


class UnfairCase(unittest.TestCase):
    def setUp(self):
        make_known(self, "unfair")


class EqualWorkTest(UnfairCase):
    def conduct(self, *contenders: str, **settings: object) -> ExperimentResult:
        small = {"blocks": 1, "slices": 1, "requests": REQUESTS, "warmup": 0, "concurrency": 10}
        return Experiment(ExperimentConfiguration(contenders=contenders, **small | settings)).run()

    def clients(self, result: ExperimentResult) -> dict[str, ClientResult]:
        return {client.library: client for client in result.clients}

    def assert_left_out(self, client: ClientResult, *expected: tuple[str, str]) -> None:
        found = [(deviation.code, deviation.severity) for deviation in client.work.deviations]
        self.assertEqual((list(expected), None, None), (found, client.rank, client.group))

    def test_the_same_upload(self):
        """Of seven clients that upload the same, four do less or other work; two are only looked at."""
        names = ("fair", "forgetful", "hasty", "sprawling", "stingy", "stubborn", "urllib3")
        result = self.conduct(*names, method="POST", body_size=BODY_BYTES)
        clients = self.clients(result)

        self.assert_left_out(clients["forgetful"], ("no-reuse", "other-work"))
        self.assert_left_out(clients["hasty"], ("body-unread", "less-work"), ("no-reuse", "other-work"))
        self.assert_left_out(clients["sprawling"], ("extra-connections", "other-work"))
        self.assert_left_out(clients["stingy"], ("upload-differs", "less-work"))
        self.assertEqual(
            [("retries-hidden", "shown")], [(one.code, one.severity) for one in clients["stubborn"].work.deviations]
        )
        for name in ("fair", "urllib3"):
            self.assertEqual((), clients[name].work.deviations)
        self.assertEqual({"fair", "stubborn", "urllib3"}, {name for name in names if clients[name].rank is not None})
        self.assertEqual({"ok"}, {client.status for client in clients.values()})
        ranked = {f"{name}:sync" for name in ("fair", "stubborn", "urllib3")}
        self.assertEqual(set(), {name for pair in result.pairs for name in (pair.a, pair.b)} - ranked)
        reasons = {reason.code: reason.contenders for reason in reversed(result.validity.reasons)}
        self.assertEqual({"forgetful:sync", "hasty:sync", "sprawling:sync"}, {*reasons["extra-connections"]})
        self.assertEqual((("stubborn:sync",), ("stingy:sync",)), (reasons["unequal-work"], reasons["bytes-off"]))
        self.assert_figures(clients)
        self.assert_printed(result)

    def assert_figures(self, clients: dict[str, ClientResult]) -> None:
        """What the origin saw, where it is known to the byte."""
        fair, stingy = clients["fair"].work, clients["stingy"].work
        self.assertEqual((REQUESTS, REQUESTS), (fair.requests.ordered, fair.requests.seen))
        self.assertEqual((10, 10), (fair.connections.ordered, fair.connections.seen))
        self.assertEqual((0, 0), (fair.tls_handshakes.ordered, fair.tls_handshakes.seen))
        self.assertEqual(({"1.1": REQUESTS}, {200: REQUESTS}), (fair.protocols, fair.statuses))
        self.assertEqual(REQUESTS * BODY_BYTES, fair.request_body_bytes.seen)
        self.assertEqual(REQUESTS * BODY_BYTES // 2, stingy.request_body_bytes.seen)
        self.assertEqual(REQUESTS * 1024, fair.response_body_bytes)
        self.assertEqual((0, 0), (fair.reset_by_client, fair.closed))
        self.assertEqual(REQUESTS, clients["forgetful"].work.connections.seen)
        self.assertEqual(20, clients["sprawling"].work.connections.seen)
        self.assertEqual(REQUESTS // 20, clients["stubborn"].work.retries_seen)

    def assert_printed(self, result: ExperimentResult) -> None:
        """Reasons stand under "Not ranked", the table below, and what is only shown below that."""
        text = printed(print_experiment, result)
        self.assertRegex(text, r"(?m)^Not ranked:$")
        self.assertRegex(text, r"stingy:sync: uploaded 500,000 bytes of bodies, 1,000,000 were\s+ordered")
        self.assertRegex(text, r"(?m)^stubborn:sync +200 +210 +10 ")
        self.assertIn("stubborn:sync: repeated 10 requests by itself", text)

    def test_requests_that_make_up_for_others(self):
        """In the first slice 20 come twice, in the second 20 never: as many in all, and both are found."""
        clients = self.clients(self.conduct("fair", "saving", slices=2))

        self.assertEqual(((), 1), (clients["fair"].work.deviations, clients["fair"].rank))
        self.assert_left_out(clients["saving"], ("requests-missing", "less-work"), ("retries-hidden", "shown"))
        work = clients["saving"].work
        self.assertEqual((REQUESTS, 20), (work.requests.seen, work.retries_seen))
        self.assertEqual([f"the origin saw {REQUESTS - 20} of {REQUESTS} requests"], [*work.others])

    def test_half_an_upload_among_failures(self):
        """Half of the requests are answered with 503, after their bodies were read: that explains no missing byte."""
        faulty = {"method": "POST", "body_size": BODY_BYTES, "fault": ("unavailable:burst=10/20",)}
        clients = self.clients(self.conduct("fair", "stingy", **faulty))

        self.assertEqual(((), 1), (clients["fair"].work.deviations, clients["fair"].rank))
        self.assert_left_out(clients["stingy"], ("upload-differs", "less-work"))

    def test_a_second_connection_for_one_request_at_a_time(self):
        """Nothing races with it."""
        clients = self.clients(self.conduct("fair", "sprawling", concurrency=1))

        self.assertEqual(((), 1), (clients["fair"].work.deviations, clients["fair"].rank))
        self.assert_left_out(clients["sprawling"], ("extra-connections", "other-work"))

    def test_connections_that_a_client_has_closed(self):
        """Asking for it explains no connection; what was ordered does, on the command line and in a workload."""
        clients = self.clients(self.conduct("fair", "parting"))
        self.assertEqual(((), 1), (clients["fair"].work.deviations, clients["fair"].rank))
        self.assert_left_out(clients["parting"], ("no-reuse", "other-work"))
        self.assertEqual(Count(ordered=10, seen=REQUESTS), clients["parting"].work.connections)

        with tempfile.TemporaryDirectory() as folder:
            workload = Path(folder, "close.toml")
            workload.write_text('[[request]]\nurl = "/bytes/9"\nheaders = {Connection = "close"}\n')
            for ordered in ({"headers": ("connection: Close",)}, {"workload": workload}):
                with self.subTest(ordered):
                    work = self.conduct("fair", **ordered).clients[0].work
                    self.assertEqual(((), REQUESTS), (work.deviations, work.closed_on_request))
                    self.assertEqual(Count(ordered=10 + REQUESTS, seen=REQUESTS), work.connections)

    def test_a_connection_that_is_kept_by_thread(self):
        """It is there in every slice, since the threads are: no more connections than requests in flight."""
        result = self.conduct("clinging", blocks=2, slices=4, warmup=0.1)
        work = result.clients[0].work

        self.assertEqual(((), 2 * 10, 2 * 10), (work.deviations, work.connections.ordered, work.connections.seen))

    def test_errors_that_are_swallowed(self):
        """Both are answered 503; one says so, the other is left out of the ranking for calling it a success."""
        clients = self.clients(self.conduct("fair", "rosy", url="/status/503"))

        self.assertEqual(("errors", {"http-5xx": REQUESTS}), (clients["fair"].status, clients["fair"].errors))
        self.assertEqual(("ok", {}), (clients["rosy"].status, clients["rosy"].errors))
        self.assert_left_out(clients["fair"])
        self.assert_left_out(clients["rosy"], ("errors-swallowed", "other-work"))

    def test_broken_answers_that_are_swallowed(self):
        """Half an answer is none: one says so, the other is left out of the ranking for calling it a success."""
        for fault in ("truncated", "reset-in", "bad-chunk"):
            with self.subTest(fault):
                clients = self.clients(self.conduct("fair", "rosy", fault=(f"{fault}:burst=1/20",)))

                self.assertEqual(REQUESTS // 20, sum(clients["fair"].errors.values()))
                self.assertEqual(((), 1), (clients["fair"].work.deviations, clients["fair"].rank))
                self.assertEqual({}, clients["rosy"].errors)
                self.assert_left_out(clients["rosy"], ("errors-swallowed", "other-work"))

    def test_requests_ahead_of_their_time(self):
        """Five at once, whose answers wait until they are wanted: found, and not held against who comes next."""
        result = self.conduct("eager", "fair", slices=4, concurrency=2)
        clients = self.clients(result)

        self.assertEqual(
            ((), 1, 0), (clients["fair"].work.deviations, clients["fair"].rank, clients["fair"].work.asked_ahead)
        )
        self.assertIn(
            ("asked-ahead", "other-work"), [(one.code, one.severity) for one in clients["eager"].work.deviations]
        )
        self.assertEqual((None, None), (clients["eager"].rank, clients["eager"].group))
        self.assertGreater(clients["eager"].work.asked_ahead, REQUESTS // 2)
        self.assertIn("a client asks ahead", " ".join(reason.message for reason in result.validity.reasons))

    def test_other_requests(self):
        """HEAD for GET, and another path of the same size: each is found though it is the only contender."""
        for name, telling in (("lazy", "HEAD /anything/ab"), ("straying", "GET /anything/ax")):
            with self.subTest(name):
                result = self.conduct(name, url="/anything/ab")
                (client,) = result.clients

                self.assert_left_out(client, ("other-requests", "other-work"))
                self.assertEqual(
                    f"sent {REQUESTS} requests that nobody ordered, such as {telling}", client.work.deviations[0].what
                )
                (reason,) = (reason for reason in result.validity.reasons if reason.code == "unequal-work")
                self.assertEqual(client.contender, reason.contenders[0])

    def test_a_header_that_is_left_out(self):
        """Its library puts another one in its place, also in a workload, where each second request has another."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        workload = Path(folder, "encodings.toml")
        workload.write_text(
            '[[request]]\nurl = "/bytes/9"\n[[request]]\nurl = "/bytes/8"\nheaders = {Accept-Encoding = ""}\n'
        )
        for settings, times in (({}, REQUESTS), ({"workload": workload}, REQUESTS), ({"method": "POST"}, REQUESTS)):
            with self.subTest(settings):
                clients = self.clients(self.conduct("fair", "terse", **settings))

                self.assertEqual(((), 1), (clients["fair"].work.deviations, clients["fair"].rank))
                self.assert_left_out(clients["terse"], ("other-headers", "other-work"))
                self.assertEqual(
                    (f"sent {times} headers not as ordered, such as accept-encoding",), clients["terse"].work.others
                )

    def test_the_same_workload(self):
        """Who takes the smaller one instead of the larger, or reads or uploads half, is found though sizes differ."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        workload = Path(folder, "mixed.toml")
        workload.write_text(WORKLOAD, encoding="utf-8")
        names = ("fair", "choosy", "hasty", "lazy", "stingy", "urllib3")
        clients = self.clients(self.conduct(*names, workload=workload))

        for name in ("fair", "urllib3"):
            self.assertEqual((), clients[name].work.deviations)
            self.assertEqual((REQUESTS // 4 * BODY_BYTES,) * 2, uploaded(clients[name]))
        self.assert_left_out(clients["choosy"], ("other-requests", "other-work"), ("upload-differs", "less-work"))
        self.assert_left_out(clients["hasty"], ("body-unread", "less-work"), ("no-reuse", "other-work"))
        self.assert_left_out(clients["lazy"], ("other-requests", "other-work"))
        self.assert_left_out(clients["stingy"], ("upload-differs", "less-work"))
        self.assertEqual((REQUESTS // 4 * BODY_BYTES, REQUESTS // 8 * BODY_BYTES), uploaded(clients["stingy"]))
        self.assertRegex(
            clients["choosy"].work.others[0],
            rf"^sent others in place of {REQUESTS // 2} ordered requests, such as (GET|POST) /",
        )

    def test_a_timeout_that_is_ignored(self):
        """Answers after the deadline are timeouts, and their client is named; who gives up in time only has errors."""
        clients = self.clients(self.conduct("fair", "patient", url="/delay/0.4", timeout=0.1, requests=20))

        for name in ("fair", "patient"):
            self.assertEqual(("errors", {"timeout": 20}), (clients[name].status, clients[name].errors))
        self.assert_left_out(clients["fair"])
        self.assert_left_out(clients["patient"], ("late", "shown"))
        self.assertEqual(20, clients["patient"].work.late)


class CapacityTest(UnfairCase):
    """The same of a search for a capacity: a short one, by short probes."""

    def search(self, *contenders: str, **settings: object) -> tuple[CapacityResult, dict[str, ContenderCapacity]]:
        configuration = ExperimentConfiguration(
            contenders=contenders, blocks=1, concurrency=4, duration=0.2, warmup=0.2, seed=1, **settings
        )
        result = CapacityExperiment(configuration, Slo.parse("p50<500ms,errors<1%")).run()
        return result, {found.library: found for found in result.contenders}

    def assert_no_capacity(self, contender: ContenderCapacity, *expected: tuple[str, str]) -> None:
        """There is no answer of any kind, though rates were tried."""
        found = [(deviation.code, deviation.severity) for deviation in contender.work.deviations]
        self.assertEqual([*expected], found)
        answer = (contender.capacity_rps, contender.below_rps, contender.unbounded, contender.at_capacity)
        self.assertEqual((None, None, False, None, ()), (*answer, contender.limited_by))
        self.assertEqual(("ok", 1), (contender.status, contender.blocks))
        self.assertTrue(contender.curve)

    def test_the_same_upload(self):
        """Who uploads less has no capacity and the reason; who repeats requests by itself keeps it, and it is said."""
        result, found = self.search("fair", "stingy", "stubborn", method="POST", body_size=BODY_BYTES)

        self.assert_no_capacity(found["stingy"], ("upload-differs", "less-work"))
        self.assertEqual(
            [("retries-hidden", "shown")], [(one.code, one.severity) for one in found["stubborn"].work.deviations]
        )
        fair = found["fair"].work
        self.assertEqual((), fair.deviations)
        self.assertEqual(fair.requests.ordered, fair.requests.seen)
        self.assertGreater(fair.requests.seen, sum(point.blocks for point in found["fair"].curve) * 100)
        self.assertEqual(fair.requests.seen * BODY_BYTES, fair.request_body_bytes.seen)
        self.assertEqual((4, 4), (fair.connections.ordered, fair.connections.seen))
        for name in ("fair", "stubborn"):
            self.assertGreater(found[name].capacity_rps.estimate, 0)
        reasons = {reason.code: reason.contenders for reason in result.validity.reasons}
        self.assertEqual((("stubborn:sync",), ("stingy:sync",)), (reasons["unequal-work"], reasons["bytes-off"]))
        text = printed(print_capacity, result)
        self.assertRegex(text, r"No capacity:\n +stingy:sync: uploaded [\d,]+ bytes of bodies, [\d,]+ were\s+ordered")
        self.assertNotIn("stingy:sync sustains", text)
        self.assertRegex(text, r"stubborn:sync: repeated [\d,]+ requests by itself")

    def test_errors_that_are_swallowed(self):
        """One of ten answers is a 503: who says so sustains no rate, who does not is not asked for one."""
        _, found = self.search("fair", "rosy", fault=("unavailable:10%",))

        self.assert_no_capacity(found["rosy"], ("errors-swallowed", "other-work"))
        self.assertEqual(((), None), (found["fair"].work.others, found["fair"].capacity_rps))
        self.assertIsNotNone(found["fair"].below_rps)

    def test_certificates(self):
        """Who trusts any server is asked beforehand and has no capacity; who checks has one."""
        result, found = self.search("fair", "gullible", tls=True)

        self.assert_no_capacity(found["gullible"], ("certificate-unchecked", "other-work"))
        self.assertEqual(("gullible:sync",), result.certificates_unchecked)
        self.assertEqual((), found["fair"].work.deviations)
        self.assertEqual((4, 4), (found["fair"].work.tls_handshakes.ordered, found["fair"].work.tls_handshakes.seen))
        self.assertGreater(found["fair"].capacity_rps.estimate, 0)
