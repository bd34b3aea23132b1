"""The fuzzer's own judgement: what it expects, how it reads answers, and which counts it takes for wrong."""

import unittest
from random import Random

from bench.fuzzing.orders import Order, order, payload
from bench.fuzzing.replies import Replies, Reply, WrongReplyError
from bench.fuzzing.scripts import Script, drained, lasting, wild
from bench.fuzzing.talk import Outcome
from bench.fuzzing.verdict import Ledger, fault_of, grows
from http_benchmark.models.measurement import ServerCounts

HEAD = b"GET /bytes/3 HTTP/1.1\r\nHost: a\r\n\r\n"


def asked(*, waits: bool = False, closes: bool = False) -> Order:
    return Order(HEAD, b"", 0, "GET", 200, b"\0\1\2", waits, closes, continues=False)


def outcome(*replies: Reply, orders: int = 2, drained: bool = True, ending: str = "answered") -> Outcome:
    script = Script("here", "127.0.0.1", (asked(),) * orders, sound=True, parts=(HEAD * orders,), ending=ending)
    sent = len(HEAD) * orders
    return Outcome(script, sent, sent, 100, list(replies), drained=drained, finished=drained)


GOOD = Reply(200, b"\0\1\2", closes=False)


class VerdictTest(unittest.TestCase):
    def test_all_answers_have_to_come_and_to_be_right(self):
        """One short, one too many, another status, another body and an unasked end are faults."""
        self.assertIsNone(fault_of(outcome(GOOD, GOOD)))
        for replies in (
            (GOOD,),
            (GOOD, GOOD, GOOD),
            (GOOD, Reply(500, b"\0\1\2", closes=False)),
            (Reply(200, b"\0\1", closes=False), GOOD),
            (GOOD, Reply(200, b"\0\1\2", closes=True)),
        ):
            with self.subTest(replies=replies):
                self.assertIsNotNone(fault_of(outcome(*replies)))

    def test_who_leaves_may_get_less(self):
        """A client that went early got the first answers or none."""
        self.assertIsNone(fault_of(outcome(GOOD, drained=False, ending="reset")))

    def test_counts_are_exact_where_all_was_read(self):
        """Two connections, two answers each: any other count is wrong."""
        right = {
            "requests": 4,
            "connections": 2,
            "tls_handshakes": 0,
            "bytes_received": 4 * len(HEAD),
            "bytes_sent": 200,
            "statuses": {200: 4},
            "protocols": {"1.1": 4},
            "closed": 0,
            "reset_by_client": 0,
            "dropped": 0,
            "body_bytes_received": 0,
        }
        ledger = Ledger.of([outcome(GOOD, GOOD), outcome(GOOD, GOOD)])

        self.assertEqual([], ledger.faults(ServerCounts(**right)))
        for change in (
            {"requests": 5, "statuses": {200: 5}, "protocols": {"1.1": 5}},
            {"requests": 3, "statuses": {200: 3}, "protocols": {"1.1": 3}},
            {"connections": 3},
            {"tls_handshakes": 1},
            {"bytes_received": 4 * len(HEAD) - 1},
            {"bytes_sent": 201},
            {"statuses": {200: 3, 404: 1}},
            {"statuses": {200: 3}},
            {"protocols": {"1.1": 3}},
            {"closed": 1},
            {"reset_by_client": 1},
            {"dropped": 1},
            {"body_bytes_received": 1},
        ):
            with self.subTest(change=change):
                self.assertNotEqual([], ledger.faults(ServerCounts(**right | change)))

    def test_counts_have_limits_where_somebody_left(self):
        """Of one who left after one answer: 1 to 5 requests fit into what it sent, and no more bytes than it sent."""
        ledger = Ledger.of([outcome(GOOD, drained=False, ending="close")])
        for requests, received, sent, right in (
            (1, 0, 100, True),
            (5, 2 * len(HEAD), 10**6, True),
            (0, 0, 100, False),
            (9, 0, 100, False),
            (1, 2 * len(HEAD) + 1, 100, False),
            (1, 0, 99, False),
        ):
            with self.subTest(requests=requests, received=received, sent=sent):
                seen = ServerCounts(
                    requests=requests,
                    connections=1,
                    tls_handshakes=0,
                    bytes_received=received,
                    bytes_sent=sent,
                    statuses={200: requests},
                    protocols={"1.1": requests},
                    closed=0,
                    reset_by_client=1,
                    dropped=0,
                    body_bytes_received=0,
                )
                self.assertEqual(right, not ledger.faults(seen))

    def test_memory_that_rises_is_told_from_memory_that_settles(self):
        """Up in the beginning and up and down afterwards is well; a steady rise is not."""
        self.assertFalse(grows([1, 5, 9, 10] + [10, 14] * 20, allowed=5))
        self.assertTrue(grows(list(range(40)), allowed=5))


class RepliesTest(unittest.TestCase):
    WIRE = (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
        b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    )

    def test_answers_are_read_however_they_are_cut(self):
        """Whole or byte by byte: one to GET, one to HEAD without its body, one in chunks, the last."""
        for size in (1, 7, len(self.WIRE)):
            with self.subTest(size=size):
                replies = Replies(["GET", "HEAD"])
                for start in range(0, len(self.WIRE), size):
                    replies.feed(self.WIRE[start : start + size])
                replies.feed(b"")
                self.assertEqual(
                    [Reply(200, b"ab", closes=False), Reply(200, b"", closes=False), Reply(503, b"x", closes=True)],
                    replies.whole,
                )
                self.assertEqual(1, replies.continues)

    def test_wrong_answers_are_noticed(self):
        """An end in the middle, something after the last answer, and no HTTP."""
        for wire in (self.WIRE[:60], self.WIRE + b"x", b"HTTP/1.1 abc\r\n\r\n"):
            with self.subTest(wire=wire), self.assertRaises(WrongReplyError):
                replies = Replies(["GET", "HEAD"])
                replies.feed(wire)
                replies.feed(b"")


class ScriptsTest(unittest.TestCase):
    def test_a_seed_decides_everything(self):
        """The same seed gives the same connection, another one another."""
        for kind in (lasting, drained, wild):
            with self.subTest(kind=kind.__name__):
                first, again, other = (kind(Random(seed), "x") for seed in (3, 3, 4))
                self.assertEqual(first, again)
                self.assertNotEqual(first, other)

    def test_expected_answers_end_with_the_connection(self):
        """Requests behind one that closes are not answered."""
        script = Script("x", "127.0.0.1", (asked(), asked(closes=True), asked()), sound=True, parts=())
        self.assertEqual(2, len(script.expected))

    def test_what_lasts_never_closes(self):
        """Lasting scripts have no request that ends the connection."""
        for seed in range(200):
            self.assertFalse(any(one.closes for one in lasting(Random(seed), "x").orders))

    def test_bytes_are_the_origins_pattern(self):
        """Byte i is i modulo 256; a HEAD request never has to do with it."""
        self.assertEqual(bytes(range(256)) + b"\0", payload(257))
        self.assertNotIn("HEAD", {order(Random(seed), calm=True).method for seed in range(200)})
