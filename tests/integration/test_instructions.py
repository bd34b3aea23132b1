"""Instructions counted by valgrind, of the client that answers by itself; skipped where valgrind is not."""

import json
import shutil
import unittest
from pathlib import Path
from unittest import mock

from http_benchmark.benchmark import ExperimentConfiguration
from http_benchmark.errors import ConfigurationError
from http_benchmark.instruction_gate import InstructionGate
from http_benchmark.models.gate import GateResult
from http_benchmark.worker import counting
from tests.integration.command_case import CommandCase

HAS_VALGRIND = shutil.which("valgrind") is not None


class InstructionsTest(unittest.TestCase):
    @unittest.skipUnless(HAS_VALGRIND, "valgrind is not installed")
    def test_a_client_against_itself(self):
        """Sync and async: the same counts on both sides, and the requests themselves are what is counted.

        Even where Python has not compiled what it imports, as with a source tree that was just changed.
        """
        for compiled in Path(counting.__file__).parent.glob("__pycache__/counting.*.pyc"):
            compiled.unlink(missing_ok=True)
        self.enterContext(mock.patch("http_benchmark.instruction_gate.REPEATS", 1))
        for mode in ("sync", "async"):
            with self.subTest(mode):
                configuration = ExperimentConfiguration(url="http://127.0.0.1:9/", seed=1)
                result = InstructionGate(f"null:{mode}", f"null:{mode}", configuration).run()
                (metric,) = result.metrics

                self.assertEqual(("pass", "instructions"), (result.outcome, metric.metric))
                self.assertAlmostEqual(0.0, metric.judgements[0].effect_percent, delta=0.5)
                self.assertGreater(metric.judgements[0].baseline, 100)
                self.assertLess(metric.judgements[0].baseline, 100_000)
                self.assertEqual(result, GateResult.from_dict(json.loads(json.dumps(result.to_dict()))))

    def test_one_request_only(self):
        """What is random or timed cannot be counted; without valgrind nothing can."""
        configuration = ExperimentConfiguration(rate="100/s")
        with mock.patch("shutil.which", return_value="/bin/true"), self.assertRaisesRegex(ConfigurationError, "rate"):
            InstructionGate("urllib3", "urllib3", configuration)
        with mock.patch("shutil.which", return_value=None), self.assertRaisesRegex(ConfigurationError, "apt-get"):
            InstructionGate("urllib3", "urllib3", configuration)


class CommandTest(CommandCase):
    def test_what_contradicts(self):
        """Instructions are the only metric then."""
        done = self.run_command("gate", "urllib3", "urllib3", "--instructions", "--metric", "p50")

        self.assertEqual(2, done.returncode)
        self.assertIn("metric p50 and instructions contradict each other", done.stderr)
