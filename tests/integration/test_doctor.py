"""`http-benchmark doctor` as a user types it, on whatever machine this is."""

import json
import unittest

from tests.integration.command_case import CommandCase


class DoctorTest(CommandCase):
    def test_for_people(self):
        """A table, a verdict, exit code 0; what takes seconds is announced on standard error."""
        answer = self.run_command("doctor")

        self.assertEqual(0, answer.returncode, answer.stderr)
        self.assertRegex(answer.stdout, r"processors +\d+ \(clients")
        self.assertRegex(answer.stdout, r"pacing, async +lag p50 .* at 2,000 /s")
        self.assertIn("This machine ", answer.stdout)
        self.assertIn("watching the machine for 1 s\n", answer.stderr)
        self.assertEqual([], list(self.folder.iterdir()))

    def test_for_programs(self):
        """JSON to a file; with --strict the exit code follows its verdict."""
        answer = self.run_command("doctor", "--strict", "--json", "doctor.json")
        document = json.loads((self.folder / "doctor.json").read_text())

        self.assertEqual(1 if document["verdict"] == "unfit" else 0, answer.returncode, answer.stderr)
        self.assertEqual("", answer.stdout)
        self.assertEqual("http-benchmark/doctor/1", document["schema"])
        codes = [finding["code"] for finding in document["findings"]]
        self.assertEqual(len(codes), len(set(codes)))
        self.assertLess({"processors", "clock", "pacing-sync", "pacing-async", "other-processes"}, set(codes))


if __name__ == "__main__":
    unittest.main()
