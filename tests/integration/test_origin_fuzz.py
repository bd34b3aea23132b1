"""The origin under fuzzing, for a moment, and the fuzzer under an origin that is wrong."""

import unittest

from bench.fuzz_origin import fuzz


class OriginFuzzTest(unittest.TestCase):
    def test_it_survives_and_counts_right(self):
        """Sound, damaged, slow, half-closed and broken connections: no fault, no leak, no wrong count."""
        report = fuzz(seed=7, rounds=range(2), connections=60, tell=lambda _: None)

        self.assertEqual([], report.findings)
        self.assertGreaterEqual(report.counts.connections, 360)
        self.assertEqual({2, 3, 4, 5}, {status // 100 for status in report.counts.statuses})

    def test_it_survives_over_tls(self):
        """The same over TLS, with handshakes that break."""
        report = fuzz(seed=7, rounds=range(1), connections=60, tls=True, tell=lambda _: None)

        self.assertEqual([], report.findings)
        self.assertEqual(report.counts.connections, report.counts.tls_handshakes)

    def test_http2_survives(self):
        """Broken frames by prior knowledge, then sound requests: all answered and counted."""
        report = fuzz(seed=7, rounds=range(1), connections=30, http2=True, tell=lambda _: None)

        self.assertEqual([], report.findings)
        self.assertGreater(report.counts.protocols["2"], 30)
