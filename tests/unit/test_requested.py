"""Which requests were ordered and which came: what is the same request, what is none, and how it adds up."""

import unittest
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.clients.base import Request
from http_benchmark.header_marks import _kept_marks, header_marks
from http_benchmark.models.measurement import Requested
from http_benchmark.stats.requested import RequestTally, one_form

URL = "http://127.0.0.1:80"
SMALL, LARGE = Request("GET", f"{URL}/bytes/1"), Request("POST", f"{URL}/bytes/9", body=b"12345")


class FormTest(unittest.TestCase):
    def assert_same(self, *targets: str) -> None:
        self.assertEqual(1, len({one_form(f"GET {target}") for target in targets}), targets)

    def assert_all_differ(self, *lines: str) -> None:
        self.assertEqual(len(lines), len({one_form(line) for line in lines}))

    def test_ways_to_write_a_target(self):
        """What RFC 3986 calls the same, and what clients do besides."""
        self.assert_same("/a~b", "/a%7Eb", "/a%7eb")
        self.assert_same("/a%20b", "/a b")
        self.assert_same("/%C3%A4", "/%c3%a4", "/ä".encode().decode("latin-1"))
        self.assert_same("/a\\b", "/a/b", "/a%5Cb", "/a%5cb")
        self.assert_same("/b", "/a/../b", "/./b", "/a/%2e%2E/b", "/a/.%2e/./b", "/../b", "/a\\..\\b")
        self.assert_same("/a/", "/a/.", "/a/b/..")
        self.assert_same("/", "", "/?", "?", "/#f", "http://a", "http://a:1/", "https://a?")
        self.assert_same("/a?b=c+d", "/a?b=c%20d", "/a?b=c d", "/a?b=c%2Bd", f"{URL}/a?b=c+d")
        self.assert_same("/a%2Fb/../c", "/c")
        self.assert_same("/100%", "/100%25")
        self.assert_same("/100%/%41", "/100%25/%2541", "/100%/A")
        self.assert_same("/a?b=http://c/../d", "http://e/a?b=http://c/../d", "/a?b=http:%2F%2Fc%2F..%2Fd")

    def test_other_requests(self):
        """Another method, path, query, order of the query, or case."""
        self.assert_all_differ(
            *("GET /a", "HEAD /a", "GET /b", "GET /a/", "GET /A", "GET //a", "GET /a?b", "GET /a?b=", "GET /a?B"),
            *("GET /a?b=1&c=2", "GET /a?c=2&b=1", "GET /a?b=1", "GET /a?b=../c", "GET /a?b=c"),
        )

    @given(st.text(st.characters(max_codepoint=255)))
    def test_any_target(self, target):
        """There is a form of whatever came."""
        self.assertTrue(one_form(f"GET {target}").startswith("GET /"))


class TallyTest(unittest.TestCase):
    def requested(
        self,
        *readings: Mapping[str, int],
        sent: Iterable[int] = (2, 3),
        opening: Iterable[tuple[int, int]] = (),
        requests: tuple[Request, ...] = (SMALL, LARGE),
    ) -> Requested:
        tally = RequestTally(requests, str.upper)
        for seen in readings:
            tally.add(np.array(list(sent), dtype=np.int64), opening, seen)
        return tally.result()

    def test_as_ordered(self):
        """Nothing is missing; in all, 15 bytes were to be uploaded, five at a time."""
        as_ordered = Requested(closes=0, body_bytes=15, longest_body_bytes=5)
        for seen in (
            {"GET /bytes/1": 2, "POST /bytes/9": 3},
            {"GET /%62ytes/1": 1, "GET /bytes/1": 1, "POST /bytes/9": 3},
        ):
            self.assertEqual(as_ordered, self.requested(seen))

    def test_headers(self):
        """As ordered, of one that came; another value, or none; what never came has none, and framing is anybody's."""
        wanted = replace(SMALL, headers=(("X-A", "1, 2"), ("X-A", "3"), ("X-B", ""), ("Connection", "close")))
        plain = replace(SMALL, headers=(("X-B", ""),))
        as_ordered = header_marks((("x-b", " "), ("x-a", "1,2"), ("X-a", "3"), ("Host", "a")))
        other = header_marks((("x-a", "1"), ("x-b", "2")))

        def found(seen: Mapping[str, int]) -> tuple[int, str | None]:
            requested = self.requested({f"GET /bytes/1\n{m}": n for m, n in seen.items()}, requests=(wanted, plain))
            return requested.headers, requested.example_header

        bare = header_marks((("x-b", ""),))
        self.assertEqual((0, None), found({as_ordered: 2, bare: 3}))
        self.assertEqual((0, None), found({bare: 3}), "the two that had it may not have come")
        self.assertEqual((1, "X-A"), found({as_ordered: 1, bare: 4}))
        self.assertEqual((7, "X-B"), found({other: 5}))
        beyond_ascii = replace(SMALL, headers=(("X-C", "a"), ("x-c", "\xe9")))
        self.assertEqual(0, self.requested({"GET /bytes/1": 2}, sent=[2], requests=(beyond_ascii,)).headers)

    def test_long_headers_are_not_kept(self):
        """Their marks are the same when they are made again, and take no memory meanwhile."""
        short, long = ((("x-a", "b" * length),) for length in (4093, 4094))
        kept = _kept_marks.cache_info

        for headers, more in ((long, 0), (short, 1)):
            before = kept().currsize
            self.assertEqual(header_marks(headers), header_marks(headers))
            self.assertEqual(more, kept().currsize - before)

    def test_paths_that_end_in_dots(self):
        """Some leave out the slash that remains; of a path without dots that is another request."""
        dotted, plain = (replace(SMALL, url=f"{URL}/a/b/{end}") for end in ("..?c", "?c"))
        for seen in ("/a/?c", "/a?c", "/a/b/..?c"):
            self.assertEqual(
                Requested(closes=0), self.requested({f"GET {seen}": 2}, sent=[2], requests=(dotted,)), seen
            )
        both = {"GET /a?c": 5}, replace(SMALL, url=f"{URL}/a?c")
        self.assertEqual(Requested(closes=0), self.requested(both[0], requests=(dotted, both[1])))
        self.assertEqual(2, self.requested({"GET /a/b?c": 2}, sent=[2], requests=(plain,)).missing)

    def test_connections_that_were_to_be_closed(self):
        """As many as were sent of those that ask for it."""
        closing = replace(SMALL, headers=(("connection", "Close"),))
        self.assertEqual(2, self.requested({"GET /bytes/1": 2, "POST /bytes/9": 3}, requests=(closing, LARGE)).closes)

    def test_orders_add_up(self):
        """Twice the same, with requests that opened connections; which of them came in which order does not matter."""
        first, second = {"GET /bytes/1": 6}, {"GET /bytes/1": 1, "POST /bytes/9": 6}

        self.assertEqual(
            Requested(missing=1, closes=0, example_missing="GET /BYTES/1", body_bytes=30, longest_body_bytes=5),
            self.requested(first, second, opening=[(0, 1), (0, 1)]),
        )

    def test_others(self):
        """Of each kind how many, and the most frequent of them, without what must not be shown."""
        found = self.requested({"HEAD /bytes/1": 2, "GET /c": 1, "POST /bytes/9": 1, "": 4})

        self.assertEqual((4, 3, 4), (found.missing, found.unordered, found.unknown))
        self.assertEqual(("GET /BYTES/1", "HEAD /BYTES/1"), (found.example_missing, found.example_unordered))

    def test_requests_that_are_written_in_two_ways(self):
        """They are one, however they come."""
        twice = Request("GET", f"{URL}/bytes/%31")
        seen = {"GET /bytes/1": 5}

        self.assertEqual(0, self.requested(seen, requests=(SMALL, twice)).missing)

    def test_requests_that_were_not_sent(self):
        """Fewer places than there are requests, and requests that come besides."""
        self.assertEqual(Requested(closes=0), self.requested({"GET /bytes/1": 2, "POST /bytes/9": 1}, sent=[2]))

    def test_an_example_is_short(self):
        """A long target is cut."""
        found = self.requested({"GET /" + 1000 * "x": 1}, sent=[])

        self.assertEqual("GET /" + 74 * "X" + "…", found.example_unordered)

    def test_trials_add_up(self):
        """All but the examples, of which the first is kept, and the longest body."""
        first = Requested(
            missing=1, unordered=2, unknown=3, headers=4, example_missing="GET /a", body_bytes=4, longest_body_bytes=2
        )
        second = Requested(
            missing=1, example_missing="GET /b", example_unordered="GET /c", example_header="a", longest_body_bytes=5
        )

        self.assertEqual(
            Requested(
                missing=2,
                unordered=2,
                unknown=3,
                headers=4,
                example_missing="GET /a",
                example_unordered="GET /c",
                example_header="a",
                body_bytes=4,
                longest_body_bytes=5,
            ),
            first + second,
        )
