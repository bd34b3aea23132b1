"""The site of the documents: built as `make docs` builds it, without a warning, and without anything from elsewhere."""

import re
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.contract.documents import DOCUMENTS, ROOT, text_of


class _Page(HTMLParser):
    """What a page loads by itself, and where its links lead."""

    def __init__(self, path: Path):
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = {name: value for name, value in attrs if value}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.loaded += [given[name] for name in ("src", "srcset", "poster", "data") if name in given]
        if tag == "link" and given.get("rel") not in ("next", "prev", "canonical"):
            self.loaded.append(given["href"])
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])


class SiteTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.site = Path(folder, "site")
        (command,) = re.findall(r"^\t@\$\(PYTHON\) (-m sphinx .*)$", text_of("Makefile"), re.MULTILINE)
        words = command.replace("build/doctrees", f"{folder}/doctrees").split()[:-1]
        cls.built = subprocess.run(
            [sys.executable, *words, str(cls.site)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        cls.pages = {path: _Page(path) for path in cls.site.rglob("*.html")}

    def test_the_build_is_strict_and_passes(self):
        """Without a warning: every link, reference and docstring holds."""
        self.assertEqual(0, self.built.returncode, self.built.stderr)

    def test_every_document_is_a_page(self):
        """README is the first one, and whoever opens the folder comes to it."""
        for document in DOCUMENTS:
            with self.subTest(document.name):
                page = self.site / document.relative_to(ROOT).with_suffix(".html")
                self.assertIn(page, self.pages)
        self.assertEqual(["README.html"], self.pages[self.site / "index.html"].links)

    def test_nothing_is_loaded_from_another_host(self):
        """No script, style, font or picture: the site can be read without a network."""
        self.assertGreater(len(self.pages), 25)
        loaded = [link for page in self.pages.values() for link in page.loaded]
        for style in self.site.rglob("*.css"):
            loaded += re.findall(r"url\(['\"]?([^'\")]+)|@import ['\"]([^'\"]+)", style.read_text(encoding="utf-8"))
        self.assertEqual([], [link for link in loaded if re.match(r"(\w+:)?//", "".join(link))])

    def test_links_within_lead_somewhere(self):
        """To a page, and to a heading of it."""
        for path, page in self.pages.items():
            for link in page.links:
                to = urlsplit(link)
                if to.scheme or not (to.path or to.fragment):
                    continue
                with self.subTest(page=path.name, link=link):
                    target = (path.parent / unquote(to.path)).resolve() if to.path else path
                    self.assertTrue(target.exists())
                    if to.fragment and target in self.pages:
                        self.assertIn(unquote(to.fragment), self.pages[target].anchors)

    def test_commands_and_names_are_there(self):
        """The pages that are made from the code have a heading for each command, and the public names."""
        commands = (self.site / "docs/site/command-line.html").read_text(encoding="utf-8")
        self.assertIn('id="http-benchmark-results-list"', commands)
        names = (self.site / "docs/site/python.html").read_text(encoding="utf-8")
        for name in ("BenchmarkRunner", "Experiment", "ResultStorage.save_result", "Client.prepare"):
            with self.subTest(name):
                self.assertRegex(names, rf'id="http_benchmark[\w.]*\.{name}"')
