"""A canary in URL and header must not come out anywhere."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from http_benchmark.benchmark import BenchmarkConfiguration, BenchmarkRunner
from http_benchmark.clients import installed_clients
from http_benchmark.origin.process import OriginProcess
from http_benchmark.redaction import shareable

CANARY = "canary-4711"


class ShareableTest(unittest.TestCase):
    def test_secret_headers_are_masked_by_name(self):
        """Names stay; values of headers that carry credentials do not, in either form of headers."""
        pairs = [["Accept", "*/*"], ["Authorization", CANARY], ["X-Api-Key", CANARY], ["Cookie", CANARY]]
        masked = [["Accept", "*/*"], ["Authorization", "***"], ["X-Api-Key", "***"], ["Cookie", "***"]]

        self.assertEqual(masked, shareable({"headers": pairs})["headers"])
        self.assertEqual(dict(masked), shareable({"headers": dict(pairs)})["headers"])

    def test_passwords_in_urls_are_masked(self):
        """For experiments and for benchmarks."""
        for name in ("url", "target_url"):
            self.assertEqual({name: "http://***@host/"}, shareable({name: f"http://me:{CANARY}@host/"}))


class CanaryTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.origin = self.enterContext(OriginProcess())

    def secret_url(self, port_of_nobody: bool = False) -> str:
        address = "127.0.0.1:1" if port_of_nobody else self.origin.url.removeprefix("http://")
        return f"http://me:{CANARY}@{address}/get"

    def test_no_artefact_of_a_run_has_it(self):
        """Not the terminal, the log, the JSON or the database; neither when all is well nor when requests fail."""
        for number, url in enumerate((self.secret_url(), self.secret_url(port_of_nobody=True))):
            command = [sys.executable, "-m", "http_benchmark", "run", *installed_clients(), "--url", url, "-vv"]
            command += [
                "--header",
                f"Authorization: Bearer {CANARY}",
                "--requests",
                "4",
                "--warmup",
                "0",
                "--blocks",
                "1",
            ]
            command += ["--json", str(self.folder / f"{number}.json"), "--log-file", str(self.folder / f"{number}.log")]
            command += ["--database", str(self.folder / f"{number}.db")]
            answer = subprocess.run(command, check=False, capture_output=True, text=True)

            self.assertIn(answer.returncode, (0, 4), answer.stderr)
            self.assertNotIn(CANARY, answer.stdout + answer.stderr)
        for path in self.folder.iterdir():
            self.assertNotIn(CANARY.encode(), path.read_bytes(), path.name)
        document = json.loads((self.folder / "0.json").read_text(encoding="utf-8"))
        self.assertEqual([["Authorization", "***"]], document["configuration"]["headers"])

    def test_the_snapshot_of_a_benchmark_has_it_not(self):
        """What is stored with a result is masked; the user's own object is left as it is."""
        config = BenchmarkConfiguration(
            self.secret_url(), headers={"Authorization": CANARY}, total_requests=2, client_library="urllib3"
        )
        result = BenchmarkRunner(config).run()

        self.assertNotIn(CANARY, str(result.to_dict()))
        self.assertIn(CANARY, config.target_url)
