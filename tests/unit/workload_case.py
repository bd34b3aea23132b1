"""Workload files of a test, and the faults that reading one ends with."""

import tempfile
import unittest
from pathlib import Path

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.reading import read_workload
from http_benchmark.workloads.workload import Workload


class WorkloadCase(unittest.TestCase):
    """Writes files into a folder of the test's own."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content, encoding="utf-8", newline="")
        return path

    def read(self, name: str, content: str) -> Workload:
        return read_workload(self.file(name, content))

    def faults(self, name: str, content: str) -> tuple[str, ...]:
        with self.assertRaises(ConfigurationError) as raised:
            self.read(name, content)
        return raised.exception.faults
