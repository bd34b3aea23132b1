"""The command `conform`, on real clients in processes of their own."""

import json
import os
import signal
import unittest
from pathlib import Path

from tests.integration.command_case import CommandCase

TESTS = Path(__file__).parents[1]


class ConformTest(CommandCase):
    def test_what_is_as_known_ends_with_0(self):
        """Matrix on standard output, progress on standard error, JSON and Markdown in files."""
        done = self.run_command(
            *("conform", "urllib3", "aiohttp", "--check", "methods", "--check", "retry-get-fresh"),
            *("--json", "found.json", "--markdown", "found.md"),
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("As expected: 4 answers, 1 known deviation.", done.stdout)
        self.assertIn("2 contenders, 2 checks each", done.stderr)
        found = json.loads((self.folder / "found.json").read_text())
        self.assertEqual(("http-benchmark/conformance/1", True), (found["schema"], found["as_expected"]))
        outcomes = {
            (contender["contender"], outcome["check"]): outcome["outcome"]
            for contender in found["contenders"]
            for outcome in contender["outcomes"]
        }
        self.assertEqual(
            {
                ("urllib3:sync", "methods"): "conforms",
                ("urllib3:sync", "retry-get-fresh"): "conforms",
                ("aiohttp:async", "methods"): "conforms",
                ("aiohttp:async", "retry-get-fresh"): "deviates",
            },
            outcomes,
        )
        self.assertIn("| methods | ✓ | ✓ |", (self.folder / "found.md").read_text())

    def test_a_surprise_ends_with_1(self):
        """A client that does other work than is known of it."""
        done = self.run_command("conform", "stingy", "--check", "upload", PYTHONPATH=self.path("unfair"))
        self.assertEqual(1, done.returncode)
        self.assertIn("stingy:sync (upload) deviates: POST of 1 bytes: length: 0 instead of 1", done.stdout)

    def test_an_adapter_that_shows_nothing_is_told_so(self):
        """One that was written before there was `inspect`."""
        done = self.run_command("conform", "chatty", "--check", "methods", PYTHONPATH=self.path("misbehaving"))
        self.assertEqual(1, done.returncode)
        self.assertIn("chatty_adapter cannot show what it receives: its prepare() takes no `inspect`", done.stdout)

    def test_what_is_asked_can_be_listed(self):
        """For people and as JSON, all checks or some."""
        listed = self.run_command("conform", "--list")
        self.assertEqual(0, listed.returncode)
        self.assertIn("retry-post-reused", listed.stdout)
        one = json.loads(self.run_command("conform", "--list", "--check", "pool", "--json", "-").stdout)
        self.assertEqual(["pool"], [check["id"] for check in one])

    def test_a_users_mistake_ends_with_2(self):
        """One line that says what to do; nothing is asked."""
        for arguments, words in (
            (["--check", "pol"], "unknown check 'pol'; did you mean pool?"),
            (["urlib3"], "unknown client 'urlib3'; did you mean urllib3?"),
            (["--markdown", "no/such/folder.md"], "--markdown no/such/folder.md: No such file or directory"),
            (["--json", "-", "--markdown", "-"], "--json and --markdown cannot both go to standard output"),
            (["requests+h2"], "requests cannot speak HTTP/2"),
        ):
            with self.subTest(arguments):
                done = self.run_command("conform", *arguments)
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                self.assertIn(words, done.stderr)

    def test_interrupted(self):
        """What was answered before is shown and written; what is under way is broken off, and is no answer."""
        checks = ("--check", "upload", "--check", "trickle")
        process = self.start("conform", "stingy", *checks, "--json", "found.json", PYTHONPATH=self.path("unfair"))
        self.read_until(process, "stingy:sync upload deviates")
        children = self.children(process, 2)
        process.send_signal(signal.SIGINT)
        answer, errors = process.communicate(timeout=20)
        self.assert_ended(children)
        self.assertEqual(130, process.returncode, errors)
        self.assertIn("Interrupted before all was asked. Not as expected: 1 answer", answer)
        found = json.loads((self.folder / "found.json").read_text())
        [contender] = found["contenders"]
        self.assertEqual(
            ("interrupted", ["upload"]), (found["status"], [outcome["check"] for outcome in contender["outcomes"]])
        )

    def path(self, folder: str) -> str:
        return os.pathsep.join((self.environment()["PYTHONPATH"], str(TESTS / folder)))


if __name__ == "__main__":
    unittest.main()
