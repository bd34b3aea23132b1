"""Every client against servers that others wrote: httpbin under gunicorn, nginx, and haproxy in front of three."""

import csv
import json
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter

from http_benchmark.benchmark import Experiment
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from tests.containers import HAPROXY, HTTPBIN, NGINX, ContainerTestCase, address_of

CONTENDERS = (
    "aiohttp:async",
    "httpx:async",
    "httpx:sync",
    "pycurl:async",
    "pycurl:sync",
    "requests:sync",
    "requestx:async",
    "requestx:sync",
    "urllib3:sync",
)
REQUESTS = 30
CONCURRENCY = 4
BODY = "x" * 1000


def measured(url: str, **settings) -> ExperimentResult:
    """All clients, one block with exactly as many requests as asked for, and none besides."""
    configuration = ExperimentConfiguration(
        contenders=CONTENDERS,
        url=url,
        concurrency=CONCURRENCY,
        requests=REQUESTS,
        warmup=0,
        blocks=1,
        floor=False,
        seed=1,
        **settings,
    )
    return Experiment(configuration).run()


class _ClientsCase(ContainerTestCase):
    def assert_served(self, result: ExperimentResult) -> None:
        """Each contender sent all its requests, and all were answered."""
        self.assertEqual({*CONTENDERS}, {client.contender for client in result.clients})
        for client in result.clients:
            with self.subTest(client.contender):
                self.assertEqual(("ok", REQUESTS, {}), (client.status, client.requests, client.errors), client.message)


class HttpbinTest(_ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.url = address_of(cls.server(HTTPBIN))

    def test_get(self):
        """What httpbin echoes reaches every client."""
        self.assert_served(measured(f"{self.url}/get"))

    def test_post(self):
        """Bodies of 10 KiB are taken, and come back inside its JSON, which every client reads."""
        self.assert_served(measured(f"{self.url}/post", method="POST", body_size="10KiB"))

    def test_headers(self):
        """With a header that was ordered, without which httpbin answers 401."""
        self.assert_served(measured(f"{self.url}/bearer", headers=(("Authorization", "Bearer abc"),)))

    def test_errors(self):
        """A status of 418 is an error of every client."""
        for client in measured(f"{self.url}/status/418").clients:
            with self.subTest(client.contender):
                self.assertEqual({"http-4xx": REQUESTS}, client.errors)

    def test_content_codings(self):
        """Gzip and deflate are undone by those who say that they accept them."""
        for coding in ("gzip", "deflate"):
            with self.subTest(coding):
                self.assert_served(measured(f"{self.url}/{coding}"))


class NginxTest(_ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.container = cls.server(NGINX)
        cls.url = address_of(cls.container)

    def witnessed(self) -> list[list[str]]:
        """What nginx wrote down so far, up to a request that marks the end of it.

        Connection, method, path, status, length of the body that was announced, and header X-Asked.

        The engine hands on what a container writes a little later, so that the log of now may lack the last lines.
        """
        mark = f"/mark-{uuid.uuid4().hex}"
        with self.assertRaises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{self.url}{mark}", timeout=10)
        for _ in range(100):
            lines = [line.split()[1:] for line in self.log() if line.startswith("witness ")]
            if any(line[2] == mark for line in lines):
                return [line for line in lines if not line[2].startswith("/mark-")]
            time.sleep(0.1)
        raise AssertionError("nginx never wrote down the request that marks the end")

    def log(self) -> list[str]:
        return self.container.get_logs()[0].decode().splitlines()

    def test_the_log_has_every_request(self):
        """As many as were ordered of each client arrive, over no more connections than its pool may hold."""
        before = len(self.witnessed())
        headers = (("X-Asked", "by-a-test"),)
        self.assert_served(measured(f"{self.url}/post", method="POST", body=BODY, headers=headers))
        came = self.witnessed()[before:]
        expected = ("POST", "/post", "201", str(len(BODY)), "by-a-test")
        self.assertEqual({expected: len(CONTENDERS) * REQUESTS}, Counter(tuple(line[1:]) for line in came))
        self.assertLessEqual(len({line[0] for line in came}), len(CONTENDERS) * CONCURRENCY)

    def test_a_busy_server(self):
        """503 is an error, and is not sent again unless that is asked for."""
        before = len(self.witnessed())
        for client in measured(f"{self.url}/busy").clients:
            with self.subTest(client.contender):
                self.assertEqual({"http-5xx": REQUESTS}, client.errors)
        came = self.witnessed()[before:]
        self.assertEqual(
            {("GET", "/busy", "503"): len(CONTENDERS) * REQUESTS}, Counter(tuple(line[1:4]) for line in came)
        )


class HaproxyTest(_ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        network = cls.network()
        for name in ("one", "two", "three"):
            cls.server(HTTPBIN, network=network, alias=name)
        cls.url = address_of(cls.server(HAPROXY, network=network, alias="front"))

    def served(self) -> dict[str, int]:
        """How many requests each of the three has answered."""
        with urllib.request.urlopen(f"{self.url}/stats;csv", timeout=10) as answer:
            rows = csv.DictReader(answer.read().decode().removeprefix("# ").splitlines())
            return {row["svname"]: int(row["hrsp_2xx"]) for row in rows if row["svname"] in ("one", "two", "three")}

    def test_turns(self):
        """Requests of connections that are kept go to the three in turn."""
        before = self.served()
        self.assert_served(measured(f"{self.url}/get"))
        counts = [count - before[name] for name, count in self.served().items()]
        self.assertEqual(len(CONTENDERS) * REQUESTS, sum(counts))
        self.assertLessEqual(max(counts) - min(counts), 1, "roundrobin")

    def test_the_whole_answer(self):
        """Through the balancer, too, httpbin's echo names the client as it was set up."""
        with urllib.request.urlopen(f"{self.url}/get", timeout=10) as answer:
            self.assertEqual(f"{self.url}/get", json.load(answer)["url"])
