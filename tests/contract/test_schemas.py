"""The published JSON schemas are those of the code."""

from unittest import TestCase

from http_benchmark.report.json_schema import DOCUMENTS
from scripts.schemas import FOLDER, text_of


class SchemasTest(TestCase):
    def test_the_files_are_those_of_the_models(self):
        """docs/schema has a file for each document, as `make schemas` writes it, and no other."""
        self.assertEqual({f"{document}.json" for document in DOCUMENTS}, {path.name for path in FOLDER.iterdir()})
        for document in DOCUMENTS:
            with self.subTest(document):
                self.assertEqual(text_of(document), (FOLDER / f"{document}.json").read_text(encoding="utf-8"))
