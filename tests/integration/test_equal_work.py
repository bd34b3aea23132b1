"""Clients that do less or other work than they were asked to, caught by a run: real adapters, a real origin."""

import unittest

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.report.terminal import print_experiment
from tests.foreign_clients import make_known
from tests.snapshot_case import printed

REQUESTS = 200
BODY_BYTES = 5000


class EqualWorkTest(unittest.TestCase):
    def setUp(self):
        make_known(self, "unfair")

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
        self.assertIn("stubborn:sync: repeated requests by itself", text)

    def test_errors_that_are_swallowed(self):
        """Both are answered 503; one says so, the other is left out of the ranking for calling it a success."""
        clients = self.clients(self.conduct("fair", "rosy", url="/status/503"))

        self.assertEqual(("errors", {"http-5xx": REQUESTS}), (clients["fair"].status, clients["fair"].errors))
        self.assertEqual(("ok", {}), (clients["rosy"].status, clients["rosy"].errors))
        self.assert_left_out(clients["fair"])
        self.assert_left_out(clients["rosy"], ("errors-swallowed", "other-work"))

    def test_a_timeout_that_is_ignored(self):
        """Answers after the deadline are timeouts, and their client is named; who gives up in time only has errors."""
        clients = self.clients(self.conduct("fair", "patient", url="/delay/0.4", timeout=0.1, requests=20))

        for name in ("fair", "patient"):
            self.assertEqual(("errors", {"timeout": 20}), (clients[name].status, clients[name].errors))
        self.assert_left_out(clients["fair"])
        self.assert_left_out(clients["patient"], ("late", "shown"))
        self.assertEqual(20, clients["patient"].work.late)
