"""What is taken out of texts before they leave the process."""

import base64
import html
import json
import unittest
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark import redaction
from http_benchmark.redaction import (
    MASK,
    cleared,
    cleared_document,
    described_request,
    is_plain,
    know,
    spellings,
    tells,
    without_passwords,
    without_queries,
    without_secrets,
    without_targets,
    without_values,
)


class RedactionTest(unittest.TestCase):
    def test_without_values(self) -> None:
        """Known secrets, as they are and as they stand in URLs; nothing is no secret."""
        self.assertEqual("/a?k=***&l=*** b", without_values("/a?k=s%2Ft&l=s/t b", ["s/t", ""]))

    def test_without_secrets(self) -> None:
        """Passwords of URLs, and arguments whose names speak of credentials."""
        self.assertEqual(
            "http://***@h/?a=1&api_key=***&b=2 /x?my-Token=*** c",
            without_secrets("http://u:p@h/?a=1&api_key=k&b=2 /x?my-Token=t c"),
        )

    def test_without_queries(self) -> None:
        """Whatever stands in them; a question mark in a sentence stays."""
        self.assertEqual("is it there? /a?… (http://h?…", without_queries("is it there? /a?s=1&t (http://h?sid"))

    def test_without_targets(self) -> None:
        """Whatever stands in path and query; a slash or a question mark in a sentence stays."""
        for text, expected in {
            "is it there? /a?s=1&t (http://h?sid": "is it there? /… (http://h/…",
            "GET http://***@h:80/carts/k3y?x=1 HTTP/1.1": "GET http://***@h:80/… HTTP/1.1",
            "with url: /carts/k3y (read/write)": "with url: /… (read/write)",
            "at '/k3y', at carts?k3y": "at '/…', at carts?…",
            "http://h is gone": "http://h is gone",
        }.items():
            with self.subTest(text):
                self.assertEqual(expected, without_targets(text))

    def test_without_passwords(self) -> None:
        """What stands before the @ of a URL's host goes; an @ elsewhere stays."""
        cases = {
            "http://host/": "http://host/",
            "http://me:secret@host/": "http://***@host/",
            "http://me:p@ss@host/": "http://***@host/",
            "http://token@host": "http://***@host",
            "http://host/path@x?mail=a@b": "http://host/path@x?mail=a@b",
            "two: http://a:b@c and https://d:e@f.": "two: http://***@c and https://***@f.",
        }
        for text, expected in cases.items():
            with self.subTest(text):
                self.assertEqual(expected, without_passwords(text))

    def test_described_request(self) -> None:
        """A request is described by the names of its headers and the size of its body."""
        self.assertEqual(
            "POST http://***@h/, headers: Authorization, X-Key, body: 3 bytes",
            described_request("POST", "http://u:p@h/", [("Authorization", "hunter2"), ("X-Key", "hunter2")], "€"),
        )
        self.assertEqual("GET http://h/, headers: none, body: 0 bytes", described_request("GET", "http://h/"))


class KnownSecretsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(setattr, redaction, "_known", redaction._known)
        redaction._known = redaction.Known()

    def test_a_known_secret_is_taken_out_in_every_spelling(self) -> None:
        """As it is, escaped for URLs, JSON, HTML and Python, in hex and in base64."""
        value = 's"e/c+r ä=t'
        know(value)

        for text in (
            value,
            quote(value),
            quote(value, safe=""),
            quote(value, safe="").lower(),
            quote_plus(value),
            json.dumps(value),
            json.dumps(value, ensure_ascii=False),
            repr(value.encode()),
            html.escape(value),
            value.encode().hex(),
        ):
            with self.subTest(text):
                self.assertIn(MASK, cleared(f"before {text} after"))
                self.assertNotIn(text.strip("\"'b"), cleared(f"before {text} after"))

    @given(before=st.text(max_size=5), value=st.text(min_size=8), after=st.text(max_size=5))
    def test_a_secret_is_found_inside_base64(self, before: str, value: str, after: str) -> None:
        """Wherever it begins: as the password in `Authorization: Basic`."""
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode((before + value + after).encode()).decode()

            self.assertTrue(any(text in encoded for text in spellings(value)))

    def test_plain_values_stay(self) -> None:
        """What is short, a word or a number stands in other texts with another meaning."""
        for value in ("", "abc", "requests", "10000000", "127.0.0.1"):
            with self.subTest(value):
                know(value)
                self.assertTrue(is_plain(value))
                self.assertEqual(f"a {value} b", cleared(f"a {value} b"))
        for value in ("canary-4711", "correcthorsebattery", "123456789012", "tok3n5"):
            self.assertFalse(is_plain(value))

    def test_of_several_the_longest_is_taken_out(self) -> None:
        """One secret may begin as another does."""
        know("secret-1")
        know("secret-1-and-more")

        self.assertEqual("***, ***", cleared("secret-1-and-more, secret-1"))

    def test_documents_keep_their_keys_and_words(self) -> None:
        """What is read by programs stays; sentences are cleared, however deep they stand."""
        know("httpx:sync")

        self.assertEqual(
            {"httpx:sync": ["httpx:sync", "said ***", 1, None]},
            cleared_document({"httpx:sync": ("httpx:sync", "said httpx:sync", 1, None)}),
        )

    def test_telling_names(self) -> None:
        """Names that speak of credentials; short ones only where they stand alone."""
        for name in ("token", "X-Api-Key", "api_key", "key", "sas", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "code"):
            self.assertTrue(tells(name), name)
        for name in ("page", "monkey", "design", "encode", "compass", "q"):
            self.assertFalse(tells(name), name)
