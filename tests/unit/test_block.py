"""Who is there with whom in a block, and in which order things happen."""

import unittest
from typing import Any, Self
from unittest import mock

from http_benchmark import block as block_module
from http_benchmark.block import TrialFailedError, run_block
from http_benchmark.clients import known_clients
from http_benchmark.errors import WorkerError
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.plan import Arm
from http_benchmark.planning import make_plan
from http_benchmark.targets import NO_TARGET
from tests.records import make_slice, make_trial

NAMES = ("null:sync", "null:async", "floor:async")


class FakeTrial:
    """Notes what it is told; its processes are there from `open` until the context is left."""

    log: list[tuple[str, str]]
    failing: str

    def __init__(self, arm: Arm, *_: object) -> None:
        self.name = arm.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.note("end")

    def note(self, what: str) -> None:
        FakeTrial.log.append((self.name, what))

    def open(self) -> None:
        self.note("open")

    def opened(self) -> None:
        if self.name == FakeTrial.failing:
            raise WorkerError("ended with exit code 1")

    def warm_up(self) -> None:
        self.note("warm up")

    def expected_s(self, _: object) -> float:
        return 0.1

    def measure(self, _: object, *, round_number: int, position: int, started_s: float, deck: int) -> Any:
        self.note(f"slice {round_number} at {position}")
        return make_slice(started_s=started_s + deck)

    def finish(self) -> Any:
        self.note("finish")
        return make_trial(self.name)


class BlockTest(unittest.TestCase):
    def measured(self, failing: str = "", **configuration: Any) -> tuple[BlockRecord, list[tuple[str, str]]]:
        known = known_clients()
        arms = [Arm(named, known[named.library], "1") for named in map(Contender.parse, NAMES)]
        plan = make_plan(ExperimentConfiguration(slices=2, **configuration), arms, seed=3)
        FakeTrial.log, FakeTrial.failing = [], failing
        with mock.patch.object(block_module, "Trial", FakeTrial):
            record = run_block(plan, 0, target=NO_TARGET, experiment_started_s=0.0, on_slice=lambda *_: None)
        return record, FakeTrial.log

    def test_contenders_take_turns_in_slices(self):
        """All are there and warmed up before the first slice; a round has each once, in places 0, 1 and 2."""
        record, log = self.measured(concurrency=4_000)
        steps = [what for _, what in log]

        self.assertEqual(NAMES, tuple(trial.contender for trial in record.trials))
        self.assertEqual(["open"] * 3 + ["warm up"] * 3, steps[:6])
        self.assertEqual([f"slice {number} at {place}" for number in (0, 1) for place in (0, 1, 2)], steps[6:12])
        self.assertEqual(["finish"] * 3 + ["end"] * 3, steps[12:])
        for start in (6, 9):
            self.assertCountEqual(NAMES, [name for name, _ in log[start : start + 3]])

    def test_with_very_many_connections_one_goes_before_the_next_comes(self):
        """From start to end alone, in an order that is the seed's; the record has them as they were named."""
        record, log = self.measured(concurrency=4_001)

        self.assertEqual(NAMES, tuple(trial.contender for trial in record.trials))
        order = [log[start][0] for start in (0, 6, 12)]
        self.assertCountEqual(NAMES, order)
        self.assertNotEqual(list(NAMES), order)
        for place, name in enumerate(order):
            self.assertEqual(
                [
                    (name, step)
                    for step in ("open", "warm up", f"slice 0 at {place}", f"slice 1 at {place}", "finish", "end")
                ],
                log[6 * place : 6 * place + 6],
            )

    def test_who_fails_is_named_and_nobody_is_left(self):
        """Whether the others are there or not."""
        for concurrency in (10, 5_000):
            with self.subTest(concurrency), self.assertRaisesRegex(TrialFailedError, "floor:async: ended with exit"):
                self.measured(failing="floor:async", concurrency=concurrency)
            started = {name for name, what in FakeTrial.log if what == "open"}
            self.assertCountEqual(started, [name for name, what in FakeTrial.log if what == "end"])
