"""The topologies for users: their compose files hold together, and serve clients over HTTP and HTTPS as they stand."""

import os
import re
import subprocess
import tempfile
import time
import unittest
import urllib.request
import uuid
from collections import Counter
from functools import cache
from pathlib import Path

import yaml

from http_benchmark.benchmark import Experiment
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from tests.containers import TOPOLOGIES, ContainerTestCase, copied_topologies

FILES = sorted(TOPOLOGIES.glob("*.yaml"))
CONTENDERS = ("aiohttp:async", "httpx:sync", "pycurl:async", "requests:sync", "urllib3:sync")
REQUESTS = 30
_PATIENCE_S = 60.0
_IN_TURN = 6  # twice each of the three


@cache
def compose() -> tuple[str, ...] | None:
    """The command that reads compose files here, or None."""
    for words in (("docker", "compose"), ("docker-compose",)):
        try:
            if subprocess.run([*words, "version"], capture_output=True, check=False).returncode == 0:
                return words
        except OSError:
            continue
    return None


class FileTest(unittest.TestCase):
    def test_every_file_is_valid(self):
        """Whatever reads compose files here takes them."""
        if compose() is None:
            self.skipTest("neither docker compose nor docker-compose is installed")
        self.assertEqual(["haproxy.yaml", "httpbin.yaml", "nginx.yaml", "traefik.yaml"], [path.name for path in FILES])
        for path in FILES:
            with self.subTest(path.name):
                done = subprocess.run(
                    [*compose(), "-f", str(path), "config", "--quiet"], capture_output=True, text=True, check=False
                )
                self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_what_is_mounted_is_there(self):
        """Each configuration; the certificates are the user's to make, and nobody's to commit."""
        for path in FILES:
            for service in yaml.safe_load(path.read_text())["services"].values():
                for volume in service.get("volumes", ()):
                    source = volume.split(":")[0]
                    with self.subTest(path.name, source=source):
                        self.assertTrue(source == "./certificates" or (path.parent / source).is_file())
        ignored = (TOPOLOGIES.parents[1] / ".gitignore").read_text().splitlines()
        self.assertIn("/examples/topologies/certificates/", ignored)

    def test_ports_are_on_the_loopback(self):
        """Nobody else can reach them."""
        for path in FILES:
            for service in yaml.safe_load(path.read_text())["services"].values():
                for port in service.get("ports", ()):
                    with self.subTest(path.name, port=port):
                        self.assertTrue(port.startswith("127.0.0.1:"))

    def test_traefik_knows_whom_it_is_told_of(self):
        """Its entry points are those of the command, its servers those of the compose file."""
        services = yaml.safe_load((TOPOLOGIES / "traefik.yaml").read_text())["services"]
        told = yaml.safe_load((TOPOLOGIES / "traefik" / "dynamic.yaml").read_text())["http"]
        entries = set(re.findall(r"--entryPoints\.(\w+)\.", services["front"]["command"]))
        self.assertEqual(entries, {name for router in told["routers"].values() for name in router["entryPoints"]})
        self.assertEqual({*told["services"]}, {router["service"] for router in told["routers"].values()})
        (servers,) = (service["loadBalancer"]["servers"] for service in told["services"].values())
        self.assertEqual([f"http://{name}:8080" for name in ("one", "two", "three")], [one["url"] for one in servers])
        self.assertLessEqual({"one", "two", "three"}, {*services})


class ServingTest(ContainerTestCase):
    """With an image of Debian's packages in the place of the published ones; traefik is none of them."""

    def setUp(self):
        if compose() is None:
            self.skipTest("neither docker compose nor docker-compose is installed")
        self.folder = copied_topologies(Path(self.enterContext(tempfile.TemporaryDirectory())))
        self.servers: Counter[str | None] = Counter()
        self.project = f"http-benchmark-{uuid.uuid4().hex[:8]}"

    def compose(self, name: str, *words: str) -> str:
        images = {f"{server}_IMAGE": self.image for server in ("HTTPBIN", "NGINX", "HAPROXY")}
        done = subprocess.run(
            [*compose(), "--project-name", self.project, "-f", f"{name}.yaml", *words],
            cwd=self.folder,
            env=os.environ | images | {"HTTP_PORT": "0", "HTTPS_PORT": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def start(self, name: str, http: str, https: str) -> tuple[str, str]:
        """Start a topology; the URLs of its two entrances, when all of its servers answer."""
        self.addCleanup(self.compose, name, "down", "--volumes", "--timeout", "2")
        self.compose(name, "up", "--detach")
        plain, secure = (
            self.compose(name, "port", service, port).strip() for service, port in ((http, "8080"), (https, "8443"))
        )
        self.until_answering(f"http://{plain}/get")
        return f"http://{plain}/get", f"https://{secure}/get"

    def until_answering(self, url: str) -> None:
        deadline_s, in_turn = time.monotonic() + _PATIENCE_S, 0
        while in_turn < _IN_TURN:
            self.assertLess(time.monotonic(), deadline_s, url)
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:
                    self.servers[answer.headers["X-Server"]] += 1
                    in_turn += 1
            except OSError:
                in_turn = 0
                time.sleep(0.1)

    def assert_served(self, url: str) -> None:
        configuration = ExperimentConfiguration(
            contenders=CONTENDERS,
            url=url,
            concurrency=4,
            requests=REQUESTS,
            warmup=0,
            blocks=1,
            floor=False,
            seed=1,
            ca=str(self.folder / "certificates" / "client.pem"),
        )
        for client in Experiment(configuration).run().clients:
            with self.subTest(client.contender, url=url):
                self.assertEqual(("ok", REQUESTS, {}), (client.status, client.requests, client.errors), client.message)

    def test_httpbin(self):
        """One server, alone."""
        for url in self.start("httpbin", "http", "https"):
            self.assert_served(url)

    def test_nginx(self):
        """In front of three, each of which answers some."""
        for url in self.start("nginx", "front", "front"):
            self.assert_served(url)
        self.assertEqual(3, len({*self.servers}))

    def test_haproxy(self):
        """In front of three."""
        for url in self.start("haproxy", "front", "front"):
            self.assert_served(url)
