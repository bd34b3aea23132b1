"""Quantities as people write and read them."""

import unittest
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.units import (
    counted,
    format_duration,
    format_rate,
    format_rates,
    parse_duration,
    parse_moment,
    parse_percent,
    parse_rate,
    parse_rates,
    parse_size,
)


class ParseTest(unittest.TestCase):
    def test_moments(self):
        """A date, a time with or without a zone, or how long ago; UTC where no zone is said."""
        now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        for text, expected in {
            "2026-11-01": datetime(2026, 11, 1, tzinfo=UTC),
            "2026-11-01T12:30": datetime(2026, 11, 1, 12, 30, tzinfo=UTC),
            "2026-11-01T12:30+02:00": datetime(2026, 11, 1, 10, 30, tzinfo=UTC),
            "7d": datetime(2026, 11, 13, 12, tzinfo=UTC),
            " 2w": datetime(2026, 11, 6, 12, tzinfo=UTC),
            "90min": datetime(2026, 11, 20, 10, 30, tzinfo=UTC),
        }.items():
            with self.subTest(text):
                self.assertEqual(expected, parse_moment(text, now))
        for text in ("yesterday", "2026-13-01", "", "-7d", "99999999999d"):
            with self.subTest(text), self.assertRaisesRegex(ValueError, "^no moment: .*write for example 2026-11-01"):
                parse_moment(text, now)

    def test_quantities(self):
        """Number and unit; a bare number is in seconds, per second, or bytes."""
        for parse, answers in (
            (parse_duration, {"250ms": 0.25, "10s": 10, "1.5m": 90, "2h": 7200, 3: 3, ".5": 0.5, "10 us": 1e-5}),
            (parse_rate, {"500/s": 500, "30/min": 0.5, 7: 7, "1_000/s": 1000}),
            (parse_percent, {"2%": 2, "0.5 %": 0.5, 3: 3}),
            (parse_size, {"64KiB": 65536, "1MB": 1_000_000, "1.5 MiB": 1_572_864, "10": 10, "2k": 2000}),
        ):
            for text, expected in answers.items():
                with self.subTest(parse=parse.__name__, text=text):
                    self.assertAlmostEqual(expected, parse(text))

    def test_what_is_none_is_refused_with_the_value(self):
        """Wrong units, signs, words, and parts of a byte."""
        for parse, texts in (
            (parse_duration, ("ten", "-1s", "5 parsecs", "")),
            (parse_rate, ("fast", "5/d", "-5")),
            (parse_rates, ("100..", "..5/s", "1,,2/s", "5..fast", "1..2..3/s")),
            (parse_percent, ("two", "-1%", "%")),
            (parse_size, ("64KiX", "1.5", "", "-1")),
        ):
            for text in texts:
                with self.subTest(parse=parse.__name__, text=text), self.assertRaisesRegex(ValueError, repr(text)):
                    parse(text)


class RatesTest(unittest.TestCase):
    def test_constant_ramp_and_steps(self):
        """A part is constant or a ramp; the unit may stand once, at the end, or with each part."""
        for text, expected in (
            ("500/s", ((500, 500),)),
            (7, ((7, 7),)),
            ("100..2000/s", ((100, 2000),)),
            ("100,200, 400/s", ((100, 100), (200, 200), (400, 400))),
            ("60..120/min,5/s", ((1, 2), (5, 5))),
        ):
            with self.subTest(text=text):
                self.assertEqual(expected, parse_rates(text))

    @given(st.lists(st.tuples(*[st.integers(1, 999_999)] * 2), min_size=1, max_size=5))
    def test_what_is_printed_is_read_again(self, steps):
        """Printing and reading give the same rates."""
        rates = tuple((float(start), float(end)) for start, end in steps)

        self.assertEqual(rates, parse_rates(format_rates(rates)))


class FormatTest(unittest.TestCase):
    def test_durations(self):
        """Three significant digits in the largest unit that fits; whole seconds from a minute on."""
        answers = {3e-9: "3 ns", 3.12e-4: "312 µs", 4.21e-3: "4.21 ms", 1.5: "1.50 s", 12.34: "12.3 s"}
        answers |= {125.0: "2m 05s", 3900.0: "1h 05m", None: "–"}

        self.assertEqual(answers, {seconds: format_duration(seconds) for seconds in answers})

    def test_counted(self):
        """One thing is no plural."""
        self.assertEqual(
            ["0 blocks", "1 block", "7 blocks", "12,345 blocks"], [counted(n, "block") for n in (0, 1, 7, 12_345)]
        )

    def test_rates(self):
        """Whole numbers from a hundred on."""
        answers = {12300.4: "12,300 /s", 41.23: "41.2 /s", 0.5: "0.50 /s", None: "–"}

        self.assertEqual(answers, {rate: format_rate(rate) for rate in answers})
