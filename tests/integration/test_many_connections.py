"""Thousands of connections, and connections that are spread over addresses, with real clients and origins."""

import unittest
from urllib.parse import urlsplit

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.clients import installed_clients
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.load.schedule import Stop
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from http_benchmark.targets import BundledTarget
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Open, Run

CONNECTIONS = 5_000


class ManyConnectionsTest(unittest.TestCase):
    def test_five_thousand_open_requests(self):
        """Each connection is opened once and kept, nothing fails, nothing is lost."""
        configuration = ExperimentConfiguration(
            contenders=("pycurl:async",),
            url="/delay/0.5",
            concurrency=CONNECTIONS,
            requests=2 * CONNECTIONS,
            warmup=0.01,
            blocks=1,
            floor=False,
        )
        experiment = Experiment(configuration)
        result = experiment.run()

        (client,) = result.clients
        self.assertEqual(("ok", {}, 2 * CONNECTIONS), (client.status, client.errors, client.requests))
        self.assertEqual(client.sent_requests, client.server_requests)
        self.assertEqual(CONNECTIONS, client.connections_opened)
        self.assertEqual("trials", result.turns)
        self.assertGreater(client.life_cycle.connect_all_s.estimate, 0.5)
        self.assertGreater(client.origin_memory_bytes, 0)


class SpreadTest(unittest.TestCase):
    def test_every_client_spreads_its_connections(self):
        """Of six requests in flight three go to each of two hosts, over no more than six connections, all kept."""
        with OriginProcess() as one, OriginProcess() as other:
            for name, capabilities in installed_clients().items():
                for mode in capabilities.modes:
                    with self.subTest(name, mode=mode):
                        before = [origin.counts() for origin in (one, other)]
                        send(name, mode, (one.url, other.url))
                        seen = [origin.counts() - earlier for origin, earlier in zip((one, other), before, strict=True)]

                        self.assertEqual({200: 600}, (seen[0] + seen[1]).statuses)
                        for counts in seen:
                            self.assertGreater(counts.requests, 60)
                            self.assertLessEqual(counts.connections, 3)

    def test_several_processes_count_as_one(self):
        """Two processes with two addresses each: what they counted, and their memory, is added up."""
        with BundledTarget("", "", (), OriginOptions(addresses=2, processes=2)) as target:
            hosts = [urlsplit(origin).hostname for origin in target.origins]
            self.assertEqual(["127.0.0.1", "127.0.0.2", "127.0.1.1", "127.0.1.2"], hosts)
            self.assertEqual((4, 2), (target.description.addresses, target.description.processes))
            send("urllib3", "sync", target.origins)

            self.assertEqual((600, {200: 600}), (target.counts().requests, target.counts().statuses))
            self.assertGreater(target.memory_bytes(), 2 * 10 * 1024**2)


def send(name: str, mode: str, origins: tuple[str, ...]) -> None:
    """Have a client send 600 requests, six of them in flight at a time."""
    capabilities = installed_clients()[name]
    request = Request("GET", f"{origins[0]}/delay/0.002")
    options = ClientOptions(concurrency=6, hosts=len(origins))
    with WorkerProcess("a contender") as worker:
        worker.open(Open(capabilities.module, capabilities.modes[mode], options, request, origins=origins))
        worker.opened()
        worker.start(Run(Stop(requests=600)))
        worker.ran(60.0, lambda _: None)
        worker.finish()
