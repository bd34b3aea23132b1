"""Bodies of OpenAPI documents: the bytes that each media type wants, and what is refused."""

import email
import email.policy
import unittest

from http_benchmark.workloads.multipart import Part, multipart
from http_benchmark.workloads.openapi.bodies import encoded
from http_benchmark.workloads.openapi.document import UnsendableError

FORM = "application/x-www-form-urlencoded"


def body(media_type: str, value: object, schema: object = None, **encoding: object) -> tuple[str, bytes]:
    return encoded(media_type, value, schema=schema or {}, encoding=encoding)


def parts(content_type: str, content: bytes) -> list[tuple[str | None, str | None, str, bytes]]:
    """Name, file name, content type and content of each part, as the standard library reads them."""
    message = email.message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content, policy=email.policy.HTTP
    )
    return [
        (
            part.get_param("name", header="Content-Disposition"),
            part.get_filename(),
            part.get("Content-Type", ""),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


class BodiesTest(unittest.TestCase):
    def test_media_types(self):
        """JSON and its kin, text in its charset; a range becomes what it takes."""
        for media_type, value, expected in (
            ("application/json", {"a": "é"}, ("application/json", '{"a": "é"}'.encode())),
            ("application/problem+json; v=1", [1], ("application/problem+json; v=1", b"[1]")),
            ("application/xml", "<a/>", ("application/xml", b"<a/>")),
            ("text/plain; charset=iso-8859-1", "é", ("text/plain; charset=iso-8859-1", b"\xe9")),
            ("*/*", {"a": 1}, ("application/json", b'{"a": 1}')),
            ("application/*", "a", ("application/json", b'"a"')),
            ("*/*", "a", ("text/plain; charset=utf-8", b"a")),
        ):
            with self.subTest(media_type):
                self.assertEqual(expected, body(media_type, value))

    def test_json_that_is_written_as_text(self):
        """Is sent as it is where an object or a list is wanted, and is a text where one is."""
        self.assertEqual(b'{"a":1}', body("application/json", '{"a":1}', {"type": "object"})[1])
        self.assertEqual(b'"{}"', body("application/json", "{}", {"type": "string"})[1])
        self.assertEqual(b'"{}"', body("application/json", "{}", {"type": ["string", "null"]})[1])
        with self.assertRaisesRegex(UnsendableError, "'a' is no JSON, and no object"):
            body("application/json", "a", {"type": "object"})

    def test_forms(self):
        """Lists value by value, objects as JSON, and styles where the document names them."""
        for field, encoding, expected in (
            ("a b&", {}, b"f=a+b%26"),
            (["x", "y"], {}, b"f=x&f=y"),
            ([], {}, b""),
            ({"a": 1}, {}, b"f=%7B%22a%22%3A+1%7D"),
            ({"a": 1}, {"style": "deepObject"}, b"f%5Ba%5D=1"),
            (["x", "y"], {"explode": False}, b"f=x,y"),
            (["x", "y"], {"contentType": "application/json"}, b"f=%5B%22x%22%2C+%22y%22%5D"),
        ):
            with self.subTest(field=field, encoding=encoding):
                self.assertEqual((FORM, expected), body(FORM, {"f": field}, f=encoding))

    def test_multipart(self):
        """Texts, files, JSON; each item of a list a part of its own; types as the document names them."""
        schema = {"properties": {"file": {"format": "binary"}, "image": {"contentMediaType": "image/png"}}}
        value = {"text": "é", "list": [1, True], "object": {"a": 1}, "file": "content", "image": "png", "csv": "a,b"}
        content_type, content = body("multipart/form-data", value, schema, csv={"contentType": "text/csv, */*"})

        self.assertEqual(
            [
                ("text", None, "", "é".encode()),
                ("list", None, "", b"1"),
                ("list", None, "", b"true"),
                ("object", None, "application/json", b'{"a": 1}'),
                ("file", "file", "application/octet-stream", b"content"),
                ("image", "image", "image/png", b"png"),
                ("csv", None, "text/csv", b"a,b"),
            ],
            parts(content_type, content),
        )
        self.assertEqual(
            (content_type, content), body("multipart/form-data", value, schema, csv={"contentType": "text/csv"})
        )

    def test_the_bytes_of_a_multipart_body(self):
        """Lines end with CR and LF; what would end a name is percent-encoded."""
        content_type, content = multipart([Part('a"b\n', b"\r\n--x"), Part("f", b"", "g", "image/png")])
        boundary = content_type.removeprefix("multipart/form-data; boundary=").encode()

        self.assertEqual(
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="a%22b%0A"\r\n\r\n\r\n--x\r\n'
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="f"; filename="g"\r\n'
            b"Content-Type: image/png\r\n\r\n\r\n--" + boundary + b"--\r\n",
            content,
        )

    def test_what_is_refused(self):
        """Nothing is sent as something else."""
        for media_type, value, encoding in (
            ("application/xml", {"a": 1}, {}),
            ("multipart/mixed", "a", {}),
            ("image/*", "a", {}),
            ("text/plain; charset=us-ascii", "é", {}),
            ("text/plain; charset=none-such", "e", {}),
            ("application/json", float("nan"), {}),
            (FORM, {"f": {"a": {"b": 1}}}, {"style": "deepObject"}),
            (FORM, {"f": {"a": 1}}, {"contentType": "text/plain"}),
            ("multipart/form-data", {"f": "a"}, {"style": "form"}),
            ("multipart/form-data", {"f": "a"}, {"contentType": "image/*"}),
            ("multipart/form-data", {"f": "a"}, {"headers": {"X-A": {"required": True}}}),
        ):
            with self.subTest(media_type, value=value), self.assertRaises(UnsendableError):
                body(media_type, value, f=encoding)


if __name__ == "__main__":
    unittest.main()
