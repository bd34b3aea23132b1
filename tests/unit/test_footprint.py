"""What a run takes of the system: where it is spread, and what is said when something is lacking."""

import unittest
from dataclasses import replace
from typing import Any

from http_benchmark.clients import known_clients
from http_benchmark.errors import ConfigurationError
from http_benchmark.footprint import fitted
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.plan import Arm, Plan
from http_benchmark.planning import make_plan
from http_benchmark.utils.allowance import Allowance, Ceiling
from http_benchmark.utils.machine import Ports

ROOMY = Allowance(
    files=Ceiling(20_000, "ulimit -Hn"),
    threads=Ceiling(30_000, "kernel.pid_max"),
    ports=Ports(range=28_000, in_use=0, waiting=0),
    backlog=Ceiling(4096, "net.core.somaxconn"),
    memory_bytes=16 * 1024**3,
    many_addresses=True,
)
NOT_LINUX = replace(ROOMY, threads=None, backlog=None, many_addresses=False)
FOREIGN = "http://127.0.0.1:1/"


def plan(*contenders: str, **configuration: Any) -> Plan:
    known = known_clients()
    arms = [Arm(named, known[named.library], "1") for named in map(Contender.parse, contenders)]
    return make_plan(ExperimentConfiguration(**configuration), arms, seed=1)


TEN_THOUSAND = plan("aiohttp:async", "pycurl:async", concurrency=10_000, url="/delay/1")


class SpreadTest(unittest.TestCase):
    def spread(self, wanted: Plan, allowed: Allowance = ROOMY) -> tuple[int, int]:
        """Addresses of each process, and processes."""
        origin = fitted(wanted, allowed).origin
        return origin.addresses, origin.processes

    def test_few_connections_need_one_address(self):
        """Nine contenders with ten connections each leave nearly all ports alone; a foreign server has one address."""
        self.assertEqual((1, 1), self.spread(plan(*["null:sync"] * 9)))
        self.assertEqual((1, 1), self.spread(replace(TEN_THOUSAND, bundled=False)))

    def test_many_connections_are_spread_where_ports_run_out(self):
        """Two contenders take 20,000 ports in a block; no more than half of 28,000 may go to one address."""
        self.assertEqual((2, 1), self.spread(TEN_THOUSAND))
        self.assertEqual((1, 1), self.spread(replace(TEN_THOUSAND, arms=TEN_THOUSAND.arms[:1])))

    def test_ports_stay_taken_for_a_minute(self):
        """Of blocks that last a second sixty are over by then, unless there are fewer."""
        short = plan("null:async", concurrency=1000, requests=1, slices=1, warmup=0, blocks=100)
        blocks = 60 / short.block_s

        self.assertGreater(blocks, 100)
        self.assertEqual((8, 1), self.spread(short))  # 100,000 of 14,000 each
        self.assertEqual((1, 1), self.spread(replace(short, blocks=14)))
        self.assertEqual((2, 1), self.spread(replace(short, blocks=15)))

    def test_one_process_holds_as_many_as_it_may_open_files(self):
        """Six contenders with 4,000 connections each beside each other are 24,000: two processes of 19,872."""
        six = plan(*["null:async"] * 6, concurrency=4_000, blocks=1, slices=1)

        self.assertEqual((1, 2), self.spread(six))
        self.assertEqual((1, 1), self.spread(replace(six, arms=six.arms[:3])))

    def test_unknown_limits_spread_nothing(self):
        """Where the system does not tell, or has no further addresses, the plan stays as it is."""
        self.assertEqual((1, 1), self.spread(TEN_THOUSAND, Allowance()))
        self.assertEqual((1, 1), self.spread(TEN_THOUSAND, NOT_LINUX))


class RefusalTest(unittest.TestCase):
    def faults(self, wanted: Plan, **allowed: Any) -> list[str]:
        with self.assertRaises(ConfigurationError) as caught:
            fitted(wanted, replace(ROOMY, **allowed))
        return list(caught.exception.faults)

    def test_what_is_lacking_is_told_with_figures_and_advice(self):
        """Just enough is enough; one less is refused."""
        sync, three = plan("urllib3:sync", concurrency=4_000), plan("aiohttp:async", "pycurl:sync", concurrency=4_000)
        two = plan("urllib3:sync", "requests:sync", "aiohttp:async", concurrency=1_000)
        foreign = plan("aiohttp:async", concurrency=10_000, url=FOREIGN)
        beside = plan("aiohttp:async", "pycurl:async", concurrency=4_000, url=FOREIGN)
        ports = Ports(range=28_000, in_use=20_000, waiting=0)
        cases = (
            (TEN_THOUSAND, {"files": Ceiling(10_128, "ulimit -Hn")}, {"files": Ceiling(10_127, "ulimit -Hn")},
             r"^concurrency 10,000 takes 10,128 open files in a process of aiohttp:async, and ulimit -Hn allows 10,1"),
            (three, {"files": Ceiling(12_128, "ulimit -Hn")}, {"files": Ceiling(12_127, "ulimit -Hn")},
             r"^concurrency 4,000 takes 12,128 open files in a process of pycurl:sync, and ulimit -Hn allows 12,127"),
            (sync, {"threads": Ceiling(4_128, "kernel.pid_max")}, {"threads": Ceiling(4_127, "kernel.pid_max")},
             r"takes 4,128 threads with urllib3:sync, and kernel.pid_max leaves 4,127; raise it, lower --conc"),
            (two, {"threads": Ceiling(2_128, "kernel.pid_max")}, {"threads": Ceiling(2_127, "kernel.pid_max")},
             r"takes 2,128 threads with urllib3:sync, requests:sync, and kernel.pid_max leaves 2,127; raise it"),
            (TEN_THOUSAND, {"backlog": Ceiling(1000, "somaxconn")}, {"backlog": Ceiling(999, "somaxconn")},
             r"takes room for 1,000 connections that wait to be accepted, and somaxconn allows 999; raise it"),
            (foreign, {"ports": Ports(28_000, 18_000, 0)}, {"ports": Ports(28_000, 18_001, 0)},
             r"^1 times concurrency 10,000 takes 10,000 ports, and 9,999 are free; wait a minute"),
            (beside, {"ports": ports}, {"ports": replace(ports, in_use=20_001)},
             r"^2 times concurrency 4,000 takes 8,000 ports, and 7,999 are free"),
            (TEN_THOUSAND, {"memory_bytes": 640 * 1024**2}, {"memory_bytes": 600 * 1024**2},
             r"^1 times concurrency 10,000 takes about 0.6 GiB of memory, and 0.6 GiB are free; lower --concurrency"),
        )  # fmt: skip
        for wanted, enough, lacking, expected in cases:
            with self.subTest(expected):
                fitted(wanted, replace(ROOMY, **enough))
                found = self.faults(wanted, **lacking)
                self.assertEqual(1, len(found), found)
                self.assertRegex(found[0], expected)

    def test_all_that_is_lacking_is_told_at_once(self):
        """Files, ports, threads and memory, in this order."""
        wanted = plan("requests:sync", concurrency=4_000, url=FOREIGN)
        found = self.faults(
            wanted,
            files=Ceiling(1024, "ulimit -Hn"),
            ports=Ports(1000, 0, 0),
            threads=Ceiling(-5, "ulimit -u"),
            memory_bytes=1024,
        )

        self.assertEqual(["files", "ports", "threads", "memory"], [
            next(word for word in ("files", "ports", "threads", "memory") if f" {word}" in fault) for fault in found
        ])  # fmt: skip
        self.assertIn("ulimit -u leaves 0;", found[2])

    def test_threads_of_one_process_keep_each_other_from_running(self):
        """Four thousand in a process are allowed, however many processes there are."""
        fitted(plan("urllib3:sync", concurrency=8_000, processes=2), ROOMY)
        (fault,) = self.faults(plan("urllib3:sync", "aiohttp:async", concurrency=8_001, processes=2))

        self.assertRegex(
            fault, r"^concurrency 8,001 takes 4,001 threads in a process with urllib3:sync; more than 4,000 "
        )

    def test_worker_processes_share_files(self):
        """Four processes hold 2,500 connections each."""
        wanted = plan("aiohttp:async", concurrency=10_000, processes=4, url=FOREIGN)

        self.assertEqual(wanted, fitted(wanted, replace(ROOMY, files=Ceiling(2_628, "ulimit -Hn"))))
        self.assertIn("takes 2,628 open files", self.faults(wanted, files=Ceiling(2_627, "ulimit -Hn"))[0])

    def test_without_further_addresses_the_origin_is_one_process(self):
        """Where only 127.0.0.1 is there, all connections go to it and into one process."""
        beside = plan("aiohttp:async", "pycurl:async", concurrency=4_000)
        with self.assertRaisesRegex(ConfigurationError, "the origin takes 8,128 open files for 2 contenders"):
            fitted(beside, replace(NOT_LINUX, files=Ceiling(8_127, "ulimit -Hn")))
        with self.assertRaisesRegex(ConfigurationError, "takes 8,000 ports, and 7,999 are free"):
            fitted(beside, replace(NOT_LINUX, ports=Ports(7_999, 0, 0)))
