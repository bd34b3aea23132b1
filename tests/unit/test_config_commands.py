"""Settings of commands beside `run`: several concurrencies, and what a capacity search heeds."""

import os
import tempfile
from pathlib import Path
from unittest import TestCase, mock

from http_benchmark.config import CapacitySettings, Settings
from http_benchmark.errors import ConfigurationError


class SettingsCase(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HTTP_BENCHMARK_")}
        self.enterContext(mock.patch.dict(os.environ, kept, clear=True))

    def file(self, text: str) -> Path:
        path = self.folder / "http-benchmark.toml"
        path.write_text(text, encoding="utf-8")
        return path


class LevelsTest(SettingsCase):
    def test_several_concurrencies(self):
        """From the command line, the environment or a file, in any order; the first is `concurrency`."""
        for arguments, environment, file in (
            ({"concurrency": "64, 1,8"}, {}, ""),
            ({}, {"HTTP_BENCHMARK_CONCURRENCY": "8,64,1"}, ""),
            ({}, {}, "concurrency = [1, 64, 8]"),
            ({"concurrency": "1,8,64"}, {"HTTP_BENCHMARK_CONCURRENCY": "2,3"}, "concurrency = 5"),
        ):
            with self.subTest(arguments, environment=environment, file=file), mock.patch.dict(os.environ, environment):
                settings = Settings.load(arguments, self.file(file))

                self.assertEqual(((1, 8, 64), 1), (settings.levels, settings.experiment().concurrency))

    def test_one_concurrency(self):
        """Is none of several, also with a comma behind it."""
        for text, expected in (("8", 8), ("8,", 8), (None, 10)):
            with self.subTest(text):
                settings = Settings.load({"concurrency": text} if text else {}, self.file(""))
                self.assertEqual(((), expected), (settings.levels, settings.concurrency))

    def test_faults(self):
        """Together with the others."""
        for text, fault in (
            ("1,x", "whole numbers above 0, got '1,x'"),
            ("0,8", "got '0,8'"),
            ("1,-8", "got '1,-8'"),
            ("8,8,1", "a number twice, got '8,8,1'"),
        ):
            with self.subTest(text), self.assertRaises(ConfigurationError) as caught:
                Settings.load({"concurrency": text, "blocks": "0"}, self.file(""))
            self.assertEqual(2, len(caught.exception.faults))
            self.assertIn(fault, "\n".join(caught.exception.faults))


class CapacitySettingsTest(SettingsCase):
    def test_defaults(self):
        """Poisson arrivals, and room for what piles up."""
        settings = CapacitySettings.load({}, self.file(""))

        self.assertEqual(("poisson", 64), (settings.spacing, settings.experiment().concurrency))

    def test_what_is_meant_for_run_is_not_heeded(self):
        """A file and an environment for `run` do not stand in the way."""
        with mock.patch.dict(os.environ, {"HTTP_BENCHMARK_RATE": "500/s", "HTTP_BENCHMARK_UNTIL": "2%"}):
            settings = CapacitySettings.load(
                {"blocks": "6"}, self.file('requests = 10\nquick = true\nthink_time = "1s"\narrivals = "constant"')
            )
        experiment = settings.experiment()

        self.assertEqual(
            (None, None, False, None), (experiment.rate, experiment.requests, experiment.quick, experiment.until)
        )
        self.assertEqual(("constant", 6, 0.0), (settings.spacing, experiment.blocks, experiment.think_time))

    def test_faults(self):
        """What is heeded is checked as ever."""
        with self.assertRaises(ConfigurationError) as caught:
            CapacitySettings.load({"arrivals": "uniform", "method": "FETCH"}, self.file(""))

        self.assertEqual(2, len(caught.exception.faults))
