"""Large bodies and failing servers: every client has the right counts and names a failure by the same kind."""

import tempfile
import unittest
from pathlib import Path

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.clients import installed_clients
from http_benchmark.errors import ErrorKind
from http_benchmark.models.experiment import ClientResult
from http_benchmark.models.measurement import TrialRecord
from tests.servers import refused_port

REQUESTS = 10
HEADS_BYTES = 1000  # more than the head of any request or answer here
MIB = 1024**2


class FailureCase(unittest.TestCase):
    def each_contender(self, **settings: object) -> list[tuple[ClientResult, TrialRecord]]:
        """What one experiment says of every installed client in every mode."""
        experiment = Experiment(
            ExperimentConfiguration(**{"requests": REQUESTS, "blocks": 1, "slices": 1, "warmup": 0} | settings)
        )
        clients = {client.contender: client for client in experiment.run().clients}
        trials = experiment.blocks[0].trials
        self.assertEqual(sum(len(client.modes) for client in installed_clients().values()), len(trials))
        return [(clients[trial.contender], trial) for trial in trials]


class LargeBodyTest(FailureCase):
    def assert_uploaded(self, **body: object) -> None:
        for client, trial in self.each_contender(method="POST", **body):
            with self.subTest(trial.contender):
                self.assertEqual(("ok", {}, REQUESTS), (client.status, client.errors, client.requests))
                self.assertEqual({200: REQUESTS}, trial.server.statuses)
                self.assertGreater(trial.server.bytes_received, REQUESTS * MIB)
                self.assertLess(trial.server.bytes_received, REQUESTS * (MIB + HEADS_BYTES))

    def test_post_of_a_binary_file(self):
        """A file of 1 MiB arrives whole, once per request."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "body.bin"
            path.write_bytes(bytes(range(256)) * (MIB // 256))
            self.assert_uploaded(body_file=path)

    def test_post_of_a_generated_body(self):
        """A body of 1 MiB that is made from the seed arrives whole, once per request."""
        self.assert_uploaded(body_size="1MiB")

    def test_stream_of_ten_mebibytes(self):
        """The whole stream is read, and counted."""
        for client, trial in self.each_contender(method="STREAM", url=f"/stream-bytes/{10 * MIB}", concurrency=2):
            with self.subTest(trial.contender):
                self.assertEqual(("ok", {}, REQUESTS), (client.status, client.errors, client.requests))
                self.assertEqual({200: REQUESTS}, trial.server.statuses)
                self.assertGreater(trial.server.bytes_sent, REQUESTS * 10 * MIB)
                self.assertLess(trial.server.bytes_sent, 1.01 * REQUESTS * 10 * MIB)


class ErrorKindTest(FailureCase):
    def assert_failed(self, client: ClientResult, trial: TrialRecord, kind: ErrorKind) -> None:
        self.assertEqual({kind.value: REQUESTS}, client.errors)
        self.assertEqual(("errors", REQUESTS, 0.0), (client.status, client.requests, client.success_ratio))
        self.assertEqual((None, None), (client.rank, client.response_time_s))
        self.assertEqual(REQUESTS, trial.sent)

    def test_status_503(self):
        """An answer 503 is an http-5xx, and is not asked for again."""
        for client, trial in self.each_contender(url="/status/503"):
            with self.subTest(trial.contender):
                self.assert_failed(client, trial, ErrorKind.HTTP_5XX)
                self.assertEqual({503: REQUESTS}, trial.server.statuses)

    def test_a_refused_port(self):
        """Where nobody listens: connection-refused, with the library's own words."""
        for client, trial in self.each_contender(url=f"http://127.0.0.1:{refused_port()}/"):
            with self.subTest(trial.contender):
                self.assert_failed(client, trial, ErrorKind.CONNECTION_REFUSED)
                self.assertEqual([ErrorKind.CONNECTION_REFUSED], list(trial.messages))

    def test_an_unresolvable_host(self):
        """A name that does not exist: name-resolution."""
        for client, trial in self.each_contender(url="http://nonexistent.invalid/"):
            with self.subTest(trial.contender):
                self.assert_failed(client, trial, ErrorKind.NAME_RESOLUTION)

    def test_an_answer_after_the_timeout(self):
        """A delay of 5 s under a deadline of 0.3 s: timeout, after the deadline and long before the answer."""
        for client, trial in self.each_contender(url="/delay/5", timeout=0.3):
            with self.subTest(trial.contender):
                self.assert_failed(client, trial, ErrorKind.TIMEOUT)
                self.assertGreaterEqual(trial.slices[0].duration_s, 0.29)
                self.assertLess(trial.slices[0].duration_s, 5)

    def test_a_delay_within_the_timeout(self):
        """The same delay is no failure where there is time for it."""
        for client, trial in self.each_contender(url="/delay/0.2", timeout=10):
            with self.subTest(trial.contender):
                self.assertEqual(("ok", {}), (client.status, client.errors))
                self.assertEqual(REQUESTS, trial.server.requests)
                self.assertGreaterEqual(client.response_time_s.min, 0.2)
