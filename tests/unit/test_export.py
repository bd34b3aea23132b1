"""Stored experiments in the forms of other programs, each read back by a reader that is not ours."""

import csv
import io
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest import TestCase
from unittest.mock import patch

import jsonschema
import pyarrow.parquet as pq
from click.testing import CliRunner
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from http_benchmark.cli.results import command
from http_benchmark.models.experiment import ClientResult
from http_benchmark.report.csv import csv_text
from http_benchmark.report.json import dump
from http_benchmark.report.json_schema import DOCUMENTS, schema_of
from http_benchmark.report.markdown import markdown, table
from http_benchmark.report.openmetrics import openmetrics
from http_benchmark.report.parquet import write_parquet
from http_benchmark.report.rows import CLIENTS, SLICES, TABLES, TRIALS
from http_benchmark.storage import ResultStorage
from tests.records import START, make_block, make_blocks, make_result, make_slice, make_trial, noisy_costs
from tests.snapshot_case import SnapshotCase
from tests.unit.test_report_terminal import nine_contenders

AWKWARD = 'a "quoted", name\nwith ünïcode and =1+1'


def measured(**fields):
    """An experiment of two contenders in six blocks, with its blocks."""
    blocks = make_blocks(noisy_costs({"a:sync": 1.0, "b:async": 2.0}, 6))
    return make_result(blocks, **fields), blocks


class TestRows(TestCase):
    def test_every_column_has_its_own_name(self):
        """Readers choose columns by name."""
        for name, rows in TABLES.items():
            with self.subTest(name):
                names = [column.name for column in rows.columns]
                self.assertEqual(len(names), len(set(names)))

    def test_cells_are_of_their_kind(self):
        """A cell is None or of the kind that its column says; no column is empty by mistake in a full record."""
        kinds = {"text": str, "integer": int, "real": float, "moment": datetime}
        experiment, blocks = measured()
        for name, rows in TABLES.items():
            for row in rows.rows([(experiment, blocks)]):
                for column, cell in zip(rows.columns, row, strict=True):
                    with self.subTest(name, column=column.name):
                        self.assertTrue(cell is None or type(cell) is kinds[column.kind], cell)

    def test_known_figures(self):
        """A trial's figure is the median over its slices; all requests and failures are counted."""
        slices = [
            make_slice(number, throughput_rps=rate, requests=200, errors=errors)
            for number, (rate, errors) in enumerate([(900.0, {}), (1000.0, {"timeout": 2}), (1500.0, {"timeout": 1})])
        ]
        blocks = [make_block(make_trial("a:sync", slices))]
        pair = make_result(blocks), blocks

        [trial] = csv.DictReader(io.StringIO(csv_text(TRIALS, [pair]), newline=""))
        self.assertEqual(
            ("1000.0", '{"timeout": 3}', "0"), (trial["throughput_rps"], trial["failures"], trial["block"])
        )
        of_slices = [*csv.DictReader(io.StringIO(csv_text(SLICES, [pair]), newline=""))]
        self.assertEqual(["900.0", "1000.0", "1500.0"], [row["throughput_rps"] for row in of_slices])
        self.assertEqual(["0", "2", "1"], [row["failed"] for row in of_slices])
        [client] = csv.DictReader(io.StringIO(csv_text(CLIENTS, [pair]), newline=""))
        self.assertEqual(("600", "3", "0.995"), (client["requests"], client["failed"], client["success_ratio"]))


class TestCsv(TestCase):
    def test_read_back(self):
        """Awkward texts and full precision come back; what was not measured is empty."""
        experiment, blocks = measured(name=AWKWARD)
        rows = [*csv.DictReader(io.StringIO(csv_text(CLIENTS, [(experiment, blocks)]), newline=""))]

        self.assertEqual([AWKWARD] * 2, [row["experiment_name"] for row in rows])
        self.assertEqual(
            [client.throughput_rps.low for client in experiment.clients],
            [float(row["throughput_rps_low"]) for row in rows],
        )
        self.assertEqual(START, datetime.fromisoformat(rows[0]["experiment_started_at"]))
        self.assertEqual("", rows[0]["errors"])

    def test_several_experiments(self):
        """Their rows follow each other under one head, told apart by their IDs."""
        text = csv_text(TRIALS, [measured(id="first"), measured(id="second")])

        self.assertEqual(
            ["first"] * 12 + ["second"] * 12,
            [row["experiment_id"] for row in csv.DictReader(io.StringIO(text, newline=""))],
        )


class TestParquet(TestCase):
    def test_read_back(self):
        """The same cells, typed; a column without any figure has its type, too."""
        experiment, blocks = measured(name=AWKWARD)
        for name, rows in TABLES.items():
            with self.subTest(name):
                file = io.BytesIO()
                write_parquet(rows, [(experiment, blocks)], file)
                read = pq.read_table(file)

                self.assertEqual([*map(list, rows.rows([(experiment, blocks)]))], [
                    [row[column.name] for column in rows.columns] for row in read.to_pylist()
                ])  # fmt: skip
        self.assertEqual("double", str(read.schema.field("rate_rps").type))
        self.assertEqual("timestamp[us, tz=UTC]", str(read.schema.field("experiment_started_at").type))
        self.assertEqual(b"Requests per second", read.schema.field("throughput_rps").metadata[b"meaning"])


class TestOpenMetrics(TestCase):
    def test_read_back(self):
        """Prometheus' own parser finds the figures, with labels and the time at which the experiment ended."""
        experiment, _ = measured(name=AWKWARD)
        families = {family.name: family for family in text_string_to_metric_families(openmetrics([experiment]))}

        first = experiment.clients[0]
        estimates = [s for s in families["http_benchmark_throughput_rps"].samples if s.labels["contender"] == "a:sync"]
        self.assertEqual(
            {
                "estimate": first.throughput_rps.estimate,
                "low": first.throughput_rps.low,
                "high": first.throughput_rps.high,
            },
            {sample.labels["bound"]: sample.value for sample in estimates},
        )
        self.assertEqual({AWKWARD}, {sample.labels["name"] for sample in estimates})
        self.assertEqual({START.timestamp()}, {float(sample.timestamp) for sample in estimates})
        [p99] = [
            sample.value
            for sample in families["http_benchmark_response_time_seconds"].samples
            if sample.labels["contender"] == "a:sync" and sample.labels["quantile"] == "0.99"
        ]
        self.assertEqual(first.response_time_s.p99, p99)

    def test_no_figure_no_sample(self):
        """Who was not measured has no figures; a family without any sample is left out."""
        gone = ClientResult(contender="c:sync", library="c", mode="sync", status="unavailable")
        experiment = measured()[0].model_copy(update={"clients": (gone,)})
        names = {family.name for family in text_string_to_metric_families(openmetrics([experiment]))}

        self.assertEqual({"http_benchmark_measured_requests"}, names)


class TestMarkdown(SnapshotCase):
    def test_experiment(self):
        """All that the terminal shows, as GitHub's Markdown."""
        self.check("experiment_markdown", markdown(nine_contenders()), width=200)

    def test_nothing_is_read_as_markup(self):
        """Names from outside stay what they are, in tables and outside."""
        text = table(["contender"], [["httpx@a|b_*c*<i>\nd"]], left=("contender",))

        self.assertEqual(r"| httpx@a\|b\_\*c\*\<i\> d |", text.splitlines()[-1])
        self.assertIn(r"## a \| b", markdown(measured(name="a | b")[0]))


class TestSchemas(TestCase):
    def test_schemas_are_schemas(self):
        """Each is valid under its own dialect and knows the name that stands in the document."""
        for document in DOCUMENTS:
            with self.subTest(document):
                schema = schema_of(document)
                jsonschema.Draft202012Validator.check_schema(schema)
                self.assertEqual(f"http-benchmark/{document}/1", schema["properties"]["schema"]["const"])

    def test_a_document_is_valid(self):
        """What is dumped fits; without a field, or with another kind of value, it does not; a further field does."""
        validator = jsonschema.Draft202012Validator(schema_of("experiment"), format_checker=jsonschema.FormatChecker())
        document = json.loads(dump(measured()[0]))

        self.assertEqual([], [*validator.iter_errors(document)])
        self.assertTrue(validator.is_valid(document | {"later": 1}))
        self.assertFalse(validator.is_valid({key: value for key, value in document.items() if key != "seed"}))
        self.assertFalse(validator.is_valid(document | {"blocks": "six"}))


class TestExport(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.database = str(self.folder / "results.db")
        self.experiments = {}
        with ResultStorage(self.database) as storage:
            for number in range(2):
                experiment, blocks = measured(
                    id=f"{number}f2a91c4", started_at=datetime(2026, 1, 1 + number, tzinfo=UTC)
                )
                storage.start_experiment(experiment.model_copy(update={"finished_at": None, "status": "running"}))
                for block in blocks:
                    storage.save_block(experiment.id, block)
                storage.finish_experiment(experiment)
                self.experiments[experiment.id] = (experiment, blocks)

    def export(self, *arguments, identifiers=("0f2a",)):
        return CliRunner().invoke(command, ["export", *identifiers, "--database", self.database, *arguments])

    def test_every_format_to_a_file(self):
        """Each option reaches its writer."""
        experiment, blocks = self.experiments["0f2a91c4"]
        for form, options, expected in (
            ("json", (), dump(experiment)),
            ("csv", (), csv_text(CLIENTS, [(experiment, blocks)])),
            ("csv", ("--rows", "trials"), csv_text(TRIALS, [(experiment, blocks)])),
            ("csv", ("--rows", "slices"), csv_text(SLICES, [(experiment, blocks)])),
            ("markdown", (), markdown(experiment)),
            ("openmetrics", (), openmetrics([experiment])),
        ):
            with self.subTest(form, options=options):
                output = self.folder / "out"
                answer = self.export("--format", form, "--output", str(output), *options)

                self.assertEqual((0, ""), (answer.exit_code, answer.output))
                self.assertEqual(expected.rstrip("\n"), output.read_bytes().decode().rstrip("\n"))

    def test_parquet(self):
        """A file, or the bytes themselves for a program behind a pipe, but never for a terminal."""
        output = self.folder / "out.parquet"
        answer = self.export("--format", "parquet", "--rows", "trials", "--output", str(output))
        piped = self.export("--format", "parquet", "--rows", "trials")

        self.assertEqual(0, answer.exit_code, answer.output)
        self.assertEqual(12, pq.read_table(output).num_rows)
        self.assertEqual(12, pq.read_table(io.BytesIO(piped.stdout_bytes)).num_rows)

    def test_parquet_without_its_package(self):
        """What is missing, and how to get it."""
        with patch.dict("sys.modules", {"pyarrow": None, "http_benchmark.report.parquet": None}):
            answer = self.export("--format", "parquet", "--output", str(self.folder / "out.parquet"))

        self.assertEqual(1, answer.exit_code)
        self.assertIn("pip install 'http-benchmark[parquet]'", str(answer.exception))
        self.assertFalse((self.folder / "out.parquet").exists())

    def test_several(self):
        """Rows and samples of all of them; one that is named twice counts once; one document holds one experiment."""
        both = self.export("--format", "csv", identifiers=("0f", "1f", "0f"))
        self.assertEqual(
            ["0f2a91c4"] * 2 + ["1f2a91c4"] * 2,
            [row["experiment_id"] for row in csv.DictReader(io.StringIO(both.stdout, newline=""))],
        )
        refused = self.export("--format", "json", identifiers=("0f", "1f"))
        self.assertEqual(2, refused.exit_code)
        self.assertIn("--format json takes one experiment, got 2", refused.output)

    def test_mistakes(self):
        """One line each."""
        self.assertIn("no experiment 'ffff'", self.export("--format", "csv", identifiers=("ffff",)).output)
        refused = self.export("--format", "parquet", "--output", str(self.folder / "no" / "x.parquet"))
        self.assertRegex(refused.output, r"--output .*x.parquet: No such file or directory; choose another")
