"""From raw samples to the figures of a slice."""

from unittest import TestCase

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.errors import ErrorKind
from http_benchmark.stats.samples import cut_requests, slice_figures, unpack

MS = 1_000_000


def raw(*rows):
    """Samples from (intended ms, lag ms, duration ms, code)."""
    packed = [(intended * MS, lag * MS, duration * MS << 10 | code) for intended, lag, duration, code in rows]
    return np.array(packed, dtype=np.int64).reshape(-1, 3)


def back_to_back(count, duration_ms=1, code=200, *, start_ms=0):
    """Samples of one connection that is never idle."""
    return raw(*((start_ms + index * duration_ms, 0, duration_ms, code) for index in range(count)))


class TestUnpack(TestCase):
    def test_columns(self):
        """Intended time, lag, duration and code come back as they were packed."""
        columns = unpack(raw((5, 2, 30, 200), (6, 0, 40, ErrorKind.TIMEOUT.code)))

        self.assertEqual(
            [[5 * MS, 6 * MS], [2 * MS, 0], [30 * MS, 40 * MS], [200, 5]], [list(column) for column in columns]
        )

    @given(st.integers(0, 2**52), st.integers(0, 999))
    def test_any_duration_and_code(self, duration_ns, code):
        """Up to 52 days and status 999 nothing runs over into its neighbour."""
        columns = unpack(np.array([[0, 0, duration_ns << 10 | code]], dtype=np.int64))

        self.assertEqual((duration_ns, code), (int(columns.duration_ns[0]), int(columns.code[0])))


class TestCut(TestCase):
    def test_size(self):
        """5 %, at least ten, in whole rounds of the connections; nothing where the least were more than a tenth."""
        for concurrency, sizes in (
            (1, {0: 0, 99: 0, 100: 10, 200: 10, 219: 10, 220: 11, 1000: 50}),
            (64, {639: 0, 640: 64, 1280: 64, 2000: 128}),
        ):
            with self.subTest(concurrency=concurrency):
                self.assertEqual(sizes, {requests: cut_requests(requests, concurrency) for requests in sizes})

    def test_drops_what_was_done_first(self):
        """Order of completion counts, not the order of recording."""
        figures = slice_figures(back_to_back(100)[::-1])

        self.assertEqual(90, figures.response_s.size)
        self.assertAlmostEqual(1000.0, figures.throughput_rps)


class TestThroughput(TestCase):
    def test_bursts_are_not_faster_than_they_are(self):
        """Ten connections answered together each 100 ms are 100 requests a second, in however many rounds."""
        for rounds in (1, 2, 10, 30):
            with self.subTest(rounds=rounds):
                waves = raw(*((100 * wave, 0, 100, 200) for wave in range(rounds) for _ in range(10)))

                self.assertAlmostEqual(100.0, slice_figures(waves, concurrency=10).throughput_rps)

    def test_fifty_at_once(self):
        """One request on each of fifty connections, one second each, is fifty a second."""
        self.assertAlmostEqual(50.0, slice_figures(raw(*[(0, 0, 1000, 200)] * 50), concurrency=50).throughput_rps)


class TestSliceFigures(TestCase):
    def test_throughput_between_completions_inside_the_cut(self):
        """Ten slow requests at the start do not count: then one each millisecond."""
        slow = [(index * 100, 0, 100, 200) for index in range(10)]
        fast = [(1000 + index, 0, 1, 200) for index in range(90)]
        figures = slice_figures(raw(*slow, *fast))

        self.assertAlmostEqual(1000.0, figures.throughput_rps)  # 90 after the cut in 90 ms
        self.assertEqual((100, 90), (figures.requests, figures.response_s.size))
        self.assertAlmostEqual(1.090, figures.duration_s)

    def test_response_counts_from_the_intended_time(self):
        """Response = lag + duration; service is the duration alone."""
        figures = slice_figures(raw((0, 0, 500, 200), (100, 400, 10, 200), (200, 310, 10, 204)))

        self.assertEqual([0.5, 0.41, 0.32], list(figures.response_s))
        self.assertEqual([0.5, 0.01, 0.01], list(figures.service_s))
        self.assertEqual([0.0, 0.4, 0.31], list(figures.lag_s))
        self.assertAlmostEqual(0.41, figures.mean_s)
        self.assertEqual((0.41, 0.5), (figures.p50_s, figures.max_s))

    def test_duration_spans_first_sent_to_last_done(self):
        """The wait before the first request was sent does not count."""
        figures = slice_figures(raw((0, 5, 10, 200), (2, 4, 30, 200)))

        self.assertAlmostEqual(0.031, figures.duration_s)  # from 5 ms to 36 ms
        self.assertAlmostEqual(2 / 0.031, figures.throughput_rps)

    def test_failures_are_counted_by_kind_and_not_timed(self):
        """Statuses from 400 on and error kinds are failures; times are those of successes."""
        figures = slice_figures(
            raw(
                (0, 0, 1, 200),
                (1, 0, 900, 503),
                (2, 0, 900, ErrorKind.CONNECTION_RESET.code),
                (3, 0, 900, ErrorKind.NAME_RESOLUTION.code),
                (4, 0, 900, 500),
                (5, 0, 900, 404),
                (6, 0, 3, 302),
            )
        )

        self.assertEqual({"name-resolution": 1, "connection-reset": 1, "http-4xx": 1, "http-5xx": 2}, figures.errors)
        self.assertEqual([0.001, 0.003], list(figures.response_s))
        self.assertEqual(7, figures.requests)

    def test_failures_before_the_cut_are_counted(self):
        """What the statistics leave out still belongs to the slice's outcome."""
        figures = slice_figures(np.concatenate([back_to_back(5, code=503), back_to_back(100, start_ms=5)]))

        self.assertEqual({"http-5xx": 5}, figures.errors)
        self.assertEqual((105, 95), (figures.requests, figures.response_s.size))

    def test_past_the_deadline_is_a_timeout(self):
        """Whatever came of a request that took too long, it is a timeout; exactly in time is in time."""
        figures = slice_figures(
            raw(
                (0, 0, 1000, 200),
                (0, 0, 1001, 200),
                (0, 0, 1500, 503),
                (0, 0, 5000, ErrorKind.INCOMPLETE_RESPONSE.code),
            ),
            timeout_s=1.0,
        )

        self.assertEqual({"timeout": 3}, figures.errors)
        self.assertEqual([1.0], list(figures.response_s))

    def test_the_deadline_keeps_the_reason_of_what_was_never_sent(self):
        """A connect timeout fires a little late; it stays a connect timeout."""
        figures = slice_figures(
            raw((0, 0, 1001, ErrorKind.CONNECT_TIMEOUT.code), (0, 0, 1001, ErrorKind.NAME_RESOLUTION.code)),
            timeout_s=1.0,
        )

        self.assertEqual({"name-resolution": 1, "connect-timeout": 1}, figures.errors)

    def test_waiting_for_its_turn_is_no_timeout(self):
        """The deadline is that of the request, not of the schedule."""
        self.assertEqual({}, slice_figures(raw((0, 5000, 10, 200)), timeout_s=1.0).errors)

    def test_too_little_to_say(self):
        """No request: no figure; no success: no times."""
        nothing = slice_figures(raw())
        one = slice_figures(raw((0, 0, 5, 200)))
        failed = slice_figures(raw((0, 0, 5, 500), (0, 0, 5, 500)))

        self.assertEqual((0, {}, 0.0, None, None, None, None), (nothing.requests, nothing.errors, nothing.duration_s,
            nothing.throughput_rps, nothing.mean_s, nothing.p50_s, nothing.max_s))  # fmt: skip
        self.assertEqual((200.0, 0.005), (one.throughput_rps, one.p50_s))
        self.assertEqual((400.0, None, 0), (failed.throughput_rps, failed.mean_s, failed.response_s.size))

    def test_sample_order_does_not_matter(self):
        """Threads leave their samples one after the other; the figures are the same."""
        samples = np.concatenate([back_to_back(60, 3), back_to_back(90, 2)])
        shuffled = np.random.default_rng(1).permutation(samples)
        one, other = slice_figures(samples), slice_figures(shuffled)

        self.assertEqual(one.throughput_rps, other.throughput_rps)
        self.assertEqual(sorted(one.response_s), sorted(other.response_s))
