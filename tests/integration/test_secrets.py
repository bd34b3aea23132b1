"""A canary in URL and header must not come out anywhere."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from http_benchmark.benchmark import BenchmarkConfiguration, BenchmarkRunner, Experiment, ExperimentConfiguration
from http_benchmark.clients import installed_clients
from http_benchmark.origin.process import OriginProcess

CANARY = "canary-4711"


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
                f"X-Custom: {CANARY}",
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
        self.assertEqual([["X-Custom", "***"]], document["configuration"]["headers"])

    def test_every_client_is_let_in_alike(self):
        """User and password of a URL, and references to secrets, reach the server from every client."""
        os.environ["CANARY"] = CANARY
        self.addCleanup(os.environ.pop, "CANARY")
        for user_info in (f"me:{CANARY}", "me:${env:CANARY}"):
            url = f"http://{user_info}@{self.origin.url.removeprefix('http://')}/basic-auth/me/{CANARY}"
            configuration = ExperimentConfiguration(
                contenders=[*installed_clients()], url=url, requests=2, warmup=0, blocks=1, floor=False
            )
            result = Experiment(configuration).run()

            self.assertEqual({}, {client.contender: client.errors for client in result.clients if client.errors})

    def test_the_snapshot_of_a_benchmark_has_it_not(self):
        """What is stored with a result is masked; the user's own object is left as it is."""
        config = BenchmarkConfiguration(
            self.secret_url(), headers={"X-Custom": CANARY}, total_requests=2, client_library="urllib3"
        )
        result = BenchmarkRunner(config).run()

        self.assertNotIn(CANARY, str(result.to_dict()))
        self.assertIn(CANARY, config.target_url)
