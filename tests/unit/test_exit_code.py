"""What a run ends with."""

import unittest

from http_benchmark.cli.common import exit_code
from http_benchmark.models.experiment import ClientResult, Validity


def client(**fields: object) -> ClientResult:
    return ClientResult(contender="a:sync", library="a", mode="sync", **({"status": "ok", "requests": 10} | fields))


class ExitCodeTest(unittest.TestCase):
    def test_each(self):
        """Ranked, failed requests, nobody reached, dropped on the way; alone and with `strict`."""
        for what, fields, verdict, expected in (
            ("ranked", {"rank": 1}, "valid", (0, 0)),
            ("not to be trusted", {"rank": 1}, "suspect", (0, 1)),
            ("answers that are errors", {"status": "errors", "errors": {"http-4xx": 10}}, "valid", (0, 1)),
            ("a few answers", {"status": "errors", "errors": {"connection-refused": 9}}, "valid", (0, 1)),
            ("no connection", {"status": "errors", "errors": {"connection-refused": 10}}, "valid", (4, 4)),
            ("crashed after a block", {"status": "failed"}, "valid", (4, 4)),
            ("not here", {"status": "unavailable", "requests": 0}, "valid", (4, 4)),
        ):
            with self.subTest(what):
                codes = [exit_code([client(**fields)], Validity(verdict=verdict), strict=s) for s in (False, True)]
                self.assertEqual(expected, tuple(codes))
