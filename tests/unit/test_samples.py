"""From raw samples to the figures of a slice."""

from unittest import TestCase

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from http_benchmark.errors import ErrorKind
from http_benchmark.load.events import FIRST_EVENT, NEXT_EVENT
from http_benchmark.load.recorder import BUFFERED_SAMPLES, CODE_BITS, PLACE_SHIFT
from http_benchmark.stats.event_figures import EventFigures
from http_benchmark.stats.raw import deadline_s, unpack
from http_benchmark.stats.samples import SliceTally, cut_requests

MS = 1_000_000
NOT_SENT = ErrorKind.NOT_SENT.code


def raw(*rows):
    """Samples from (intended ms, lag ms, duration ms, code)."""
    times = [
        (intended * MS, (intended + lag) * MS, (intended + lag + duration) * MS, code)
        for intended, lag, duration, code in rows
    ]
    return np.array(times, dtype=np.int64).reshape(-1, 4)


def back_to_back(count, duration_ms=1, code=200, *, start_ms=0):
    """Samples of one connection that is never idle."""
    return raw(*((start_ms + index * duration_ms, 0, duration_ms, code) for index in range(count)))


def slice_figures(samples, timeout_s=None, *, concurrency=1, open_model=False, chunks=1):
    """The figures of samples that are handed over in so many parts."""
    tally = SliceTally(timeout_s, concurrency=concurrency, open_model=open_model)
    for chunk in np.array_split(samples, chunks):
        tally.add(chunk)
    return tally.figures()


def seconds(times):
    """All that an exact collection holds, ascending."""
    values, counts = times.distinct()
    return list(np.repeat(values, counts) / 1e9)


def said(figures):
    """All that the figures of a slice say, comparable."""
    scalars = {
        name: getattr(figures, name)
        for name in figures.__slots__
        if name not in ("response", "service", "lag", "by_tag")
    }
    return scalars | {
        name: [column.tolist() for column in getattr(figures, name).distinct()]
        for name in ("response", "service", "lag")
    }


def figures_from_raw_arrays(samples, concurrency, timeout_s):
    """What `SliceTally` computes chunk by chunk, for a slice in the closed model, from all samples at once.

    The timeout is below 1 s, so that the deadline comes 10 ms later.
    """
    intended, lag, duration, code, *_ = unpack(samples)
    late = (duration > (timeout_s + 0.01) * 1e9) & (code >= 100)
    code = np.where((duration > (timeout_s + 0.01) * 1e9) & (code != ErrorKind.CONNECT_TIMEOUT.code), 5, code)
    ended = intended + lag + duration
    order = np.lexsort((code, lag, duration, ended))
    cut = cut_requests(len(samples), concurrency)
    inside = order[cut:]
    successful = inside[(code[inside] >= 100) & (code[inside] < 400)]
    started = ended[order[cut - 1]] if cut else (intended + lag).min()
    response = np.sort((lag + duration)[successful])
    return {
        "requests": len(samples),
        "failed": int(((code < 100) | (code >= 400)).sum()),
        "late": int(late.sum()),
        "duration_s": (ended.max() - (intended + lag).min()) / 1e9,
        "throughput_rps": len(inside) * 1e9 / (ended.max() - started) if ended.max() > started else None,
        "p50_s": response[(len(response) + 1) // 2 - 1] / 1e9 if len(response) else None,
        "response": list(response / 1e9),
        "service": list(np.sort(duration[successful]) / 1e9),
        "lag": list(np.sort(lag[inside]) / 1e9),
    }


class TestUnpack(TestCase):
    def test_columns(self):
        """Intended time, lag, duration and code come back as they were packed."""
        columns = unpack(raw((5, 2, 30, 200), (6, 0, 40, ErrorKind.TIMEOUT.code)))

        self.assertEqual(
            [[5 * MS, 6 * MS], [2 * MS, 0], [30 * MS, 40 * MS], [200, 5], [0, 0], [0, 0]],
            [list(column) for column in columns],
        )

    @given(st.integers(0, 1 << 62), st.integers(0, 9999), st.integers(0, 1023), st.integers(0, 999))
    def test_any_duration_place_tag_and_code(self, duration_ns, place, tag, code):
        """Of 10,000 requests, 1023 names and status 999 none runs over into its neighbour, however long it took."""
        outcome = place << PLACE_SHIFT | tag << CODE_BITS | code
        columns = unpack(np.array([[1, 3, 3 + duration_ns, outcome]], dtype=np.int64))

        self.assertEqual(
            (duration_ns, place, tag, code),
            tuple(int(column[0]) for column in (columns.duration_ns, columns.place, columns.tag, columns.code)),
        )


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

        self.assertEqual(90, figures.response.count)
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
        self.assertEqual((100, 90), (figures.requests, figures.response.count))
        self.assertAlmostEqual(1.090, figures.duration_s)

    def test_response_counts_from_the_intended_time(self):
        """Response = lag + duration; service is the duration alone."""
        figures = slice_figures(raw((0, 0, 500, 200), (100, 400, 10, 200), (200, 310, 10, 204)))

        self.assertEqual([0.32, 0.41, 0.5], seconds(figures.response))
        self.assertEqual([0.01, 0.01, 0.5], seconds(figures.service))
        self.assertEqual([0.0, 0.31, 0.4], seconds(figures.lag))
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
        self.assertEqual([0.001, 0.003], seconds(figures.response))
        self.assertEqual(7, figures.requests)

    def test_failures_before_the_cut_are_counted(self):
        """What the statistics leave out still belongs to the slice's outcome."""
        figures = slice_figures(np.concatenate([back_to_back(5, code=503), back_to_back(100, start_ms=5)]))

        self.assertEqual({"http-5xx": 5}, figures.errors)
        self.assertEqual((105, 95), (figures.requests, figures.response.count))

    def test_past_the_deadline_is_a_timeout(self):
        """Whatever came of a request that took too long, it is a timeout; exactly in time is in time.

        Two of them were answered, the third gave up by itself.
        """
        figures = slice_figures(
            raw(
                (0, 0, 1010, 200),
                (0, 0, 1011, 200),
                (0, 0, 1500, 503),
                (0, 0, 5000, ErrorKind.INCOMPLETE_RESPONSE.code),
            ),
            timeout_s=1.0,
        )

        self.assertEqual({"timeout": 3}, figures.errors)
        self.assertEqual(2, figures.late)
        self.assertEqual([1.01], seconds(figures.response))

    def test_the_slack_between_timeout_and_deadline(self):
        """One percent of the timeout, at least 10 ms."""
        self.assertEqual([0.110, 1.010, 30.3], [round(deadline_s(timeout_s), 9) for timeout_s in (0.1, 1.0, 30.0)])

    def test_the_deadline_keeps_the_reason_of_what_was_never_sent(self):
        """A connect timeout fires a little late; it stays a connect timeout."""
        figures = slice_figures(
            raw(
                (0, 0, 1011, ErrorKind.CONNECT_TIMEOUT.code),
                (0, 0, 1011, ErrorKind.NAME_RESOLUTION.code),
                (0, 0, 1011, NOT_SENT),
            ),
            timeout_s=1.0,
        )

        self.assertEqual({"name-resolution": 1, "connect-timeout": 1, "not-sent": 1}, figures.errors)

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
        self.assertEqual((400.0, None, 0), (failed.throughput_rps, failed.mean_s, failed.response.count))

    def test_lag_is_that_of_all_that_were_sent(self):
        """How late a request was sent does not depend on what came of it."""
        figures = slice_figures(raw((0, 1, 5, 200), (0, 2, 5, 500)))

        self.assertEqual(([0.006], [0.001, 0.002]), (seconds(figures.response), seconds(figures.lag)))
        self.assertEqual((None, None), (figures.lag_p50_s, figures.lag_p99_s))

    def test_in_flight(self):
        """Two requests of 10 ms and one of 20 ms within 20 ms are two in flight, whatever came of them."""
        figures = slice_figures(raw((0, 0, 10, 200), (10, 0, 10, 500), (0, 0, 20, 200)))

        self.assertAlmostEqual(2.0, figures.in_flight)
        self.assertIsNone(slice_figures(raw()).in_flight)

    def test_delayed_acknowledgements(self):
        """Six of 38 … 45 ms where the 8 ms before have two and the 8 ms after have four are three too many."""
        times_ms = [30, 37, 38, 38, 38, 40, 41, 45, 46, 50, 50, 53, 29, 54, 500]
        figures = slice_figures(raw(*((0, 100, duration, 200) for duration in times_ms)))

        self.assertEqual(3, figures.delayed_acks)
        self.assertEqual(0, slice_figures(raw((0, 0, 37, 200), (0, 0, 50, 200), (0, 0, 40, 200))).delayed_acks)

    def test_over_triple_median(self):
        """Of 2, 2, 2, 6 and 7 ms one is above three times the median."""
        figures = slice_figures(raw(*((0, 0, duration, 200) for duration in (2, 2, 2, 6, 7))))

        self.assertAlmostEqual(0.2, figures.over_triple_median)
        self.assertIsNone(slice_figures(raw((0, 0, 1, 500))).over_triple_median)


class TestOpenModel(TestCase):
    def test_nothing_is_cut(self):
        """All of a hundred requests count, and the rate is that of the schedule."""
        samples = raw(*((10 * number, 4, 6, 200) for number in range(100)))
        figures = slice_figures(samples, open_model=True)

        self.assertEqual(100, figures.response.count)
        self.assertAlmostEqual(100.0, figures.throughput_rps)  # 99 in 990 ms

    def test_requests_that_were_never_sent(self):
        """They count as requests and as errors, rank behind all others, and have no part in rate, lag and service."""
        figures = slice_figures(
            raw((0, 0, 100, 200), (100, 20, 80, 200), (200, 4800, 0, NOT_SENT), (300, 4700, 0, NOT_SENT)),
            timeout_s=1.0,
            open_model=True,
        )

        self.assertEqual((4, 2, {"not-sent": 2}), (figures.requests, figures.censored, figures.errors))
        self.assertEqual((0.1, 0.1, 0.1), (figures.p50_s, figures.mean_s, figures.max_s))
        self.assertEqual((None, 4.7), (figures.response.quantile(0.75), figures.response.censored_above_s))
        self.assertEqual(([0.08, 0.1], [0.0, 0.02]), (seconds(figures.service), seconds(figures.lag)))
        self.assertEqual((0.0, 0.02), (figures.lag_p50_s, figures.lag_p99_s))
        self.assertAlmostEqual(10.0, figures.throughput_rps)  # the second 100 ms after the first
        self.assertAlmostEqual(0.2, figures.duration_s)
        self.assertAlmostEqual(0.5, figures.over_triple_median)

    def test_the_throughput_of_few_requests(self):
        """One gap less than requests: as scheduled, however few they are; behind a queue, and a stall at the start."""
        for expected_rps, samples in {
            1.0: [(1000 * k, 0, 1, 200) for k in range(5)],
            10.0: [(k, 99 * k, 100, 200) for k in range(5)],
            2.0: [(500 * k, max(0, 1400 - 500 * k), 1, 200) for k in range(5)],
        }.items():
            with self.subTest(expected_rps):
                self.assertAlmostEqual(expected_rps, slice_figures(raw(*samples), open_model=True).throughput_rps)
        self.assertIsNone(slice_figures(raw((0, 0, 1, 200)), open_model=True).throughput_rps)

    def test_nothing_was_sent(self):
        """No time, no rate, no duration; the requests are there."""
        figures = slice_figures(raw((0, 5000, 0, NOT_SENT)), open_model=True)

        self.assertEqual((1, 1, 0.0, None, None), (figures.requests, figures.censored, figures.duration_s,
            figures.throughput_rps, figures.p50_s))  # fmt: skip


class TestChunks(TestCase):
    @given(st.integers(1, 400), st.integers(1, 12), st.integers(1, 7), st.integers(0, 2**32))
    def test_small_slices_are_exact(self, n, concurrency, chunks, seed):
        """In whatever parts and order they come, the figures are those of all samples at once."""
        generator = np.random.default_rng(seed)
        samples = raw(
            *zip(
                generator.integers(0, 100, n),  # many are done at the same moment
                generator.integers(0, 5, n),
                generator.integers(0, 70, n),
                generator.choice([200, 204, 404, 503, 2], n),
                strict=True,
            )
        )
        found = slice_figures(samples, 0.05, concurrency=concurrency, chunks=chunks)
        expected = figures_from_raw_arrays(samples, concurrency, 0.05)

        self.assertEqual(expected, {
            "requests": found.requests,
            "failed": sum(found.errors.values()),
            "late": found.late,
            "duration_s": found.duration_s,
            "throughput_rps": found.throughput_rps,
            "p50_s": found.p50_s,
            "response": seconds(found.response),
            "service": seconds(found.service),
            "lag": seconds(found.lag),
        })  # fmt: skip

    def test_done_at_the_same_moment(self):
        """Of a hundred requests that ended together the ten shortest are cut off, whichever was recorded first."""
        samples = raw(*((500 - duration, 0, duration, 200) for duration in range(1, 101)))

        self.assertEqual([0.011, 0.1], [slice_figures(samples[::-1]).response.min_s, slice_figures(samples).max_s])
        self.assertEqual(0.011, slice_figures(samples).response.min_s)

    @settings(max_examples=10)  # each counts 150,000 samples
    @given(st.integers(0, 100), st.booleans())
    def test_large_slices_in_any_order(self, seed, open_model):
        """More samples than are kept, with failures and ties, give the same shuffled and in other chunks."""
        generator = np.random.default_rng(seed)
        n = 2 * BUFFERED_SAMPLES + 20_000
        due = np.arange(n) * 1000 // 7
        sent = due + generator.integers(0, 50, n)
        done = sent + generator.integers(0, 5000, n)
        samples = np.stack([due, sent, done, generator.choice([200, 200, 200, 503], n)], axis=1)
        one = slice_figures(samples, concurrency=3, open_model=open_model, chunks=3)
        other = slice_figures(generator.permutation(samples), concurrency=3, open_model=open_model, chunks=11)

        self.assertEqual(said(one), said(other))

    def test_the_cut_of_large_slices(self):
        """Of 131,072 requests, 3276 are cut off, 5 % of 65,536; the rate counts from the last of these."""
        slow, fast = back_to_back(3276, duration_ms=100), back_to_back(127_796, start_ms=327_600)
        figures = slice_figures(np.concatenate([fast, slow]), chunks=4)

        self.assertEqual((131_072, 127_796), (figures.requests, figures.response.count))
        self.assertAlmostEqual(1000.0, figures.throughput_rps)
        self.assertEqual(0.001, figures.max_s)

    def test_large_slices_of_many_connections(self):
        """Of 20,000 connections, a whole round is cut off as soon as each has done ten requests."""
        samples = raw(*((round_, 0, 1, 200) for round_ in range(11) for _ in range(20_000)))
        figures = slice_figures(samples, concurrency=20_000, chunks=4)

        self.assertEqual(200_000, figures.response.count)


class TagTest(TestCase):
    def samples(self, *rows):
        """Samples from (tag, duration ms, code), one after the other."""
        starts = [n * 1000 * MS for n in range(len(rows))]
        samples = [
            (start, start, start + ms * MS, tag << CODE_BITS | code)
            for start, (tag, ms, code) in zip(starts, rows, strict=True)
        ]
        return np.array(samples, dtype=np.int64)

    def test_figures_of_each_name(self):
        """Requests and errors of all, response times of the successful ones; what was never sent has no name."""
        rows = [(2, 5, 200), (1, 3, 200), (2, 7, 503), (2, 1, 200), (0, 0, NOT_SENT)]
        figures = slice_figures(self.samples(*rows), open_model=True, chunks=3)

        self.assertEqual([1, 2], list(figures.by_tag))
        self.assertEqual([1, 3], [of_tag.requests for of_tag in figures.by_tag.values()])
        self.assertEqual([{}, {"http-5xx": 1}], [of_tag.errors for of_tag in figures.by_tag.values()])
        self.assertEqual([[0.003], [0.001, 0.005]], [seconds(of_tag.response) for of_tag in figures.by_tag.values()])
        self.assertEqual(5, figures.requests)

    def test_how_often_each_request_was_sent(self):
        """By its place, whatever came of it; what was never sent has none."""
        codes = [(2, 200), (0, 503), (2, ErrorKind.TIMEOUT.code), (0, NOT_SENT)]
        rows = [(0, 0, MS, place << PLACE_SHIFT | code) for place, code in codes]

        figures = slice_figures(np.array(rows, dtype=np.int64), open_model=True, chunks=2)

        self.assertEqual([1, 0, 2], list(figures.sent_by_place))

    def test_the_cut_holds_for_names_too(self):
        """Of 100 requests the first ten are in no response time, but they are requests."""
        figures = slice_figures(self.samples(*[(1, 1, 200)] * 10, *[(2, 1, 200)] * 90))

        self.assertEqual([10, 90], [of_tag.requests for of_tag in figures.by_tag.values()])
        self.assertEqual([0, 90], [of_tag.response.count for of_tag in figures.by_tag.values()])

    def test_trials_add_up(self):
        """Two slices of one name."""
        one, other = (
            slice_figures(self.samples((3, ms, code)), open_model=True).by_tag[3] for ms, code in ((2, 200), (4, 404))
        )
        one.merge(other)

        self.assertEqual((2, {"http-4xx": 1}, [0.002]), (one.requests, one.errors, seconds(one.response)))

    def test_without_a_workload(self):
        """There are no names."""
        self.assertEqual({}, slice_figures(back_to_back(100)).by_tag)


class EventTest(TestCase):
    def test_events_are_told_from_requests(self):
        """Three requests with an event each and two gaps: no event is a request, and no request is an event."""
        events = raw((0, 3, 0, FIRST_EVENT), (3, 10, 0, NEXT_EVENT), (13, 20, 0, NEXT_EVENT), (0, 5, 0, FIRST_EVENT))
        tally = SliceTally(0.05, open_model=True, events=True)
        tally.add(np.concatenate([back_to_back(3), events]))
        tally.add(events[:0])
        figures = tally.figures()

        self.assertEqual((3, {}), (figures.requests, figures.errors))
        self.assertEqual([0.003, 0.005], seconds(figures.events.first))
        self.assertEqual([0.010, 0.020], seconds(figures.events.gap))
        self.assertAlmostEqual(0.005, figures.events.jitter_s)

    def test_slices_add_up(self):
        """Of 10, 20 and 30 ms the deviation is √(200/3) ms."""
        one, other = EventFigures(), EventFigures()
        one.take(raw((0, 10, 0, NEXT_EVENT), (0, 20, 0, NEXT_EVENT)))
        other.take(raw((0, 30, 0, NEXT_EVENT)))
        one.merge(other)

        self.assertAlmostEqual((200 / 3) ** 0.5 / 1000, one.jitter_s)
        self.assertIsNone(EventFigures().jitter_s)

    def test_nobody_looked(self):
        """There is nothing."""
        self.assertIsNone(slice_figures(back_to_back(10)).events)
