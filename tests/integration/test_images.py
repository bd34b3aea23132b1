"""The images of `docker/`, built without a network and run: who they run as, whether they answer, how they end."""

import json
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from scripts.images import base_image
from tests.containers import ContainerTestCase

ROOT = Path(__file__).parents[2]
PATIENCE_S = 900.0
HEALTHY_WITHIN_S = 120.0
TOKEN = "a-token-of-this-test"
USER = "10001"
REPOSITORY = "http-benchmark-test"
ORIGIN, TOOL = f"{REPOSITORY}:origin", f"{REPOSITORY}:tool"

SERVE_TLS = """
import os, signal
from http_benchmark.origin import encoded
from http_benchmark.origin.main import serve_forever
from http_benchmark.origin.options import OriginOptions

def listening(url, ca_file):
    print(url, ca_file)
    os.kill(os.getpid(), signal.SIGTERM)

serve_forever(options=OriginOptions(tls=True, http2=True), on_listening=listening)
"""


class ImagesTest(ContainerTestCase):
    """Builds both, and removes them with what they were built of."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        base = f"{REPOSITORY}:base"
        cls.addClassCleanup(docker, "rmi", base)
        base_image(base)
        options = ("--network", "none", "--force-rm", "--build-arg", f"BASE={base}")
        for name in ("origin", "tool"):
            for stage, tag in ((("--target", "build"), f"{REPOSITORY}:{name}-build"), ((), f"{REPOSITORY}:{name}")):
                docker("build", *options, *stage, "--file", f"docker/{name}.Dockerfile", "--tag", tag, ".")
                cls.addClassCleanup(docker, "rmi", tag)

    def test_the_origin_serves(self):
        """It gets healthy, answers, runs as an ordinary user, and ends when it is told to."""
        container = self.start(ORIGIN)
        address = self.address_when_healthy(container)

        with urlopen(f"http://{address}:8080/bytes/1000") as answer:
            self.assertEqual(1000, len(answer.read()))
        self.check_that_it_is_nobody(container)
        self.check_that_it_ends(container)

    def test_the_origin_is_whole(self):
        """It has what HTTP/2, TLS and every encoding need, too."""
        listening = docker("run", "--rm", "--entrypoint", "python", ORIGIN, "-c", SERVE_TLS)
        self.assertRegex(listening, r"^https://127\.0\.0\.1:\d+ /")

    def test_the_tool_measures(self):
        """A run against the origin inside ends with an answer, and is saved where its user may write."""
        arguments = ("aiohttp", "pycurl", "--requests", "20", "--warmup", "0", "--blocks", "1", "--json", "-")
        answer = json.loads(docker("run", "--rm", "--no-healthcheck", TOOL, "run", *arguments))

        self.assertEqual(["ok"] * 3, [client["status"] for client in answer["clients"]])

    def test_the_tool_serves_the_dashboard(self):
        """By default, to who has the token; it gets healthy, runs as an ordinary user, and ends when it is told to."""
        container = self.start("--env", f"HTTP_BENCHMARK_TOKEN={TOKEN}", TOOL)
        experiments = f"http://{self.address_when_healthy(container)}:8000/api/v1/experiments"

        with self.assertRaises(HTTPError) as refused:
            urlopen(experiments)
        refused.exception.close()
        self.assertEqual(401, refused.exception.code)
        with urlopen(Request(experiments, headers={"Authorization": f"Bearer {TOKEN}"})) as answer:
            self.assertEqual(200, answer.status)
        self.check_that_it_is_nobody(container)
        self.check_that_it_ends(container)

    def test_without_a_token_the_tool_does_not_serve(self):
        """It says what is missing."""
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            docker("run", "--rm", TOOL)

        self.assertEqual(2, refused.exception.returncode)
        self.assertIn("HTTP_BENCHMARK_TOKEN", refused.exception.stderr)

    def start(self, *arguments: str) -> str:
        """Start a container that asks for its health all the time; return its ID."""
        container = docker("run", "--detach", "--health-interval=1s", *arguments)
        self.addCleanup(docker, "rm", "--force", container)
        return container

    def address_when_healthy(self, container: str) -> str:
        latest_s = time.monotonic() + HEALTHY_WITHIN_S
        while (state := self.state(container))["Health"]["Status"] != "healthy" and time.monotonic() < latest_s:
            time.sleep(0.2)
        self.assertEqual("healthy", state["Health"]["Status"], state)
        return docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", container)

    def state(self, container: str) -> dict:
        return json.loads(docker("inspect", "--format", "{{json .State}}", container))

    def check_that_it_ends(self, container: str) -> None:
        """At once when it is told to, and in order."""
        docker("stop", "--time", "60", container)
        self.assertEqual(0, self.state(container)["ExitCode"])

    def check_that_it_is_nobody(self, container: str) -> None:
        self.assertEqual(USER, docker("exec", container, "id", "-u"))
        with self.assertRaises(subprocess.CalledProcessError):
            docker("exec", container, "touch", "/opt/http-benchmark/mine")


def docker(*arguments: str) -> str:
    """What the engine answers."""
    command = ["docker", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    return done.stdout.strip()
