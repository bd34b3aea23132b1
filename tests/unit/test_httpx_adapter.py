"""The httpx adapter's own settings, capabilities and error table."""

import unittest
from unittest import mock

import httpx

from http_benchmark.clients import httpx_adapter
from http_benchmark.clients.base import ClientOptions, classify
from http_benchmark.errors import ErrorKind, UnsupportedOptionError
from tests.unit.adapter_case import AdapterCase


class HttpxAdapterTest(AdapterCase, unittest.IsolatedAsyncioTestCase):
    adapter = httpx_adapter
    exceptions = (httpx,)

    def test_the_pool_and_its_patience(self):
        """As many connections as workers, kept as long as asked, one limit for all timeouts."""
        settings = httpx_adapter._settings(ClientOptions(concurrency=7, timeout_s=1.5, idle_timeout_s=99.0))
        self.assertEqual(
            httpx.Limits(max_connections=7, max_keepalive_connections=7, keepalive_expiry=99.0), settings["limits"]
        )
        self.assertEqual(httpx.Timeout(1.5), settings["timeout"])
        self.assertEqual((True, False, False), (settings["http1"], settings["http2"], settings["trust_env"]))

    def test_http2_is_asked_for_alone(self):
        """With HTTP/1.1 beside it, a server could talk the client down in silence."""
        settings = httpx_adapter._settings(ClientOptions(concurrency=1, http_version="2"))
        self.assertEqual((False, True), (settings["http1"], settings["http2"]))

    def test_http2_without_h2_says_how_to_get_it(self):
        """The refusal names the client, the setting and the command."""
        with (
            mock.patch.object(httpx_adapter, "find_spec", return_value=None),
            self.assertRaisesRegex(UnsupportedOptionError, r"httpx cannot speak HTTP/2 .*pip install 'httpx\[http2\]'"),
        ):
            httpx_adapter.HttpxClient().open(ClientOptions(concurrency=1, http_version="2"))

    async def test_no_default_headers_remain(self):
        """User-Agent, Accept and the others are the caller's matter, sync and async."""
        client, async_client = httpx_adapter.HttpxClient(), httpx_adapter.AsyncHttpxClient()
        client.open(ClientOptions(concurrency=1, verify=False))
        await async_client.open(ClientOptions(concurrency=1, verify=False))
        self.assertEqual([[], []], [list(client._client.headers), list(async_client._client.headers)])
        client.close()
        await async_client.close()

    def test_a_bad_peer_is_told_by_its_words(self):
        """RemoteProtocolError stands for three situations."""
        for message, kind in (
            ("Server disconnected without sending a response.", ErrorKind.CONNECTION_RESET),
            ("peer closed connection without sending complete message body", ErrorKind.INCOMPLETE_RESPONSE),
            ("illegal status line", ErrorKind.PROTOCOL),
        ):
            self.assertEqual(kind, classify(httpx.RemoteProtocolError(message), httpx_adapter.ERRORS))


if __name__ == "__main__":
    unittest.main()
