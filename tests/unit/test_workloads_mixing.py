"""From a workload to concrete requests and their order: shares, variants, the seed, limits, hosts."""

import unittest
from collections import Counter
from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.secret import Reference
from http_benchmark.workloads.mixing import MOST_DECK, deck_counts, describe, hosts_of, mix_of, variants_of
from http_benchmark.workloads.workload import Template, Workload

BASE = "http://127.0.0.1:1/"
KEY = Reference("env", "KEY")


def workload(*templates: Template, **fields: object) -> Workload:
    return Workload(Path("shop.toml"), "toml", "0" * 64, templates, **fields)


def template(name: str, weight: str = "1", url: str = "/", **fields: object) -> Template:
    return Template(name, "GET", url, weight=Fraction(weight), has_placeholders=True, **fields)


def mixed(*templates: Template, seed: int = 1, moved: bool = False, headers=(), concurrency=10, **fields: object):
    return mix_of(
        workload(*templates, **fields), BASE, seed=seed, concurrency=concurrency, moved=moved, headers=headers
    )


class DeckTest(unittest.TestCase):
    def test_weights_become_the_smallest_deck(self):
        """70 : 20 : 10 are seven, two and one of ten; 0.5 : 0.25 two and one of three; equal weights one each."""
        for weights, expected in (
            (("70", "20", "10"), [7, 2, 1]),
            (("0.5", "0.25"), [2, 1]),
            (("3", "3"), [1, 1]),
            (("5",), [1]),
        ):
            with self.subTest(weights=weights):
                self.assertEqual(expected, deck_counts([Fraction(weight) for weight in weights]))

    def test_weights_that_need_a_large_deck_are_rounded(self):
        """1/3 of 1000 is 333, 2/3 is 667; what is rare stands in the deck all the same."""
        self.assertEqual([333, 667], deck_counts([Fraction("0.3333"), Fraction("0.6667")]))
        self.assertEqual([1, 999], deck_counts([Fraction("0.00001"), Fraction("100")]))

    @given(st.lists(st.decimals("0.001", "1000", places=3), min_size=1, max_size=20))
    def test_every_share_is_near_its_weight(self, decimals):
        """Within one of a thousand requests, and every request occurs."""
        weights = [Fraction(decimal) for decimal in decimals]
        counts = deck_counts(weights)

        self.assertGreaterEqual(min(counts), 1)
        self.assertLessEqual(sum(counts), MOST_DECK + len(weights))
        for weight, count in zip(weights, counts, strict=True):
            self.assertLessEqual(abs(weight / sum(weights) - Fraction(count, sum(counts))), Fraction(21, 1000))


class OrderTest(unittest.TestCase):
    def test_each_deck_has_the_ordered_shares(self):
        """Of any ten requests that make a deck, seven, two and one, in an order that changes from deck to deck."""
        mix = mixed(template("a", "7"), template("b", "2"), template("c", "1"))
        decks = [mix.order[start : start + 10] for start in range(0, len(mix.order), 10)]

        self.assertEqual((10, 1000, 1000), (mix.deck, mix.decks, len(decks)))
        for deck in decks:
            self.assertEqual({0: 7, 1: 2, 2: 1}, Counter(deck))
        self.assertGreater(len(set(decks)), 100)

    def test_the_seed_decides(self):
        """The same seed gives the same requests in the same order, another one others."""
        rows = {"t": tuple({"x": str(number)} for number in range(50))}
        first, again, other = (
            mixed(template("a", url="/{{t.x}}"), template("b"), seed=seed, tables=rows) for seed in (1, 1, 2)
        )

        self.assertEqual(first, again)
        self.assertNotEqual(first.order, other.order)
        self.assertNotEqual(first.requests, other.requests)
        self.assertCountEqual(first.requests, other.requests)

    def test_in_the_order_of_the_file(self):
        """A recording is sent as it was recorded, again and again."""
        mix = mixed(template("a"), template("b"), template("c"), in_order=True)

        self.assertEqual([0, 1, 2, 0, 1, 2], list(mix.order[:6]))

    def test_requests_of_one_name_share_their_figures(self):
        """Three recorded requests of two names have two tags."""
        mix = mixed(template("a", url="/1"), template("b", url="/2"), template("a", url="/3"), in_order=True)

        self.assertEqual((1, 2, 1), mix.tags)


class VariantsTest(unittest.TestCase):
    def test_a_request_for_each_row(self):
        """Every row is used once before one is used again; the values are percent-encoded in the URL."""
        rows = {"users": ({"name": "a/b"}, {"name": "c d"}, {"name": "ü"})}
        mix = mixed(template("a", url="/x?name={{users.name}}"), tables=rows)

        self.assertEqual(
            {f"{BASE}x?name={name}" for name in ("a%2Fb", "c%20d", "%C3%BC")}, {one.url for one in mix.requests}
        )
        self.assertEqual({0, 1, 2}, set(mix.order[:3]))

    def test_how_many(self):
        """One without placeholders; as many as rows, at most 100; with generated values 100, or what the file says."""
        rows = {"few": ({"x": "1"}, {"x": "2"}), "many": tuple({"x": str(number)} for number in range(1000))}
        generated = {"id": lambda _, number: str(number)}
        for url, limit, expected in (
            ("/", None, 1),
            ("/${HOME}", None, 1),
            ("/{{few.x}}", None, 2),
            ("/{{few.x}}", 50, 2),
            ("/{{many.x}}", None, 100),
            ("/{{many.x}}{{few.x}}", 500, 500),
            ("/{{id}}", None, 100),
            ("/{{id}}/{{few.x}}", 7, 7),
        ):
            with self.subTest(url=url, limit=limit):
                one = template("a", url=url, variants=limit)
                self.assertEqual(expected, variants_of(one, workload(one, tables=rows, generated=generated)))

    def test_a_variant_has_one_value_of_a_name(self):
        """In the URL, in a header, in the body, and in the other requests of the workload."""
        one = template("a", url="/{{id}}", headers=(("X-Id", "{{id}}"),), body='{"id": "{{id}}"}')
        mix = mixed(one, template("b", url="/b/{{id}}"), generated={"id": lambda random, _: str(random.random())})
        of_a = [request for request, tag in zip(mix.requests, mix.tags, strict=True) if tag == 1]
        of_b = [request for request, tag in zip(mix.requests, mix.tags, strict=True) if tag == 2]

        self.assertEqual(100, len({request.url for request in of_a}))
        for request, other in zip(of_a, of_b, strict=True):
            number = request.url.removeprefix(BASE)
            self.assertEqual((("X-Id", number),), request.headers)
            self.assertEqual(f'{{"id": "{number}"}}'.encode(), request.body)
            self.assertEqual(f"{BASE}b/{number}", other.url)

    def test_a_variant_that_never_has_its_turn_is_not_made(self):
        """A request with one of 1000 turns has ten in 10,000, so that ten of its 100 variants are sent."""
        mix = mixed(
            template("often", "999"), template("rare", "1", url="/{{id}}"), generated={"id": lambda _, n: str(n)}
        )

        self.assertEqual(11, len(mix.requests))
        self.assertEqual(set(range(11)), set(mix.order))


class RequestTest(unittest.TestCase):
    def test_paths_go_to_the_target(self):
        """Below the path that it has; an absolute URL goes where it says."""
        for base, moved, expected in (
            ("http://127.0.0.1:1/", False, ["http://127.0.0.1:1/a?b=1", "http://127.0.0.1:2/c"]),
            ("http://127.0.0.1:1/api/", False, ["http://127.0.0.1:1/api/a?b=1", "http://127.0.0.1:2/c"]),
            ("http://127.0.0.1:1/api", True, ["http://127.0.0.1:1/api/a?b=1", "http://127.0.0.1:1/api/c"]),
        ):
            with self.subTest(base=base, moved=moved):
                both = workload(template("a", url="/a?b=1"), template("c", url="http://127.0.0.1:2/c"), in_order=True)
                mix = mix_of(both, base, seed=1, concurrency=1, moved=moved)
                self.assertEqual(expected, [request.url for request in mix.requests])

    def test_an_absolute_url_without_a_path(self):
        """Goes to the target's own path."""
        mix = mixed(template("a", url="http://shop.example?x=1"), moved=True)

        self.assertEqual("http://127.0.0.1:1/?x=1", mix.requests[0].url)
        self.assertEqual({"127.0.0.1:1"}, hosts_of(mix))

    def test_its_own_headers_win(self):
        """Over those of the whole run, whatever their case."""
        mix = mixed(template("a", headers=(("accept", "x"),)), headers=(("Accept", "*/*"), ("User-Agent", "u")))

        self.assertEqual((("User-Agent", "u"), ("accept", "x")), mix.requests[0].headers)

    def test_what_no_client_can_send_is_refused(self):
        """With the request's name: a header that a value breaks in two lines, a space in a URL."""
        rows = {"t": ({"x": "a\r\nSet-Cookie: b"},)}
        with self.assertRaises(ConfigurationError) as raised:
            mixed(template("first", headers=(("X-A", "{{t.x}}"),)), template("second", url="/a b"), tables=rows)

        self.assertEqual(2, len(raised.exception.faults))
        self.assertIn("first: header 'X-A' must not contain a line break", raised.exception.faults[0])
        self.assertIn("second: url must not contain spaces", raised.exception.faults[1])

    def test_no_value_is_told(self):
        """A fault shows the URL as the file has it, once for all variants."""
        rows = {"t": ({"x": "hidden"}, {"x": "secret"})}
        for url, expected in (
            ("/a b/{{t.x}}", "got '/a b/{{t.x}}'"),
            ("http://me:{{t.x}}@h:{{t.x}}/", "got 'http://h:{{t.x}}/'"),
        ):
            with self.subTest(url):
                with self.assertRaises(ConfigurationError) as raised:
                    mixed(template("first", url=url), tables=rows)
                self.assertNotRegex(str(raised.exception.faults), "hidden|secret")
                self.assertEqual(1, len(raised.exception.faults), raised.exception.faults)
                self.assertIn(expected, raised.exception.faults[0])

    def test_too_much_is_refused(self):
        """Of concrete requests, for the concurrency, and of bytes."""
        generated = {"id": lambda _, number: str(number)}
        many = template("a", url="/{{id}}", variants=10_001)
        for fields, words in (
            ({"templates": (many,)}, "10,001 concrete requests, at most 10,000"),
            ({"templates": (template("a", url="/{{id}}", variants=100),), "concurrency": 2001}, "at most 99 in all"),
            ({"templates": (template("a", url="/{{id}}", body=b"x" * 2**22),)}, "419,430,400 bytes"),
        ):
            with self.subTest(words), self.assertRaisesRegex(ConfigurationError, words):
                templates = fields.pop("templates")
                mixed(*templates, generated=generated, **fields)


class DescriptionTest(unittest.TestCase):
    def test_no_secret_is_described(self):
        """Environment variables by their names; arguments that speak of credentials masked; no recorded query."""
        recorded = Template("c", "GET", "http://u:p@h/c?sid=1")
        described = describe(
            workload(template("a", "3", url="/a?key=${KEY}&token=abc&q=1"), recorded, references={KEY: "very-secret"})
        )

        self.assertEqual(["/a?key=${KEY}&token=***&q=1", "http://***@h/c?…"], [one.url for one in described.requests])
        self.assertEqual([0.75, 0.25], [one.share for one in described.requests])
        self.assertNotIn("very-secret", repr(described))
        self.assertNotIn("very-secret", repr(workload(recorded, references={KEY: "very-secret"})))

    def test_only_to_some_hosts(self):
        """What goes elsewhere is left out and counted; a host that is in no URL is a slip."""
        both = workload(*(template(host, url=f"http://{host}/") for host in ("a", "b:8080", "c")))
        kept = both.only_to(["b:8080"])

        self.assertEqual(("b:8080",), kept.names)
        self.assertEqual(("left out: 2 to other hosts (a, c)",), kept.notes)
        with self.assertRaisesRegex(ConfigurationError, "sends nothing to host 'd'; it has a, b:8080, c"):
            both.only_to(["d"])
