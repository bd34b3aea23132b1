"""Times in the form of HdrHistogram, read back by its own library."""

import tempfile
from pathlib import Path
from unittest import TestCase

import numpy as np
from click.testing import CliRunner
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given, settings
from hypothesis import strategies as st

from http_benchmark.cli.results import command
from http_benchmark.models.measurement import Distribution
from http_benchmark.report.hdr import histogram_log
from http_benchmark.stats.hdr import encode
from http_benchmark.stats.histogram import EXACT_VALUES, Times
from http_benchmark.storage import ResultStorage
from tests.records import START, make_block, make_slice, make_trial
from tests.unit.records import an_experiment

US = 1000


def recorded(payload):
    """Value (µs, the least that its counter stands for) → how often."""
    return {
        item.value_iterated_to: item.count_at_value_iterated_to
        for item in HdrHistogram.decode(payload).get_recorded_iterator()
    }


class TestEncode(TestCase):
    def test_known_values(self):
        """Up to 2047 µs each microsecond has its counter; from 2048 on two share one, from 4096 on four."""
        times = Times(np.array([1, 999, 999, 2047, 2048, 2049, 4096, 4099]) * US)
        histogram = HdrHistogram.decode(encode(times))

        self.assertEqual(8, histogram.get_total_count())
        self.assertEqual({1: 1, 999: 2, 2047: 1, 2048: 2, 4096: 2}, {
            histogram.get_lowest_equivalent_value(value): count for value, count in recorded(encode(times)).items()
        })  # fmt: skip

    def test_range(self):
        """What is outside 1 µs … 60 s is counted as the nearest; half a microsecond is rounded up."""
        histogram = HdrHistogram.decode(encode(Times([0, 400, 1500, 61 * 10**9])))

        self.assertEqual((4, 1), (histogram.get_total_count(), histogram.get_min_value()))
        self.assertTrue(histogram.values_are_equivalent(60_000_000, histogram.get_max_value()))
        self.assertEqual(2, histogram.get_value_at_percentile(75))

    def test_nothing(self):
        """No times are no histogram; the censored have no time."""
        times = Times()
        times.censor(np.array([5]))

        self.assertIsNone(encode(times))

    @settings(max_examples=20)  # the library reads all its 18,000 counters in Python
    @given(st.lists(st.integers(1, 60_000_000), min_size=1, max_size=300))
    def test_as_if_recorded_one_by_one(self, values_us):
        """Values with their counts are the histogram that single recordings would have made."""
        one_by_one = HdrHistogram(1, 60_000_000, 3)
        for value_us in values_us:
            one_by_one.record_value(value_us)

        self.assertEqual(recorded(one_by_one.encode()), recorded(encode(Times(np.array(values_us) * US))))

    def test_bins(self):
        """More values than are kept give quantiles within the bins' 0.4 % and the histogram's 0.1 %."""
        values = np.random.default_rng(1).lognormal(14, 1, EXACT_VALUES * 2).astype(np.int64)
        histogram = HdrHistogram.decode(encode(Times(values)))

        self.assertEqual(values.size, histogram.get_total_count())
        for percent in (50, 90, 99, 99.9):
            with self.subTest(percent=percent):
                exact_us = np.sort(values)[int(percent / 100 * values.size + 0.5) - 1] / US
                self.assertAlmostEqual(1.0, histogram.get_value_at_percentile(percent) / exact_us, delta=0.0055)


def a_trial(contender, values_us, started_s, **fields):
    return make_trial(
        contender,
        [make_slice(started_s=started_s), make_slice(1, started_s=started_s + 2)],
        response_histogram=encode(Times(np.array(values_us) * US)),
        service_histogram=encode(Times(np.array([7]) * US)),
        **fields,
    )


class TestHistogramLog(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        unsent = Distribution(count=1, censored=3, censored_above_s=5.0)
        self.blocks = [
            make_block(a_trial("httpx:sync", [10, 20], 1.5), a_trial("httpx@a b,c:sync", [30], 0.5)),
            make_block(a_trial("httpx:sync", [5000] * 3, 7.25, response_time_s=unsent), number=1),
        ]
        self.experiment = an_experiment(started_at=START)

    def read(self, text):
        """(Tag, start, end, counts by value) of each line, as the library reads it."""
        log = self.folder / "times.hlog"
        log.write_text(text)
        reader = HistogramLogReader(str(log), HdrHistogram(1, 60_000_000, 3))
        self.addCleanup(reader.input_file.close)
        found = []
        while (histogram := reader.get_next_interval_histogram()) is not None:
            found.append(histogram)
        return reader, found

    def test_read_back(self):
        """Every trial comes back in order of time, with its tag, its moment and its counts."""
        reader, found = self.read(histogram_log(self.experiment, self.blocks))

        self.assertEqual(START.timestamp(), reader.get_start_time_sec())
        self.assertEqual(
            [("httpx@a_b_c:sync", 1), ("httpx:sync", 2), ("httpx:sync", 3)],
            [(histogram.get_tag(), histogram.get_total_count()) for histogram in found],
        )
        self.assertEqual([30, 20, 5003], [histogram.get_max_value() for histogram in found])
        start_ms = START.timestamp() * 1000
        self.assertEqual(
            [(500, 2700), (1500, 3700), (7250, 9450)],
            [(round(h.get_start_time_stamp() - start_ms), round(h.get_end_time_stamp() - start_ms)) for h in found],
        )

    def test_text(self):
        """The head, the legend, and what is not in a histogram."""
        lines = histogram_log(self.experiment, self.blocks).splitlines()

        self.assertEqual("#[Histogram log format version 1.3]", lines[0])
        self.assertEqual("#[StartTime: 1767323045.000 (seconds since epoch), 2026-01-02 03:04:05+00:00]", lines[2])
        self.assertEqual("#[httpx:sync, block 1: without 3 requests never sent]", lines[-2])
        self.assertRegex(lines[-1], r"^Tag=httpx:sync,7\.250,2\.200,5\.003,HISTFAAA[\w+/=]+$")

    def test_service_times(self):
        """The other histogram of each trial; what was never sent has no service time to miss."""
        text = histogram_log(self.experiment, self.blocks, "service")

        self.assertEqual([7] * 3, [histogram.get_max_value() for histogram in self.read(text)[1]])
        self.assertNotIn("never sent", text)

    def test_trials_without_a_histogram(self):
        """They are left out."""
        blocks = [make_block(make_trial("httpx:sync"))]

        self.assertNotIn("Tag=", histogram_log(self.experiment, blocks))


class TestExport(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.database = str(self.folder / "results.db")
        self.output = self.folder / "times.hlog"

    def store(self, trial):
        blocks = [make_block(trial)]
        experiment = an_experiment("3f2a91c4", started_at=START)
        with ResultStorage(self.database) as storage:
            storage.start_experiment(experiment.model_copy(update={"finished_at": None}))
            storage.save_block(experiment.id, blocks[0])
            storage.finish_experiment(experiment)
        return experiment, blocks

    def export(self, *arguments):
        return CliRunner().invoke(command, ["export", "3f2a", "--database", self.database, *arguments])

    def test_to_a_file_and_to_standard_output(self):
        """Both get the log of the times that were asked for."""
        experiment, blocks = self.store(a_trial("httpx:sync", [10], 1.0))
        to_file = self.export("--format", "hdr", "--output", str(self.output))
        printed = self.export("--format", "hdr", "--metric", "service")

        self.assertEqual((0, ""), (to_file.exit_code, to_file.output))
        self.assertEqual(histogram_log(experiment, blocks), self.output.read_text())
        self.assertEqual(histogram_log(experiment, blocks, "service"), printed.output)

    def test_mistakes(self):
        """What cannot be exported is told in a line, with what to do."""
        self.store(make_trial("httpx:sync"))
        self.assertIn("holds no histograms", str(self.export("--format", "hdr").exception))
        missing = CliRunner().invoke(command, ["export", "ffff", "--database", self.database, "--format", "hdr"])
        self.assertIn("no experiment 'ffff'", missing.output)
        self.assertEqual(2, self.export("--format", "xml").exit_code)

    def test_a_folder_that_is_not_there(self):
        """The file is named, and that another should be chosen."""
        self.store(a_trial("httpx:sync", [10], 1.0))
        refused = self.export("--format", "hdr", "--output", str(self.folder / "no" / "times.hlog"))

        self.assertEqual(1, refused.exit_code)
        self.assertRegex(refused.output, r"--output .*times.hlog: No such file or directory; choose another")
