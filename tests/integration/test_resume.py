"""Interrupted experiments that go on, and finished ones that are measured again: the real command, really killed."""

import json

from tests.integration.command_case import CommandCase

BLOCKS = "8"
RUN = ("null:sync", "null:async", "--slices", "2", "--requests", "200", "--warmup", "0", "--seed", "7", "--no-floor")


class ResumeTest(CommandCase):
    def killed_after(self, blocks: int, *options: str) -> str:
        """The ID of an experiment whose controller was killed in the middle."""
        process = self.start("run", *RUN, "--blocks", BLOCKS, *options)
        self.read_until(process, f"block {blocks} of {BLOCKS} done")
        process.kill()
        process.communicate()
        [summary] = self.open_storage().list_experiments()
        return summary.id

    def test_killed_and_resumed(self):
        """It gets to its end under the same ID, with every block once, in the order that an uninterrupted run has."""
        identifier = self.killed_after(2)
        done = self.run_command("run", "--resume", identifier[:8])
        storage = self.open_storage()
        blocks = storage.get_blocks(identifier)
        result = storage.get_experiment(identifier)

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("2 sessions", done.stdout)
        self.assertEqual([*range(int(BLOCKS))], [block.number for block in blocks])
        self.assertEqual(("finished", int(BLOCKS)), (result.status, result.blocks))
        starts = [measured.started_s for block in blocks for measured in block.trials[0].slices]
        self.assertEqual(sorted(starts), starts)
        first, second = result.provenance.sessions
        self.assertIsNone(first.finished_at)
        self.assertEqual((0, True), (first.first_block, 2 <= second.first_block < int(BLOCKS)))
        self.assertLessEqual(first.started_at, second.started_at)

        whole = self.run_command("run", *RUN, "--blocks", BLOCKS, "--json", "-")
        again = storage.get_blocks(json.loads(whole.stdout)["id"])
        self.assertEqual(*([[_order(block) for block in some] for some in (blocks, again)]))

    def test_what_is_refused(self):
        """Another setting, a finished experiment, an unknown one, and --force alone: one line each, nothing changed."""
        identifier = self.killed_after(1)
        for arguments, message in (
            (("--resume", identifier, "--concurrency", "3"), "concurrency: the stored experiment says it"),
            (("--resume", identifier, "--no-verify"), "verify: the stored experiment says it"),
            (("--resume", "ffff"), "no experiment 'ffff'"),
            (("--force",), "--force belongs to --resume"),
        ):
            with self.subTest(message):
                done = self.run_command("run", *arguments)
                self.assertEqual(2, done.returncode)
                self.assertIn(message, done.stderr)
        self.assertEqual("running", self.open_storage().get_experiment(identifier).status)

    def test_other_circumstances(self):
        """Another interpreter setting is refused, and by force noted in the verdict."""
        identifier = self.killed_after(1)
        refused = self.run_command("run", "--resume", identifier, PYTHONMALLOC="malloc")
        forced = self.run_command("run", "--resume", identifier, "--force", PYTHONMALLOC="malloc")
        result = self.open_storage().get_experiment(identifier)

        self.assertEqual(2, refused.returncode)
        self.assertIn("interpreter.variables differs", refused.stderr)
        self.assertIn("(--force)", refused.stderr)
        self.assertEqual(0, forced.returncode, forced.stderr)
        self.assertIn("resumed", [reason.code for reason in result.validity.reasons])
        self.assertRegex(result.provenance.sessions[-1].forced[0], "interpreter.variables differs")

    def test_a_secret_that_was_typed(self):
        """It is asked for by its option, and looked up by its name when it is given so."""
        identifier = self.killed_after(1, "--header", "X-Key: canary-4711")
        lost = self.run_command("run", "--resume", identifier)
        given = self.run_command("run", "--resume", identifier, "--header", "X-Key: ${env:KEY}", KEY="canary-4711")

        self.assertEqual(2, lost.returncode)
        self.assertIn("header X-Key was typed as text, and that is not stored", lost.stderr)
        self.assertEqual(0, given.returncode, given.stderr)

    def test_while_it_is_measured(self):
        """Nobody else goes on with it."""
        process = self.start("run", *RUN, "--blocks", "1000")
        self.read_until(process, "block 1 of 1000 done")
        [summary] = self.open_storage().list_experiments()
        done = self.run_command("run", "--resume", summary.id)

        self.assertEqual(2, done.returncode)
        self.assertIn(f"is being measured by process {process.pid}", done.stderr)


class ReproduceTest(CommandCase):
    def test_measured_again(self):
        """A new experiment with the same seed and blocks, which names the first; both effects, whether they agree."""
        first = json.loads(self.run_command("run", *RUN, "--blocks", "6", "--json", "-").stdout)
        done = self.run_command("results", "reproduce", first["id"][:8], "--json", "again.json")
        found = json.loads((self.folder / "again.json").read_text())
        second = self.open_storage().get_experiment(found["reproduced"])

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(first["id"], found["original"])
        self.assertEqual(first["id"], second.provenance.reproduces)
        self.assertEqual((first["seed"], 6, 6), (second.seed, second.blocks, second.planned_blocks))
        self.assertEqual(first["provenance"]["plan_fingerprint"], second.provenance.plan_fingerprint)
        self.assertIn(found["agrees"], ("yes", "no"))
        self.assertIn("How much more the first costs", done.stdout)

    def test_plan(self):
        """It says what would run, and runs nothing."""
        first = json.loads(self.run_command("run", *RUN, "--blocks", "1", "--json", "-").stdout)
        done = self.run_command("results", "reproduce", first["id"], "--plan")

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("null:async", done.stdout)
        self.assertEqual(1, len(self.open_storage().list_experiments()))


def _order(block):
    """Round and position of every slice of a block."""
    return [(trial.contender, [(s.round, s.position) for s in trial.slices]) for trial in block.trials]
