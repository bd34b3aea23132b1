"""The code in the documents and in `examples/` runs as it stands there."""

import ast
import http.client
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from http_benchmark.clients import installed_clients
from http_benchmark.clients.base import Request
from http_benchmark.errors import ErrorKind
from tests.contract.contenders import Contender
from tests.contract.documents import DOCUMENTS, EXAMPLES, ROOT, blocks, text_of
from tests.servers import ScriptedServer, refused_port


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
        sys.path.insert(0, str(folder))
        self.addCleanup(sys.path.remove, str(folder))
        self.addCleanup(sys.modules.pop, "stdlib_adapter", None)
        contender = Contender(installed_clients()["stdlib"], "sync")
        server = self.enterContext(ScriptedServer())

        with contender.opened(concurrency=2) as client:
            for method, stream in (("GET", False), ("POST", False), ("GET", True)):
                body = b"x" * 1000 if method == "POST" else b""
                self.assertEqual(200, client.send(Request(method, server.url("/bytes/100000"), (), body, stream), 3))
            self.assertEqual(503, client.send(Request("GET", server.url("/status/503"))))
            again = client._client.prepare(Request("GET", server.url("/truncated")))
            for _ in range(2):
                self.assertRaises(http.client.IncompleteRead, again)
        self.assertEqual(12, len(server.requests))
        self.assertEqual(6, server.connections, "one for each prepared send, and a new one after a failure")
        for url, kind in (
            (f"http://127.0.0.1:{refused_port()}/", ErrorKind.CONNECTION_REFUSED),
            (server.url("/close"), ErrorKind.CONNECTION_RESET),
            (server.url("/truncated"), ErrorKind.INCOMPLETE_RESPONSE),
            (server.url("/garbage"), ErrorKind.PROTOCOL),
            (server.url("/slow-head"), ErrorKind.TIMEOUT),
        ):
            with self.subTest(url):
                self.assertEqual(kind, contender.kind_of(url, timeout_s=0.3))


def _as_main(example: Path) -> str:
    """A program that runs a file as a script of this source tree, whatever is installed."""
    return (
        f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(example)!r}, run_name='__main__')"
    )
