"""What the floor refuses, and the kinds of its failures."""

import unittest
from types import ModuleType
from typing import ClassVar

from http_benchmark.clients import floor_adapter, floor_http
from http_benchmark.clients.base import ClientOptions, classify
from http_benchmark.errors import ErrorKind, UnsupportedOptionError
from tests.unit.adapter_case import AdapterCase


class FloorAdapterTest(AdapterCase, unittest.TestCase):
    adapter = floor_adapter
    exceptions: ClassVar[tuple[ModuleType, ...]] = (floor_adapter, floor_http)

    def test_what_it_cannot_do_is_refused_by_name(self):
        """HTTP/2, redirects."""
        for options in ({"http_version": "2"}, {"follow_redirects": True}):
            with self.subTest(options), self.assertRaisesRegex(UnsupportedOptionError, "floor cannot"):
                floor_adapter.FloorClient().open(ClientOptions(concurrency=1, **options))

    def test_the_kernels_deadline_is_a_timeout(self):
        """EAGAIN on a blocking socket: SO_RCVTIMEO is over; while connecting it is a connect timeout."""
        self.assertEqual(ErrorKind.TIMEOUT, classify(BlockingIOError(), floor_adapter.ERRORS))
        self.assertEqual(ErrorKind.CONNECT_TIMEOUT, classify(TimeoutError(), floor_adapter.ERRORS))


if __name__ == "__main__":
    unittest.main()
