"""The published schemas are those of the code."""

from unittest import TestCase

from scripts.schemas import FOLDER, texts


class SchemasTest(TestCase):
    def test_the_files_are_those_of_the_models(self):
        """docs/schema has a file for each document and the REST API, as `make schemas` writes it, and no other."""
        expected = texts()
        self.assertEqual({f"{name}.json" for name in expected}, {path.name for path in FOLDER.iterdir()})
        for name, text in expected.items():
            with self.subTest(name):
                self.assertEqual(text, (FOLDER / f"{name}.json").read_text(encoding="utf-8"))
