"""The worker process: what it imports, what it answers, how it ends."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import venv
from pathlib import Path
from unittest import mock

import numpy as np
import psutil

import http_benchmark
from http_benchmark.clients import NULL_CLIENT, installed_clients, known_clients
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.errors import ClientUnavailableError, UnsupportedOptionError, WorkerError
from http_benchmark.load.schedule import Stop
from http_benchmark.utils.child import Interpreter
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Open, Ran, Run
from http_benchmark.worker.samples import CHUNK_SAMPLES, Samples

PACKAGE = Path(http_benchmark.__file__).parent


def order(library: str = "null", mode: str = "sync", **options) -> Open:
    client = known_clients()[library]
    return Open(
        client.module,
        client.modes[mode],
        options=ClientOptions(concurrency=3, **options),
        request=Request("GET", "http://127.0.0.1:1/"),
    )


def run(worker: WorkerProcess, order: Run, patience_s: float = 30) -> tuple[Ran, Samples]:
    chunks: list[Samples] = []
    worker.start(order)
    ran = worker.ran(patience_s, chunks.append)
    return ran, np.concatenate(chunks)


class WorkerProcessTest(unittest.TestCase):
    def start(self, opening: Open) -> WorkerProcess:
        worker = self.enterContext(WorkerProcess("a contender"))
        worker.open(opening)
        return worker

    def test_each_run_has_its_own_samples(self):
        """Exact numbers, run after run, from threads and from tasks, sent while the run lasted."""
        for mode in ("sync", "async"):
            with self.subTest(mode=mode):
                worker = self.start(order(mode=mode))
                worker.opened()
                for requests, opening_requests in ((1000, 1 + 3), (7, 3), (70_000, 3)):
                    ran, samples = run(worker, Run(Stop(requests=requests), opening=True))

                    self.assertEqual(requests, len(samples))
                    self.assertEqual(opening_requests, ran.opening_requests)
                    self.assertGreaterEqual(samples[:, 0].min(), ran.started_ns)
                    self.assertLessEqual(samples[:, 0].max(), ran.ended_ns)
                    self.assertGreater(ran.user_ns + ran.system_ns, 0)

    def test_samples_are_taken_while_the_worker_goes_on(self):
        """Each of three million requests is handed over once, most of them before the run is over, in small chunks."""
        worker = self.start(order())
        worker.opened()
        answered, sizes = [], []

        def take(samples):
            answered.append(worker.answers_within(0))
            sizes.append(len(samples))

        worker.start(Run(Stop(requests=3_000_000)))
        worker.ran(60, take)

        self.assertEqual(3_000_000, sum(sizes))
        self.assertLessEqual(max(sizes), CHUNK_SAMPLES)
        self.assertIn(False, answered)

    def test_memory_is_the_clients(self):
        """The peak is above what was there before the client, and the recorder's pages are not in it."""
        worker = self.start(order())
        opened = worker.opened()
        run(worker, Run(Stop(requests=200_000)))
        peak = worker.finish().peak_memory_bytes

        self.assertGreater(peak, 0.9 * opened.base_memory_bytes)
        self.assertLess(peak - opened.base_memory_bytes, 1_500_000, "65536 samples of 32 bytes are not the client's")

    def test_failed_requests_are_data(self):
        """A refused port fails every request and nothing else."""
        worker = self.start(order("urllib3"))
        worker.opened()
        ran, samples = run(worker, Run(Stop(requests=5)))

        self.assertEqual(5, len(samples))
        self.assertEqual(["connection-refused"], list(ran.messages))

    def test_a_client_that_is_not_installed(self):
        """An import that fails is told as such."""
        opening = order()
        broken = Open("no_such_adapter", "X", options=opening.options, request=opening.request)
        with self.assertRaises(ClientUnavailableError):
            self.start(broken).opened()

    def test_a_setting_that_a_client_cannot_honour(self):
        """It is refused by the client's name, not dropped."""
        with self.assertRaisesRegex(UnsupportedOptionError, "requests"):
            self.start(order("requests", http_version="2")).opened()

    def test_a_crash_is_told_with_its_signal(self):
        """A worker that is killed from outside does not hang its controller."""
        worker = self.start(order())
        worker.opened()
        os.kill(worker.pid, signal.SIGSEGV)

        with self.assertRaisesRegex(WorkerError, "signal 11"):
            run(worker, Run(Stop(requests=5)))

    def test_a_hang_is_ended(self):
        """A stopped worker gives no answer in time and is gone after `stop`."""
        worker = self.start(order())
        worker.opened()
        os.kill(worker.pid, signal.SIGSTOP)

        with self.assertRaisesRegex(WorkerError, "no answer within"):
            run(worker, Run(Stop(requests=5)), patience_s=0.2)
        worker.stop()
        self.assertFalse(psutil.pid_exists(worker.pid))

    def test_waiting_costs_nothing(self):
        """A contender that waits for its turn blocks on its pipe, sync or async."""
        for library, mode in (("null", "sync"), ("httpx", "async"), ("requestx", "async")):
            if library not in {*installed_clients(), NULL_CLIENT}:
                continue
            with self.subTest(library=library, mode=mode):
                worker = self.start(order(library, mode))
                worker.opened()
                process = psutil.Process(worker.pid)
                before = sum(process.cpu_times()[:2])
                time.sleep(0.5)

                self.assertLessEqual(sum(process.cpu_times()[:2]) - before, 0.01)

    def test_another_python_measures_what_is_installed_there(self):
        """It needs the standard library and a way to this package, and no PYTHONPATH of the user's gets in between."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        venv.create(folder / "empty", symlinks=True)
        (folder / "link").mkdir()
        (folder / "link" / "http_benchmark").symlink_to(PACKAGE)
        interpreter = Interpreter(str(folder / "empty" / "bin" / "python"), str(folder / "link"))
        self.enterContext(mock.patch.dict(os.environ, PYTHONPATH=sys.path[-1]))

        worker = self.enterContext(WorkerProcess("a contender", interpreter=interpreter))
        worker.open(order())
        worker.opened()
        process = psutil.Process(worker.pid)
        self.assertEqual(interpreter.executable, process.cmdline()[0])
        self.assertEqual(interpreter.search_path, process.environ()["PYTHONPATH"])
        self.assertEqual(7, len(run(worker, Run(Stop(requests=7)))[1]))

        without_library = self.enterContext(WorkerProcess("another one", interpreter=interpreter))
        without_library.open(order("httpx"))
        with self.assertRaisesRegex(ClientUnavailableError, "httpx"):
            without_library.opened()

    def test_the_environment_is_the_clients_alone(self):
        """Loading httpx does not load click and rich, which this project has and httpx can do without."""
        program = (
            "import sys; from http_benchmark.clients import load_adapter; "
            "load_adapter('http_benchmark.clients.httpx_adapter'); "
            "print('httpx' in sys.modules, {'click', 'rich', 'numpy', 'pydantic', 'loguru'} & set(sys.modules))"
        )
        answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

        self.assertEqual("True set()\n", answer.stdout)
