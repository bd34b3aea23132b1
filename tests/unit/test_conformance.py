"""The suite's own parts: what travels to the prober, what is known, which checks are chosen."""

import hashlib
import json
import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.clients.base import ClientOptions
from http_benchmark.conformance import protocol
from http_benchmark.conformance.check import Check
from http_benchmark.conformance.conforming import _is_expected, asked, resolved
from http_benchmark.conformance.examinee import DeviationError, NotAskedError, NotOfferedError
from http_benchmark.conformance.known import known_deviation
from http_benchmark.conformance.suite import CHECKS, SUBJECTS, chosen_checks
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.contender import Contender

MESSAGES: tuple[protocol.Message, ...] = (
    protocol.Open("a.module", "A", ClientOptions(concurrency=2, ca_file="ca.pem"), {"NETRC": "x"}),
    protocol.Opened(protocol.Left(3, None)),
    protocol.Send(
        (protocol.Ask("POST", "http://a/", (("X", "1"), ("X", "2")), 5, stream=True),),
        2,
        at_once=True,
        cancel_after_s=0.1,
    ),
    protocol.Sent(
        (protocol.Answer(0.1, 200, body_bytes=0, body_sha256="0"), protocol.Answer(0.2, kind="timeout", error="E: no"))
    ),
    protocol.Close(),
    protocol.Closed(None),
    protocol.Forget(),
    protocol.Forgotten(protocol.Left(None, 4), ("ResourceWarning: unclosed",)),
    protocol.Broken("not installed", "unavailable"),
)


class ProtocolTest(unittest.TestCase):
    def test_a_message_arrives_as_it_was_sent(self):
        """Through JSON and back, each kind."""
        for message in MESSAGES:
            with self.subTest(type(message).__name__):
                self.assertEqual(message, protocol.decode(json.loads(json.dumps(protocol.encode(message)))))

    def test_what_is_no_message_is_refused(self):
        """By what it is."""
        with self.assertRaisesRegex(ValueError, "no message of this protocol: {'type': 'Jump'}"):
            protocol.decode({"type": "Jump"})

    @given(st.integers(0, 3 * 1024**2))
    def test_a_made_body_has_its_length_and_is_the_same_each_time(self, length: int):
        """Whatever the length, so that both sides can make it."""
        body = protocol.made_body(length)
        self.assertEqual(length, len(body))
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(protocol.made_body(length)).digest())

    def test_bodies_of_different_lengths_do_not_begin_alike(self):
        """A body that was cut is no shorter body."""
        self.assertNotEqual(protocol.made_body(1000), protocol.made_body(1001)[:1000])


class ChosenTest(unittest.TestCase):
    def test_all_by_default_in_the_order_of_the_suite(self):
        """Every id once."""
        everything = [check.id for checks in SUBJECTS.values() for check in checks]
        self.assertEqual(everything, [check.id for check in chosen_checks(())])
        self.assertEqual(len(everything), len(CHECKS))

    def test_named_ones_in_the_order_of_the_suite(self):
        """However they were named."""
        self.assertEqual(["methods", "pool"], [check.id for check in chosen_checks(["pool", "methods", "pool"])])

    def test_an_unknown_check_is_refused_with_advice(self):
        """One line for each."""
        with self.assertRaises(ConfigurationError) as caught:
            chosen_checks(["pol", "gzi"])
        self.assertEqual(2, len(caught.exception.faults))
        self.assertEqual("unknown check 'pol'; did you mean pool?", caught.exception.faults[1])

    def test_each_question_is_one(self):
        """One line that ends with a question mark, and a witness."""
        for check in CHECKS.values():
            with self.subTest(check.id):
                self.assertRegex(check.question, r"^[A-Z][^\n]*\?$")
                self.assertTrue(check.witness)


class ResolvedTest(unittest.TestCase):
    def test_each_contender_once_in_each_mode(self):
        """A name alone stands for its modes; named twice it is asked once."""
        names = [str(contender) for contender in resolved(["null", "null:async", "floor:sync"])]
        self.assertEqual(["null:sync", "null:async", "floor:sync"], names)

    def test_over_http2_too(self):
        """As a contender of its own."""
        names = [str(contender) for contender in resolved(["httpx:async", "httpx+h2"])]
        self.assertEqual(["httpx:async", "httpx:sync+h2", "httpx:async+h2"], names)

    def test_what_cannot_be_is_refused(self):
        """As for a run: an unknown client, and HTTP/2 of one that cannot."""
        for name, words in (("no-such-client", "unknown client"), ("requests+h2", "requests cannot speak HTTP/2")):
            with self.subTest(name), self.assertRaisesRegex(ConfigurationError, words):
                resolved([name])


class StandIn:
    """An examinee that nothing is asked of."""

    def __init__(self, contender: str) -> None:
        self.contender = Contender.parse(contender)

    def begin(self) -> None:
        """There is nothing to forget."""

    def compare(self) -> None:
        """There is nothing to compare."""


class ExpectedTest(unittest.TestCase):
    def test_what_is_expected(self):
        """A deviation where it is known, conformity and refusals where none is; never a question that was not put."""

        def outcome(contender: str, check: str, error: Exception | None) -> tuple[str, bool]:
            def ask(_: object) -> str:
                if error:
                    raise error
                return "as it should be"

            found = asked(Check(check, "Is it?", "it", ask), StandIn(contender))
            return found.outcome, found.expected

        self.assertIsNotNone(known_deviation(Contender("pycurl", "sync"), "retry-get-reused"))
        for error, as_known, as_unknown in (
            (None, ("conforms", False), ("conforms", True)),
            (DeviationError("sent twice"), ("deviates", True), ("deviates", False)),
            (NotOfferedError("cannot"), ("not-offered", False), ("not-offered", True)),
            (NotAskedError("broken"), ("failed", False), ("failed", False)),
        ):
            with self.subTest(repr(error)):
                self.assertEqual(as_known, outcome("pycurl:sync", "retry-get-reused", error))
                self.assertEqual(as_unknown, outcome("requests:sync", "retry-get-reused", error))

    def test_what_has_no_meaning_over_http2_is_not_asked_there(self):
        """It is said why, and is no surprise."""
        check = Check("close-obeyed", "Is it?", "it", lambda _: "asked", not_http2="there is no such thing")
        for name, outcome, seen in (
            ("httpx:async+h2", "not-applicable", "there is no such thing"),
            ("httpx:async", "conforms", "asked"),
        ):
            with self.subTest(name):
                found = asked(check, StandIn(name))
                self.assertEqual((outcome, seen, True), (found.outcome, found.seen, found.expected))

    def test_what_is_known_of_one_version_of_http(self):
        """Is of the other one no excuse; what is known of a client is known of both."""
        self.assertIsNotNone(known_deviation(Contender.parse("httpx:async+h2"), "cancelling"))
        self.assertIsNone(known_deviation(Contender.parse("httpx:async"), "cancelling"))
        self.assertIsNotNone(known_deviation(Contender.parse("httpx:sync+h2"), "trickle"))

    def test_what_does_not_show_each_time(self):
        """Is expected both ways."""
        known = known_deviation(Contender("requestx", "sync"), "pool")
        self.assertTrue(known.sometimes)
        self.assertEqual([True, True, False], [_is_expected(o, known) for o in ("deviates", "conforms", "failed")])
