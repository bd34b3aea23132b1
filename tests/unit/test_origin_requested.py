"""How the origin counts requests by method and target, and that it never takes much memory for it."""

import unittest

from http_benchmark.origin.requested import UNKNOWN, Requested


class RequestedTest(unittest.TestCase):
    def test_what_was_counted_is_told_once(self):
        """Twice and once; then nothing, then what came since."""
        requested = Requested()
        requested.count("GET /a", 2)
        requested.count("HEAD /a")
        self.assertEqual({"GET /a": 2, "HEAD /a": 1}, requested.take())
        self.assertEqual({}, requested.take())
        requested.count("GET /a")
        self.assertEqual({"GET /a": 1}, requested.take())

    def test_as_many_targets_as_a_workload_has(self):
        """Ten thousand requests of 400 characters are told apart."""
        requested = Requested()
        lines = [f"GET /{number:0395}" for number in range(10_000)]
        for line in lines:
            requested.count(line)

        self.assertEqual(dict.fromkeys(lines, 1), requested.take())

    def test_ever_new_targets(self):
        """Those for which there is no room count together; what is known goes on, and a new turn has room again."""
        requested = Requested()
        for number in range(200_000):
            requested.count(f"GET /{number}")
        requested.count("GET /0", 5)
        counts = requested.take()

        self.assertEqual(200_005, sum(counts.values()))
        self.assertEqual(6, counts["GET /0"])
        self.assertEqual(200_000 - (len(counts) - 1), counts[UNKNOWN])
        self.assertLess(len(counts), 70_000)
        requested.count("GET /199999")
        self.assertEqual({"GET /199999": 1}, requested.take())
