"""Poor surroundings: no network, odd names and locales, one processor, little memory, a clock that jumps."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from tests.integration.command_case import CommandCase

SMALL = ("--blocks", "1", "--slices", "1", "--requests", "50", "--warmup", "0", "--no-floor")

CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(which, now);
    if (which == CLOCK_REALTIME) {
        long offset = 0;
        FILE *file = fopen(getenv("CLOCK_OFFSET"), "r");
        if (file) { if (fscanf(file, "%ld", &offset) != 1) offset = 0; fclose(file); }
        now->tv_sec += offset;
    }
    return result;
}
"""
"""A wall clock that is set by a file with seconds; the monotonic clock stays as it is."""


class NetworkTest(CommandCase):
    def test_without_a_network(self):
        """The loopback alone does for the bundled origin; what cannot be reached is exit code 4, with the reason."""
        self.before = ("unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
        if subprocess.run([*self.before, "true"], capture_output=True, check=False).returncode:
            self.skipTest("no network namespace can be made here")
        self.assertEqual(0, self.run_command("run", "urllib3", *SMALL).returncode)
        for host, reason in (("192.0.2.1", "Network is unreachable"), ("nowhere.example", "name-resolution 50")):
            with self.subTest(host):
                done = self.run_command("run", "urllib3", *SMALL, "--url", f"http://{host}/")
                self.assertEqual((4, []), (done.returncode, self.complaints(done.stderr)))
                self.assertIn(reason, done.stdout)


class NamesTest(CommandCase):
    def test_blanks_and_letters_beyond_ascii(self):
        """Folder, database, documents and names may have them, whatever the locale; all is found again."""
        self.folder = self.folder / "Mein Ördner 🎉"
        self.folder.mkdir()
        plain = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "TERM": "dumb", "COLUMNS": "20"}
        database = ("--database", "ergebnis ü 🎉.db")
        done = self.run_command(
            "run", "null:sync", *SMALL, *database, "--name", "größe 🎉", "--json", "aus gabe ü.json", **plain
        )
        self.assertEqual((0, []), (done.returncode, self.complaints(done.stderr)))
        self.assertTrue(done.stdout.isascii())
        [summary] = self.open_storage("ergebnis ü 🎉.db").list_experiments()
        self.assertEqual("größe 🎉", summary.name)
        done = self.run_command("report", summary.id, *database, "--output", "bericht 🎉.html", **plain)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("größe 🎉", (self.folder / "bericht 🎉.html").read_text(encoding="utf-8"))
        self.assertTrue((self.folder / "aus gabe ü.json").stat().st_size)


class LimitsTest(CommandCase):
    def test_one_processor(self):
        """It measures, and the verdict says that clients and origin share it."""
        self.before = ("taskset", "-c", str(min(os.sched_getaffinity(0))))
        if not shutil.which("taskset"):
            self.skipTest("there is no taskset")
        done = self.run_command("run", "urllib3", *SMALL)
        self.assertEqual((0, []), (done.returncode, self.complaints(done.stderr)))
        self.assertIn("shared-processor", done.stdout)

    def group(self, controller: str, setting: str, value: str) -> Path:
        """A control group with a limit; gone at the end."""
        folder = Path(f"/sys/fs/cgroup/{controller}/http-benchmark-{os.getpid()}")
        try:
            folder.mkdir()
            self.addCleanup(folder.rmdir)
            (folder / setting).write_text(value)
        except OSError as error:
            self.skipTest(f"control groups of version 1 cannot be made here: {error}")
        return folder

    def test_a_limit_of_processor_time(self):
        """It is told in the verdict."""
        group = self.group("cpu", "cpu.cfs_quota_us", "90000")
        self.before = ("sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh")
        done = self.run_command("run", "null:sync", *SMALL)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("throttled: control groups allow the time of 0.9 of the", done.stdout)

    def test_a_worker_that_the_kernel_kills(self):
        """It is dropped with the reason, and the other is measured."""
        group = self.group("memory", "memory.limit_in_bytes", "80M")
        process = self.start("run", "urllib3", "null:sync", *SMALL, "--concurrency", "2", "--url", "/bytes/60000000")
        while process.poll() is None:
            with suppress(psutil.Error, OSError):
                for child in psutil.Process(process.pid).children():
                    if "http_benchmark.worker.main" in child.cmdline():
                        (group / "cgroup.procs").write_text(str(child.pid))
            time.sleep(0.005)
        output, errors = process.communicate()
        self.assertEqual(0, process.returncode, errors)
        self.assertIn("urllib3:sync is dropped: urllib3:sync was killed by signal 9, as the kernel does", errors)
        self.assertRegex(output, r"1 +null:sync +\d")


class ClockTest(CommandCase):
    def test_a_clock_that_is_set_while_it_is_measured(self):
        """Back by two days, then on by five: it ends after it began, and every block lasts as long as it did."""
        compiler = shutil.which("cc")
        if not compiler:
            self.skipTest("there is no C compiler")
        source, library, offset = (self.folder / name for name in ("clock.c", "clock.so", "offset"))
        source.write_text(CLOCK)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        offset.write_text("0")
        process = self.start(
            "run", "null:sync", "--blocks", "4", *SMALL[2:], LD_PRELOAD=str(library), CLOCK_OFFSET=str(offset)
        )
        set_to: Callable[[int], int] = lambda days: offset.write_text(str(days * 86400))  # noqa: E731
        self.read_until(process, "block 1 of 4")
        set_to(-2)
        self.read_until(process, "block 2 of 4")
        set_to(3)
        process.communicate(timeout=60)

        self.assertEqual(0, process.returncode)
        storage = self.open_storage()
        [summary] = storage.list_experiments()
        result = storage.get_experiment(summary.id)
        self.assertEqual(("finished", 4), (summary.status, summary.blocks))
        self.assertLess(0, (result.finished_at - result.started_at).total_seconds())
        for lasted_s in (
            (result.finished_at - result.started_at).total_seconds(),
            *((block.finished_at - block.started_at).total_seconds() for block in storage.get_blocks(summary.id)),
        ):
            self.assertGreater(lasted_s, 0)
            self.assertLess(lasted_s, 3600)
