"""Which variables children get."""

import unittest
from unittest import mock

from http_benchmark import redaction
from http_benchmark.redaction import know
from http_benchmark.utils import inheritance
from http_benchmark.utils.inheritance import child_environment, withhold


class ChildEnvironmentTest(unittest.TestCase):
    def setUp(self) -> None:
        self.enterContext(mock.patch.object(redaction, "_known", redaction.Known()))
        self.enterContext(mock.patch.object(inheritance, "_withheld", set[str]()))

    def test_what_may_hold_a_secret_is_kept_back(self) -> None:
        """Our own variables, telling names, users in URLs, known secrets, and what a reference has named."""
        know("canary-4711")
        withhold("SHORT")
        kept = {
            "PATH": "/bin",
            "PYTHONPATH": "/x",
            "HOME": "/root",
            "LANG": "C",
            "NO_PROXY": "*",
            "PROXY": "http://p:1/@",
        }
        secret = {
            "HTTP_BENCHMARK_HEADER": "A: b",
            "GITHUB_TOKEN": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "PGPASSWORD": "x",
            "HTTP_PROXY": "http://u:p@h:1",
            "OTHER": "a canary-4711 b",
            "ENCODED": "Y2FuYXJ5LTQ3MTE=",
            "SHORT": "abc",
        }

        self.assertEqual(kept, child_environment(kept | secret))
