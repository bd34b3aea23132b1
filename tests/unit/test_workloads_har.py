"""HTTP archives: what of a recording is sent again, and what is said where one is malformed."""

import json

from tests.unit.workload_case import WorkloadCase


def entry(method: str, url: str, headers=(), **post_data: object) -> dict[str, object]:
    request: dict[str, object] = {
        "method": method,
        "url": url,
        "headers": [{"name": name, "value": value} for name, value in headers],
    }
    return {"request": request | ({"postData": post_data} if post_data else {}), "response": {}, "time": 1}


class HarTest(WorkloadCase):
    def archive(self, *entries: object) -> str:
        return json.dumps({"log": {"version": "1.2", "entries": entries}})

    def test_a_recording_is_sent_as_it_was_recorded(self):
        """In its order, without fragment and the client's own headers; with bodies of text, forms and bytes."""
        headers = [(":authority", "a"), ("Host", "a"), ("accept-encoding", "br"), ("X-A", "1"), ("Cookie", "s=1")]
        workload = self.read(
            "page.har",
            self.archive(
                entry("GET", "http://a/x|y?q=1#top", headers),
                entry("POST", "http://a/p", text="{{x}}"),
                entry("POST", "http://a/p", params=[{"name": "a b", "value": "c&d"}]),
                entry("PUT", "http://a/b", text="/wA=", encoding="base64"),
            ),
        )

        self.assertTrue(workload.in_order)
        self.assertEqual(("GET /x%7Cy", "POST /p", "PUT /b"), workload.names)
        first, *others = workload.templates
        self.assertEqual("http://a/x%7Cy?q=1", first.url)
        self.assertEqual((("X-A", "1"), ("Cookie", "s=1")), first.headers)
        self.assertEqual([b"{{x}}", b"a+b=c%26d", b"\xff\x00"], [one.body for one in others])
        self.assertEqual((), others[0].texts)

    def test_a_form_with_a_file(self):
        """Goes with the names and types of its fields; a file whose content was not recorded is a fault."""
        file = {"name": 'f"1', "value": "x\ny", "fileName": "ä.txt", "contentType": "text/plain"}
        headers = [("content-type", "multipart/form-data; boundary=recorded"), ("X-A", "1")]
        for post_data in (
            {"params": [{"name": "a"}, file]},
            {"params": [{"name": "a", "value": ""}, file], "mimeType": "multipart/form-data; boundary=recorded"},
        ):
            with self.subTest(post_data):
                (template,) = self.read(
                    "a.har", self.archive(entry("POST", "http://a/", headers, **post_data))
                ).templates
                (first, (name, kind)) = template.headers
                self.assertEqual((("X-A", "1"), "Content-Type"), (first, name))
                boundary = kind.removeprefix("multipart/form-data; boundary=")
                self.assertEqual(
                    f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
                    f'--{boundary}\r\nContent-Disposition: form-data; name="f%221"; filename="ä.txt"\r\n'
                    f"Content-Type: text/plain\r\n\r\nx\ny\r\n--{boundary}--\r\n",
                    template.body.decode(),
                )
        for wrong, words in (
            ({"fileName": "x"}, "params.0 has the name of a file, and not what was in it; correct it or take it out"),
            ({"fileName": "x", "value": "", "contentType": "a\r\nb"}, "params.0.contentType is none; correct it"),
        ):
            with self.subTest(wrong):
                (fault,) = self.faults(
                    "a.har", self.archive(entry("POST", "http://a/", params=[{"name": "f"} | wrong]))
                )
                self.assertTrue(fault.startswith(f"a.har: log.entries.0.request.postData.{words}"), fault)

    def test_a_host_in_other_letters(self):
        """Has its name in the DNS; what is in the path is percent-encoded."""
        for url, expected in (
            ("http://Bücher.example:81/ü?ü", "http://xn--bcher-kva.example:81/%C3%BC?%C3%BC"),
            ("http://me:ü@faß.de", "http://me:%C3%BC@xn--fa-hia.de"),
        ):
            with self.subTest(url):
                self.assertEqual(expected, self.read("a.har", self.archive(entry("GET", url))).templates[0].url)
        (fault,) = self.faults("a.har", self.archive(entry("GET", "http://\u2013.example/?key=s3cret")))
        self.assertTrue(fault.startswith("a.har: log.entries.0.request.url is no URL ("), fault)
        self.assertNotIn("s3cret", fault)

    def test_what_is_no_http_request_is_left_out(self):
        """And counted, by what it is."""
        workload = self.read(
            "page.json",
            self.archive(
                entry("GET", "data:text/plain,x"),
                entry("GET", "data:text/plain,y"),
                entry("CONNECT", "http://a/"),
                entry("STREAM", "http://a/"),
                entry("GET", "http://a/"),
            ),
        )

        self.assertEqual(("GET /",), workload.names)
        self.assertEqual(
            (
                "left out: 2 requests of data: URLs",
                "left out: 1 request of CONNECT",
                "left out: 1 request of STREAM",
            ),
            workload.notes,
        )

    def test_a_malformed_archive(self):
        """One line per fault, with its place."""
        for content, expected in (
            ("{", ["page.har is no JSON: "]),
            ("[]", ["page.har is a JSON list, not an object; "]),
            ("{}", ["page.har: log is missing"]),
            (
                self.archive({"request": {"url": "http://a/"}}, {"request": {"method": 5, "url": "http://a/"}}),
                [
                    "page.har: log.entries.0.request.method is missing",
                    "page.har: log.entries.1.request.method must be text, got 5",
                ],
            ),
            (
                self.archive({"request": {"method": "GET", "url": "http://a/", "headers": "x"}}, {"request": []}),
                [
                    "page.har: log.entries.0.request.headers must be a list, got text",
                    "page.har: log.entries.1.request must be a mapping of names to values, got a list",
                ],
            ),
            (
                self.archive(entry("GET", "http://a/"), entry("GET", "http://[a/")),
                ["page.har: log.entries.1.request.url is no URL (Invalid IPv6 URL), got 'http://[a/'; correct it"],
            ),
            (
                self.archive(entry("PUT", "http://a/", text="/", encoding="base64")),
                ["page.har: log.entries.0.request.postData.text is no Base64"],
            ),
            (
                self.archive(entry("PUT", "http://a/", text="\ud800")),
                ["page.har: log.entries.0.request.postData.text has half a character"],
            ),
            (self.archive(entry("GET", "ws://a/")), ["page.har: log.entries has no request that can be sent"]),
        ):
            with self.subTest(content):
                faults = self.faults("page.har", content)
                self.assertEqual(len(expected), len(faults), faults)
                for words, fault in zip(expected, faults, strict=True):
                    self.assertTrue(fault.startswith(words), fault)
