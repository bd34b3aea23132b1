"""The urllib3 adapter's own settings, capabilities and error table."""

import unittest

import urllib3.exceptions

from http_benchmark.clients import urllib3_adapter
from http_benchmark.clients.base import ClientOptions
from tests.unit.adapter_case import AdapterCase


class Urllib3AdapterTest(AdapterCase, unittest.TestCase):
    adapter = urllib3_adapter
    exceptions = (urllib3.exceptions,)

    def settings(self, **options):
        client = urllib3_adapter.Urllib3Client()
        client.open(ClientOptions(**{"concurrency": 7, "timeout_s": 1.5} | options))
        self.addCleanup(client.close)
        return client._pool.connection_pool_kw

    def test_the_pool_blocks_at_the_concurrency_and_retries_nothing(self):
        """As many connections as workers, none beyond, no silent retry."""
        settings = self.settings()
        self.assertEqual((7, True, False), (settings["maxsize"], settings["block"], settings["retries"].total))

    def test_following_redirects_retries_nothing_else(self):
        """Only redirects are counted; a failed connection or read is raised at once."""
        retries = self.settings(follow_redirects=True, max_redirects=3)["retries"]
        self.assertEqual(
            (3, False, False, False, False),
            (retries.redirect, retries.connect, retries.read, retries.status, retries.other),
        )

    def test_connecting_and_each_read_have_the_same_limit(self):
        """urllib3 has no total deadline."""
        timeout = self.settings()["timeout"]
        self.assertEqual((1.5, 1.5), (timeout.connect_timeout, timeout.read_timeout))

    def test_certificates_are_checked_against_what_was_asked(self):
        """The library's own authorities, a file, or none; off wins over a file."""
        for options, expected in (
            ({}, ("CERT_REQUIRED", None)),
            ({"ca_file": "ca.pem"}, ("CERT_REQUIRED", "ca.pem")),
            ({"verify": False, "ca_file": "ca.pem"}, ("CERT_NONE", None)),
        ):
            settings = self.settings(**options)
            self.assertEqual(expected, (settings["cert_reqs"], settings["ca_certs"]))


if __name__ == "__main__":
    unittest.main()
