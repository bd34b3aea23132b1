"""What every adapter refuses and says by itself; what the clients do is asked by `test_conformance`."""

import asyncio
import unittest

from http_benchmark.clients import (
    FLOOR_CLIENT,
    OWN_CLIENTS,
    Capabilities,
    installed_clients,
    known_clients,
    load_adapter,
)
from http_benchmark.clients.base import AsyncClient, ClientOptions, Request
from http_benchmark.errors import UnsupportedOptionError
from http_benchmark.origin.process import OriginProcess


def contenders() -> list[tuple[Capabilities, str]]:
    """The installed clients and the floor, in each of their modes."""
    clients = [*installed_clients().values(), known_clients()[FLOOR_CLIENT]]
    return [(client, mode) for client in clients for mode in client.modes]


def open_client(client: Capabilities, mode: str, **options: object) -> None:
    """Open and close one."""
    opened = getattr(load_adapter(client.module), client.modes[mode])()
    settings = ClientOptions(concurrency=1, **options)
    if isinstance(opened, AsyncClient):

        async def live() -> None:
            await opened.open(settings)
            await opened.close()

        asyncio.run(live())
    else:
        opened.open(settings)
        opened.close()


def send(client: Capabilities, mode: str, request: Request) -> None:
    """Send one request with it."""
    opened = getattr(load_adapter(client.module), client.modes[mode])()
    settings = ClientOptions(concurrency=1)
    if isinstance(opened, AsyncClient):

        async def live() -> None:
            await opened.open(settings)
            try:
                await opened.prepare(request)()
            finally:
                await opened.close()

        asyncio.run(live())
    else:
        opened.open(settings)
        try:
            opened.prepare(request)()
        finally:
            opened.close()


class RefusalTest(unittest.TestCase):
    def test_what_a_client_cannot_do_is_refused_by_name(self):
        """HTTP/2, authorities, unchecked certificates, redirects, proxies: what its capabilities deny does not open."""
        for client, mode in contenders():
            for offered, options in (
                (client.http2, {"http_version": "2"}),
                (client.custom_ca, {"ca_file": "authority.pem"}),
                (client.skip_verify, {"verify": False}),
                (mode in client.follow_redirects, {"follow_redirects": True}),
                (client.proxy, {"proxy": "http://127.0.0.1:9"}),
            ):
                if not offered:
                    with (
                        self.subTest(client=client.name, mode=mode, **options),
                        self.assertRaisesRegex(UnsupportedOptionError, client.name),
                    ):
                        open_client(client, mode, **options)


class HeadersTest(unittest.TestCase):
    def test_beyond_ascii(self):
        """Sent as Latin-1, one byte for each character, or refused by name before anything is sent."""
        with OriginProcess() as origin:
            request = Request("GET", f"{origin.url}/headers", headers=(("X-Place", "Caf\xe9"),))
            for client, mode in contenders():
                with self.subTest(client=client.name, mode=mode):
                    origin.start_journal()
                    try:
                        send(client, mode, request)
                    except UnsupportedOptionError as error:
                        self.assertRegex(str(error), f"^{client.name} cannot send the header 'X-Place'")
                        self.assertEqual((), tuple(origin.journal().requests))
                    else:
                        (seen,) = origin.journal().requests
                        self.assertEqual("Caf\xe9", dict(seen.headers)["X-Place"])


class PresenceTest(unittest.TestCase):
    def test_every_known_client_is_tested(self):
        """A client that is not installed is skipped by name, so that its absence is seen."""
        for name, capabilities in known_clients().items():
            with self.subTest(name):
                if name not in OWN_CLIENTS and name not in installed_clients():
                    self.skipTest(f"{name} is not installed: {capabilities.install}")


if __name__ == "__main__":
    unittest.main()
