"""The conformance suite over every installed client, sync and async: exactly the known deviations; the unfair caught.

What is known of a client stands in `http_benchmark/conformance/known.py` with its reason, so that a change is noticed.
"""

import unittest

from http_benchmark.clients import FLOOR_CLIENT, installed_clients
from http_benchmark.conformance.conforming import conform
from http_benchmark.conformance.known import KNOWN
from http_benchmark.conformance.suite import CHECKS, chosen_checks
from http_benchmark.models.conformance import ConformanceResult
from tests.foreign_clients import make_known


class KnownClientsTest(unittest.TestCase):
    """All checks of all clients, asked once; the floor does the same work, the null client does none."""

    over_http1: ConformanceResult
    over_http2: ConformanceResult
    SLOW_OVER_HTTP2 = "upload-64mib"  # it keeps httpx, and the machine, busy for a minute

    @classmethod
    def setUpClass(cls):
        cls.over_http1 = conform([*installed_clients(), FLOOR_CLIENT], chosen_checks(()))
        cls.over_http2 = conform(names_over_http2(), chosen_checks(CHECKS.keys() - {cls.SLOW_OVER_HTTP2}))

    def test_each_client_deviates_where_it_is_known_to_and_nowhere_else(self):
        """A new deviation and one that is gone are both seen."""
        for contender in (*self.over_http1.contenders, *self.over_http2.contenders):
            for outcome in contender.outcomes:
                with self.subTest(contender=contender.contender, check=outcome.check):
                    expected = outcome.expected or self.is_expected_again(contender.contender, outcome.check)
                    self.assertTrue(expected, f"{outcome.outcome}: {outcome.seen}")

    def is_expected_again(self, contender: str, check: str) -> bool:
        """Ask once more: some checks look at a clock, and other tests keep the processors busy."""
        (asked,) = conform([contender], chosen_checks((check,))).contenders
        return all(outcome.expected for outcome in asked.outcomes if outcome.check == check)

    def test_every_check_is_asked_of_every_client_in_every_mode(self):
        """In the order of the suite."""
        modes = [f"{name}:{mode}" for name, client in installed_clients().items() for mode in client.modes]
        modes += [f"{FLOOR_CLIENT}:sync", f"{FLOOR_CLIENT}:async"]
        self.assertEqual(modes, [contender.contender for contender in self.over_http1.contenders])
        for contender in self.over_http1.contenders:
            self.assertEqual(list(CHECKS), [outcome.check for outcome in contender.outcomes])

    def test_over_http2_what_has_a_meaning_there_is_asked(self):
        """Of whoever speaks it; the rest is said to be not applicable."""
        self.assertEqual(names_over_http2(), [contender.contender for contender in self.over_http2.contenders])
        for contender in self.over_http2.contenders:
            self.assertEqual(
                {check.id for check in CHECKS.values() if check.not_http2},
                {outcome.check for outcome in contender.outcomes if outcome.outcome == "not-applicable"},
            )

    def test_silent_retries_are_found(self):
        """Those that are told of pycurl and aiohttp: seen by the origin, not taken from what is known."""
        found = {
            (contender.contender, outcome.check)
            for contender in self.over_http1.contenders
            for outcome in contender.outcomes
            if outcome.check.startswith("retry-") and outcome.seen.startswith("sent 2 times")
        }
        expected = {
            *((f"pycurl:{mode}", f"retry-{method}-reused") for mode in ("sync", "async") for method in ("get", "post")),
            *(("aiohttp:async", f"retry-get-{age}") for age in ("fresh", "reused")),
        }
        self.assertEqual(expected, {place for place in found if place[0].split(":")[0] in {"pycurl", "aiohttp"}})


def names_over_http2() -> list[str]:
    return [
        f"{name}:{mode}+h2" for name, client in installed_clients().items() if client.http2 for mode in client.modes
    ]


class KnownTest(unittest.TestCase):
    def test_what_is_known_is_asked(self):
        """Each known deviation is one of a check that exists."""
        for known in KNOWN:
            for check in known.checks:
                self.assertIn(check, CHECKS)


class UnfairClientTest(unittest.TestCase):
    """The clients in tests/unfair each do less or other work in one way, and are caught at it."""

    CAUGHT = {
        "forgetful": "keep-alive",
        "hasty": "download",
        "rosy": "statuses",
        "stubborn": "retry-get-fresh",
        "sprawling": "pool",
        "patient": "slow-headers",
        "stingy": "upload",
        "bypassing": "given-proxy",
        "careless": "wrong-host",
        "gullible": "self-signed",
        "twofaced": "keep-alive",
        "backward+h2": "version",
    }

    def setUp(self):
        make_known(self, "unfair")

    def test_each_is_caught(self):
        """By the check that is about it, as a deviation that nobody expects."""
        result = conform(list(self.CAUGHT), chosen_checks(set(self.CAUGHT.values())))
        self.assertFalse(result.as_expected)
        for (name, check), contender in zip(self.CAUGHT.items(), result.contenders, strict=True):
            with self.subTest(name):
                (caught,) = (outcome for outcome in contender.outcomes if outcome.check == check)
                self.assertEqual(("deviates", False), (caught.outcome, caught.expected), caught.seen)

    def test_their_honest_relative_is_not(self):
        """What they are all made of passes the same checks, so that it is the one difference that is seen."""
        result = conform(["fair"], chosen_checks(set(self.CAUGHT.values())))
        (contender,) = result.contenders
        self.assertEqual(
            dict.fromkeys(self.CAUGHT.values(), "conforms"),
            {outcome.check: outcome.outcome for outcome in contender.outcomes},
        )


if __name__ == "__main__":
    unittest.main()
