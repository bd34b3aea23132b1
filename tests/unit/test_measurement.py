"""What the origin counted: sums and differences, and what is not known."""

import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.models.measurement import ServerCounts

_numbers = st.none() | st.integers(0, 10**12)
_counts = st.builds(
    ServerCounts,
    requests=st.integers(0, 10**9),
    statuses=st.dictionaries(st.integers(200, 599), st.integers(1, 10**9), max_size=3),
    protocols=st.dictionaries(st.sampled_from(["1.0", "1.1", "2"]), st.integers(1, 10**9)),
    connections=_numbers,
    dropped=_numbers,
    bytes_sent=_numbers,
)


class ServerCountsTest(unittest.TestCase):
    def test_a_difference_of_readings(self):
        """Every number for itself; a status that did not come again is left out."""
        before = ServerCounts(requests=10, dropped=1, statuses={200: 9, 503: 1}, protocols={"1.1": 10}, connections=2)
        after = ServerCounts(requests=15, dropped=3, statuses={200: 14, 503: 1}, protocols={"1.1": 15}, connections=2)

        self.assertEqual(
            ServerCounts(requests=5, dropped=2, statuses={200: 5}, protocols={"1.1": 5}, connections=0), after - before
        )

    def test_what_is_not_known_stays_so(self):
        """A sum with None is None, from either side."""
        known, unknown = ServerCounts(connections=3, tls_handshakes=3), ServerCounts(connections=None)
        for total in (known + unknown, unknown + known, known - unknown):
            self.assertEqual((None, None), (total.connections, total.tls_handshakes))

    @given(_counts, _counts)
    def test_a_sum_less_its_part(self, first: ServerCounts, second: ServerCounts):
        """It is the other part, wherever the part is known."""
        rest = (first + second) - second
        for name in ServerCounts.model_fields:
            value = getattr(rest, name)
            self.assertIn(value, (None, getattr(first, name)))
            if getattr(second, name) is not None:
                self.assertEqual(getattr(first, name), value)

    def test_a_result_of_an_older_version_is_read(self):
        """What it did not count is None, never 0."""
        counts = ServerCounts.from_dict(
            {
                "requests": 5,
                "connections": 2,
                "bytes_received": 7,
                "bytes_sent": 9,
                "statuses": {"200": 5},
                "cpu_s": 0.1,
            }
        )

        self.assertEqual((5, 2, {200: 5}), (counts.requests, counts.connections, counts.statuses))
        self.assertEqual((None, None, {}), (counts.dropped, counts.body_bytes_sent, counts.protocols))
