"""Experiments that move from one database to another, and results of the earlier tool: the real command."""

import json
import sqlite3
from contextlib import closing
from unittest import mock

from click.testing import CliRunner

from http_benchmark.archive import StoredExperiment, write_archive
from http_benchmark.cli.export import export
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.provenance import Provenance, Revision
from http_benchmark.storage import ResultStorage
from tests.integration.command_case import CommandCase
from tests.records import make_blocks, make_result, noisy_costs
from tests.unit.test_earlier import ROW, make_database


class SharingTest(CommandCase):
    def setUp(self):
        super().setUp()
        with ResultStorage(self.folder / "benchmark_results.db") as storage:
            for identifier, tag in (("aaaa-1", "nightly"), ("bbbb-2", "other")):
                blocks = make_blocks(noisy_costs({"httpx:sync": 1.0, "requests:sync": 2.0}, 6))
                configuration = {"concurrency": 10, "tag": [tag]}
                experiment = make_result(blocks, id=identifier, configuration=configuration)
                storage.start_experiment(experiment)
                for block in blocks:
                    storage.save_block(identifier, block)
                storage.finish_experiment(experiment)

    def elsewhere(self, *arguments):
        return self.run_command(*arguments, "--database", "elsewhere.db")

    def test_from_one_database_to_another(self):
        """Exported by filter, imported, and there it is shown as it was here."""
        exported = self.run_command(
            *("results", "export", "--all", "--tag", "nightly", "--format", "bundle", "--output", "x.hbx.zip")
        )
        imported = self.elsewhere("results", "import", "x.hbx.zip")
        again = self.elsewhere("results", "import", "x.hbx.zip", "--json", "-")

        self.assertEqual((0, "", ""), (exported.returncode, exported.stdout, exported.stderr))
        self.assertEqual((0, "x.hbx.zip: 1 added\n"), (imported.returncode, imported.stdout))
        self.assertEqual(["aaaa-1"], json.loads(again.stdout)["x.hbx.zip"]["present"])
        here = json.loads(self.run_command("results", "show", "aaaa", "--json", "-").stdout)
        there = json.loads(self.elsewhere("results", "show", "aaaa", "--json", "-").stdout)
        self.assertEqual((False, True), (here["imported"], there["imported"]))
        self.assertEqual(here | {"imported": True}, there)

    def test_what_it_names_of_this_machine(self):
        """An imported experiment gets no secret, whether measured anew or gone on with, unless it is trusted."""
        asked = ExperimentConfiguration(
            contenders=("null:sync",), url="http://elsewhere.example/", headers=("X-Key: ${env:CANARY}",)
        )
        provenance = Provenance(program=Revision(version="1"), plan_fingerprint="f")
        blocks = make_blocks(noisy_costs({"null:sync": 1.0}, 6))
        changes = {"status": "interrupted", "provenance": provenance, "configuration": asked.to_dict()}
        whole = StoredExperiment(experiment=make_result(blocks, id="cccc-3", **changes), blocks=tuple(blocks))
        with (self.folder / "x.zip").open("wb") as file:
            write_archive([whole], file)
        self.assertEqual(0, self.elsewhere("results", "import", "x.zip").returncode)

        for arguments in (("results", "reproduce", "cccc", "--plan"), ("run", "--resume", "cccc", "--force")):
            with self.subTest(arguments):
                refused = self.elsewhere(*arguments)
                trusted = self.elsewhere(*arguments, "--trust-imported")
                self.assertEqual(2, refused.returncode)
                self.assertIn("header X-Key (${env:CANARY}) to http://elsewhere.example/", refused.stderr)
                self.assertIn("--trust-imported", refused.stderr)
                self.assertNotIn("was imported", trusted.stderr)
        alone = self.elsewhere("run", "--trust-imported", "--plan")
        self.assertIn("--trust-imported belongs to --resume", alone.stderr)

    def test_the_earlier_tools_database(self):
        """Found by its table; faulty rows are named, and nothing is imported unless they are to be left out."""
        make_database(self.folder / "old.db", ROW, ROW | {"id": "broken", "config_snapshot": "{"})
        refused = self.elsewhere("results", "import", "old.db")
        done = self.elsewhere("results", "import", "old.db", "--skip-faulty")
        with ResultStorage(self.folder / "elsewhere.db") as storage:
            results = storage.get_all_results()

        self.assertEqual(2, refused.returncode)
        self.assertIn("row 2 ('broken') is no result: config_snapshot is no JSON", refused.stderr)
        self.assertIn("--skip-faulty", refused.stderr)
        self.assertEqual("old.db: 1 added\n", done.stdout, done.stderr)
        self.assertEqual([ROW["id"]], [result.id for result in results])

    def damage(self, identifier):
        """Cut the document of an experiment off in its middle."""
        with closing(sqlite3.connect(self.folder / "benchmark_results.db")) as connection:
            cut = "UPDATE experiment_documents SET document = substr(document, 1, 40) WHERE experiment_id = ?"
            self.assertEqual(1, connection.execute(cut, (identifier,)).rowcount)
            connection.commit()

    def test_one_that_is_damaged(self):
        """Where it was not asked for by its ID it is left out and named, with the exit code 1; it can be deleted."""
        self.damage("aaaa-1")
        for form in ("bundle", "csv"):
            with self.subTest(form):
                done = self.run_command("results", "export", "--all", "--format", form, "--output", f"x.{form}")
                self.assertEqual(1, done.returncode, done.stderr)
                self.assertIn("left out: experiment aaaa-1 is damaged", done.stderr)
        self.assertEqual("x.bundle: 1 added\n", self.elsewhere("results", "import", "x.bundle").stdout)
        self.assertIn("bbbb-2", (self.folder / "x.csv").read_text())

        history = self.run_command("results", "history", "httpx:sync", "--json", "-")
        self.assertEqual(1, history.returncode)
        self.assertIn("left out: experiment aaaa-1 is damaged", history.stderr)
        self.assertEqual(["bbbb-2"], [point["experiment"] for point in json.loads(history.stdout)["points"]])

        named = self.run_command("results", "export", "aaaa", "--format", "bundle", "--output", "y.zip")
        self.assertEqual((2, False), (named.returncode, (self.folder / "y.zip").exists()))
        self.assertEqual(0, self.run_command("results", "delete", "aaaa", "--yes").returncode)
        self.assertEqual(0, self.run_command("results", "export", "--all", "--format", "csv").returncode)

    def test_one_that_a_bundle_refuses(self):
        """Of all, one with a tag that no bundle takes is left out and named; that without IDs goes on without it."""
        with closing(sqlite3.connect(self.folder / "benchmark_results.db")) as connection:
            connection.execute("UPDATE experiments SET tags = '[\"\"]' WHERE id = 'aaaa-1'")
            connection.commit()

        done = self.run_command("results", "export", "--all", "--format", "bundle", "--output", "x.bundle")

        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("left out: experiment 'aaaa-1': tag '' must", done.stderr)
        self.assertEqual("x.bundle: 1 added\n", self.elsewhere("results", "import", "x.bundle").stdout)
        named = self.run_command("results", "export", "aaaa", "--format", "bundle", "--output", "y.zip")
        self.assertEqual((2, False), (named.returncode, (self.folder / "y.zip").exists()))

    def test_one_that_is_deleted_meanwhile(self):
        """Listed and gone when it is to be read: left out and named as well."""
        storage = self.enterContext(ResultStorage(self.folder / "benchmark_results.db"))
        for form in ("bundle", "csv"):
            listed = storage.list_experiments()
            gone = listed[0].model_copy(update={"id": "gone-1"})
            with (
                self.subTest(form),
                mock.patch.object(ResultStorage, "list_experiments", return_value=[gone, *listed]),
            ):
                database, output = str(self.folder / "benchmark_results.db"), str(self.folder / f"z.{form}")
                arguments = ["--all", "--format", form, "--database", database, "--output", output]
                done = CliRunner().invoke(export, arguments, standalone_mode=False)
                self.assertEqual((1, None), (done.return_value, done.exception))
                self.assertIn("left out: no experiment 'gone-1'", done.stderr)

    def test_single_results(self):
        """Those of the earlier tool are listed, shown and deleted; filters are those of experiments."""
        make_database(self.folder / "old.db", ROW, ROW | {"id": "c0ffee", "name": "older"})
        self.run_command("results", "import", "old.db")
        listed = self.run_command("results", "list", "--single", "--limit", "1")
        as_json = json.loads(self.run_command("results", "list", "--single", "--json", "-").stdout)
        shown = self.run_command("results", "show", "c0f")
        document = json.loads(self.run_command("results", "show", "c0f", "--json", "-").stdout)

        self.assertEqual((0, ""), (listed.returncode, listed.stderr))
        self.assertIn("c0ffee", listed.stdout)
        self.assertNotIn(ROW["id"], listed.stdout)
        self.assertEqual(["c0ffee", ROW["id"]], [result["id"] for result in as_json])
        self.assertIn("requests_per_second: 747.508", shown.stdout)
        self.assertEqual(as_json[0], document)
        self.assertNotIn("canary", shown.stdout)

        self.assertEqual("deleted c0ffee\n", self.run_command("results", "delete", "c0ff", "--yes").stdout)
        self.assertEqual(2, self.run_command("results", "show", "c0ff").returncode)
        refused = self.run_command("results", "list", "--single", "--tag", "x")
        self.assertIn("--single", refused.stderr)

    def test_a_single_result_that_is_damaged(self):
        """Left out of the list and named, with the exit code 1; refused when it is asked for, and it can be deleted."""
        make_database(self.folder / "old.db", ROW, ROW | {"id": "c0ffee", "name": "older"})
        self.run_command("results", "import", "old.db")
        for stored in ("'{'", "'[1]'", f"'{'[' * 3000 + ']' * 3000}'", "x'ff'", "CAST(x'ff' AS TEXT)"):
            with self.subTest(stored[:20]):
                self.damage_result("c0ffee", stored)
                listed = self.run_command("results", "list", "--single", "--json", "-")
                shown = self.run_command("results", "show", "c0f")
                checked = self.run_command("db", "check")

                named = "result c0ffee is damaged; restore the database from a copy\n"
                self.assertEqual((1, f"left out: {named}"), (listed.returncode, listed.stderr))
                self.assertEqual([ROW["id"]], [result["id"] for result in json.loads(listed.stdout)])
                self.assertEqual((2, f"http-benchmark: {named}"), (shown.returncode, shown.stderr))
                self.assertEqual((1, f"damaged: c0ffee: {named}"), (checked.returncode, checked.stdout))
        self.assertEqual("deleted c0ffee\n", self.run_command("results", "delete", "c0f", "--yes").stdout)
        self.assertEqual(0, self.run_command("results", "list", "--single").returncode)

    def damage_result(self, identifier, stored):
        """Let the configuration of a single result be what is given in SQL."""
        with closing(sqlite3.connect(self.folder / "benchmark_results.db")) as connection:
            change = f"UPDATE results SET config_snapshot = {stored} WHERE id = ?"
            self.assertEqual(1, connection.execute(change, (identifier,)).rowcount)
            connection.commit()

    def test_what_is_no_such_file(self):
        """One line each, and the database stays as it was."""
        (self.folder / "text").write_text("no bundle")
        for arguments, message in (
            (("import", "text"), "text: it is damaged, or"),
            (("import", "missing"), "missing cannot be read (No such file or directory)"),
            (("export", "--format", "bundle"), "name the experiments by their IDs, or take --all"),
            (("export", "aaaa", "--all", "--format", "csv"), "name the experiments by their IDs, or take --all"),
            (("export", "ffff", "--format", "bundle", "--output", "y.zip"), "no experiment 'ffff'"),
        ):
            with self.subTest(message):
                done = self.run_command("results", *arguments)
                self.assertIn(done.returncode, (1, 2))
                self.assertIn(message, done.stderr)
                self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(
            ["benchmark_results.db", "text"], sorted(p.name for p in self.folder.iterdir() if "-" not in p.name)
        )

    def test_history(self):
        """Both experiments are one series; of another machine there is none."""
        found = json.loads(self.run_command("results", "history", "httpx:sync", "--json", "-").stdout)
        drawn = ("--picture", "history.PNG")
        shown = self.run_command("results", "history", "httpx:sync", "--tag", "other", *drawn)
        missing = self.run_command("results", "history", "aiohttp:async")

        self.assertEqual({"aaaa-1", "bbbb-2"}, {point["experiment"] for point in found["points"]})
        self.assertIn("httpx:sync, requests/s: 1 experiment", shown.stdout)
        self.assertEqual((0, "wrote history.PNG\n"), (shown.returncode, shown.stderr))
        self.assertEqual(b"\x89PNG", (self.folder / "history.PNG").read_bytes()[:4])
        self.assertEqual(2, missing.returncode)
        self.assertIn("no stored experiment has figures of aiohttp:async", missing.stderr)
