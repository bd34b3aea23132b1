"""What was ordered against what the origin saw: each deviation on both sides of its limit, and what explains one."""

import unittest
from functools import reduce
from typing import Any

from http_benchmark.models.measurement import Distribution, Requested, RequestRecord, ServerCounts, TrialRecord
from http_benchmark.models.work import Count, Deviation, Work
from http_benchmark.stats.conclusion import conclude
from http_benchmark.stats.work import Orders, TrialWork, works
from tests.records import counted_trial, make_block, make_result

NO_TIMES = Distribution(count=0)


def work_of(*trials: TrialRecord, blocks: int = 2, url: str = "http://127.0.0.1/", **configuration: Any) -> Work:
    """That of the first contender, of trials alike."""
    return works([make_block(*trials)] * blocks, {"concurrency": 10} | configuration, url=url)[trials[0].contender]


def found(*trials: TrialRecord, **settings: Any) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in work_of(*trials, blocks=1, **settings).deviations]


def failed(**kinds: int) -> dict[str, Any]:
    return {"failures": {kind.replace("_", "-"): count for kind, count in kinds.items()}}


def order_work(
    seen: int = 100,
    *,
    sent: int = 100,
    failures: dict[str, int] | None = None,
    retries: int = 0,
    **counts: Any,
) -> TrialWork:
    """What an order of a hundred requests came to."""
    return TrialWork(server=ServerCounts(requests=seen, **counts), sent=sent, failures=failures or {}, retries=retries)


class OrderedAndSeenTest(unittest.TestCase):
    def test_sums_over_the_trials(self):
        """Two trials: twice of everything, each figure beside what was ordered."""
        work = work_of(counted_trial(closed=3, connections=13, late=0))

        self.assertEqual(
            Work(
                requests=Count(ordered=2000, seen=2000),
                connections=Count(ordered=26, seen=26),
                tls_handshakes=Count(ordered=0, seen=0),
                tls_resumptions=0,
                protocols={"1.1": 2000},
                statuses={200: 2000},
                request_header_bytes=200_000,
                request_body_bytes=Count(ordered=200_000, seen=200_000),
                response_header_bytes=200_000,
                response_body_bytes=1_000_000,
                failures_reported=0,
                failures_seen=0,
                retries_seen=0,
                closed=6,
                closed_on_request=0,
                reset_by_client=0,
                asked_ahead=0,
            ),
            work,
        )

    def test_a_foreign_server_counts_nothing(self):
        """Only what the worker says is known, and nothing is held against anybody but ignored deadlines."""
        work = work_of(counted_trial(late=2, trial={"server": None} | failed(timeout=2)))

        sent = Count(ordered=2000, seen=None)
        self.assertEqual(Work(requests=sent, failures_reported=4, late=4, deviations=work.deviations), work)
        self.assertEqual(["late"], [one.code for one in work.deviations])

    def test_what_makes_up_for_others(self):
        """Ten requests too many in one order are no ten that never came in another."""
        work = work_of(counted_trial(trial={"missing": 10}), blocks=1)

        self.assertEqual(10, work.retries_seen)
        self.assertEqual(
            [("requests-missing", 1000, 990), ("retries-hidden", 1000, 1000)],
            [(one.code, one.ordered, one.seen) for one in work.deviations],
        )

    def test_what_failed_may_come_later(self):
        """A timeout whose request came in the next slice is neither missing nor repeated."""
        self.assertEqual([], found(counted_trial(trial={"missing": 0} | failed(timeout=1))))

    def test_a_server_that_shows_less(self):
        """What it does not show is None, and no deviation."""
        names = (
            "connections",
            "closed",
            "reset_by_client",
            "asked_ahead",
            "tls_handshakes",
            "bytes_received",
            "bytes_sent",
        )
        unknown = dict.fromkeys((*names, "header_bytes_received", "body_bytes_sent", "body_bytes_received", "dropped"))
        work = work_of(counted_trial(**unknown), url="https://127.0.0.1/")

        self.assertEqual((), work.deviations)
        self.assertEqual((None, None), (work.connections.seen, work.response_header_bytes))
        self.assertEqual(Count(ordered=None, seen=None), work.tls_handshakes)

    def test_the_null_client_has_none(self):
        """It sends nothing, as it says beforehand."""
        self.assertEqual(
            {}, works([make_block(counted_trial("null:sync", requests=0))], {"concurrency": 10}, url="http://a/")
        )


class OrderByOrderTest(unittest.TestCase):
    """Requests that never came, added up over the orders of a trial."""

    def missing(self, *orders: TrialWork, **configuration: bool) -> int | None:
        settings = {"follow_redirects": False, "tls": False, "proxy": False} | configuration
        return reduce(
            lambda work, order: work.plus(order, Orders(concurrency=10, **settings)), orders, TrialWork()
        ).missing

    def test_none_makes_up_for_another(self):
        """Three more in the warm-up, and after a slice as ordered two less in one and one less in another."""
        seen = (103, 100, 98, 99)

        self.assertEqual(3, self.missing(*(order_work(seen=requests) for requests in seen)))

    def test_what_came_without_an_answer(self):
        """It came all the same: it counts as dropped."""
        self.assertEqual(0, self.missing(order_work(seen=98, dropped=2)))

    def test_failures_explain_only_their_own_order(self):
        """Without an answer a request need not have come, with one it has; through a proxy nobody can tell."""
        timeouts, errors = {"timeout": 2}, {"http-5xx": 2}
        for orders, proxy, expected in (
            ([order_work(seen=98, failures=timeouts)], False, 0),
            ([order_work(seen=97, failures=timeouts)], False, 1),
            ([order_work(failures=timeouts), order_work(seen=98)], False, 2),
            ([order_work(seen=98, failures=timeouts), order_work(seen=102)], False, 0),
            ([order_work(seen=98, failures=errors)], False, 2),
            ([order_work(seen=98, failures=errors)], True, 0),
            ([order_work(seen=100, sent=102, retries=2)], False, 0),
        ):
            with self.subTest(orders, proxy=proxy):
                self.assertEqual(expected, self.missing(*orders, proxy=proxy))

    def test_redirects_have_to_be_followed(self):
        """Where they are to be, each costs a request more."""
        redirected = order_work(seen=198, statuses={302: 100})

        self.assertEqual(2, self.missing(redirected, follow_redirects=True))
        self.assertEqual(0, self.missing(redirected))

    def test_a_foreign_server(self):
        """Nobody knows."""
        self.assertIsNone(self.missing(TrialWork(sent=100)))


class OtherHeadersTest(unittest.TestCase):
    def found(self, *, failures: dict[str, int] | None = None, **settings: Any) -> list[str]:
        """What is held against a contender of whose requests two came without a header."""
        fields = {"failures": failures or {}, "requested": Requested(headers=2, example_header="accept")}
        return [one.what for one in work_of(counted_trial(trial=fields), blocks=1, **settings).deviations]

    def test_what_explains_it(self):
        """As many requests that failed without an answer, or a proxy, which may drop headers of its own accord."""
        held = "sent 2 headers not as ordered, such as accept"

        self.assertIn(held, self.found())
        self.assertIn(held, self.found(failures={"timeout": 1}))
        self.assertNotIn(held, self.found(failures={"timeout": 2}))
        self.assertNotIn(held, self.found(proxy="http://a"))


class OtherRequestsTest(unittest.TestCase):
    def other(self, *, failures: dict[str, int] | None = None, requested: dict[str, Any], **settings: Any) -> list[str]:
        """What is held against a contender whose requests came like this."""
        fields = {"failures": failures or {}, "requested": Requested(**requested)}
        counts = {name: settings.pop(name) for name in ("requests", "statuses") if name in settings}
        work = work_of(counted_trial(trial=fields, **counts), blocks=1, **settings)
        return [one.what for one in work.deviations if one.code == "other-requests"]

    def test_in_place_of_what_was_ordered(self):
        """One is enough: HEAD for GET, or another of the ordered ones."""
        ordered = "sent others in place of 1 ordered request, such as GET /a"
        unordered = "sent 1 request that nobody ordered, such as HEAD /a"
        for missing, unordered_too, expected in ((0, 0, []), (1, 0, [ordered]), (1, 1, [unordered])):
            with self.subTest(missing=missing, unordered=unordered_too):
                requested = {"missing": missing, "unordered": unordered_too}
                examples = {"example_missing": "GET /a", "example_unordered": "HEAD /a"}
                self.assertEqual(expected, self.other(requested=requested | examples))

    def test_what_explains_that_a_request_did_not_come(self):
        """It failed without an answer, or what came could not be told; an error of the server says that it came."""
        for failures, unknown, found in (
            ({"timeout": 2}, 0, 0),
            ({"timeout": 1}, 0, 1),
            ({"http-4xx": 2}, 0, 1),
            ({}, 2, 0),
            ({}, 1, 1),
        ):
            with self.subTest(failures, unknown=unknown):
                other = self.other(failures=failures, requested={"missing": 2, "unknown": unknown})
                self.assertEqual(found, len(other))

    def test_requests_that_were_not_sent(self):
        """That 10 of 1,000 did not come is said once, unless more than these are missing."""
        self.assertEqual([], self.other(requested={"missing": 10}, requests=990))
        self.assertEqual(1, len(self.other(requested={"missing": 11}, requests=990)))

    def test_besides_what_was_ordered(self):
        """Ten of a thousand may be others', eleven are its own."""
        self.assertEqual([], self.other(requested={"unordered": 10}))
        self.assertEqual(1, len(self.other(requested={"unordered": 11})))

    def test_redirects_that_were_to_be_followed(self):
        """Each is followed by a request of whatever target; where none was to be, it is none of them."""
        counts = {"requests": 1500, "statuses": {302: 500, 200: 1000}}
        requested = {"unordered": 500}

        self.assertEqual([], self.other(requested=requested, follow_redirects=True, **counts))
        self.assertEqual(1, len(self.other(requested=requested, **counts)))
        self.assertEqual(1, len(self.other(requested={"unordered": 520}, follow_redirects=True, **counts)))

    def test_where_nobody_asked(self):
        """An older version did not note which requests came: nothing is held against anybody."""
        self.assertEqual([], found(counted_trial(trial={"requested": None})))

    def test_uploads_of_a_workload(self):
        """All together are as long as what was sent; each failed request may have carried the longest, or nothing."""
        mixed = {"body_bytes": None, "by_request": (RequestRecord(name="a", requests=1000, response_time_s=NO_TIMES),)}
        asked = {"requested": Requested(body_bytes=100_500, longest_body_bytes=500)}

        self.assertEqual([], found(counted_trial(trial=mixed)))
        self.assertEqual([("upload-differs", "less-work")], found(counted_trial(trial=mixed | asked)))
        self.assertEqual([], found(counted_trial(trial=mixed | asked, body_bytes_received=100_500)))
        self.assertEqual([], found(counted_trial(trial=mixed | asked | failed(timeout=1))))


class LimitTest(unittest.TestCase):
    def test_as_ordered(self):
        """Nothing is held against a contender that did what it was told to."""
        self.assertEqual([], found(counted_trial()))
        self.assertEqual((), work_of(counted_trial()).others)

    def test_each_deviation(self):
        """Just inside its limit there is none, just beyond there is this one and no other."""
        for code, severity, inside, beyond in (
            ("requests-missing", "less-work", counted_trial(), counted_trial(requests=999, body_bytes_received=99_900)),
            ("retries-hidden", "shown", counted_trial(), counted_trial(requests=1001, body_bytes_received=100_100)),
            ("errors-swallowed", "other-work", counted_trial(), counted_trial(statuses={200: 999, 503: 1})),
            ("errors-swallowed", "other-work", counted_trial(), counted_trial(broken=1)),
            ("upload-differs", "less-work", counted_trial(), counted_trial(body_bytes_received=99_999)),
            ("upload-differs", "other-work", counted_trial(), counted_trial(body_bytes_received=100_001)),
            ("protocol", "other-work", counted_trial(), counted_trial(protocols={"1.0": 1, "1.1": 999})),
            ("extra-connections", "shown", counted_trial(connections=10), counted_trial(connections=11)),
            ("extra-connections", "other-work", counted_trial(), counted_trial(connections=16)),
            ("no-reuse", "other-work", counted_trial(), counted_trial(connections=21)),
            ("tls-handshakes", "other-work", counted_trial(), counted_trial(tls_handshakes=1)),
            ("asked-ahead", "other-work", counted_trial(), counted_trial(asked_ahead=1)),
            ("late", "shown", counted_trial(), counted_trial(late=1)),
        ):
            with self.subTest(code, severity=severity):
                self.assertEqual([], found(inside))
                self.assertEqual([(code, severity)], found(beyond))

    def test_a_few_connections_are_fewer_than_requests_in_flight(self):
        """A race takes two: of one request at a time only an accident in every second trial, of eight four more."""
        shown, other = [("extra-connections", "shown")], ("extra-connections", "other-work")
        for concurrency, few in ((1, 0), (2, 1), (3, 2), (4, 3), (8, 4)):
            with self.subTest(concurrency=concurrency):
                inside, beyond = (counted_trial(connections=concurrency + extra) for extra in (few, few + 1))
                self.assertEqual(shown if few else [], found(inside, concurrency=concurrency))
                self.assertEqual(other, found(beyond, concurrency=concurrency)[0])

        once = [make_block(counted_trial(connections=connections)) for connections in (1, 2)]
        found_once = works(once, {"concurrency": 1}, url="http://a/")["a:sync"].deviations
        self.assertEqual(shown, [(one.code, one.severity) for one in found_once])

    def test_who_was_seen_to_trust_a_stranger(self):
        """It did other work, in whatever it did; the others are not concerned."""
        blocks = [make_block(counted_trial(), counted_trial("b:sync"))]
        done = works(blocks, {"concurrency": 10}, url="https://127.0.0.1/", unchecked=("b:sync",))

        codes = {name: [one.code for one in work.deviations if one.severity != "shown"] for name, work in done.items()}
        self.assertEqual({"a:sync": [], "b:sync": ["certificate-unchecked"]}, codes)

    def test_who_was_seen_to_go_past_its_proxy(self):
        """The same, against a server that does not count, too."""
        for server in (counted_trial().server, None):
            trials = [counted_trial().model_copy(update={"contender": name, "server": server}) for name in "ab"]
            done = works([make_block(*trials)], {"concurrency": 10}, url="http://h/", unproxied=("b",))

            self.assertEqual(((), ["proxy-unused"]), (done["a"].deviations, [one.code for one in done["b"].deviations]))

    def test_unread_bodies_cost_connections(self):
        """Eleven resets in a thousand requests on as many new connections; not ten, and not with fewer connections."""
        unread = ("body-unread", "less-work")

        self.assertIn(unread, found(counted_trial(reset_by_client=11, connections=21)))
        self.assertNotIn(unread, found(counted_trial(reset_by_client=10, connections=21)))
        self.assertNotIn(unread, found(counted_trial(reset_by_client=11, connections=20)))

    def test_against_the_others(self):
        """Sizes are compared with the median of the others, each for itself."""
        others = [counted_trial(f"{name}:sync") for name in "bcd"]
        for code, severity, inside, beyond in (
            ("answers-differ", "less-work", {"body_bytes_sent": 495_000}, {"body_bytes_sent": 494_000}),
            ("answers-differ", "other-work", {"body_bytes_sent": 505_000}, {"body_bytes_sent": 506_000}),
            ("headers-differ", "shown", {"header_bytes_received": 150_000}, {"header_bytes_received": 151_000}),
            ("headers-differ", "shown", {"header_bytes_received": 67_000}, {"header_bytes_received": 66_000}),
        ):
            with self.subTest(code, **beyond):
                self.assertEqual([], found(counted_trial(**inside), *others))
                self.assertEqual([(code, severity)], found(counted_trial(**beyond), *others))
                self.assertEqual([], found(others[0], counted_trial(**beyond), *others[1:]))

    def test_of_two_contenders_the_one_with_less_is_accused(self):
        """Nobody can tell whose answers are right; that they differ is said of both."""
        less = counted_trial("b:sync", body_bytes_sent=250_000)

        self.assertEqual([("answers-differ", "shown")], found(counted_trial(), less))
        self.assertEqual([("answers-differ", "less-work")], found(less, counted_trial()))

    def test_one_with_less_speaks_against_nobody_else(self):
        """Of three the odd one is accused, and the two that agree are not; two with less accuse nobody."""
        fair, none = counted_trial("b:sync"), [counted_trial(f"{name}:sync", body_bytes_sent=0) for name in "cd"]

        self.assertEqual([], found(counted_trial(), fair, none[0]))
        self.assertEqual([("answers-differ", "less-work")], found(none[0], counted_trial(), fair))
        self.assertEqual([("answers-differ", "shown")], found(counted_trial(), *none))

    def test_answers_that_echo_the_request(self):
        """Ten bytes more of headers explain twenty in the answer, which is shown; not twenty-one."""
        others = [counted_trial(f"{name}:sync") for name in "bcd"]
        head = {"header_bytes_received": 110_000}

        self.assertEqual([("answers-differ", "shown")], found(counted_trial(body_bytes_sent=520_000, **head), *others))
        self.assertEqual(
            [("answers-differ", "other-work")], found(counted_trial(body_bytes_sent=521_000, **head), *others)
        )

    def test_figures(self):
        """A deviation says what was ordered and what was seen; connections are those of the worst trial."""
        trials = [make_block(counted_trial(connections=connections)) for connections in (10, 300)]
        (connections,) = works(trials, {"concurrency": 10}, url="http://a/")["a:sync"].deviations
        (missing,) = work_of(counted_trial(requests=0, connections=0, body_bytes_received=0)).deviations

        self.assertEqual(
            Deviation(
                code="no-reuse",
                severity="other-work",
                what="does not keep connections (300 in a trial, 10 ordered)",
                ordered=10,
                seen=300,
            ),
            connections,
        )
        self.assertEqual((2000, 0, "the origin saw 0 of 2,000 requests"), (missing.ordered, missing.seen, missing.what))


class ExplainedTest(unittest.TestCase):
    """What a failed or repeated request explains is held against nobody."""

    def test_failures_explain_what_is_missing(self):
        """Three timeouts: three requests that never came, with their bodies, and three new connections and resets."""
        trial = failed(timeout=2, connection_reset=1)
        counts = {"requests": 997, "statuses": {200: 997}, "body_bytes_received": 99_700, "connections": 13}

        self.assertEqual([], found(counted_trial(trial=trial, **counts, reset_by_client=3)))
        counts |= {"requests": 996, "connections": 14}
        self.assertEqual(
            [("requests-missing", "less-work"), ("extra-connections", "shown")],
            found(counted_trial(trial=trial, **counts)),
        )

    def test_an_answer_explains_no_missing_request(self):
        """Who was answered with 503 has sent its request."""
        trial, counts = failed(http_5xx=3), {"statuses": {200: 997, 503: 3}}

        self.assertEqual([], found(counted_trial(trial=trial, **counts)))
        missing = {"requests": 997, "body_bytes_received": 99_700}
        self.assertEqual([("requests-missing", "less-work")], found(counted_trial(trial=trial, **counts | missing)))

    def test_an_answer_explains_neither_a_body_nor_a_connection_nor_a_reset(self):
        """Who was answered with 503 has uploaded all, and keeps its connection; with 413 the body was not read."""
        trial, counts = failed(http_5xx=500), {"statuses": {200: 500, 503: 500}}

        self.assertEqual([], found(counted_trial(trial=trial, **counts)))
        self.assertEqual(
            [("upload-differs", "less-work")], found(counted_trial(trial=trial, body_bytes_received=50_000, **counts))
        )
        self.assertEqual([("no-reuse", "other-work")], found(counted_trial(trial=trial, connections=510, **counts)))
        self.assertEqual(
            [("body-unread", "less-work"), ("no-reuse", "other-work")],
            found(counted_trial(trial=trial, connections=510, reset_by_client=500, **counts)),
        )
        refused = {"statuses": {200: 500, 413: 500}, "body_bytes_received": 50_000}
        self.assertEqual([], found(counted_trial(trial=failed(http_4xx=500), **refused)))

    def test_retries_by_the_harness(self):
        """They are ordered, and so are the failures before them."""
        again = {"retries": 5, "sent": 1005}
        counts = {"requests": 1005, "statuses": {200: 1000, 503: 5}, "body_bytes_received": 100_500}

        self.assertEqual([], found(counted_trial(trial=again, **counts)))

    def test_silent_retries(self):
        """Five dropped requests that came again: shown as retries, and neither hidden errors nor longer uploads."""
        dropped = counted_trial(dropped=5, connections=15, closed=0, body_bytes_received=100_500)

        self.assertEqual([("retries-hidden", "shown")], found(dropped))
        self.assertEqual(10, work_of(dropped).retries_seen)

    def test_dropped_requests_that_nobody_reports(self):
        """They came, and were called successes."""
        self.assertEqual([("errors-swallowed", "other-work")], found(counted_trial(requests=995, dropped=5)))

    def test_each_failure_is_seen_once(self):
        """One of each kind is reported, and as many were seen; one more of any is one too many."""
        trial = failed(http_5xx=1, connection_reset=1, incomplete_response=1)
        counts = {"requests": 999, "statuses": {200: 998, 503: 1}, "dropped": 1, "broken": 1}

        self.assertEqual([], found(counted_trial(trial=trial, **counts)))
        self.assertEqual(
            [("errors-swallowed", "other-work")], found(counted_trial(trial=trial, **counts | {"broken": 2}))
        )

    def test_what_the_origin_closes(self):
        """A connection for each request, where each was asked to be the last one; resets at its end as well."""
        self.assertEqual([], found(counted_trial(connections=1000, closed=1000, reset_by_client=1000)))

    def test_what_a_client_has_closed(self):
        """Explains connections where it was ordered, and where an older version did not count it apart."""
        asked = {"connections": 1000, "closed": 1000, "closed_on_request": 1000}

        self.assertEqual([("no-reuse", "other-work")], found(counted_trial(**asked)))
        self.assertEqual([], found(counted_trial(trial={"orders_close": True}, **asked)))
        self.assertEqual([], found(counted_trial(**asked | {"closed_on_request": None})))
        for closes, expected in ((1000, []), (1, [("no-reuse", "other-work")])):
            ordered = {"orders_close": True, "requested": Requested(closes=closes)}
            self.assertEqual(expected, found(counted_trial(trial=ordered, **asked)))

    def test_an_ordered_close_that_nobody_counts(self):
        """The origin that speaks HTTP/2 does not tell who closed: each request may have cost a connection."""
        uncounted = {"connections": 1000, "closed": None, "closed_on_request": None}

        self.assertEqual([], found(counted_trial(trial={"orders_close": True}, **uncounted)))
        one = {"orders_close": True, "requested": Requested(closes=1)}
        self.assertEqual([("no-reuse", "other-work")], found(counted_trial(trial=one, **uncounted)))
        self.assertEqual([("no-reuse", "other-work")], found(counted_trial(**uncounted)))

    def test_redirects_that_are_followed(self):
        """Each costs a request more, which may come without its body; where they are not to be followed, it is said."""
        hopping = counted_trial(requests=2000, statuses={200: 1000, 302: 1000}, body_bytes_received=100_000)

        self.assertEqual([], found(hopping, follow_redirects=True))
        self.assertEqual([("retries-hidden", "shown")], found(hopping))

    def test_encryption(self):
        """With TLS each connection has its handshake."""
        self.assertEqual([], found(counted_trial(tls_handshakes=10), url="https://127.0.0.1/"))

    def test_http2(self):
        """Is no deviation where it was ordered, and HTTP/1.1 is one there."""
        self.assertEqual([], found(counted_trial("a:async+h2#2", protocols={"2": 1000})))
        self.assertEqual([("protocol", "other-work")], found(counted_trial("a:async+h2")))

    def test_requests_of_a_workload_are_not_compared_by_size(self):
        """They differ, and a faster contender gets further in their order."""
        mixed = {"body_bytes": None, "by_request": (RequestRecord(name="a", requests=1, response_time_s=NO_TIMES),)}
        less = counted_trial(trial=mixed, body_bytes_sent=100_000, body_bytes_received=5)

        self.assertEqual([], found(less, counted_trial("b:sync", trial=mixed), counted_trial("c:sync", trial=mixed)))
        self.assertEqual(Count(ordered=None, seen=10), work_of(less).request_body_bytes)

    def test_each_failure_explains_one_answer(self):
        """Giving up moves up to an answer less: 100 of 1,000 explain nine tenths of the bytes, but not eight."""
        others = [counted_trial(f"{name}:sync") for name in "bc"]
        gave_up = {"trial": failed(timeout=100), "header_bytes_received": 90_000}

        self.assertEqual([], found(counted_trial(body_bytes_sent=450_000, **gave_up), *others))
        self.assertEqual(
            [("answers-differ", "less-work")], found(counted_trial(body_bytes_sent=400_000, **gave_up), *others)
        )
        self.assertEqual([], found(others[0], counted_trial(body_bytes_sent=450_000, **gave_up)))

    def test_who_fails_once_is_compared_all_the_same(self):
        """By sizes of answers and of headers."""
        once = counted_trial(trial=failed(timeout=1), body_bytes_sent=100_000, header_bytes_received=60_000)

        self.assertEqual(
            [("answers-differ", "less-work"), ("headers-differ", "shown")],
            found(once, counted_trial("b:sync"), counted_trial("c:sync")),
        )

    def test_errors_are_longer_than_short_answers(self):
        """Three answers of 2,048 bytes among others of none are no other work, with as many failures beside them."""
        counts = {"statuses": {200: 997, 503: 3}, "body_bytes_sent": 3 * 2048}
        failing = counted_trial(trial=failed(http_5xx=3), **counts)
        empty = counted_trial("b:sync", body_bytes_sent=0)

        self.assertEqual([], found(failing, empty))
        self.assertEqual([], found(empty, failing))


class RankingTest(unittest.TestCase):
    def test_each_has_its_reason(self):
        """What is more than shown, or may have cost something, stands in the verdict."""
        for code, counts in (
            ("unequal-work", {"requests": 999, "body_bytes_received": 99_900}),
            ("unequal-work", {"requests": 1001, "body_bytes_received": 100_100}),
            ("unequal-work", {"statuses": {200: 999, 503: 1}}),
            ("unequal-work", {"protocols": {"1.0": 1000}}),
            ("unequal-work", {"tls_handshakes": 1}),
            ("bytes-off", {"body_bytes_received": 99_999}),
            ("bytes-off", {"body_bytes_sent": 1000}),
            ("extra-connections", {"connections": 11}),
            ("extra-connections", {"connections": 16}),
            ("extra-connections", {"connections": 1000}),
        ):
            with self.subTest(**counts):
                self.assertEqual([code], self.reasons(counted_trial(**counts)))

    def test_what_gives_no_reason(self):
        """Longer headers, and answers that count as timeouts already."""
        self.assertEqual([], self.reasons(counted_trial(header_bytes_received=200_000, late=3)))

    @staticmethod
    def reasons(one: TrialRecord) -> list[str]:
        blocks = [make_block(one, counted_trial("b:sync"), counted_trial("c:sync"))] * 7
        return [reason.code for reason in conclude(make_result(blocks), blocks).validity.reasons]

    def test_who_did_other_work_is_not_ranked(self):
        """It has no rank, no group and no pair; the verdict has its reason; who is only shown stays."""
        trials = [
            counted_trial("a:sync"),
            counted_trial("b:sync", connections=1000),
            counted_trial("c:sync", requests=1001, body_bytes_received=100_100),
        ]
        blocks = [make_block(*trials)] * 6
        result = conclude(make_result(blocks), blocks)

        clients = {client.contender: client for client in result.clients}
        self.assertEqual(
            (None, None, "ok"), (clients["b:sync"].rank, clients["b:sync"].group, clients["b:sync"].status)
        )
        self.assertEqual((1, 1), (clients["a:sync"].rank, clients["c:sync"].rank))
        self.assertEqual({("a:sync", "c:sync")}, {(pair.a, pair.b) for pair in result.pairs})
        self.assertEqual(
            [("extra-connections", ("b:sync",), 1000.0, 10.0), ("unequal-work", ("c:sync",), 6006.0, 6000.0)],
            [(one.code, one.contenders, one.value, one.limit) for one in result.validity.reasons],
        )
