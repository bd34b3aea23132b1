"""The pictures of the documents against the figures from which they are drawn."""

import re
import tempfile
import unittest
from pathlib import Path

from scripts import pictures
from tests.contract.documents import DOCUMENTS


class PictureTest(unittest.TestCase):
    def test_pictures_are_those_of_their_figures(self):
        """Drawing them again gives the same files: nobody changed the figures, or the drawing, alone."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder)
            for figures in pictures.FOLDER.glob("*.json"):
                (copy / figures.name).write_bytes(figures.read_bytes())
            pictures.main(copy)
            for name in pictures.PICTURES:
                with self.subTest(name):
                    drawn = (copy / f"{name}.svg").read_text(encoding="utf-8")
                    self.assertTrue(drawn == (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8"))

    def test_pictures_are_small(self):
        """A page with all of them loads at once."""
        for path in pictures.FOLDER.iterdir():
            with self.subTest(path.name):
                self.assertLess(path.stat().st_size, 100_000)

    def test_every_picture_is_shown(self):
        """Each belongs to a document, which says in words what it shows."""
        shown = {
            Path(target).stem
            for document in DOCUMENTS
            for words, target in re.findall(r"!\[([^]]+)\]\(([^)]+\.svg)\)", document.read_text(encoding="utf-8"))
            if words
        }
        self.assertEqual(set(pictures.PICTURES), shown)
