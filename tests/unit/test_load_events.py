"""When events arrived: from the pieces that a client hands over to samples."""

import unittest
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.clients.base import Request
from http_benchmark.load.events import FIRST_EVENT, NEXT_EVENT, Watch, arrivals
from http_benchmark.load.mix import Mix, Senders
from http_benchmark.load.recorder import CODE_BITS

STREAM = b"id: 1\ndata: a\n\n: ping\n\ndata: b\ndata: c\n\nevent: x\n\ndata: [DONE]\n\n"
"""Two events; a comment, one without data and the end mark of a completion are none."""

EVENT_ENDS = (15, 40)  # offsets behind the blank lines that end the two


class ArrivalsTest(unittest.TestCase):
    def test_an_event_arrives_with_its_blank_line(self):
        """Its first half does not count; two that come together arrive together."""
        pieces = [(10, b"data: a\n"), (20, b"\nda"), (30, b"ta: b\n\ndata: c\n\n"), (40, b"data: unfinished")]

        self.assertEqual([20, 30, 30], arrivals(pieces))

    def test_lines_may_end_in_either_way(self):
        """With carriage returns, cut between the two characters of a line's end."""
        self.assertEqual([2, 3], arrivals([(1, b"data: a\r\n\r"), (2, b"\ndata: b\r\n"), (3, b"\r\n")]))

    @given(st.sets(st.integers(1, len(STREAM) - 1)))
    def test_however_a_stream_is_cut(self, cuts):
        """Each event arrives with the piece that has its last byte."""
        edges = [0, *sorted(cuts), len(STREAM)]
        pieces = [(end, STREAM[start:end]) for start, end in pairwise(edges)]

        self.assertEqual([min(edge for edge in edges if edge >= end) for end in EVENT_ENDS], arrivals(pieces))


class WatchTest(unittest.TestCase):
    def noted(self, *codes: int) -> list[tuple[int, ...]]:
        """What is recorded of responses with three events each, of which the last two come together."""
        times = iter(range(100, 1000, 10))
        watch = Watch(lambda: next(times))

        def send() -> int:
            watch.observe(b"data: a\n\n")
            watch.observe(b"data: b\n\ndata: c\n\n")
            return 200

        mix = Mix((Request("GET", "http://127.0.0.1:1/"),), tags=(5,), order=(0,), deck=1)
        samples: list[tuple[int, ...]] = []
        (send,), (record,) = Senders([[watch.attempt(send)]], mix, watches=[watch]).paired(
            [lambda *sample: samples.append(sample)]
        )
        for code in codes:
            send()
            record(90, 95, 200, code)
        return samples

    def test_gaps_are_samples(self):
        """After the request its first event, counted from the sending, and the gaps; all with the request's tag."""
        tag = 5 << CODE_BITS

        self.assertEqual(
            [
                (90, 95, 200, tag | 200),
                (95, 100, 100, tag | FIRST_EVENT),
                (100, 110, 110, tag | NEXT_EVENT),
                (110, 110, 110, tag | NEXT_EVENT),
            ],
            self.noted(200),
        )

    def test_a_failed_response_has_none(self):
        """Its events are forgotten before the next one."""
        self.assertEqual(
            [503, 200, FIRST_EVENT, NEXT_EVENT, NEXT_EVENT], [code & 1023 for *_, code in self.noted(503, 200)]
        )
