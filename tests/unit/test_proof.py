"""The proof's own parts that need no clock: verdicts, virtual slowdown, a plan without chance, and its page."""

import contextlib
import io
import re
import tempfile
import unittest
from dataclasses import fields
from pathlib import Path

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from proof import gates
from proof.__main__ import EXPERIMENTS, main
from proof.comparisons import FixedOrder, slowed_down
from proof.experiments import Check, Outcome, near
from tests.unit.records import a_block

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"


class CheckTest(unittest.TestCase):
    def test_limits_are_included(self):
        """A figure on a limit passes, one beyond it fails; a limit that is None limits nothing."""
        for measured, expected in ((0.9, Outcome.FAIL), (1, Outcome.PASS), (2, Outcome.PASS), (2.1, Outcome.FAIL)):
            with self.subTest(measured=measured):
                self.assertIs(expected, Check("x", measured, low=1, high=2).outcome)
        self.assertIs(Outcome.PASS, Check("x", 1e9, low=1).outcome)
        self.assertIs(Outcome.PASS, Check("x", -1e9, high=2).outcome)

    def test_an_excuse_replaces_a_failure_only(self):
        """What is right all the same passes."""
        self.assertIs(Outcome.NO_VERDICT, Check("x", 3, high=2, excuse="client-limited").outcome)
        self.assertIs(Outcome.PASS, Check("x", 1, high=2, excuse="client-limited").outcome)

    def test_near(self):
        """10 ± 1 is 9 to 11."""
        self.assertEqual(Check("x", 8, 9, 11, 10), near("x", 8, 10, 1))

    def test_no_figure_is_no_success(self):
        """What could not be measured lies within no limits."""
        self.assertIs(Outcome.FAIL, Check("x", float("nan"), 0, 1).outcome)


class SlowdownTest(unittest.TestCase):
    def test_every_time_of_one_contender_is_multiplied(self):
        """Its times and CPU time are twice as long, the other's as they were."""
        block = a_block(trials=2, slices=1)
        one, other = block.trials
        timed = other.slices[0].model_copy(update={"cpu_s": 1.5, "mean_s": 0.3, "p50_s": 0.2, "max_s": None})
        block = block.model_copy(update={"trials": (one, other.model_copy(update={"slices": (timed,)}))})
        slowed_one, slowed_other = slowed_down(block, other.contender, 2.0).trials

        self.assertEqual(one, slowed_one)
        self.assertEqual(timed.model_copy(update={"cpu_s": 3.0, "mean_s": 0.6, "p50_s": 0.4}), slowed_other.slices[0])


class FixedOrderTest(unittest.TestCase):
    def test_the_order_is_always_that_of_the_contenders(self):
        """Where the plan itself has both orders."""
        plan = Experiment(ExperimentConfiguration(contenders=("null:sync", "null:sync"), seed=1)).plan
        fixed = FixedOrder(**{field.name: getattr(plan, field.name) for field in fields(plan)})
        orders = {tuple(arm.name for arm in plan.round_order(0, number)) for number in range(12)}

        self.assertEqual({("null:sync", "null:sync#2"), ("null:sync#2", "null:sync")}, orders)
        self.assertEqual(
            [["null:sync", "null:sync#2"]] * 12,
            [[arm.name for arm in fixed.round_order(0, number)] for number in range(12)],
        )


class SlowedTreeTest(unittest.TestCase):
    def test_a_slowed_tree_is_the_installed_library_and_more(self):
        """The same files but for one, which still is Python and replaces what sends requests."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        usual, slow = gates._tree(folder / "usual", slow=False), gates._tree(folder / "slow", slow=True)
        changed = [
            path.name
            for path in usual.rglob("*")
            if path.is_file() and path.read_bytes() != (slow / path.relative_to(usual)).read_bytes()
        ]
        module = slow / "urllib3" / "connectionpool.py"

        self.assertEqual(["connectionpool.py"], changed)
        compile(module.read_text(), str(module), "exec")
        self.assertTrue(module.read_text().endswith("HTTPConnectionPool.urlopen = _slow_urlopen\n"))


class PageTest(unittest.TestCase):
    def test_every_question_is_on_the_page(self):
        """K1 to K18 and those of the gate, those that are asked live and those that are tests."""
        text = PAGE.read_text(encoding="utf-8")
        rows = re.findall(r"^\| ([GK]\d+) \|", text.partition("## Questions")[2].partition("\n## ")[0], re.MULTILINE)

        self.assertEqual([*(f"K{number}" for number in range(1, 19)), "G1", "G2", "G3"], rows)
        self.assertLessEqual({id_ for id_ in EXPERIMENTS if id_ != "AA"}, set(rows))

    def test_an_unknown_experiment_is_refused(self):
        """By its name, before anything runs."""
        with self.assertRaises(SystemExit) as refused, contextlib.redirect_stderr(io.StringIO()):
            main(["K99"])
        self.assertEqual(2, refused.exception.code)
