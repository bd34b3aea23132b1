"""Somebody's server: whose processes it has, if it is on this machine."""

import os
import socket
from unittest import TestCase, skipUnless

from http_benchmark.targets import UrlTarget


@skipUnless(hasattr(os, "sched_getaffinity"), "processes have no processors of their own here")
class UrlTargetTest(TestCase):
    def test_a_server_beside_the_clients(self):
        """Is no other process, and has a memory, as long as it leaves the clients their processors."""
        port = self.enterContext(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        own = os.sched_getaffinity(0)
        apart = UrlTarget(f"http://127.0.0.1:{port}/get", cpus=tuple(own))
        self.assertIn(os.getpid(), apart.processes())
        self.assertGreater(apart.memory_bytes(), 1_000_000)
        for cpus in ((), (9999,)):
            in_the_way = UrlTarget(f"http://127.0.0.1:{port}/get", cpus=cpus)
            self.assertEqual(((), None), (in_the_way.processes(), in_the_way.memory_bytes()))
