"""Experiments over every installed client: what the origin saw, the order, and what a failing client costs."""

import os
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import psutil

from http_benchmark import trial as trial_module
from http_benchmark.benchmark import Experiment, ExperimentConfiguration, Observer
from http_benchmark.clients import installed_clients
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.storage import ResultStorage
from tests.foreign_clients import make_known

SMALL = {"blocks": 1, "slices": 1, "requests": 50, "warmup": 0}


class Witness(Observer):
    """Remembers which blocks were void."""

    def __init__(self) -> None:
        self.void: list[tuple[int, str, bool]] = []

    def block_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        self.void.append((block, contender, dropped))


class ExperimentCase(unittest.TestCase):
    def setUp(self):
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "results.db"
        self.storage = self.enterContext(ResultStorage(path))
        self.witness = Witness()

    def conduct(self, contenders: Sequence[str] = (), **settings: object) -> ExperimentResult:
        configuration = ExperimentConfiguration(contenders=tuple(contenders), **settings)
        return Experiment(configuration, storage=self.storage, observer=self.witness).run()

    def stored(self, result: ExperimentResult) -> list[BlockRecord]:
        return self.storage.get_blocks(result.id)


class EveryClientTest(ExperimentCase):
    def test_every_client_ends_with_status_ok(self):
        """No errors, a rank each, and the origin counted what each worker says that it sent, warm-up included."""
        result = self.conduct(concurrency=10, blocks=2, slices=2, requests=200, warmup=0.1)

        modes = [f"{name}:{mode}" for name, client in installed_clients().items() for mode in client.modes]
        self.assertCountEqual(modes, [client.contender for client in result.clients if client.status != "unavailable"])
        for client in result.clients:
            with self.subTest(client.contender):
                if client.status == "unavailable":
                    self.assertIn("is not installed; ", client.message)
                    continue
                self.assertEqual(("ok", {}, 1.0), (client.status, client.errors, client.success_ratio))
                self.assertEqual(400, client.requests)
                self.assertEqual(client.sent_requests, client.server_requests)
                self.assertGreater(client.sent_requests, 400)
                self.assertIsNotNone(client.rank)
        self.assertEqual(result.to_dict(), self.storage.get_experiment(result.id).to_dict())

    def test_the_number_of_requests_is_exact(self):
        """Without a warm-up exactly the requests asked for reach the origin in each trial, at any concurrency."""
        for concurrency in (1, 7, 64):
            result = self.conduct(concurrency=concurrency, requests=1000, warmup=0, blocks=1)
            for trial in self.stored(result)[0].trials:
                with self.subTest(trial.contender, concurrency=concurrency):
                    self.assertEqual(1000, trial.server.requests)
                    self.assertEqual({200: 1000}, trial.server.statuses)
                    self.assertEqual((1000, 1000), (trial.sent, sum(part.requests for part in trial.slices)))


class OrderTest(ExperimentCase):
    def order(self, seed: int) -> list[list[tuple[int, str]]]:
        """Who was measured when, block by block: (round, contender)."""
        contenders = ["null:sync", "null:async", "null:sync", "urllib3"]
        result = self.conduct(contenders, seed=seed, blocks=2, slices=4, requests=40, warmup=0)
        parts = [
            [(part.started_s, part.round, trial.contender) for trial in block.trials for part in trial.slices]
            for block in self.stored(result)
        ]
        return [[(number, contender) for _, number, contender in sorted(block)] for block in parts]

    def test_the_seed_decides_the_order(self):
        """The same seed gives the same order, another seed another; a round has each contender once."""
        first = self.order(seed=7)

        self.assertEqual(first, self.order(seed=7))
        self.assertNotEqual(first, self.order(seed=8))
        self.assertNotEqual(first[0], first[1])
        for block in first:
            for number in range(4):
                self.assertCountEqual(
                    ["null:sync", "null:async", "null:sync#2", "urllib3:sync"],
                    [contender for at, contender in block[4 * number : 4 * number + 4] if at == number],
                )


class MisbehavingClientTest(ExperimentCase):
    def setUp(self):
        super().setUp()
        make_known(self, "misbehaving")

    def assert_dropped(self, culprit: str, reason: str, **settings: object) -> None:
        """One that always fails voids the first block twice and is out; the others have all their blocks."""
        result = self.conduct(["urllib3", culprit, "requests"], **SMALL | {"blocks": 2} | settings)

        name = f"{culprit}:sync"
        self.assertEqual([(0, name, False), (0, name, True)], self.witness.void)
        status = {client.contender: client.status for client in result.clients}
        self.assertEqual({"urllib3:sync": "ok", "requests:sync": "ok", name: "failed"}, status)
        failed = next(client for client in result.clients if client.contender == name)
        self.assertRegex(failed.message, reason)
        self.assertEqual(("finished", 2), (result.status, result.blocks))
        for block in self.stored(result):
            self.assertEqual(["urllib3:sync", "requests:sync"], [trial.contender for trial in block.trials])
            self.assertEqual([50, 50], [trial.server.requests for trial in block.trials])
        self.assertEqual([], psutil.Process().children(recursive=True))

    def test_a_client_that_crashes_is_dropped(self):
        """A segmentation fault costs the contender, not the run."""
        self.assert_dropped("crashing", "was killed by signal 11")

    def test_a_client_that_hangs_is_dropped(self):
        """A request that never ends costs the contender, not the run."""
        with mock.patch.object(trial_module, "_GRACE_S", 1.0):
            self.assert_dropped("hanging", "gave no answer within", timeout=1, concurrency=50)

    def test_a_client_that_takes_all_memory_is_dropped(self):
        """When memory runs out the contender is out, and the message says why."""
        self.assert_dropped("hungry", "MemoryError$", concurrency=1)

    def test_a_crash_that_does_not_come_again(self):
        """After one failure the block is repeated with everybody."""
        mark = Path(self.enterContext(tempfile.TemporaryDirectory())) / "mark"
        self.enterContext(mock.patch.dict(os.environ, UNLUCKY_MARK=str(mark)))
        result = self.conduct(["unlucky", "urllib3"], **SMALL | {"blocks": 2})

        self.assertEqual([(0, "unlucky:sync", False)], self.witness.void)
        self.assertEqual({"ok"}, {client.status for client in result.clients})
        self.assertEqual([2, 2], [len(block.trials) for block in self.stored(result)])

    def test_nobody_is_left(self):
        """When every contender fails the experiment has failed, with no block."""
        result = self.conduct(["crashing"], **SMALL)

        self.assertEqual(("failed", 0), (result.status, result.blocks))
        self.assertEqual([("crashing:sync", "failed")], [(one.contender, one.status) for one in result.clients])
        self.assertEqual("failed", self.storage.list_experiments()[0].status)

    def test_a_client_that_prints_does_not_disturb(self):
        """What a client writes to standard output is no answer of its worker."""
        result = self.conduct(["chatty"], **SMALL)

        self.assertEqual([("ok", 50)], [(client.status, client.requests) for client in result.clients])

    def test_a_client_that_claims_work_is_found_out(self):
        """The origin is the witness: for requests that did not arrive there is no rank."""
        result = self.conduct(["idle"], **SMALL)

        self.assertEqual((50, 0), (result.clients[0].sent_requests, result.clients[0].server_requests))
        self.assertIn("unequal-work", [reason.code for reason in result.validity.reasons])
        self.assertEqual(["requests-missing"], [deviation.code for deviation in result.clients[0].work.deviations])
        self.assertIsNone(result.clients[0].rank)
