"""What a client brings along, on packages that the project itself requires."""

import ssl
import sys
from types import SimpleNamespace
from unittest import TestCase
from unittest.mock import patch

from http_benchmark.worker.describing import packages, tls_of


class TestPackages(TestCase):
    def test_what_is_required(self):
        """The distribution, and all that it requires by way of others; extras only where they are named."""
        plain = packages("httpx", (), ())
        with_http2 = packages("httpx", ("http2",), ())

        self.assertLessEqual({"httpx", "httpcore", "h11", "anyio", "idna", "certifi"}, plain.keys())
        self.assertNotIn("h2", plain)
        self.assertLessEqual({"h2", "hpack"}, with_http2.keys())
        self.assertRegex(plain["httpx"], r"^\d+\.\d+")
        self.assertEqual(sorted(plain, key=str.lower), [*plain])

    def test_what_is_loaded(self):
        """Modules tell of distributions that nothing requires; ours and the standard library's are not among them."""
        self.assertEqual(
            {"pycurl", "brotli"}, packages("pycurl", (), {"brotli", "_brotli", "json", "http_benchmark.units"}).keys()
        )

    def test_what_is_not_there(self):
        """Requirements of other systems, and unknown distributions, are left out."""
        self.assertEqual({}, packages("no-such-distribution", (), ()))


class TestTls(TestCase):
    def test_the_adapter_knows(self):
        """What it says counts, also that nobody knows."""
        self.assertEqual("OpenSSL 9", tls_of(SimpleNamespace(tls=lambda: "OpenSSL 9")))
        self.assertIsNone(tls_of(SimpleNamespace(tls=lambda: None)))

    def test_the_standard_library(self):
        """An adapter that says nothing speaks through Python's own, if that is loaded."""
        self.assertEqual(ssl.OPENSSL_VERSION, tls_of(SimpleNamespace()))
        with patch.dict(sys.modules):
            del sys.modules["ssl"]
            self.assertIsNone(tls_of(SimpleNamespace()))
