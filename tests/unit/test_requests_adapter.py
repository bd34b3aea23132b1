"""The requests adapter's own settings, capabilities and error table."""

import unittest

import requests.exceptions

from http_benchmark.clients import requests_adapter
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.errors import UnsupportedOptionError
from tests.unit.adapter_case import AdapterCase


class RequestsAdapterTest(AdapterCase, unittest.TestCase):
    adapter = requests_adapter
    exceptions = (requests.exceptions,)

    def open(self, **options):
        client = requests_adapter.RequestsClient()
        client.open(ClientOptions(**{"concurrency": 7} | options))
        self.addCleanup(client.close)
        return client

    def test_the_pool_blocks_at_the_concurrency_and_retries_nothing(self):
        """One host, as many connections as workers, none beyond, no silent retry."""
        for scheme in ("http://", "https://"):
            pool = self.open()._session.get_adapter(scheme)
            self.assertEqual(
                (1, 7, True, 0),
                (pool._pool_connections, pool._pool_maxsize, pool._pool_block, pool.max_retries.total),
            )

    def test_the_environment_and_the_defaults_are_off(self):
        """No proxies or netrc from the environment, no headers of the session's own."""
        session = self.open(max_redirects=3)._session
        self.assertEqual((False, {}, 3), (session.trust_env, dict(session.headers), session.max_redirects))

    def test_certificates_are_checked_against_what_was_asked(self):
        """The library's own authorities, a file, or none; off wins over a file."""
        self.assertIs(True, self.open()._session.verify)
        self.assertEqual("ca.pem", self.open(ca_file="ca.pem")._session.verify)
        self.assertIs(False, self.open(verify=False, ca_file="ca.pem")._session.verify)

    def test_a_header_named_twice_is_refused_whatever_its_case(self):
        """The session takes a dict."""
        with self.assertRaisesRegex(UnsupportedOptionError, "requests cannot send the header 'x-a' twice"):
            self.open().prepare(Request("GET", "http://127.0.0.1/", (("X-A", "1"), ("x-a", "2"))))


if __name__ == "__main__":
    unittest.main()
