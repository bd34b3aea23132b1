"""`http-benchmark results compare`: the real command on a real database, which holds two experiments made by hand."""

import json

from http_benchmark.storage import ResultStorage
from tests.integration.command_case import CommandCase
from tests.records import make_blocks, make_result, noisy_costs


class ResultsCompareTest(CommandCase):
    def setUp(self):
        super().setUp()
        with ResultStorage(self.folder / "benchmark_results.db") as storage:
            for experiment_id, cost, concurrency in (("aaaa-1", 1.0, 10), ("bbbb-2", 2.0, 10), ("cccc-3", 1.0, 20)):
                blocks = make_blocks(noisy_costs({"httpx:sync": cost, "requests:sync": 2.0}, 6))
                experiment = make_result(blocks, id=experiment_id, configuration={"concurrency": concurrency})
                storage.start_experiment(experiment)
                for block in blocks:
                    storage.save_block(experiment_id, block)
                storage.finish_experiment(experiment)

    def test_a_table(self):
        """Both estimates with their intervals, the ratio, and why there is no verdict."""
        done = self.run_command("results", "compare", "aaaa", "bbbb")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn("requests/s", done.stdout)
        self.assertRegex(done.stdout, r"p99 ms +a +\S+ +\S+–\S+ +1\.000.*\n +b +\S+ +\S+–\S+ +2\.0")
        self.assertIn("not paired", done.stdout)

    def test_json(self):
        """The same as a document, with intervals from the stored blocks on every metric."""
        document = json.loads(self.run_command("results", "compare", "aaaa", "bbbb", "--json", "-").stdout)

        self.assertEqual("http-benchmark/comparison/1", document["schema"])
        self.assertEqual(["aaaa-1", "bbbb-2"], [arm["experiment"] for arm in document["arms"]])
        self.assertTrue(all(figure["estimates"][0]["low"] for figure in document["figures"]))

    def test_refused(self):
        """What matters differs: exit code 2, one line for each difference, no table."""
        done = self.run_command("results", "compare", "aaaa", "cccc")

        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertEqual(
            "http-benchmark: configuration.concurrency differs: 10 and 20; measure both alike, or force it (--force)\n",
            done.stderr,
        )

    def test_forced(self):
        """Then it is compared, and the difference is said."""
        done = self.run_command("results", "compare", "aaaa", "cccc", "--force")

        self.assertEqual(0, done.returncode)
        self.assertIn("matters: configuration.concurrency differs: 10 and 20", done.stdout)
        self.assertIn("MISLEADING ≠ b: other circumstances (configuration.concurrency).", done.stdout)

    def test_contenders(self):
        """Single contenders of stored experiments, and the figures that were asked for."""
        done = self.run_command("results", "compare", "aaaa:httpx:sync", "aaaa:requests", "--metric", "mean")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"mean ms: requests:sync costs \+\S+ % against httpx:sync \(95 % .*told apart")
        self.assertNotIn("p99", done.stdout)

    def test_a_picture(self):
        """Of the first figure that was asked for, beside the table, in the colours that were asked for."""
        arguments = ("results", "compare", "aaaa", "bbbb", "--picture", "p99.svg", "--theme", "dark")
        done = self.run_command(*arguments, "--metric", "p99", "--metric", "mean")
        picture = (self.folder / "p99.svg").read_text(encoding="utf-8")

        self.assertEqual((0, "wrote p99.svg\n"), (done.returncode, done.stderr))
        self.assertIn("p99 ms", done.stdout)
        self.assertIn("p99 of the response time, ms", picture)
        self.assertIn("#14171c", picture)

    def test_a_picture_that_cannot_be(self):
        """One line, and no file."""
        for file, fault in (
            ("p99.pdf", "--picture p99.pdf ends in none of .svg, .png; name one of these"),
            ("no/p99.svg", "--picture no/p99.svg: No such file or directory; choose another file"),
        ):
            with self.subTest(file):
                done = self.run_command("results", "compare", "aaaa", "bbbb", "--picture", file)

                self.assertEqual((2, f"http-benchmark: {fault}\n"), (done.returncode, done.stderr))
        self.assertEqual([], [path.name for path in self.folder.iterdir() if "p99" in path.name])

    def test_unknown(self):
        """The id that is not there is named."""
        done = self.run_command("results", "compare", "aaaa", "dddd")

        self.assertEqual(2, done.returncode)
        self.assertIn("no experiment 'dddd'", done.stderr)
