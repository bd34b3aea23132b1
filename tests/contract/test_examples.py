"""The code in the documents and in `examples/` runs as it stands there."""

import ast
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from http_benchmark.conformance.conforming import conform
from http_benchmark.conformance.suite import chosen_checks
from tests.contract.documents import DOCUMENTS, EXAMPLES, ROOT, blocks, text_of

SHOWN = (
    *("upload", "download", "chunked", "streamed", "head", "statuses", "keep-alive", "keep-alive-streamed", "pool"),
    *("refused", "dropped", "truncated", "garbage", "slow-headers", "usable", "closing", "leaks", "retry-get-reused"),
)
"""What the adapter of the documents is asked; it does not follow redirects, nor decompress."""


class CodeTest(unittest.TestCase):
    def test_the_examples_run(self):
        """Each, as its docstring says, in an empty folder, without a warning."""
        for example in EXAMPLES:
            with self.subTest(example.name), tempfile.TemporaryDirectory() as folder:
                answer = subprocess.run(
                    [sys.executable, "-W", "error", "-c", _as_main(example)],
                    capture_output=True,
                    text=True,
                    check=False,
                    cwd=folder,
                    timeout=60,
                )
                self.assertEqual((0, ""), (answer.returncode, answer.stderr))
                self.assertTrue(answer.stdout)
        self.assertGreaterEqual(len(EXAMPLES), 2)

    def test_python_in_the_documents_is_python(self):
        """Every block compiles, and imports names that exist."""
        for document in DOCUMENTS:
            for block in blocks(text_of(str(document.relative_to(ROOT))), "python"):
                tree = ast.parse(block)
                imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
                for node in imports:
                    module = __import__(str(node.module), fromlist=["_"])
                    for alias in node.names:
                        with self.subTest(document=document.name, name=alias.name):
                            self.assertTrue(hasattr(module, alias.name))

    def test_the_adapter_in_the_documents_works(self):
        """As another distribution would bring it: found by its entry point, then sending and failing as it should."""
        (source,) = blocks(text_of("docs/adapters.md"), "python")
        (project,) = blocks(text_of("docs/adapters.md"), "toml")
        entry_point = re.search(r'^stdlib = "stdlib_adapter"$', project, re.MULTILINE)
        self.assertIsNotNone(entry_point)
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "stdlib_adapter.py").write_text(source, encoding="utf-8")
        metadata = folder / "http_benchmark_stdlib-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: http-benchmark-stdlib\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[http_benchmark.clients]\nstdlib = stdlib_adapter\n")
        self.enterContext(mock.patch.object(sys, "path", [str(folder), *sys.path]))
        path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
        self.enterContext(mock.patch.dict(os.environ, PYTHONPATH=path))

        result = conform(["stdlib"], chosen_checks(SHOWN))

        for outcome in result.contenders[0].outcomes:
            with self.subTest(outcome.check):
                self.assertEqual("conforms", outcome.outcome, outcome.seen)


def _as_main(example: Path) -> str:
    """A program that runs a file as a script of this source tree, whatever is installed."""
    return (
        f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(example)!r}, run_name='__main__')"
    )
