"""Instructions per request: from two counts to a slope, and from slopes to an outcome."""

from unittest import TestCase

from http_benchmark.errors import WorkerError
from http_benchmark.instructions import counted_instructions
from http_benchmark.stats.gate import Outcome
from http_benchmark.stats.instructions import Slope, judge_instructions, slope

PRINTED = """==1234== Cachegrind, a high-precision tracing profiler
==1234== Copyright (C) 2002-2017, and GNU GPL'd, by Nicholas Nethercote et al.
==1234==
==1234== I   refs:      2,123,456,789
"""
"""What cachegrind of valgrind 3.19.0 prints without its caches, in short."""


class CountedTest(TestCase):
    def test_the_figure(self):
        """With its commas."""
        self.assertEqual(2_123_456_789, counted_instructions(PRINTED))

    def test_no_figure(self):
        """What was said instead is told, without valgrind's own lines."""
        with self.assertRaisesRegex(WorkerError, "gave no figure: ImportError: no urllib3"):
            counted_instructions("==1== Cachegrind\nImportError: no urllib3\n==1== \n")


class SlopeTest(TestCase):
    def test_what_a_request_takes(self):
        """Of 200 requests more than in the smaller count, whatever starting takes."""
        found = slope([(1_000_000, 1_200_000), (5_000_000, 5_200_200), (1_000_000, 1_200_100)])

        self.assertEqual((1000.0, 1001.0, 1000.5), found.repeats)
        self.assertEqual(1000.5, found.typical)
        self.assertAlmostEqual(0.001, found.spread, places=5)

    def test_outcomes(self):
        """More than 1 % is a failure, less than mirrored 1 % an improvement; unsteady counts say nothing."""
        base = Slope((1000.0, 1000.0, 1001.0))
        for expected, candidate in (
            (Outcome.PASS, (1010.0,) * 3),
            (Outcome.FAIL, (1010.2,) * 3),
            (Outcome.PASS, (990.1,) * 3),
            (Outcome.IMPROVEMENT, (990.0,) * 3),
            (Outcome.INCONCLUSIVE, (1100.0, 1120.0, 1100.0)),
        ):
            with self.subTest(candidate):
                self.assertIs(expected, judge_instructions(base, Slope(candidate)))
        self.assertIs(Outcome.PASS, judge_instructions(base, Slope((1100.0, 1120.0, 1100.0)), limit=0.2))

    def test_requests_that_cost_nothing(self):
        """What else came into a count makes it say nothing."""
        for one in (-3000.0, 0.0):
            with self.subTest(one):
                self.assertIs(Outcome.INCONCLUSIVE, judge_instructions(Slope((one,)), Slope((1000.0,))))
