"""How the requestx adapter finds the cause of a failed connection, which the library keeps to itself."""

import unittest

try:
    import requestx

    from http_benchmark.clients import requestx_adapter
except ImportError as missing:
    raise unittest.SkipTest(f"requestx is not installed: {missing}") from missing

from http_benchmark.clients.base import classify
from http_benchmark.errors import ErrorKind
from http_benchmark.origin.process import OriginProcess
from tests.servers import refused_port


class DiagnosisTest(unittest.TestCase):
    def setUp(self):
        requestx_adapter._diagnose.cache_clear()

    def test_a_failed_connection_is_looked_into(self):
        """The library says "error sending request for url (…)" whatever the cause."""
        with OriginProcess() as origin:
            for url, kind in (
                (f"http://127.0.0.1:{refused_port()}/", ErrorKind.CONNECTION_REFUSED),
                ("http://nonexistent.invalid/", ErrorKind.NAME_RESOLUTION),
                (origin.url.replace("http:", "https:"), ErrorKind.TLS),
                (origin.url, ErrorKind.CONNECT),
            ):
                with self.subTest(url):
                    self.assertEqual(kind, self._kind(f"error sending request for url ({url})"))

    def test_a_url_is_looked_into_once(self):
        """A run that fails a million times does not ask a million times."""
        with OriginProcess() as origin:
            for _ in range(3):
                self._kind(f"error sending request for url ({origin.url})")
        self.assertEqual((2, 1), requestx_adapter._diagnose.cache_info()[:2])

    def test_without_a_url_nothing_is_guessed(self):
        """Another wording leaves the general kind."""
        self.assertEqual(ErrorKind.CONNECT, self._kind("something new"))

    def _kind(self, message: str) -> ErrorKind:
        return classify(requestx.ConnectError(message), requestx_adapter.ERRORS)


if __name__ == "__main__":
    unittest.main()
