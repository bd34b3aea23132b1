"""The origin's process: how it starts, is asked, and ends."""

import contextlib
import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psutil

from http_benchmark.errors import TargetError
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.journal import Entries
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess

PATIENCE_S = 20.0


def status(url: str) -> int:
    client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    try:
        client.request("GET", urlsplit(url).path)
        return client.getresponse().status
    finally:
        client.close()


def eventually(condition: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if condition():
            return True
        time.sleep(0.02)
    return False


def gone(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


class OriginProcessTest(unittest.TestCase):
    def test_it_listens_on_a_free_port_of_this_machine_only(self):
        """By default on 127.0.0.1; each has a port of its own."""
        with OriginProcess() as one, OriginProcess() as other:
            self.assertEqual("127.0.0.1", urlsplit(one.url).hostname)
            self.assertNotEqual(one.url, other.url)
            self.assertEqual([503, 503], [status(f"{origin.url}/status/503") for origin in (one, other)])
            self.assertEqual([1, 1], [origin.counts().requests for origin in (one, other)])

    def test_it_listens_on_several_addresses(self):
        """Three in a row, each with a port of its own, one set of counters."""
        with OriginProcess(options=OriginOptions(addresses=3)) as origin:
            hosts = [urlsplit(url).hostname for url in origin.urls]
            self.assertEqual(["127.0.0.1", "127.0.0.2", "127.0.0.3"], hosts)
            self.assertEqual(origin.url, origin.urls[0])
            self.assertEqual([503] * 3, [status(f"{url}/status/503") for url in origin.urls])
            self.assertEqual((3, 3), (origin.counts().requests, origin.counts().connections))

    def test_it_listens_on_the_port_it_is_given(self):
        """A given port is taken, and free again after the end."""
        with OriginProcess() as origin:
            port = urlsplit(origin.url).port
        with OriginProcess(port=port) as origin:
            self.assertEqual(f"http://127.0.0.1:{port}", origin.url)

    def test_it_speaks_ipv6(self):
        """With --host ::1 it is reached under a URL with brackets."""
        if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):  # noqa: PTH110 - a system's capability
            self.skipTest("no IPv6 here")
        with OriginProcess(host="::1") as origin:
            self.assertTrue(origin.url.startswith("http://[::1]:"))
            self.assertEqual(204, status(f"{origin.url}/status/204"))

    def test_a_taken_port_is_an_error(self):
        """TargetError says which port, and why."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with self.assertRaisesRegex(TargetError, rf"127\.0\.0\.1 port {port}: Address already in use"):
                OriginProcess(port=port)

    def test_an_address_of_elsewhere_is_an_error(self):
        """An address that this machine does not have, a name that is none and a port beyond all are told apart."""
        for host, port in (("192.0.2.1", 0), ("no.such.host.invalid", 0), ("127.0.0.1", 70000)):
            with self.subTest(host=host, port=port), self.assertRaisesRegex(TargetError, rf"cannot listen on {host}"):
                OriginProcess(host=host, port=port)

    def test_it_runs_on_the_processors_it_is_given(self):
        """`cpus` pins it."""
        cpu = max(os.sched_getaffinity(0))
        with OriginProcess(cpus=[cpu]) as origin:
            self.assertEqual({cpu}, os.sched_getaffinity(origin.pid))

    def test_it_raises_its_own_file_limit(self):
        """The soft limit on open files becomes the hard one, however low this process's is."""
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
        with OriginProcess() as origin:
            soft, hard = psutil.Process(origin.pid).rlimit(psutil.RLIMIT_NOFILE)
            self.assertEqual((limits[1], limits[1]), (soft, hard))

    def test_it_ends_when_told(self):
        """`stop` ends the process, even in the middle of answers, and may be repeated; counts then fail."""
        origin = OriginProcess()
        with socket.create_connection((urlsplit(origin.url).hostname, urlsplit(origin.url).port)) as connection:
            connection.sendall(b"GET /delay/60 HTTP/1.1\r\nHost: a\r\n\r\n")
            origin.stop()
            self.assertTrue(gone(origin.pid))
            self.assertEqual(b"", connection.recv(1))
        origin.stop()
        with self.assertRaisesRegex(TargetError, "the bundled origin was stopped"):
            origin.counts()

    def test_each_thread_gets_the_answer_to_its_own_question(self):
        """Several may ask at once; the journal has no counts, and the counts have no journal."""
        with OriginProcess() as origin, ThreadPoolExecutor(4) as pool:
            asked = [(origin.counts, ServerCounts), (origin.journal, Entries)] * 500
            answers = list(pool.map(lambda one: one[0](), asked))
            self.assertEqual([kind for _, kind in asked], [type(answer) for answer in answers])

    def test_counts_of_a_dead_process_are_an_error(self):
        """A killed origin is reported with how it ended."""
        with OriginProcess() as origin:
            os.kill(origin.pid, signal.SIGKILL)
            with self.assertRaisesRegex(TargetError, "bundled origin was killed by signal 9"):
                origin.counts()

    def test_it_dies_with_its_parent(self):
        """When the controller is killed outright the origin goes too, even if another process keeps its input open."""
        program = (
            "import os, time; from http_benchmark.origin.process import OriginProcess; origin = OriginProcess(); "
            "heir = os.fork(); heir and print(origin.pid, heir, flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
            origin, heir = map(int, parent.stdout.readline().split())
            self.addCleanup(os.kill, heir, signal.SIGKILL)
            self.assertFalse(gone(origin))
            parent.kill()
        self.assertTrue(eventually(lambda: gone(origin)))


class ChildTest(unittest.TestCase):
    def test_it_ends_with_its_standard_input(self):
        """Without the kernel's help too: the end of the control channel ends it, exit code 0, silently."""
        arguments = [sys.executable, "-m", "http_benchmark.origin.main", f"--child={os.getpid()}"]
        with subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            self.assertIn(b'"is": "listening"', process.stdout.readline())
            output, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((0, b"", b""), (process.returncode, output, errors))


class ForegroundTest(unittest.TestCase):
    def serve(self) -> tuple[subprocess.Popen, str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "http_benchmark.origin.main"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process, process.stdout.readline().strip()

    def test_signals_end_it_in_order(self):
        """On SIGINT and SIGTERM an idle connection is closed, an answer under way is sent, the exit code is 0."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number.name):
                process, url = self.serve()
                address = (urlsplit(url).hostname, urlsplit(url).port)
                with socket.create_connection(address) as idle, socket.create_connection(address) as busy:
                    self.assertEqual(200, status(f"{url}/bytes/1"))
                    busy.sendall(b"GET /delay/0.3 HTTP/1.1\r\nHost: a\r\n\r\n")
                    time.sleep(0.1)
                    process.send_signal(number)
                    self.assertEqual(b"", idle.recv(1))
                    self.assertTrue(busy.makefile("rb").read().startswith(b"HTTP/1.1 200 OK"))
                self.assertEqual((0, ""), (process.wait(PATIENCE_S), process.stderr.read()))

    def test_a_client_that_stays_does_not_hold_it(self):
        """An answer that takes longer than a moment is cut."""
        process, url = self.serve()
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
            connection.sendall(b"GET /delay/600 HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(0, process.wait(PATIENCE_S))
