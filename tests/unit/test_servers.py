"""Several servers put together: figures side by side, ratios, verdicts; and how they are asked for."""

from unittest import TestCase

from http_benchmark.config import Settings
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment import Estimate, Reason, Validity
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.servers import ServersExperiment
from http_benchmark.stats.servers import about_servers, side_by_side, with_busy_clients
from tests.records import make_blocks, make_result

FACTORS = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.2]
"""Of the machine's speed, block by block: what changes for one server changes for all."""


def servers(costs: dict[str, dict[str, float]]):
    """Seven blocks per server; each contender's cost in ms, times the machine's factor."""
    blocks = {
        server: make_blocks({name: [cost * factor for factor in FACTORS] for name, cost in of.items()})
        for server, of in costs.items()
    }
    return {server: make_result(made) for server, made in blocks.items()}, blocks


class SideBySideTest(TestCase):
    def test_ratios_come_from_each_block(self):
        """Twice as fast in every block, however much the machine's speed changes: the interval has no width."""
        [one] = side_by_side(*servers({"slow": {"a:sync": 2.0}, "fast": {"a:sync": 1.0}}), "throughput_rps")
        [ratio] = one.ratios

        self.assertEqual(("fast", True), (ratio.server, ratio.separated))
        for figure in (ratio.ratio.estimate, ratio.ratio.low, ratio.ratio.high):
            self.assertAlmostEqual(2.0, figure)
        self.assertEqual(["slow", "fast"], [point.server for point in one.points])
        self.assertAlmostEqual(500 / 1.025, one.points[0].throughput_rps.estimate, delta=15)

    def test_p99(self):
        """In the open model the server with the longer p99 has the larger ratio."""
        [one] = side_by_side(*servers({"fast": {"a:sync": 1.0}, "slow": {"a:sync": 3.0}}), "p99")

        self.assertAlmostEqual(3.0, one.ratios[0].ratio.estimate, delta=0.01)

    def test_equal_servers_cannot_be_told_apart(self):
        """The same cost, once up and once down by chance."""
        results, blocks = servers({"one": {"a:sync": 1.0}})
        other = make_blocks({"a:sync": [cost * (1.01 if n % 2 else 0.99) for n, cost in enumerate(FACTORS)]})
        [one] = side_by_side(results | {"two": make_result(other)}, blocks | {"two": other}, "throughput_rps")

        self.assertFalse(one.ratios[0].separated)

    def test_fastest_on_the_first_server_first(self):
        """Contenders in order of their throughput where all are compared with."""
        found = side_by_side(
            *servers({"one": {"a:sync": 2.0, "b:sync": 1.0}, "two": {"a:sync": 0.1, "b:sync": 1.0}}), "throughput_rps"
        )

        self.assertEqual(["b:sync", "a:sync"], [one.contender for one in found])

    def test_who_is_missing_on_a_server(self):
        """A contender without figures on the first server has no ratio; on another one, it lacks that one's."""
        costs = {"one": {"a:sync": 1.0}, "two": {"a:sync": 1.0, "b:sync": 1.0}, "three": {"b:sync": 1.0}}
        found = {one.contender: one for one in side_by_side(*servers(costs), "throughput_rps")}

        self.assertEqual(["two"], [ratio.server for ratio in found["a:sync"].ratios])
        self.assertEqual((), found["b:sync"].ratios)


class ValidityTest(TestCase):
    def test_a_server_that_sets_the_speed_is_wanted(self):
        """What makes a ranking of clients suspect is left out, and nothing else."""
        idle = Reason(code="client-idle", severity="suspect", message="idle")
        noisy = Reason(code="machine-busy", severity="suspect", message="busy")
        limited = Reason(code="server-limited", severity="invalid", message="limited")

        self.assertEqual("valid", about_servers(Validity(verdict="invalid", reasons=(idle, limited))).verdict)
        left = about_servers(Validity(verdict="invalid", reasons=(idle, noisy, limited)))
        self.assertEqual(("suspect", (noisy,)), (left.verdict, left.reasons))

    def test_a_client_that_is_the_limit_everywhere(self):
        """Takes a whole core on each server, so it cannot tell them apart; on one of them alone, it can."""
        busy, idle = side_by_side(
            *servers({"one": {"a:sync": 2.0, "b:sync": 1.0}, "two": {"a:sync": 2.0, "b:sync": 1.0}}), "throughput_rps"
        )
        waiting = idle.points[1].model_copy(update={"cpu_s_per_1k": Estimate(estimate=0.5)})
        idle = idle.model_copy(update={"points": (idle.points[0], waiting)})

        found = with_busy_clients(Validity(), (idle, busy))
        [reason] = found.reasons
        self.assertEqual(("suspect", "client-limited"), (found.verdict, reason.code))
        self.assertEqual((busy.contender,), reason.contenders)
        self.assertAlmostEqual(1.0, reason.value, delta=0.03)
        self.assertEqual(Validity(), with_busy_clients(Validity(), (idle,)))
        self.assertEqual("invalid", with_busy_clients(Validity(verdict="invalid"), (busy,)).verdict)


class AskedForTest(TestCase):
    def test_several(self):
        """Each has its own configuration; the path and the port of containers are those of all that they concern."""
        settings = Settings.load(
            {"target": ("bundled", "docker:nginx", "http://127.0.0.1:81/"), "url": "/get", "target_port": "80"}
        )
        aims = {name: (one.target, one.target_port, str(one.url)) for name, one in settings.servers.items()}

        self.assertEqual(
            {
                "bundled": (None, None, "/get"),
                "docker:nginx": ("docker:nginx", 80, "/get"),
                "http://127.0.0.1:81/": (None, None, "http://127.0.0.1:81/get"),
            },
            aims,
        )

    def test_one(self):
        """A single server is an experiment as ever, by whichever name."""
        for given, expected in (
            (("bundled",), (None, "/get")),
            (("docker:nginx",), ("docker:nginx", "/get")),
            (("http://127.0.0.1:81",), (None, "http://127.0.0.1:81/get")),
            ("http://127.0.0.1:81", (None, "http://127.0.0.1:81/get")),
        ):
            with self.subTest(given):
                settings = Settings.load({"target": given, "url": "/get"})
                self.assertEqual(expected, (settings.target, str(settings.url)))
                self.assertEqual({}, settings.servers)

    def test_mistakes(self):
        """Told with what to do."""
        for values, message in (
            ({"target": ("bundled", "docker:nginx")}, "several targets are asked for the same path"),
            (
                {"target": ("bundled", "docker:nginx"), "url": "http://a/"},
                "several targets are asked for the same path",
            ),
            ({"target": ("bundled", "bundled"), "url": "/"}, "target has a server twice"),
            ({"target": ("http://a", "http://a/"), "url": "/"}, "target has a server twice"),
            (
                {"target": ("bundled", "docker:nginx"), "url": "/", "concurrency": "1,8"},
                "are two questions, got 1, 8 and bundled, docker:nginx; give one concurrency or one target",
            ),
            ({"target": ("http://a/b",), "url": "/"}, "target must be a server's address alone"),
            ({"target": ("http://u:p@a",), "url": "/"}, "target must be a server's address alone"),
            ({"target": ("http://a",), "url": "http://b/"}, "target http://a and url contradict each other"),
            ({"target": ("podman:nginx", "bundled"), "url": "/"}, "target must be bundled or docker:IMAGE"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ConfigurationError, message):
                Settings.load(values)

    def test_what_may_differ(self):
        """Servers are compared on one workload, under one load."""
        configurations = {
            "one": ExperimentConfiguration(contenders=("urllib3",), url="http://127.0.0.1:9/", concurrency=1),
            "two": ExperimentConfiguration(contenders=("urllib3",), url="http://127.0.0.1:8/", concurrency=2),
        }
        with self.assertRaisesRegex(ConfigurationError, "concurrency must be the same for all servers"):
            ServersExperiment(configurations)
        with self.assertRaisesRegex(ConfigurationError, "at least two"):
            ServersExperiment({"one": configurations["one"]})
