"""The action and the workflow of the documents: they are read as GitHub reads them, and the script is run."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from unittest import TestCase

import yaml

from tests.contract.documents import ROOT, blocks, text_of

FAKE = """#!/bin/sh
for argument in "$@"; do printf '[%s]' "$argument"; done
exit 1
"""
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def the_action() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def the_workflow() -> dict[str, Any]:
    (text,) = blocks(text_of("docs/gate.md"), "yaml")
    return yaml.safe_load(text)


class ActionTest(TestCase):
    def test_scripts_get_inputs_by_variables_only(self):
        """What somebody writes into an input must not become a part of a script."""
        for step in the_action()["runs"]["steps"]:
            self.assertNotIn("${{", step.get("run", ""))

    def test_other_actions_are_pinned(self):
        """To a commit, in the action and in the workflow, but for this one."""
        steps = [*the_action()["runs"]["steps"], *the_workflow()["jobs"]["gate"]["steps"]]
        used = [step["uses"] for step in steps if "uses" in step]
        for action in used:
            if not action.startswith("OWNER/"):
                with self.subTest(action):
                    self.assertRegex(action, PINNED)
        self.assertEqual(1, sum(action.startswith("OWNER/") for action in used))

    def test_the_workflow_gives_inputs_that_there_are(self):
        """And takes outputs that there are; it may only read."""
        workflow, action = the_workflow(), the_action()
        (given,) = (step["with"] for step in workflow["jobs"]["gate"]["steps"] if step.get("id") == "gate")
        required = {name for name, described in action["inputs"].items() if described.get("required")}

        self.assertLessEqual(given.keys(), action["inputs"].keys())
        self.assertLessEqual(required, given.keys())
        taken = set(re.findall(r"steps\.gate\.outputs\.(\w+)", str(workflow)))
        self.assertLessEqual(taken, action["outputs"].keys())
        self.assertEqual({"contents": "read"}, workflow["permissions"])

    def test_the_script_calls_the_command(self):
        """With its options apart, each side as it was given, and the command's exit code."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "http-benchmark").write_text(FAKE)
        (folder / "http-benchmark").chmod(0o755)
        step = the_action()["runs"]["steps"][-1]
        self.assertEqual({"BASELINE", "CANDIDATE", "OPTIONS", "STRICT"}, step["env"].keys())
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={
                "PATH": f"{folder}:{os.environ['PATH']}",
                "RUNNER_TEMP": "/tmp",
                "GITHUB_OUTPUT": str(folder / "outputs"),
                "BASELINE": "httpx@a b; echo evil",
                "CANDIDATE": "$(touch evil)",
                "OPTIONS": "--margin 5%\n--metric cpu_s_per_1k",
                "STRICT": "true",
            },
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )

        self.assertEqual(
            "[gate][--margin][5%][--metric][cpu_s_per_1k][--fail-on-inconclusive]"
            "[--json][/tmp/http-benchmark-gate.json][--junit][/tmp/http-benchmark-gate.junit]"
            "[--markdown][/tmp/http-benchmark-gate.markdown][--github][--][httpx@a b; echo evil][$(touch evil)]",
            done.stdout,
            done.stderr,
        )
        self.assertEqual(1, done.returncode)
        self.assertEqual(["http-benchmark", "outputs"], sorted(path.name for path in folder.iterdir()))
        declared = {f"{name}=" for name in the_action()["outputs"]} - {"outcome="}
        written = {line.partition("=")[0] + "=" for line in (folder / "outputs").read_text().splitlines()}
        self.assertEqual(declared, written)
