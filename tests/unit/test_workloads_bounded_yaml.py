"""YAML: what becomes of its values, and what is said of aliases that multiply and of values that nest too deeply."""

import unittest

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.bounded_yaml import parse_yaml


def nested(levels: int, inner: str = "") -> str:
    return "[" * levels + inner + "]" * levels


def multiplied(first: str, level: str) -> str:
    """Nine levels, each of nine aliases of the one before."""
    aliases = (",".join([f"*a{number}"] * 9) for number in range(9))
    lines = (f"a{number}: &a{number} {level % names}" for number, names in enumerate(aliases, 1))
    return "\n".join([f"a0: &a0 {first}", *lines])


class BoundedYamlTest(unittest.TestCase):
    def fault(self, content: str) -> str:
        with self.assertRaises(ConfigurationError) as raised:
            parse_yaml(content.encode(), "a.yaml")
        return str(raised.exception)

    def test_values_are_those_of_json(self):
        """Keys become text, dates stay it, and aliases are written out."""
        self.assertEqual(
            {"200": "2026-11-25", "a": [1], "b": [1]}, parse_yaml(b"200: 2026-11-25\na: &a [1]\nb: *a\n", "a.yaml")
        )

    def test_aliases_that_multiply_are_refused(self):
        """Of lists and of merged mappings: 9 to the power of 9 values are never made."""
        for content in (multiplied("[x]", "[%s]"), multiplied("{x: 1}", "{<<: [%s]}")):
            with self.subTest(content[:10]):
                self.assertEqual(
                    "a.yaml has more than 1,000,000 values, counting each alias (*) in full; use fewer aliases",
                    self.fault(content),
                )

    def test_a_value_that_is_part_of_itself(self):
        """Its alias is named."""
        self.assertEqual(
            "a.yaml: *a stands for a value that it is part of; write it out", self.fault("- &a\n  b: [*a]\n")
        )

    def test_levels_are_counted_through_aliases(self):
        """Up to a hundred."""
        deepest = "a.yaml nests more than 100 levels deep; make it flatter"
        parse_yaml(nested(100, "1").encode(), "a.yaml")
        parse_yaml(f"- &a {nested(60)}\n- {nested(39, '*a')}".encode(), "a.yaml")
        self.assertEqual(deepest, self.fault(nested(101)))
        self.assertEqual(deepest, self.fault(f"- &a {nested(60)}\n- {nested(40, '*a')}"))
        self.assertEqual(deepest, self.fault("- " * 100_000 + "x"))

    def test_values_that_contradict_their_tags(self):
        """Whatever the loader raises for them."""
        for content in ("!!bool x", "!!int ''", "!!timestamp x", "!!binary aGk=", "? [1, 2]\n: 3"):
            with self.subTest(content):
                self.assertTrue(self.fault(content).startswith("a.yaml "))


if __name__ == "__main__":
    unittest.main()
