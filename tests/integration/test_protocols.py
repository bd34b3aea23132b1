"""Experiments over TLS and HTTP/2: every client that can, without an error, and the origin's word for it."""

import unittest
from collections.abc import Sequence

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.clients import installed_clients
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.models.measurement import TrialRecord
from tests.foreign_clients import make_known

SMALL = {"blocks": 1, "slices": 1, "requests": 40, "warmup": 0.1, "concurrency": 4}


def conduct(contenders: Sequence[str] = (), **settings: object) -> tuple[ExperimentResult, dict[str, TrialRecord]]:
    """The result of a small experiment, and its trials by contender."""
    experiment = Experiment(ExperimentConfiguration(contenders=tuple(contenders), **SMALL | settings))
    result = experiment.run()
    return result, {trial.contender: trial for block in experiment.blocks for trial in block.trials}


def other_work(client: ClientResult) -> list[str]:
    return [deviation.code for deviation in client.work.deviations if deviation.severity != "shown"]


def names(ability: str, suffix: str = "") -> list[str]:
    return [
        f"{name}:{mode}{suffix}"
        for name, client in installed_clients().items()
        for mode in client.modes
        if getattr(client, ability)
    ]


class TlsTest(unittest.TestCase):
    def test_every_client_that_can_ends_without_an_error(self):
        """Over HTTP/1.1, with as many handshakes as connections, none beyond the concurrency, each also timed cold."""
        result, trials = conduct(tls=True)

        self.assertTrue(result.target.url.startswith("https://127.0.0.1:"))
        self.assertEqual((), result.floor)
        self.assertCountEqual(names("custom_ca"), trials)
        for client in result.clients:
            with self.subTest(client.contender):
                if client.status == "unavailable":
                    self.assertRegex(client.message, "cannot be told to trust|is not installed")
                    continue
                self.assertEqual(("ok", {}, "1.1"), (client.status, client.errors, client.http_version))
                seen = trials[client.contender].server
                self.assertEqual({"1.1": client.sent_requests}, seen.protocols)
                self.assertEqual(seen.connections, seen.tls_handshakes)
                self.assertLessEqual(seen.connections, 4)
                self.assertGreater(client.life_cycle.first_request_s.estimate, 0)
                self.assertGreater(client.life_cycle.reconnecting_request_s.estimate, 0)

    def test_who_does_not_check_certificates_is_found_out(self):
        """Asked by impostors, and left out of the ranking; with `verify` off nobody is asked, and all are ranked."""
        make_known(self, "unfair")
        careless = ("careless", "gullible")
        for verify, expected in ((True, ["certificate-unchecked"]), (False, [])):
            with self.subTest(verify=verify):
                result, _ = conduct(["fair", *careless], tls=True, verify=verify)

                clients = {client.library: client for client in result.clients}
                self.assertEqual({"ok"}, {client.status for client in result.clients})
                self.assertEqual([], other_work(clients["fair"]))
                self.assertIsNotNone(clients["fair"].rank)
                for name in careless:
                    self.assertEqual(expected, other_work(clients[name]))
                    self.assertEqual(verify, clients[name].rank is None)
                found = ("careless:sync", "gullible:sync") if verify else ()
                self.assertEqual(found, result.certificates_unchecked)

    def test_the_open_model_goes_over_tls(self):
        """Arrivals by a schedule, as in the clear."""
        result, _ = conduct(["aiohttp"], tls=True, rate="200/s", requests=50)

        self.assertEqual(("ok", 50), (result.clients[0].status, result.clients[0].requests))


class Http2Test(unittest.TestCase):
    def test_every_client_that_can_ends_without_an_error(self):
        """With prior knowledge and over TLS: named +h2, ranked, and every request seen as HTTP/2."""
        for tls in (False, True):
            result, trials = conduct(http="2", tls=tls)

            self.assertCountEqual(names("http2", "+h2"), trials)
            self.assertEqual((), result.floor)
            for client in result.clients:
                with self.subTest(client.contender, tls=tls):
                    if client.status == "unavailable":
                        self.assertRegex(client.message, "cannot speak HTTP/2|is not installed")
                        continue
                    self.assertEqual(("ok", {}, "2"), (client.status, client.errors, client.http_version))
                    self.assertIsNotNone(client.rank)
                    seen = trials[client.contender].server
                    self.assertEqual({"2": client.sent_requests}, seen.protocols)
                    self.assertLessEqual(seen.connections, 4)
                    self.assertIsNone(client.life_cycle.reconnecting_request_s)

    def test_both_protocols_are_ranked_together_where_both_are_named(self):
        """Then they meet the same server, and each speaks what it was told to."""
        result, trials = conduct(["httpx:sync", "httpx:sync+h2"])

        self.assertEqual({"ok"}, {client.status for client in result.clients})
        self.assertEqual(
            {"httpx:sync": ["1.1"], "httpx:sync+h2": ["2"]}, {n: [*t.server.protocols] for n, t in trials.items()}
        )


if __name__ == "__main__":
    unittest.main()
