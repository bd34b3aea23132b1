"""Texts with secrets in them: how they are written, what is shown, what is sent."""

import base64
import copy
import json
import pickle
import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.planning import make_plan
from http_benchmark.secret import Hidden, Reference, SecretText, parse, parse_body, parse_header
from http_benchmark.secret_url import parse_url, shareable

CANARY = 'c4n"/+ä:r@y?'
TOKEN = Reference("env", "TOKEN")


class GrammarTest(unittest.TestCase):
    def test_references_stand_anywhere_in_a_text(self) -> None:
        """Of each kind; the user of a keyring follows the last slash."""
        self.assertEqual(("Bearer ", TOKEN), parse("Bearer ${env:TOKEN}"))
        self.assertEqual(
            (Reference("file", "/run/secrets/a b"), "-", Reference("keyring", "a/b/me")),
            parse("${file:/run/secrets/a b}-${keyring:a/b/me}"),
        )

    def test_what_is_no_reference_stays(self) -> None:
        """Variables as a shell writes them, braces of JSON, and what is escaped."""
        for text in ("$HOME", "${HOME}", '{"a": {"b": 1}}', "{{name}}", "${", "${env:A"):
            self.assertEqual((text,), parse(text))
        self.assertEqual(("a ${env:TOKEN} b",), parse("a $${env:TOKEN} b"))

    def test_faults_say_nothing_of_the_rest(self) -> None:
        """An unknown kind, and names that cannot be."""
        for reference, expected in (
            ("${vault:x}", "is no kind of secret; write ${env:…}"),
            ("${env:1 2}", "must name a variable"),
            ("${env:}", "must name a variable"),
            ("${file:}", "must name a file"),
            ("${keyring:shop}", "must name a service and a user"),
            ("${keyring:shop/}", "must name a service and a user"),
        ):
            with self.subTest(reference), self.assertRaises(ValueError) as raised:
                parse(f"hunter2 {reference} hunter2")
            self.assertIn(expected, str(raised.exception))
            self.assertNotIn("hunter2", str(raised.exception))

    @given(st.text())
    def test_what_is_shown_reads_the_same(self, text: str) -> None:
        """Of a text in which nothing is hidden."""
        for written in (text, f"{text}${{env:TOKEN}}", f"$${{env:{text}"):
            try:
                read = SecretText(parse(written))
            except ValueError:
                continue

            self.assertEqual(read, SecretText(parse(str(read))))


class HeaderAndBodyTest(unittest.TestCase):
    def test_values_of_headers_are_hidden_unless_harmless(self) -> None:
        """By a list of what is harmless, since a credential may have any name; beside a reference all is shown."""
        for name, text, shown in (
            ("Accept", "text/html", "text/html"),
            ("user-agent", "mine/1", "mine/1"),
            ("Authorization", "Bearer x", "***"),
            ("X-Custom", "x", "***"),
            ("X-Custom", "", ""),
            ("Authorization", "Bearer ${env:TOKEN}", "Bearer ${env:TOKEN}"),
        ):
            with self.subTest(name, text=text):
                read = parse_header(name, text)

                self.assertEqual(shown, str(read))
                self.assertEqual(text.replace("${env:TOKEN}", "t"), read.reveal({TOKEN: "t"}))

    def test_bodies_are_hidden_behind_size_and_fingerprint(self) -> None:
        """The same body has the same fingerprint, another one another."""
        self.assertRegex(str(parse_body("hunter2")), r"^\*\*\* 7 bytes, scrypt [0-9a-f]{32}$")
        self.assertEqual(str(parse_body("hunter2")), str(parse_body("hunter2")))
        self.assertNotEqual(str(parse_body("hunter2")), str(parse_body("hunter3")))
        self.assertEqual('{"p": "${env:TOKEN}"}', str(parse_body('{"p": "${env:TOKEN}"}')))
        self.assertEqual("", str(parse_body("")))

    def test_what_was_masked_is_lost_and_never_sent(self) -> None:
        """Three stars that are read back stand for what nobody knows any more."""
        stored = str(parse_body("hunter2"))
        for lost in (parse_header("Authorization", "***"), parse_body("***"), parse_body(stored)):
            self.assertTrue(lost.is_lost)
            with self.assertRaisesRegex(ConfigurationError, "not stored; give it again"):
                lost.reveal({})
        self.assertEqual(stored, str(parse_body(stored)))

    def test_secrets_stay_in_the_process(self) -> None:
        """No text, format, `repr`, JSON or pickle has them; references may travel."""
        hidden, referring = parse_header("X-Custom", CANARY), parse_header("X-Custom", "a ${env:TOKEN}")

        for text in (str(hidden), f"{hidden:>5}", repr(hidden), repr([hidden]), repr(hidden.pieces)):
            self.assertNotIn(CANARY, text)
        with self.assertRaises(TypeError):
            json.dumps(hidden)
        with self.assertRaisesRegex(TypeError, "not sent elsewhere"):
            pickle.dumps(hidden)
        self.assertEqual(referring, pickle.loads(pickle.dumps(referring)))
        self.assertEqual(hidden, copy.deepcopy(hidden))


class UrlTest(unittest.TestCase):
    def test_user_and_password_are_taken_out(self) -> None:
        """They become a header; percent-encoding is undone; without a password there is an empty one."""
        for text, pair in (
            ("http://me:p%2Fw@h:1/a", b"me:p/w"),
            ("http://me:p:w@h:1/a", b"me:p:w"),
            ("http://m%C3%A4:%ff@h:1/a", b"m\xc3\xa4:\xff"),
            ("http://token@h:1/a", b"token:"),
        ):
            with self.subTest(text):
                url = parse_url(text)
                assert url.credentials

                self.assertEqual(("http://h:1/a", "http://***@h:1/a"), (url.reveal_address({}), str(url)))
                self.assertEqual(f"Basic {base64.b64encode(pair).decode()}", url.credentials.authorization({}))

    def test_references_may_have_what_means_something_in_urls(self) -> None:
        """Names are not split at their own colons and slashes, and values are percent-encoded."""
        values = {Reference("file", "/run/p:w@x"): CANARY, Reference("env", "A"): "a/b&c"}
        url = parse_url("http://me:${file:/run/p:w@x}@h/x?k=${env:A}&l=1")
        assert url.credentials

        self.assertEqual("http://me:${file:/run/p:w@x}@h/x?k=${env:A}&l=1", str(url))
        self.assertEqual(url, parse_url(str(url)))
        self.assertEqual("http://h/x?k=a%2Fb%26c&l=1", url.reveal_address(values))
        expected = base64.b64encode(f"me:{CANARY}".encode()).decode()
        self.assertEqual(f"Basic {expected}", url.credentials.authorization(values))
        self.assertEqual("http://me:c4n%22%2F%2B%C3%A4%3Ar%40y%3F@h/x?k=a%2Fb%26c&l=1", url.reveal(values))

    def test_arguments_that_may_be_credentials_are_hidden(self) -> None:
        """Those with telling names, and those that could be a token; words and numbers are shown."""
        for query, shown in (
            ("page=2&q=shoes&gap=0.02", "page=2&q=shoes&gap=0.02"),
            ("token=a&X-Sig=b&key=c", "token=***&X-Sig=***&key=***"),
            ("x=canary-4711&y=correcthorsebattery", "x=***&y=***"),
            ("x=canary%2D4711", "x=***"),
            ("token=${env:TOKEN}", "token=${env:TOKEN}"),
            ("flag&token=", "flag&token="),
        ):
            with self.subTest(query):
                for base in ("http://h/a?", "/a?"):
                    url = parse_url(base + query)

                    self.assertEqual(base + shown, str(url))
                    self.assertEqual(base + query.replace("${env:TOKEN}", "t"), url.reveal_address({TOKEN: "t"}))

    def test_a_reference_is_no_host(self) -> None:
        """Where the load goes is always to be seen."""
        for text in ("http://${env:TOKEN}/", "http://h:${env:TOKEN}/", "${env:TOKEN}", "${env:TOKEN}://h/"):
            with self.subTest(text), self.assertRaisesRegex(ValueError, "not in scheme or host"):
                parse_url(text)

    @given(st.text(min_size=12))
    def test_no_shown_text_has_a_hidden_value(self, value: str) -> None:
        """Wherever the value stands."""
        value = f"<{value}>"
        for read in (parse_header("X", value), parse_body(f"a{value}") if "${" not in value else None):
            if read and "$" not in value:
                self.assertNotIn(value, f"{read} {read!r}")


class ShareableTest(unittest.TestCase):
    def test_plain_configurations_are_masked(self) -> None:
        """Those of benchmarks and of other programs, with headers in either form; what cannot be read goes whole."""
        pairs = [["Accept", "*/*"], ["Authorization", "canary-4711"], ["X", "${vault:canary-4711}"]]
        masked = [["Accept", "*/*"], ["Authorization", "***"], ["X", "***"]]

        for headers, expected in ((pairs, masked), (dict(pairs), dict(masked)), ({}, {}), (None, None)):
            self.assertEqual({"headers": expected}, shareable({"headers": headers}))
        for name in ("url", "target_url", "proxy"):
            self.assertEqual({name: "http://***@h/?k=***"}, shareable({name: "http://me:pw@h/?k=canary-4711"}))
        for body in ("canary-4711", b"canary-4711"):
            self.assertRegex(shareable({"body": body})["body"], r"^\*\*\* 11 bytes, scrypt")
        self.assertEqual({"body": None, "url": None, "a": 1}, shareable({"body": None, "url": None, "a": 1}))


class ConfigurationTest(unittest.TestCase):
    def test_a_configuration_is_shareable_by_itself(self) -> None:
        """What is dumped has no secret, and what was a reference is one again."""
        configuration = ExperimentConfiguration(
            url="http://me:canary-4711@h/?token=canary-4711",
            method="POST",
            headers=["X-A: canary-4711", "X-B: ${env:TOKEN}"],
            body="canary-4711",
            proxy="http://me:canary-4711@p:1",
        )
        dumped = configuration.to_dict()

        self.assertNotIn("canary-4711", f"{dumped} {configuration!r} {configuration}")
        self.assertEqual("http://***@h/?token=***", dumped["url"])
        self.assertEqual([["X-A", "***"], ["X-B", "${env:TOKEN}"]], dumped["headers"])
        self.assertEqual(dumped, ExperimentConfiguration.from_dict(dumped).to_dict())
        self.assertEqual((TOKEN,), configuration.references)

    def test_what_is_sent_has_the_secrets(self) -> None:
        """The user of the URL becomes a header, references become values."""
        configuration = ExperimentConfiguration(
            url="http://me:pw@h/a?k=${env:TOKEN}",
            method="POST",
            headers={"X-A": "${env:TOKEN}", "X-B": "typed"},
            body="a ${env:TOKEN} b",
            contenders=["urllib3"],
            proxy="http://me:${env:TOKEN}@p:1/",
        )
        plan = make_plan(configuration, [], seed=1, secrets={TOKEN: "t/1"})

        target = plan.open_target()
        for opened in (plan.url, target.url):
            self.assertEqual("http://h/a?k=t%2F1", opened)
        for shown in (plan.shown_url, target.description.url):
            self.assertEqual("http://h/a?k=${env:TOKEN}", shown)
        self.assertEqual(
            (("X-A", "t/1"), ("X-B", "typed"), ("Authorization", "Basic bWU6cHc=")), plan.request.headers[-3:]
        )
        self.assertEqual((b"a t/1 b", "http://me:t%2F1@p:1/"), (plan.request.body, plan.options.proxy))

    def test_a_secret_that_a_header_cannot_carry_is_a_fault(self) -> None:
        """The message names the header and not the value."""
        configuration = ExperimentConfiguration(headers={"X-A": "${env:TOKEN}"})

        with self.assertRaisesRegex(ConfigurationError, "^header 'X-A' must not contain a line break") as raised:
            make_plan(configuration, [], seed=1, secrets={TOKEN: "hunter2\n"})
        self.assertNotIn("hunter2", str(raised.exception))

    def test_wrong_inputs_are_not_repeated(self) -> None:
        """Passwords that are not percent-encoded, unknown schemes, and values of another type."""
        for field, wrong in (
            ("url", "http://me:canary/4711@h/"),
            ("url", "http://me:canary?4711@h/"),
            ("url", "ftp://h/?token=canary/4711"),
            ("url", "http://h/ ?token=canary/4711"),
            ("url", ["http://me:canary/4711@h/"]),
            ("url", b"canary/4711"),
            ("body", ["canary/4711"]),
            ("headers", [{"canary/4711": 1}]),
            ("proxy", "http://me:canary/4711@h:1"),
            ("proxy", {"canary/4711": 1}),
        ):
            with self.subTest(field, wrong=wrong), self.assertRaises(ConfigurationError) as raised:
                ExperimentConfiguration(method="POST", **{field: wrong})
            self.assertNotRegex(str(raised.exception), "canary|4711@")

    def test_two_ways_to_say_who_is_let_in(self) -> None:
        """A user in the URL and the header Authorization contradict each other."""
        with self.assertRaisesRegex(ConfigurationError, "give one of both"):
            ExperimentConfiguration(url="http://me:pw@h/", headers=["authorization: x"])

    def test_a_hidden_piece_is_no_text(self) -> None:
        """Its place shows that something was there."""
        self.assertEqual("***", repr(Hidden("hunter2")))
