"""Disks that are full, files and folders that may not be written: what is said, and that nothing is lost."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from tests.integration.command_case import CommandCase

SMALL = ("--blocks", "1", "--slices", "1", "--requests", "50", "--warmup", "0", "--no-floor")
WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Modes of files bind the superuser, too."""


class MountCase(CommandCase):
    """May mount file systems, which are gone afterwards."""

    def setUp(self):
        super().setUp()
        if os.geteuid():
            self.skipTest("only root may mount file systems")

    def mount(self, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            self.skipTest(f"file systems cannot be mounted here: {done.stderr.strip()}")


class FullDiskTest(MountCase):
    def setUp(self):
        super().setUp()
        self.mount("-t", "tmpfs", "-o", "size=600k", "tmpfs", str(self.folder))
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.folder)], check=True)

    def fill(self, leave_bytes: int) -> Path:
        """Take the room of the disk but for some of it."""
        free = shutil.disk_usage(self.folder).free
        ballast = self.folder / "ballast"
        with ballast.open("ab") as file:
            file.write(bytes(max(0, free - leave_bytes)))
        return ballast

    def test_a_run_that_fills_it(self):
        """Each finished block is kept, what was measured is shown, and the run can go on when there is room again."""
        self.run_command("db", "upgrade")
        ballast = self.fill(150_000)
        done = self.run_command("run", "null:sync", *SMALL[2:], "--blocks", "400", "--json", "result.json")

        self.assertEqual(2, done.returncode)
        [complaint] = self.complaints(done.stderr)
        self.assertRegex(complaint, r"cannot grow, the disk is full; make room; what was saved is shown by: .* show ")
        reported = sum(line.startswith("block ") for line in done.stderr.splitlines())
        self.assertIn(f"{reported + 1} of 400 blocks", done.stdout)
        with closing(sqlite3.connect(self.folder / "benchmark_results.db")) as connection:
            self.assertEqual("ok", connection.execute("PRAGMA integrity_check").fetchone()[0])
        [summary] = self.open_storage().list_experiments()
        self.assertEqual(reported, summary.blocks)
        self.assertIn(f"{reported} of 400 blocks", self.run_command("results", "show", summary.id).stdout)

        ballast.unlink()
        more = self.start("run", "--resume", summary.id)
        self.read_until(more, f"block {reported + 1} of 400 done")

    def test_several_at_a_time_that_fill_it(self):
        """Concurrencies and both sides of a gate, too: shown first, and found by what they have in common."""
        for arguments in (
            ("run", "null:sync", "--concurrency", "1,2", "--blocks", "40"),
            ("gate", "null:sync", "null:sync", "--blocks", "40"),
        ):
            with self.subTest(arguments):
                self.run_command("db", "upgrade")
                ballast = self.fill(70_000)
                done = self.run_command(*arguments, *SMALL[2:])

                self.assertEqual(2, done.returncode, done.stderr)
                [complaint] = self.complaints(done.stderr)
                self.assertIn("the disk is full; make room; what was saved is shown by:", complaint)
                self.assertIn("null:sync", done.stdout)
                ballast.unlink()
                command = complaint.rpartition("http-benchmark ")[2].split()
                self.assertRegex(self.run_command(*command).stdout, r"finished|failed|interrupted|running")
                (self.folder / "benchmark_results.db").unlink()

    def test_documents(self):
        """A document that does not fit is told in a line, and leaves neither half of it nor less than was there."""
        self.run_command("run", "null:sync", *SMALL)
        [summary] = self.open_storage().list_experiments()
        (self.folder / "kept.html").write_text("kept")
        self.fill(40_000)  # SQLite takes 32 KiB even to read
        before = sorted(path.name for path in self.folder.iterdir())
        for arguments in (
            ("report", summary.id),
            ("report", summary.id, "--output", "kept.html"),
        ):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual((2, 1), (done.returncode, len(done.stderr.splitlines())), done.stderr)
                self.assertIn("No space left on device; choose another file", done.stderr)
        self.fill(0)
        self.assertIn("see whether its disk is full", self.run_command("results", "list").stderr)
        (self.folder / "ballast").unlink()
        before.remove("ballast")
        now = sorted(path.name for path in self.folder.iterdir() if not path.name.endswith(("-shm", "-wal")))
        self.assertEqual(before, now)
        self.assertEqual("kept", (self.folder / "kept.html").read_text())


class ReadOnlyTest(MountCase):
    """A database with one experiment, on a file system that may only be read."""

    identifier: ClassVar[str]

    def setUp(self):
        super().setUp()
        self.run_command("run", "null:sync", *SMALL)
        [summary] = self.open_storage().list_experiments()
        self.identifier = summary.id
        self.mount("--bind", str(self.folder), str(self.folder))
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.folder)], check=True)
        self.mount("-o", "remount,bind,ro", str(self.folder))

    def test_it_is_read_as_ever(self):
        """Lists, results, reports and exports; that there is nothing to upgrade is told, too."""
        elsewhere = Path(self.enterContext(tempfile.TemporaryDirectory())) / "report.html"
        for arguments in (
            ("results", "list"),
            ("results", "show", self.identifier),
            ("results", "export", self.identifier, "--format", "csv"),
            ("report", self.identifier, "--output", str(elsewhere)),
            ("db", "upgrade"),
        ):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(elsewhere.stat().st_size)

    def test_writing_is_refused(self):
        """In one line with what to check, before anything is measured."""
        for arguments, words in (
            (("run", "null:sync", *SMALL), "cannot be written; check the permissions"),
            (("results", "tag", self.identifier, "x"), "cannot be written; check the permissions"),
            (("results", "delete", self.identifier, "--yes"), "cannot be written; check the permissions"),
            (("report", self.identifier), "Read-only file system; choose another file"),
            (("run", "null:sync", *SMALL, "--json", "x.json"), "--json x.json: Read-only file system"),
        ):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                [complaint] = self.complaints(done.stderr)
                self.assertIn(words, complaint)


class PermissionTest(CommandCase):
    def run_unprivileged(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        prefix = () if os.geteuid() else WITHOUT_PRIVILEGE
        if prefix and not shutil.which(prefix[0]):
            self.skipTest("there is no setpriv, and root may write everywhere")
        return subprocess.run(
            [*prefix, *self.command(*arguments)],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def test_a_folder_that_may_not_be_written(self):
        """No database, no file and no log is made there: one line each, and nothing is measured."""
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o755)
        for arguments, words in (
            (("run", "null:sync", *SMALL), "check that the folder exists and that you may write there"),
            (("run", "null:sync", *SMALL, "--json", "x.json"), "--json x.json: Permission denied"),
            (("run", "null:sync", *SMALL, "--log-file", "x.log"), "'x.log' cannot be written (Permission denied)"),
            (("conform", "null", "--markdown", "x.md"), "--markdown x.md: Permission denied"),
        ):
            with self.subTest(arguments):
                done = self.run_unprivileged(*arguments)
                self.assertEqual((2, "", 1), (done.returncode, done.stdout, len(done.stderr.splitlines())), done.stderr)
                self.assertIn(words, done.stderr)
        self.assertEqual([], list(self.folder.iterdir()))

    def test_a_file_in_such_a_folder(self):
        """It may be written itself, and is; a link stays a link."""
        closed = self.folder / "closed"
        closed.mkdir()
        (closed / "plan.json").write_text("old")
        (self.folder / "link.json").symlink_to(closed / "plan.json")
        closed.chmod(0o555)
        self.addCleanup(closed.chmod, 0o755)
        done = self.run_unprivileged("clients", "--json", "link.json")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertTrue((self.folder / "link.json").is_symlink())
        self.assertIn('"name": "urllib3"', (closed / "plan.json").read_text())
