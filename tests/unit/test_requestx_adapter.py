"""The requestx adapter's refusals, capabilities and error table."""

import os
import unittest
from unittest import mock

try:
    import requestx

    from http_benchmark.clients import requestx_adapter
except ImportError as missing:
    raise unittest.SkipTest(f"requestx is not installed: {missing}") from missing

from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.errors import UnsupportedOptionError
from tests.unit.adapter_case import AdapterCase


class RequestxAdapterTest(AdapterCase, unittest.IsolatedAsyncioTestCase):
    adapter = requestx_adapter
    exceptions = (requestx,)

    async def test_what_has_no_effect_is_refused(self):
        """HTTP/2, a certificate file, no check, and redirects where it follows none or counts by itself."""
        for options, modes in (
            ({"http_version": "2"}, ("sync", "async")),
            ({"ca_file": "ca.pem"}, ("sync", "async")),
            ({"verify": False}, ("sync", "async")),
            ({"follow_redirects": True, "max_redirects": 3}, ("sync", "async")),
            ({"follow_redirects": True}, ("async",)),
        ):
            settings = ClientOptions(**{"concurrency": 1} | options)
            with self.subTest(options):
                if "sync" in modes:
                    with self.assertRaisesRegex(UnsupportedOptionError, "^requestx cannot .*; "):
                        requestx_adapter.RequestxClient().open(settings)
                with self.assertRaisesRegex(UnsupportedOptionError, "^requestx.* cannot .*; "):
                    await requestx_adapter.AsyncRequestxClient().open(settings)

    def test_credentials_are_not_carried_along(self):
        """It would send Authorization to whatever host a redirect names, which the other clients do not."""
        request = Request("GET", "http://127.0.0.1:1/", headers=(("authorization", "x"),))
        client = requestx_adapter.RequestxClient()
        client.open(ClientOptions(concurrency=1, follow_redirects=True))
        self.addCleanup(client.close)

        client.prepare(Request("GET", "http://127.0.0.1:1/"))
        with self.assertRaisesRegex(UnsupportedOptionError, "^requestx cannot keep Authorization"):
            client.prepare(request)

    def test_the_environments_proxies_are_put_back(self):
        """They are hidden only while the client is built, other variables not at all."""
        with mock.patch.dict(os.environ, {"HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": "localhost"}):
            with requestx_adapter._proxies_hidden():
                self.assertEqual((None, "localhost"), (os.environ.get("HTTP_PROXY"), os.environ["no_proxy"]))
            self.assertEqual("http://127.0.0.1:9", os.environ["HTTP_PROXY"])


if __name__ == "__main__":
    unittest.main()
