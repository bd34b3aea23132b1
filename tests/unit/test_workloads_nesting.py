"""Documents that nest: how deeply they may, and what is said of one that nests too deeply."""

import unittest

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.nesting import DEEPEST, parse_json
from tests.unit.workload_case import WorkloadCase


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


class NestingTest(WorkloadCase):
    def test_json_up_to_the_deepest_level_is_parsed(self):
        """A hundred lists in each other; a mapping counts like a list."""
        self.assertEqual([[1]], parse_json("[[1]]", "a"))
        parse_json(nested(DEEPEST), "a")
        for content in (nested(DEEPEST + 1), '{"a": ' + nested(DEEPEST) + "}", nested(100_000)):
            with self.subTest(length=len(content)), self.assertRaises(ConfigurationError) as raised:
                parse_json(content, "a.json")
            self.assertEqual(("a.json nests more than 100 levels deep; make it flatter",), raised.exception.faults)

    def test_files_that_nest_too_deeply(self):
        """One line, whatever they would have been."""
        for name in ("a.json", "a.har"):
            with self.subTest(name):
                self.assertEqual(
                    (f"{name} nests more than 100 levels deep; make it flatter",),
                    self.faults(name, '{"log": ' + nested(100_000) + "}"),
                )


if __name__ == "__main__":
    unittest.main()
