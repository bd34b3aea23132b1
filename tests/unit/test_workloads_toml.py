"""Our own workload files: what they say, and what is said where they are wrong."""

import base64
import random
import re
from fractions import Fraction
from unittest import mock

from http_benchmark.errors import ConfigurationError
from http_benchmark.secret import Reference
from http_benchmark.workloads.mixing import describe, mix_of
from http_benchmark.workloads.workload import Template
from tests.unit.workload_case import WorkloadCase

SHOP = """
order = "as-written"

[data.users]
csv = "users.csv"

[values]
id = { sequence = 100 }

[[request]]
name = "search"
weight = 0.7
url = "/search?q={{users.term}}"
headers = { Authorization = "Bearer ${SHOP_TOKEN}" }

[[request]]
method = "post"
url = "/carts"
json = { id = "{{id}}", user = "{{ users.name }}" }
stream = true
variants = 5
"""


class ContentTest(WorkloadCase):
    def test_everything_that_a_file_can_say(self):
        """Weights, data, values, the environment, a JSON body with its type, streams, the number of variants."""
        self.file("users.csv", 'name,term\r\nada,"tea, green"\r\n"a\nb",x\r\n')
        with mock.patch.dict("os.environ", SHOP_TOKEN="t0p"):
            workload = self.read("shop.toml", SHOP)

        search, carts = workload.templates
        self.assertEqual(
            Template(
                "search",
                "GET",
                "/search?q={{users.term}}",
                (("Authorization", "Bearer ${SHOP_TOKEN}"),),
                weight=Fraction(7, 10),
                has_placeholders=True,
            ),
            search,
        )
        self.assertEqual(
            Template(
                "POST /carts",
                "POST",
                "/carts",
                (("Content-Type", "application/json"),),
                '{"id": "{{id}}", "user": "{{ users.name }}"}',
                stream=True,
                has_placeholders=True,
                json_body=True,
                variants=5,
            ),
            carts,
        )
        self.assertEqual(
            ({"name": "ada", "term": "tea, green"}, {"name": "a\nb", "term": "x"}), workload.tables["users"]
        )
        self.assertEqual({Reference("env", "SHOP_TOKEN"): "t0p"}, workload.references)
        self.assertTrue(workload.in_order)
        self.assertEqual("100", workload.generated["id"](random.Random(1), 0))
        self.assertEqual("103", workload.generated["id"](random.Random(1), 3))

    def test_references_to_secrets(self):
        """Of every kind, as settings have them, in URLs, headers and bodies; each escaped as its place wants it."""
        path = self.file("key", "p/w: 1\n")
        path.chmod(0o600)
        with mock.patch.dict("os.environ", API_KEY='k&"y'):
            workload = self.read(
                "shop.toml",
                f"""
                [[request]]
                method = "POST"
                url = "http://me:${{file:{path}}}@h:8080/?key=${{env:API_KEY}}&other=${{API_KEY}}"
                headers = {{ X-Key = "$${{env:NONE}} ${{env:API_KEY}}" }}
                json = {{ key = "${{API_KEY}}" }}
                """,
            )
        (request,) = mix_of(workload, "http://h:8080", seed=1, concurrency=1).requests
        described = str(describe(workload))

        self.assertEqual(("h:8080",), workload.hosts)
        self.assertEqual("http://h:8080/?key=k%26%22y&other=k%26%22y", request.url)
        basic = base64.b64encode(b"me:p/w: 1").decode()
        self.assertEqual(
            {"X-Key": '${env:NONE} k&"y', "Content-Type": "application/json", "Authorization": f"Basic {basic}"},
            dict(request.headers),
        )
        self.assertEqual(b'{"key": "k&\\"y"}', request.body)
        self.assertEqual([], [secret for secret in ("p/w", "k&", "k%26", basic) if secret in described])
        self.assertIn(str(path), described)

    def test_faults_of_references(self):
        """Those of settings, by request."""
        for text, expected in (
            ("url = '/?a=${vault:x}'", "${vault:…} is no kind of secret"),
            ("url = '/'\nheaders = { X-A = '${file:/nowhere/x}' }", "${file:/nowhere/x} cannot be read"),
            ("url = '/${env:}'", "must name a variable"),
            ("url = 'http://${env:HOME}:80/'", "not in scheme or host"),
        ):
            with self.subTest(text), self.assertRaises(ConfigurationError) as raised:
                self.read("a.toml", f"[[request]]\nname = 'one'\n{text}")
            self.assertRegex(str(raised.exception), f"^a.toml: one: .*{re.escape(expected)}")
        self.read("a.toml", "[[request]]\nurl = '/?a=${vault:x}'\nplaceholders = false")

    def test_generated_values(self):
        """Numbers within their limits, words of a list, UUIDs of version 4; the same generator gives the same."""
        workload = self.read(
            "values.toml",
            '[values]\nn = { random = [3, 5] }\nc = { choice = ["x", 7] }\nu = "uuid"\ns = "sequence"\n'
            '[[request]]\nurl = "/{{n}}/{{c}}/{{u}}/{{s}}"\n',
        )
        made = {
            name: [generate(generator, number) for number in range(200)]
            for name, generate in workload.generated.items()
            if (generator := random.Random(1))
        }

        self.assertEqual({"3", "4", "5"}, set(made["n"]))
        self.assertEqual({"x", "7"}, set(made["c"]))
        self.assertEqual(200, len(set(made["u"])))
        self.assertRegex(made["u"][0], "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertEqual(["1", "2", "3"], made["s"][:3])

    def test_a_choice_that_is_no_text(self):
        """Is spelled as in JSON."""
        workload = self.read(
            "values.toml",
            '[values]\nc = { choice = [true, { a = [1.5, "ä"] }, 7, "x"] }\n[[request]]\nurl = "/{{c}}"\n',
        )
        generator = random.Random(1)

        self.assertEqual(
            {"true", '{"a": [1.5, "ä"]}', "7", "x"}, {workload.generated["c"](generator, 0) for _ in range(100)}
        )

    def test_rows_end_where_csv_ends_them(self):
        """Not at the other line separators of Unicode; lines without anything at the end are no rows."""
        self.file("users.csv", "\ufeffname,term\r\nada,a\u2028b\x85c\x0bd\r\n\r\n\n")
        workload = self.read("a.toml", '[data.users]\ncsv = "users.csv"\n[[request]]\nurl = "/"\n')

        self.assertEqual(({"name": "ada", "term": "a\u2028b\x85c\x0bd"},), workload.tables["users"])

    def test_a_body_from_a_file_is_sent_as_it_is(self):
        """Binary, and with what would be placeholders elsewhere; it is part of the digest."""
        (self.folder / "body.bin").write_bytes(b"\xff{{x}}")
        text = '[[request]]\nurl = "/"\nmethod = "PUT"\nbody-file = "body.bin"\n'
        first = self.read("a.toml", text)
        (self.folder / "body.bin").write_bytes(b"\xfe")
        second = self.read("a.toml", text)

        self.assertEqual(b"\xff{{x}}", first.templates[0].body)
        self.assertNotEqual(first.sha256, second.sha256)

    def test_braces_can_be_meant(self):
        """Without placeholders a text is sent as it stands."""
        workload = self.read(
            "a.toml", "[[request]]\nurl = '/'\nmethod = 'POST'\nbody = '{{x}}'\nplaceholders = false\n"
        )

        self.assertEqual((), workload.templates[0].texts)


class FaultTest(WorkloadCase):
    def test_each_fault_has_a_line(self):
        """Its place, what was wrong, what to do; all of a file at once."""
        self.file("users.csv", "name,term\nada\n")
        for content, expected in (
            ("x = ", ("a.toml is not TOML: Invalid value (at end of document); correct it",)),
            ("", ("a.toml: there is no request; write at least one [[request]]",)),
            ("request = []", ("a.toml: there is no request; write at least one [[request]]",)),
            (
                "[[request]]\nurl = 'x'\nweight = -1\nmethod = 'FETCH'\ncolour = 1\n",
                (
                    "a.toml: request.0.weight: weight must be a number above 0, got -1",
                    "a.toml: request.0.method: method must be one of GET, POST, ",
                    "a.toml: request.0.url: url must be a path that begins with /, or begin with ",
                    "a.toml: unknown setting 'request.0.colour'; choose from order, data, ",
                ),
            ),
            (
                "[[request]]\nurl = '/'\nbody = 'x'\njson = 1\n",
                ("a.toml: request.0: body, json and body-file contradict each other; give one of them",),
            ),
            ("[request]\nurl = '/'", ("a.toml: request: request must be a list of tables; write each as [[request]]",)),
            (
                "[[setup]]\n[[request]]\nurl = 5\nstream = 'yes'\nplaceholders = ''\nvariants = 'x'\nbody-file = 1\n",
                (
                    "a.toml: setup.0.url is missing",
                    "a.toml: request.0.url must be text, got 5",
                    "a.toml: request.0.body-file must be a path, got 1",
                    "a.toml: request.0.stream: stream must be true, false or \"events\", got 'yes'",
                    "a.toml: request.0.variants must be a whole number, got 'x'",
                    "a.toml: request.0.placeholders must be true or false, got ''",
                ),
            ),
            (
                "order = 1\nvalues = 'x'\n[[request]]\nurl = '/'\n",
                (
                    "a.toml: order must be 'shuffled' or 'as-written', got 1",
                    "a.toml: values must be a mapping of names to values, got text",
                ),
            ),
            (
                "[[request]]\nurl = 'http://me:pw@[a/'\n",
                ("a.toml: GET http://***@[a/: 'http://***@[a/' is no URL (Invalid IPv6 URL); correct it",),
            ),
            (
                (
                    "[data.users]\ncsv = 'users.csv'\n[data.no]\ncsv = 'no.csv'\n"
                    "[data.nul]\ncsv = \"n\\u0000\"\n[values]\nx = 'y'\n"
                    "[[request]]\nurl = '/{{users.nam}}'\n"
                    "[[request]]\nname = 'GET /{{users.nam}}'\nurl = '/${NO_SUCH}'\n"
                ),
                (
                    "a.toml: data.users: row 2 of 'users.csv' has 1 field, its first line 2",
                    "a.toml: data.no.csv cannot be read (No such file or directory), got 'no.csv'; name ",
                    "a.toml: data.nul.csv cannot be read (embedded null byte), got 'n\\x00'; name ",
                    "a.toml: values.x must be ",
                    "a.toml: two requests are called 'GET /{{users.nam}}'; give each a name of its own",
                    "a.toml: GET /{{users.nam}}: nothing is called {{users.nam}}; did you mean users.name?",
                    "a.toml: GET /{{users.nam}}: ${env:NO_SUCH}: the variable NO_SUCH is not set; set it",
                ),
            ),
            (
                (
                    "[[setup]]\nurl = '/{{later}}'\nfor-each = 'users'\ntake = { x = 'body', y = { cookie = 1 } }\n"
                    "[[setup]]\nurl = '/'\ntake = { later = 'cookies' }\n[[request]]\nurl = '/{{later}}'\n"
                ),
                (
                    "a.toml: setup.0: for-each must be a table of [data], got 'users'",
                    "a.toml: setup.0.take.x must be ",
                    "a.toml: setup.0.take.y must be ",
                    "a.toml: GET /{{later}}: nothing is called {{later}}; there are no data and no values",
                ),
            ),
            (
                "[[request]]\nurl = '/{{ x'\n",
                ("a.toml: GET /{{ x: no placeholder at: line 1, col 2; write {{name}}, or placeholders = false",),
            ),
        ):
            with self.subTest(content):
                faults = self.faults("a.toml", content)
                self.assertEqual(len(expected), len(faults), faults)
                for words, fault in zip(expected, faults, strict=True):
                    self.assertTrue(fault.startswith(words), fault)

    def test_what_json_does_not_have(self):
        """Dates, times, and numbers that are none are refused by request and key."""
        for value, expected in (
            ("{ a = [1, { when = 2026-01-02 }] }", ("request.1.json.a.1.when is a date",)),
            ("{ at = 10:00:00, x = nan }", ("request.1.json.at is a time", "request.1.json.x is nan")),
            ("[2026-01-02T10:00:00Z, -inf]", ("request.1.json.0 is a date", "request.1.json.1 is -inf")),
        ):
            with self.subTest(value):
                faults = self.faults("a.toml", f"[[request]]\nurl = '/'\n[[request]]\nurl = '/b'\njson = {value}\n")
                advice = "which JSON does not have; write it as text"
                self.assertEqual(tuple(f"a.toml: {words}, {advice}" for words in expected), faults)
        (fault,) = self.faults("a.toml", "[values]\nx = { choice = [1, nan] }\n[[request]]\nurl = '/'\n")
        self.assertTrue(fault.startswith("a.toml: values.x.choice.1 is nan, which JSON"), fault)

    def test_nesting_without_end(self):
        """Is one line, whether brackets or dotted keys make it."""
        for value in (f"json = {'[' * 3000}{']' * 3000}", f"json.{'a.' * 3000}a = 1"):
            with self.subTest(value[:10]):
                faults = self.faults("a.toml", f"[[request]]\nurl = '/'\n{value}\n")
                self.assertEqual(("a.toml nests more than 100 levels deep; make it flatter",), faults)

    def test_data_that_is_not_utf8(self):
        """The line of the first wrong byte is named."""
        (self.folder / "users.csv").write_bytes(b"\xef\xbb\xbfname\nada\n\xe9va\n")
        faults = self.faults("a.toml", "[data.users]\ncsv = 'users.csv'\n[[request]]\nurl = '/'\n")

        self.assertEqual(("a.toml: data.users: 'users.csv' is not UTF-8 in line 3; save it as UTF-8",), faults)

    def test_data_that_is_no_table(self):
        """A quotation without an end, two columns of one name, no rows, nothing at all: one line for each."""
        none = "a.toml: data.users: 'users.csv' has no rows; its first line has the names of the columns"
        for content, expected in (
            ('name\n"ada\n', "a.toml: data.users: 'users.csv' is no CSV: unexpected end of data; correct it"),
            (
                "name,name\nada,grace\n",
                "a.toml: data.users: 'users.csv' has a column twice; give each a name of its own",
            ),
            ("name\n", none),
            ("", none),
        ):
            with self.subTest(content):
                self.file("users.csv", content)
                faults = self.faults("a.toml", "[data.users]\ncsv = 'users.csv'\n[[request]]\nurl = '/'\n")
                self.assertEqual((expected,), faults)

    def test_a_file_of_no_known_format(self):
        """What is one is said."""
        (fault,) = self.faults("notes.txt", "hello")

        self.assertIn("notes.txt has no format that is known; a workload is a .toml file", fault)
