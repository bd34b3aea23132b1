"""Versions and source trees of one library under measurement, without a network unless a test says so."""

import json
import os
import unittest
from pathlib import Path
from unittest import mock

from http_benchmark.benchmark import Experiment
from http_benchmark.conformance.conforming import conform
from http_benchmark.conformance.suite import chosen_checks
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from tests.foreign_clients import make_known
from tests.integration.command_case import CommandCase
from tests.network import needs_pypi
from tests.wheelhouse import make_tree, offline

SMALL = {"blocks": 1, "slices": 2, "requests": 20, "warmup": 0, "concurrency": 2, "floor": False}


class VersionsTest(unittest.TestCase):
    def setUp(self):
        make_known(self, "versions")
        self.folder, _ = offline(self)
        self.said: list[str] = []

    def experiment(self, *contenders: str) -> Experiment:
        configuration = ExperimentConfiguration(contenders=contenders, **SMALL)
        return Experiment(configuration, environments=Environments(self.said.append))

    def test_two_versions_in_one_run(self):
        """Each is measured, does its work, and is reported with its own version and with what else is installed."""
        result = self.experiment("sloth==1.0", "sloth==1.1").run()

        self.assertEqual(
            {("sloth==1.0:sync", "1.0", "ok"), ("sloth==1.1:sync", "1.1", "ok")},
            {(client.contender, client.version, client.status) for client in result.clients},
        )
        self.assertEqual([20, 20], [client.server_requests for client in result.clients])
        self.assertEqual({"sloth==1.0": "1.0", "sloth==1.1": "1.1"}, result.environment["libraries"])
        self.assertEqual({"sloth": "1.1"}, result.environment["sources"]["sloth==1.1"]["packages"])

    def test_what_the_user_put_on_the_path_is_not_measured(self):
        """A library of the same name on PYTHONPATH comes before what is installed, but not in these environments."""
        (self.folder / "false").mkdir()
        (self.folder / "false" / "sloth.py").write_text("raise SystemExit('the wrong one')")
        path = os.pathsep.join((str(self.folder / "false"), os.environ["PYTHONPATH"]))
        with mock.patch.dict(os.environ, PYTHONPATH=path):
            self.assertEqual(["ok"], [client.status for client in self.experiment("sloth==1.0").run().clients])

    def test_a_library_from_elsewhere_is_not_measured(self):
        """The worker says where the library came from; if that is not its environment, the contender is dropped."""
        experiment = self.experiment("sloth==1.0")
        (arm,) = experiment.plan.arms
        (Path(arm.interpreter.search_path) / "sloth.py").write_text(
            "class Connection:\n    def __init__(self, *_):\n        pass\n"
        )
        (client,) = experiment.run().clients

        self.assertEqual("failed", client.status)
        self.assertRegex(client.message, r"sloth==1.0:sync loaded .*sloth\.py, which is not in its environment")

    def test_all_that_cannot_be_had_is_told_at_once(self):
        """A line for each, before anything starts."""
        with self.assertRaises(ConfigurationError) as raised:
            self.experiment("sloth==3", "sloth==4", "sloth==1.0")

        self.assertEqual(["sloth==3", "sloth==4"], [line.partition(":")[0] for line in raised.exception.faults])

    def test_conform_asks_a_version_too(self):
        """The prober runs in its environment."""
        result = conform(["sloth==1.1"], chosen_checks(["pool"]))

        self.assertEqual([("sloth==1.1:sync", "1.1")], [(one.contender, one.version) for one in result.contenders])
        self.assertEqual(["conforms"], [found.outcome for one in result.contenders for found in one.outcomes], result)


class CommandTest(CommandCase):
    def test_a_tree_and_a_version(self):
        """What takes time is said on the way; the report says what state the tree was in; `--plan` makes them, too."""
        make_known(self, "versions")
        folder, variables = offline(self)
        tree = make_tree(folder / "tree", "2.0")
        contenders = ("sloth==1.0", f"sloth@{tree}")
        planned = self.run_command("run", *contenders, "--plan", **variables)
        self.assertIn("building a wheel", planned.stderr)
        self.assertEqual(0, planned.returncode)

        options = ("--blocks", "1", "--slices", "1", "--requests", "20", "--warmup", "0", "--no-floor")
        done = self.run_command("run", *contenders, *options, "--json", "result.json", **variables)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn("building", done.stderr)
        self.assertIn(f"sloth@{tree}: version 2.0, not in a git repository.", done.stdout)
        sources = json.loads((self.folder / "result.json").read_text())["environment"]["sources"]
        self.assertEqual(["version", "tree"], [source["kind"] for source in sources.values()])

        missing = self.run_command("run", "sloth==9", **variables)
        self.assertEqual((2, ""), (missing.returncode, missing.stdout))
        self.assertRegex(missing.stderr, r"^http-benchmark: sloth==9: there is no version of sloth==9[^\n]*\n$")


class PublishedTest(unittest.TestCase):
    @needs_pypi
    def test_two_published_versions_of_httpx(self):
        """Both are installed from the index and measured, sync and async."""
        configuration = ExperimentConfiguration(contenders=("httpx==0.27.2", "httpx==0.28.1"), **SMALL)
        result = Experiment(configuration).run()

        self.assertEqual({"ok"}, {client.status for client in result.clients})
        self.assertEqual(["0.27.2", "0.27.2", "0.28.1", "0.28.1"], sorted(client.version for client in result.clients))
