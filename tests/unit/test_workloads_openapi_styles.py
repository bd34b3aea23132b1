"""Styles of parameters: the answers are those of the table in the OpenAPI specification, and of RFC 6570's examples."""

import unittest
from typing import Any

from http_benchmark.workloads.openapi.document import UnsendableError
from http_benchmark.workloads.openapi.styles import (
    Style,
    collection_style_of,
    in_cookie,
    in_header,
    in_path,
    in_query,
    style_of,
)

TEXT = "blue"
LIST = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}
SPACED = ["a b", "c,d"]


def query(value: Any, style: str, *, explode: bool, reserved: bool = False) -> str:
    return "&".join(in_query("color", value, Style(style, explode=explode, reserved=reserved)))


def path(value: Any, style: str, *, explode: bool) -> str:
    return in_path("color", value, Style(style, explode=explode))


class StylesTest(unittest.TestCase):
    def test_queries(self):
        """Form and the styles with delimiters; commas of values are told from those between them."""
        for style, explode, value, expected in (
            ("form", False, TEXT, "color=blue"),
            ("form", False, LIST, "color=blue,black,brown"),
            ("form", False, OBJECT, "color=R,100,G,200,B,150"),
            ("form", False, SPACED, "color=a%20b,c%2Cd"),
            ("form", True, TEXT, "color=blue"),
            ("form", True, "", "color="),
            ("form", True, LIST, "color=blue&color=black&color=brown"),
            ("form", True, OBJECT, "R=100&G=200&B=150"),
            ("spaceDelimited", False, LIST, "color=blue%20black%20brown"),
            ("spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
            ("pipeDelimited", False, LIST, "color=blue%7Cblack%7Cbrown"),
            ("pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
            ("deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
            ("deepObject", False, {"a": True}, "color%5Ba%5D=true"),
        ):
            with self.subTest(style=style, explode=explode, value=value):
                self.assertEqual(expected, query(value, style, explode=explode))

    def test_paths(self):
        """Simple, label and matrix."""
        for style, explode, value, expected in (
            ("simple", False, TEXT, "blue"),
            ("simple", False, LIST, "blue,black,brown"),
            ("simple", False, OBJECT, "R,100,G,200,B,150"),
            ("simple", True, LIST, "blue,black,brown"),
            ("simple", True, OBJECT, "R=100,G=200,B=150"),
            ("simple", False, "a/b?", "a%2Fb%3F"),
            ("label", False, TEXT, ".blue"),
            ("label", False, LIST, ".blue,black,brown"),
            ("label", True, LIST, ".blue.black.brown"),
            ("label", True, OBJECT, ".R=100.G=200.B=150"),
            ("matrix", False, TEXT, ";color=blue"),
            ("matrix", False, LIST, ";color=blue,black,brown"),
            ("matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
            ("matrix", True, TEXT, ";color=blue"),
            ("matrix", True, LIST, ";color=blue;color=black;color=brown"),
            ("matrix", True, OBJECT, ";R=100;G=200;B=150"),
        ):
            with self.subTest(style=style, explode=explode, value=value):
                self.assertEqual(expected, path(value, style, explode=explode))

    def test_headers_and_cookies(self):
        """Headers are not percent-encoded; cookies are, but for the style of OpenAPI 3.2."""
        self.assertEqual("a b,c", in_header(["a b", "c"], Style("simple", explode=False)))
        self.assertEqual("R=100,G=200,B=150", in_header(OBJECT, Style("simple", explode=True)))
        self.assertEqual(["color=a%3Bb"], in_cookie("color", "a;b", Style("form", explode=True)))
        self.assertEqual(["color=blue,black,brown"], in_cookie("color", LIST, Style("form", explode=False)))
        self.assertEqual(["color=a%20", "color=b"], in_cookie("color", ["a%20", "b"], Style("cookie", explode=True)))

    def test_defaults(self):
        """Only form and cookie explode by themselves."""
        self.assertEqual(Style("form", explode=True), style_of({}, "query"))
        self.assertEqual(Style("simple", explode=False), style_of({}, "path"))
        self.assertEqual(Style("simple", explode=False), style_of({}, "header"))
        self.assertEqual(Style("form", explode=True), style_of({}, "cookie"))
        self.assertEqual(Style("pipeDelimited", explode=False), style_of({"style": "pipeDelimited"}, "query"))
        self.assertEqual(Style("form", explode=False), style_of({"explode": False}, "query"))

    def test_reserved_characters_stay_if_they_may(self):
        """But what would end the query, and a percent sign that encodes nothing, are encoded."""
        self.assertEqual("color=a%2Fb%3D%23", query("a/b=#", "form", explode=True))
        self.assertEqual("color=a/b=%23%20%2F100%25", query("a/b=# %2F100%", "form", explode=True, reserved=True))

    def test_collection_formats(self):
        """Of Swagger 2; comma-separated where none is named."""
        for collection_format, expected in (
            ({}, ["color=blue,black,brown"]),
            ({"collectionFormat": "csv"}, ["color=blue,black,brown"]),
            ({"collectionFormat": "ssv"}, ["color=blue%20black%20brown"]),
            ({"collectionFormat": "tsv"}, ["color=blue%09black%09brown"]),
            ({"collectionFormat": "pipes"}, ["color=blue%7Cblack%7Cbrown"]),
            ({"collectionFormat": "multi"}, ["color=blue", "color=black", "color=brown"]),
        ):
            with self.subTest(collection_format):
                self.assertEqual(expected, in_query("color", LIST, collection_style_of(collection_format)))
        self.assertEqual("blue|black|brown", in_header(LIST, collection_style_of({"collectionFormat": "pipes"})))
        self.assertEqual("blue,black,brown", in_path("color", LIST, collection_style_of({})))

    def test_what_a_style_cannot_write(self):
        """Is refused rather than written in another way."""
        for write in (
            lambda: query([], "form", explode=True),
            lambda: query({}, "deepObject", explode=True),
            lambda: query([["a"]], "form", explode=True),
            lambda: query({"a": {"b": 1}}, "deepObject", explode=True),
            lambda: query(TEXT, "deepObject", explode=True),
            lambda: query(LIST, "spaceDelimited", explode=True),
            lambda: query(TEXT, "pipeDelimited", explode=False),
            lambda: query(TEXT, "simple", explode=False),
            lambda: query(None, "form", explode=True),
            lambda: query(float("inf"), "form", explode=True),
            lambda: path(TEXT, "form", explode=False),
            lambda: path("", "simple", explode=False),
            lambda: path("..", "simple", explode=False),
            lambda: in_header(TEXT, Style("form", explode=False)),
            lambda: in_cookie("color", LIST, Style("form", explode=True)),
        ):
            with self.assertRaises(UnsendableError):
                write()


if __name__ == "__main__":
    unittest.main()
