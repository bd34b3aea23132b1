"""Measuring through a forward proxy: everything goes through it, and nobody is blamed for what it does."""

import json
import unittest
from typing import Any

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.capacity import CapacityExperiment
from http_benchmark.clients import known_clients
from http_benchmark.origin.process import OriginProcess
from http_benchmark.slo import Slo
from tests.foreign_clients import make_known
from tests.integration.command_case import CommandCase
from tests.proxy import ProxyProcess

REQUESTS = 30
CONCURRENCY = 3
ABLE = [name for name, client in known_clients().items() if client.proxy]
CANARY = "p%40ss-4711"


class ProxyCase(CommandCase):
    def measure(self, proxy: str, *options: str) -> dict[str, Any]:
        command = ["run", *ABLE, "--proxy", proxy, "--requests", str(REQUESTS), "--slices", "1", "--warmup", "0"]
        command += ["--blocks", "1", "--concurrency", str(CONCURRENCY), "--json", "result.json", *options]
        answer = self.run_command(*command)
        self.assertNotIn(CANARY, answer.stdout + answer.stderr)
        self.assertTrue((self.folder / "result.json").exists(), answer.stderr)
        self.output = answer.stdout
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    def assert_all_well(self, document: dict[str, Any]) -> None:
        """No errors, no deviations, and as many requests at the origin as were ordered."""
        self.assertEqual(7, len(document["clients"]))
        for client in document["clients"]:
            with self.subTest(client["contender"]):
                work = client["work"]
                self.assertEqual(("ok", {}), (client["status"], client["errors"]), client["message"])
                self.assertEqual([], work["deviations"])
                self.assertEqual({"ordered": REQUESTS, "seen": REQUESTS}, work["requests"])
                self.assertEqual({"ordered": None, "seen": None}, work["connections"])


class ForwardingTest(ProxyCase):
    def test_http(self):
        """Each request of each client is asked of the proxy in absolute form, bodies and all; environment or not."""
        with ProxyProcess() as proxy:
            document = self.measure(proxy.url, "--method", "POST", "--url", "/post", "--body-size", "1KiB")

            self.assert_all_well(document)
            self.assertEqual({"forwarded": 7 * REQUESTS}, proxy.counts())
            self.assertEqual(
                7 * REQUESTS * 1024, sum(c["work"]["request_body_bytes"]["seen"] for c in document["clients"])
            )
            self.assertIn(f"through the proxy {proxy.address}", self.output)
            self.assertEqual([], document["floor"])

    def test_exceptions_of_the_environment_do_not_count(self):
        """With NO_PROXY for the target it still goes through the proxy that was asked for."""
        with ProxyProcess() as proxy:
            command = ["run", *ABLE, "--proxy", proxy.url, "--requests", "4", "--slices", "1", "--warmup", "0"]
            answer = self.run_command(*command, "--blocks", "1", NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")

            self.assertEqual(0, answer.returncode, answer.stderr)
            self.assertEqual({"forwarded": 7 * 4}, proxy.counts())

    def test_tls(self):
        """Over TLS each connection is a tunnel, to the origin and to the impostors that nobody trusts."""
        with ProxyProcess() as proxy:
            document = self.measure(proxy.url, "--tls")

            self.assert_all_well(document)
            counts = proxy.counts()
            self.assertEqual(["tunnels"], list(counts))
            self.assertLessEqual(7 * 2, counts["tunnels"])

    def test_credentials(self):
        """They are sent, decoded, in the clear and in tunnels; they come out nowhere."""
        with ProxyProcess("me:p@ss-4711") as proxy:
            url = proxy.url.replace("://", f"://me:{CANARY}@")
            for options in ([], ["--tls"]):
                document = self.measure(url, "--log-file", "run.log", "-vv", *options)

                self.assert_all_well(document)
                self.assertEqual(f"http://***@{proxy.address}", document["configuration"]["proxy"])
            for path in self.folder.iterdir():
                for secret in (CANARY, "p@ss-4711"):
                    self.assertNotIn(secret.encode(), path.read_bytes(), path.name)

    def test_wrong_credentials(self):
        """The proxy's 407 is an error of the request, in a tunnel one of connecting; nobody is blamed for it."""
        for options, kind in ([], "http-4xx"), (["--tls"], "connect"):
            with ProxyProcess("me:other") as proxy:
                document = self.measure(proxy.url.replace("://", f"://me:{CANARY}@"), *options)

                for client in document["clients"]:
                    with self.subTest(client["contender"], options=options):
                        self.assertEqual({kind: REQUESTS}, client["errors"])
                        self.assertEqual([], client["work"]["deviations"])
                self.assertEqual(["refused"], list(proxy.counts()))


class BypassingTest(unittest.TestCase):
    """Who takes a proxy and does not use it is found out beforehand, and who uses it is not accused."""

    def setUp(self):
        make_known(self, "unfair")
        self.proxy = self.enterContext(ProxyProcess())

    def conduct(self, **settings: object) -> None:
        small = {"blocks": 1, "slices": 1, "requests": 20, "warmup": 0, "concurrency": 2, "proxy": self.proxy.url}
        contenders = ("fair", "bypassing", "aiohttp")
        result = Experiment(ExperimentConfiguration(contenders=contenders, **small | settings)).run()

        works = {client.library: client.work for client in result.clients}
        found = {name: [(one.code, one.severity) for one in work.deviations] for name, work in works.items()}
        self.assertEqual({"fair": [], "bypassing": [("proxy-unused", "other-work")], "aiohttp": []}, found)
        self.assertEqual({"ok"}, {client.status for client in result.clients})
        self.assertEqual({"bypassing"}, {client.library for client in result.clients if client.rank is None})
        self.assertEqual(("bypassing:sync",), result.proxy_unused)
        self.assertIn(("bypassing:sync",), [reason.contenders for reason in result.validity.reasons])

    def test_a_run(self):
        """In the clear and over TLS."""
        for tls in (False, True):
            with self.subTest(tls=tls):
                self.conduct(tls=tls)

    def test_a_run_against_another_server(self):
        """Where nothing else is compared."""
        with OriginProcess() as origin:
            self.conduct(url=f"{origin.url}/bytes/10")

    def test_a_capacity(self):
        """There is none."""
        configuration = ExperimentConfiguration(
            contenders=("bypassing",), blocks=1, concurrency=2, duration=0.2, warmup=0.2, proxy=self.proxy.url
        )
        result = CapacityExperiment(configuration, Slo.parse("p50<500ms,errors<1%")).run()

        self.assertEqual(("bypassing:sync",), result.proxy_unused)
        self.assertIsNone(result.contenders[0].capacity_rps)


class RefusalTest(CommandCase):
    def test_refusals(self):
        """One line each: clients without it, HTTP/2, what is no proxy; never with a password."""
        for arguments, complaint in (
            (("requestx", "--proxy", "http://h:1"), "requestx cannot send through a proxy"),
            (("floor", "--proxy", "http://h:1"), "floor cannot send through a proxy"),
            (("null", "--proxy", "http://h:1"), "null cannot send through a proxy"),
            (("httpx+h2", "--proxy", "http://h:1"), "HTTP/2 through a proxy is not offered"),
            (("httpx", "--http", "2", "--proxy", "http://h:1"), "HTTP/2 through a proxy is not offered"),
            (("httpx", "--proxy", f"https://me:{CANARY}@h:1"), "must start with http://"),
            (("httpx", "--proxy", f"me:{CANARY}@h:1"), "must start with http://"),
            (("httpx", "--proxy", f"http://me:a/{CANARY}@h:1"), "proxy"),
            (("httpx", "--proxy", f"http://me:{CANARY}@h"), "must name a host and a port"),
            (("httpx", "--proxy", f"http://{CANARY}@h:1"), "must have a user and a password"),
            (("httpx", "--proxy", "http://h:1/path"), "must have nothing but credentials, host and port"),
        ):
            with self.subTest(arguments):
                answer = self.run_command("run", *arguments, "--plan")

                self.assertEqual(2, answer.returncode)
                self.assertIn(complaint, answer.stderr)
                self.assertEqual(1, len(answer.stderr.strip().splitlines()), answer.stderr)
                self.assertNotIn(CANARY, answer.stdout + answer.stderr)

    def test_a_settings_file_at_fault(self):
        """A value of another type is not repeated, since there may be a password in it."""
        (self.folder / "http-benchmark.toml").write_text(f'proxy = ["http://me:{CANARY}@h:1"]')
        answer = self.run_command("run", "httpx", "--plan", "--config", "http-benchmark.toml")

        self.assertEqual(2, answer.returncode)
        self.assertIn("proxy must be text, got a list", answer.stderr)
        self.assertNotIn(CANARY, answer.stderr)

    def test_plan(self):
        """Both commands say what stands between, without its password; the environment's own proxy does not count."""
        for command in (("run",), ("capacity", "--slo", "p99<1s")):
            with self.subTest(command):
                answer = self.run_command(
                    *command, "httpx", "--plan", HTTP_BENCHMARK_PROXY=f"http://me:{CANARY}@127.0.0.1:9"
                )
                self.assertIn("bundled origin through the proxy 127.0.0.1:9\n", answer.stdout)
                self.assertNotIn(CANARY, answer.stdout + answer.stderr)
                self.assertNotIn("proxy", self.run_command(*command, "httpx", "--plan", HTTP_PROXY="http://h:1").stdout)
