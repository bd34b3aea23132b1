"""How clients are found and described without importing any, and what their bases share."""

import ast
import errno
import importlib.metadata
import socket
import ssl
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from http_benchmark import clients
from http_benchmark.clients import OWN_CLIENTS, installed_clients, installed_version, known_clients, load_adapter
from http_benchmark.clients.base import ClientOptions, Request, causes, classify, headers_by_name, kind_of_cause
from http_benchmark.errors import ConfigurationError, ErrorKind, UnsupportedOptionError
from tests.unit.adapter_case import FolderCase

SIX = ["aiohttp", "httpx", "pycurl", "requests", "requestx", "urllib3"]
FOREIGN = """
import no_such_library
CAPABILITIES = {"distribution": "no-such-library", "install": "pip install it", "modes": {"sync": "ForeignClient"},
    "http2": False, "custom_ca": False, "skip_verify": False, "follow_redirects": [], "pool_limit": False,
    "stream": False, "total_timeout": False}
"""


class KnownClientsTest(FolderCase):
    def test_the_six_and_our_own_are_known(self):
        """Every adapter's file is found, in alphabetical order of the clients."""
        self.assertEqual(sorted([*SIX, *OWN_CLIENTS]), list(known_clients()))

    def test_finding_imports_no_client(self):
        """In a fresh process, knowing and looking up all clients loads none of their libraries."""
        code = (
            "import sys; from http_benchmark.clients import *; from http_benchmark.clients import known_clients;"
            "known_clients(); import http_benchmark.clients as c; c.installed_clients();"
            f"print([name for name in {SIX!r} if name in sys.modules])"
        )
        output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        self.assertEqual("[]", output.stdout.strip())

    def test_our_own_are_never_installed(self):
        """They are known, but a run over every installed client leaves them out."""
        self.assertLess(OWN_CLIENTS, known_clients().keys())
        self.assertEqual(set(), OWN_CLIENTS & installed_clients().keys())

    def test_the_version_is_that_of_the_distribution(self):
        """As the package metadata says; None where it is missing."""
        self.assertEqual(importlib.metadata.version("httpx"), installed_version("httpx"))
        with mock.patch.object(importlib.metadata, "version", side_effect=importlib.metadata.PackageNotFoundError):
            self.assertIsNone(installed_version("httpx"))

    def test_modes_name_the_classes_in_the_order_sync_async(self):
        """A client with both modes is two contenders, sync first."""
        self.assertEqual({"sync": "HttpxClient", "async": "AsyncHttpxClient"}, dict(known_clients()["httpx"].modes))
        for name, capabilities in known_clients().items():
            with self.subTest(name):
                self.assertIn(list(capabilities.modes), (["sync"], ["async"], ["sync", "async"]))

    def test_an_adapter_is_loaded_by_its_module(self):
        """What the worker imports has the classes that the capabilities name."""
        capabilities = known_clients()["null"]
        self.assertEqual("http_benchmark.clients.null_adapter", capabilities.module)
        self.assertTrue(hasattr(load_adapter(capabilities.module), capabilities.modes["sync"]))


class EntryPointTest(FolderCase):
    def setUp(self):
        super().setUp()
        clients._read_capabilities.cache_clear()
        self.addCleanup(clients._read_capabilities.cache_clear)
        sys.path.insert(0, str(self.folder))
        self.addCleanup(sys.path.remove, str(self.folder))

    def plug_in(self, name, module, source):
        Path(self.folder, f"{module}.py").write_text(source)
        metadata = Path(self.folder, f"{module}-1.0.dist-info")
        metadata.mkdir()
        Path(metadata, "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        Path(metadata, "entry_points.txt").write_text(f"[http_benchmark.clients]\n{name} = {module}\n")

    def test_another_distributions_adapter_is_found_and_not_executed(self):
        """The entry point names a module, whose literal is read though its library is missing."""
        self.plug_in("foreign", "foreign_adapter_module", FOREIGN)
        capabilities = known_clients()["foreign"]
        self.assertEqual(
            ("foreign_adapter_module", {"sync": "ForeignClient"}), (capabilities.module, dict(capabilities.modes))
        )
        self.assertNotIn("foreign", installed_clients())
        self.assertNotIn("foreign_adapter_module", sys.modules)

    def test_it_cannot_take_the_name_of_a_client_of_ours(self):
        """Our own httpx adapter stays httpx's."""
        self.plug_in("httpx", "other_httpx_adapter", FOREIGN)
        self.assertEqual("http_benchmark.clients.httpx_adapter", known_clients()["httpx"].module)

    def test_an_unreadable_adapter_is_named(self):
        """A module without the literal, or with an incomplete one, is a clear configuration error."""
        for index, source in enumerate(("", "CAPABILITIES = dict(a=1)", "CAPABILITIES = {'modes': {}}", "(")):
            with self.subTest(source):
                self.plug_in(f"broken{index}", f"broken_adapter_{index}", source)
                with self.assertRaisesRegex(ConfigurationError, f"'broken{index}' cannot be used"):
                    clients._read_capabilities(f"broken{index}", f"broken_adapter_{index}")


class AdapterFilesTest(unittest.TestCase):
    def test_adapters_import_the_standard_library_and_their_client_only(self):
        """A worker must not carry anything that is not the client's."""
        owned = {
            "requests": {"requests", "urllib3"},
            "aiohttp": {"aiohttp", "multidict"},
            "null": set(),
            "floor": set(),
        }
        for name, capabilities in known_clients().items():
            with self.subTest(name):
                source = Path(clients.__file__).with_name(f"{capabilities.module.rpartition('.')[2]}.py")
                foreign = imported_packages(source) - sys.stdlib_module_names - {"http_benchmark"}
                self.assertEqual(owned.get(name, {name}), foreign)


def imported_packages(source: Path) -> set[str]:
    packages = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            packages.add(node.module.partition(".")[0])
    return packages


class BaseTest(unittest.TestCase):
    def test_the_first_fitting_row_gives_the_kind(self):
        """A callable looks further; nothing fitting is OTHER."""
        table = ((ConnectionResetError, ErrorKind.CONNECTION_RESET), (OSError, kind_of_cause))
        self.assertEqual(ErrorKind.CONNECTION_RESET, classify(ConnectionResetError(), table))
        self.assertEqual(ErrorKind.NAME_RESOLUTION, classify(socket.gaierror(), table))
        self.assertEqual(ErrorKind.OTHER, classify(KeyError(), table))

    def test_causes_are_found_wherever_libraries_hide_them(self):
        """In __cause__, __context__, args, `reason` and groups, each once, outermost first."""
        inner, grouped, reason = OSError("inner"), ValueError("grouped"), KeyError("reason")
        middle = RuntimeError("middle", inner)
        outer = ExceptionGroup("outer", [grouped])
        outer.__cause__ = middle
        middle.__context__ = outer
        middle.reason = reason
        self.assertEqual([outer, middle, grouped, reason, inner], list(causes(outer)))

    def test_the_systems_error_gives_the_kind(self):
        """Behind whatever a library raises; a library's own rows are looked at first."""
        for error, kind in (
            (socket.gaierror(-2, "unknown"), ErrorKind.NAME_RESOLUTION),
            (ssl.SSLCertVerificationError(), ErrorKind.TLS),
            (OSError(errno.ECONNREFUSED, ""), ErrorKind.CONNECTION_REFUSED),
            (OSError(errno.ECONNRESET, ""), ErrorKind.CONNECTION_RESET),
            (OSError(errno.EPIPE, ""), ErrorKind.CONNECTION_RESET),
            (OSError(errno.ETIMEDOUT, ""), ErrorKind.CONNECT_TIMEOUT),
            (OSError(errno.EHOSTUNREACH, ""), ErrorKind.CONNECT),
        ):
            with self.subTest(kind):
                self.assertEqual(kind, kind_of_cause(RuntimeError("wrapped", error)))
        own = kind_of_cause(RuntimeError(TimeoutError()), rows=((TimeoutError, ErrorKind.TIMEOUT),))
        self.assertEqual(ErrorKind.TIMEOUT, own)

    def test_headers_by_name_keep_their_order_and_refuse_a_repetition(self):
        """For clients that take a dict."""
        request = Request("GET", "http://h/", (("B", "1"), ("A", "2")))
        self.assertEqual([("B", "1"), ("A", "2")], list(headers_by_name("foo", request).items()))
        with self.assertRaisesRegex(UnsupportedOptionError, "foo cannot send the header 'a' twice"):
            headers_by_name("foo", Request("GET", "http://h/", (("A", "1"), ("a", "2"))))
        with self.assertRaisesRegex(UnsupportedOptionError, "with a semicolon"):
            headers_by_name("foo", Request("GET", "http://h/", (("Cookie", "a=1"), ("cookie", "b=2"))))

    def test_the_null_client_answers_by_itself(self):
        """200 for whatever is asked, sync and async, without a connection."""
        adapter = load_adapter("http_benchmark.clients.null_adapter")
        client = adapter.NullClient()
        client.open(ClientOptions(concurrency=1))
        self.assertEqual(200, client.prepare(Request("GET", "http://nonexistent.invalid/"))())
        client.close()


if __name__ == "__main__":
    unittest.main()
