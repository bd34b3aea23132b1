"""The pycurl adapter against real servers: HTTP/2, and how its transfers live on the event loop."""

import asyncio
import tempfile
import unittest

import pycurl

from http_benchmark.clients import pycurl_adapter
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from http_benchmark.origin.tls import credentials
from tests.servers import Http2Server


class Http2Test(unittest.TestCase):
    def test_http2_is_spoken_with_prior_knowledge(self):
        """Without TLS the connection opens with HTTP/2's preface, sync and async, and is used again."""
        with Http2Server() as server:
            self.assertEqual([200, 200], self._send_twice(server.url))
            self.assertEqual([200, 200], asyncio.run(self._send_twice_async(server.url)))
            self.assertEqual([Http2Server.PREFACE] * 2, server.prefaces)
            self.assertEqual(4, server.requests)

    def test_a_server_without_http2_is_an_error_and_no_fallback(self):
        """Asked for HTTP/2 over TLS, a server that has it is used, and one that has not is not measured over 1.1."""
        shown = credentials()
        tls = shown.context()
        tls.set_alpn_protocols(["h2"])
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority, Http2Server(tls) as server:
            authority.write(shown.authority)
            authority.flush()
            self.assertEqual([200, 200], self._send_twice(server.url, ca_file=authority.name))
        with OriginProcess(options=OriginOptions(tls=True)) as origin, self.assertRaises(pycurl.error):
            self._send_twice(f"{origin.url}/status/200", ca_file=origin.ca_file)

    def _send_twice(self, url: str, **options: object) -> list[int]:
        client = pycurl_adapter.PycurlClient()
        client.open(ClientOptions(**{"concurrency": 1, "timeout_s": 2.0, "http_version": "2"} | options))
        send = client.prepare(Request("GET", url))
        try:
            return [send(), send()]
        finally:
            client.close()

    async def _send_twice_async(self, url: str) -> list[int]:
        client = pycurl_adapter.AsyncPycurlClient()
        await client.open(ClientOptions(concurrency=1, timeout_s=2.0, http_version="2"))
        send = client.prepare(Request("GET", url))
        try:
            return [await send(), await send()]
        finally:
            await client.close()


class TransfersTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.origin = OriginProcess()
        self.addCleanup(self.origin.stop)
        self.client = pycurl_adapter.AsyncPycurlClient()

    def send(self, path):
        return self.client.prepare(Request("GET", f"{self.origin.url}{path}"))()

    async def test_transfers_run_at_the_same_time_on_one_loop(self):
        """Eight held requests overlap: none waits for another, and the loop stays free meanwhile."""
        await self.client.open(ClientOptions(concurrency=8, timeout_s=5.0))
        turns = 0

        async def count():
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        counter = asyncio.create_task(count())
        self.assertEqual([200] * 8, await asyncio.gather(*(self.send("/delay/0.1") for _ in range(8))))
        counter.cancel()
        self.assertEqual(8, self.origin.counts().connections)
        self.assertGreater(turns, 100)
        await self.client.close()

    async def test_cancelling_takes_the_handle_out(self):
        """The library forgets a cancelled transfer at once, and the same handle can be sent again."""
        await self.client.open(ClientOptions(concurrency=1, timeout_s=5.0))
        send = self.client.prepare(Request("GET", f"{self.origin.url}/delay/0.2"))
        task = asyncio.create_task(send())
        await asyncio.sleep(0.05)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual({}, self.client._transfers._waiting)
        self.assertEqual(200, await send())
        await self.client.close()

    async def test_closing_leaves_the_loop_as_it_was(self):
        """No socket is watched and no timer is set after close, even with a connection kept alive."""
        await self.client.open(ClientOptions(concurrency=1, timeout_s=5.0))
        await self.send("/status/200")
        await self.client.close()
        self.assertEqual((set(), None), (self.client._transfers._watched, self.client._transfers._timer))


if __name__ == "__main__":
    unittest.main()
