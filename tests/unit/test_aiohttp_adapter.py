"""The aiohttp adapter's own settings, capabilities and error table."""

import math
import ssl
import unittest

import aiohttp
import aiohttp.client_exceptions

from http_benchmark.clients import aiohttp_adapter
from http_benchmark.clients.base import ClientOptions, Request, classify
from http_benchmark.errors import ErrorKind
from tests.unit.adapter_case import AdapterCase


class AiohttpAdapterTest(AdapterCase, unittest.IsolatedAsyncioTestCase):
    adapter = aiohttp_adapter
    exceptions = (aiohttp, aiohttp.client_exceptions)
    not_raised = {
        "EofStream": "of a body read on after its end",
        "WSMessageTypeError": "of WebSockets",
        "WebSocketError": "of WebSockets",
    }

    async def open(self, **options):
        client = aiohttp_adapter.AiohttpClient()
        await client.open(ClientOptions(**{"concurrency": 7, "timeout_s": 1.5, "idle_timeout_s": 99.0} | options))
        self.addAsyncCleanup(client.close)
        return client._session

    def test_headers_of_one_name(self):
        """None replaces another, however each is spelled."""
        headers = aiohttp_adapter._headers(Request("GET", "/", (("X-A", "1"), ("X-B", "2"), ("x-a", "3"))))
        self.assertEqual([("X-A", "1"), ("X-B", "2"), ("X-A", "3")], list(headers.items()))

    async def test_the_pool_and_its_patience(self):
        """As many connections as workers in all, no second limit per host, kept as long as asked."""
        connector = (await self.open()).connector
        self.assertEqual((7, 0, 99.0), (connector.limit, connector.limit_per_host, connector._keepalive_timeout))

    async def test_the_deadline_is_total(self):
        """Connecting and each read end before it, so that their errors come first; nothing is rounded up."""
        timeout = (await self.open()).timeout
        self.assertEqual((1.51, 1.5, 1.5), (timeout.total, timeout.sock_connect, timeout.sock_read))
        self.assertEqual(math.inf, timeout.ceil_threshold)

    async def test_cookies_and_the_environment_are_off(self):
        """The jar keeps nothing, proxies and netrc are not read."""
        session = await self.open()
        self.assertIsInstance(session.cookie_jar, aiohttp.DummyCookieJar)
        self.assertFalse(session.trust_env)

    def test_a_broken_body_is_told_by_what_broke_it(self):
        """ClientPayloadError stands for three situations."""
        decoding = aiohttp.ClientPayloadError("400, message")
        decoding.__cause__ = aiohttp.http_exceptions.ContentEncodingError("Can not decode content-encoding: gzip")
        for error, kind in (
            (decoding, ErrorKind.DECODING),
            (aiohttp.ClientPayloadError("not completed. ConnectionResetError(104, '')"), ErrorKind.CONNECTION_RESET),
            (aiohttp.ClientPayloadError("not completed"), ErrorKind.INCOMPLETE_RESPONSE),
        ):
            self.assertEqual(kind, classify(error, aiohttp_adapter.ERRORS))

    def test_certificates_are_checked_unless_switched_off(self):
        """The library takes True, False or a context; off wins over a file."""
        self.assertIs(True, aiohttp_adapter._tls(ClientOptions(concurrency=1)))
        self.assertIs(False, aiohttp_adapter._tls(ClientOptions(concurrency=1, verify=False, ca_file="ca.pem")))
        cafile = ssl.get_default_verify_paths().cafile
        if cafile:
            context = aiohttp_adapter._tls(ClientOptions(concurrency=1, ca_file=cafile))
            self.assertEqual(ssl.CERT_REQUIRED, context.verify_mode)


if __name__ == "__main__":
    unittest.main()
