"""Resource figures are the worker's own: all its threads, none of its parent's memory."""

import hashlib
import resource
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from http_benchmark.clients import installed_clients, known_clients
from http_benchmark.clients.base import Client, ClientOptions, Request
from http_benchmark.load.schedule import Stop
from http_benchmark.origin.process import OriginProcess
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Open, Reconnect, Run
from http_benchmark.worker.session import Session

BURN_S = 0.1
MIB = 1 << 20


class BurningClient(Client):
    """A client whose own threads do the work in C, without the interpreter's lock, and then end."""

    def open(self, options):
        self.threads = 2
        self.all_threads_s = self.one_thread_s = 0.0

    def prepare(self, request):
        def send() -> int:
            process_s, thread_s = time.process_time(), _this_threads_cpu_s()
            threads = [threading.Thread(target=_burn) for _ in range(self.threads)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.all_threads_s += time.process_time() - process_s
            self.one_thread_s += _this_threads_cpu_s() - thread_s
            return 200

        return send

    def close(self):
        pass


class GreedyClient(Client):
    """A client that needs 200 MB for a moment while it is set up."""

    def open(self, options):
        ballast = bytearray(b"x") * (200 * MIB)
        del ballast

    def prepare(self, request):
        return lambda: 200

    def close(self):
        pass


def _burn() -> None:
    end_s = time.thread_time() + BURN_S
    while time.thread_time() < end_s:
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 2000)


def _this_threads_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_THREAD)
    return usage.ru_utime + usage.ru_stime


class CpuTest(unittest.TestCase):
    @unittest.skipUnless(hasattr(resource, "RUSAGE_THREAD"), "shows what Linux's reading of one thread would miss")
    def test_cpu_of_native_threads_counts(self):
        """Two threads burn 0.1 s each (K15): counted within 5 %, which a reading of one thread would not be."""
        client = BurningClient()
        order = Open("", "", options=ClientOptions(concurrency=1), request=Request("GET", "http://127.0.0.1:1/"))
        with tempfile.TemporaryFile() as sink:
            ran = Session(client, (), order, sink.fileno()).run(Run(Stop(requests=1)))
        counted_s = (ran.user_ns + ran.system_ns) / 1e9

        self.assertGreaterEqual(client.all_threads_s, 2 * BURN_S)
        self.assertLess(abs(counted_s / client.all_threads_s - 1), 0.05)
        self.assertGreater(abs(client.one_thread_s / client.all_threads_s - 1), 0.05)

    def test_threads_of_the_load_count(self):
        """Three requests in flight are three threads, or one that runs a loop."""
        for mode, threads in (("sync", 3), ("async", 1)):
            with self.subTest(mode=mode):
                null = known_clients()["null"]
                worker = self.enterContext(WorkerProcess("null"))
                options = ClientOptions(concurrency=3)
                worker.open(Open(null.module, null.modes[mode], options=options, request=Request("GET", "http://x/")))
                worker.opened()
                worker.start(Run(Stop(requests=10)))

                self.assertEqual(threads, worker.ran(30, [].append).threads)

    def test_waiting_is_told_apart(self):
        """The time between an answer and the next order, and next to no CPU for it."""
        null = known_clients()["null"]
        worker = self.enterContext(WorkerProcess("null"))
        options = ClientOptions(concurrency=1)
        worker.open(Open(null.module, null.modes["sync"], options=options, request=Request("GET", "http://x/")))
        worker.opened()
        time.sleep(0.5)
        worker.start(Run(Stop(requests=10)))
        ran = worker.ran(30, [].append)

        self.assertGreaterEqual(ran.idle_ns, 200_000_000)  # it may begin to wait late on a busy machine
        self.assertLess(ran.idle_cpu_ns, ran.idle_ns / 50)


class MemoryTest(unittest.TestCase):
    @unittest.skipUnless(sys.platform == "linux", "read from /proc")
    def test_the_peak_is_not_the_parents(self):
        """A child of a parent of 400 MB reports a peak below 50 MB (K16), where ru_maxrss says the parent's."""
        program = (
            "import resource, subprocess, sys\n"
            "ballast = bytearray(b'x') * (400 << 20)\n"
            "from http_benchmark.clients import known_clients\n"
            "from http_benchmark.clients.base import ClientOptions, Request\n"
            "from http_benchmark.load.schedule import Stop\n"
            "from http_benchmark.worker.process import WorkerProcess\n"
            "from http_benchmark.worker.protocol import Open, Run\n"
            "null = known_clients()['null']\n"
            "with WorkerProcess('null') as worker:\n"
            "    worker.open(Open(null.module, null.modes['sync'], options=ClientOptions(concurrency=1),\n"
            "                     request=Request('GET', 'http://127.0.0.1:1/')))\n"
            "    worker.opened(); worker.start(Run(Stop(requests=1000))); worker.ran(30, [].append)\n"
            "    print(worker.finish().peak_memory_bytes, flush=True)\n"
            "inherited = 'import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)'\n"
            "subprocess.run([sys.executable, '-c', inherited], check=True)\n"
        )
        answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
        peak_bytes, maxrss_bytes = map(int, answer.stdout.split())

        self.assertLess(peak_bytes, 50_000_000)
        self.assertGreater(peak_bytes, 5_000_000)
        self.assertGreater(maxrss_bytes, 400 * MIB, "nobody would need the other reading")

    @unittest.skipUnless(sys.platform == "linux", "read from /proc")
    def test_the_peak_is_that_of_measuring(self):
        """What was freed before the first measured run is not in it; before that run it is."""
        order = Open("", "", options=ClientOptions(concurrency=1), request=Request("GET", "http://127.0.0.1:1/"))
        with tempfile.TemporaryFile() as sink:
            session = Session(GreedyClient(), (), order, sink.fileno())
            session.run(Run(Stop(requests=1), measured=False))
            warm_bytes = session.peak_memory_bytes
            ran = session.run(Run(Stop(requests=1)))

        self.assertGreater(warm_bytes, ran.memory_bytes + 150 * MIB)
        self.assertLess(session.peak_memory_bytes, ran.memory_bytes + 50 * MIB)


class LifeCycleTest(unittest.TestCase):
    def test_each_request_of_a_reconnect_opens_a_connection(self):
        """Every installed client, by the origin's count; the peak of memory stays what the runs left."""
        origin = self.enterContext(OriginProcess())
        for library, client in installed_clients().items():
            for mode, class_name in client.modes.items():
                with self.subTest(library=library, mode=mode):
                    worker = self.enterContext(WorkerProcess(f"{library}:{mode}"))
                    request = Request("GET", f"{origin.url}/bytes/1024", (("Connection", "keep-alive"),))
                    options = ClientOptions(concurrency=2)
                    worker.open(Open(client.module, class_name, options=options, request=request))
                    opened = worker.opened()
                    worker.start(Run(Stop(requests=20), opening=True))
                    ran = worker.ran(30, [].append)
                    before = origin.counts()
                    reconnected = worker.reconnect(Reconnect(5), 30)
                    counts = origin.counts() - before

                    self.assertEqual((5, 5), (counts.requests, counts.connections))
                    self.assertEqual((5, 5), (reconnected.sent, len(reconnected.durations_s)))
                    self.assertGreater(ran.first_request_s, 0)
                    self.assertGreater(opened.construction_s, 0)
                    self.assertGreater(worker.finish().close_s, 0)
