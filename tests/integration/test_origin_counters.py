"""What the origin counts besides requests: what was left unanswered, how connections ended, content and framing."""

import contextlib
import time
from collections import Counter

from http_benchmark.header_marks import header_marks
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from tests.integration.origin_wire import MIB, OriginTestCase, Wire, get, post


def lines(origin: OriginProcess) -> Counter[str]:
    """Methods and targets, without the headers."""
    found = Counter[str]()
    for entry, times in origin.take_requested().items():
        found[entry.partition("\n")[0]] += times
    return found


class RequestedTest(OriginTestCase):
    def setUp(self):
        self.origin.take_requested()

    def test_by_method_and_target(self):
        """As they came, those that are answered at first sight, again, with a body or late; each is told once."""
        wire = self.wire()
        for request in (get("/bytes/5?a=%7e"), get("/bytes/5?a=%7e"), get("/bytes/6"), get("/delay/0.01")):
            wire.send(request)
            wire.answer()
        for _ in range(2):
            wire.send(post("/bytes/5", 3), b"abc")
            wire.answer()
        wire.send(b"HEAD /bytes/5 HTTP/1.1\r\nHost: a\r\n\r\n")
        wire.status()

        expected = {"GET /bytes/5?a=%7e": 2, "GET /bytes/6": 1, "GET /delay/0.01": 1, "POST /bytes/5": 2}
        self.assertEqual(expected | {"HEAD /bytes/5": 1}, lines(self.origin))
        self.assertEqual({}, self.origin.take_requested())

    def test_by_headers(self):
        """With those that came, whatever their case and spaces, at first sight and again; another value is another."""
        wire = self.wire()
        for headers in (
            ["Accept: a, b"],
            ["Accept: a, b"],
            ["accept:a,b"],
            ["ACCEPT: a", "accept:b"],
            ["Accept: c"],
            [],
        ):
            wire.send(get("/bytes/5", *headers))
            wire.answer()

        marks = (f" {header_marks((('accept', 'a,b'),))}", f" {header_marks((('accept', 'c'),))}", "")
        host = header_marks((("host", "a"),))
        self.assertEqual(
            {f"GET /bytes/5\n{host}{mark}": times for mark, times in zip(marks, (4, 1, 1), strict=True)},
            self.origin.take_requested(),
        )

    def test_those_without_an_answer(self):
        """Who does not wait, or gets nothing, has asked; what cannot be read has asked for nothing that is known."""
        before = self.origin.counts()
        with Wire(self.origin) as wire:
            wire.send(get("/delay/30"))
            self.until(lambda: self.origin.counts().bytes_received > before.bytes_received)
            self.origin.settle()
        for request in (get("/fault/drop"), b"?\r\n"):
            with Wire(self.origin) as wire:
                wire.send(request)
                wire.rest()

        self.assertEqual({"GET /delay/30": 1, "GET /fault/drop": 1, "": 1}, lines(self.origin))

    def test_faults(self):
        """Each request once: answered, not answered, and left before it was read."""
        with OriginProcess(options=OriginOptions(faults=("slow-accept=200ms:100%",))) as origin:
            with Wire(origin) as wire:
                wire.send(get("/bytes/1") + get("/fault/drop"))
                wire.rest()
            with Wire(origin) as wire:
                wire.send(get("/bytes/2"))
            self.until(lambda: origin.counts().dropped == 2)

            expected = dict.fromkeys(["GET /bytes/1", "GET /fault/drop", "GET /bytes/2"], 1)
            self.assertEqual(expected, lines(origin))


class CountersTest(OriginTestCase):
    def setUp(self):
        self.before = self.origin.counts()

    @property
    def seen(self) -> ServerCounts:
        return self.origin.counts() - self.before

    def test_a_client_that_does_not_wait_leaves_a_dropped_request(self):
        """It was read and never answered; one whose answer was begun is none."""
        with Wire(self.origin) as wire:
            wire.send(get("/delay/30"))
            self.until(lambda: self.seen.bytes_received > 0)
        self.until(lambda: self.seen.dropped == 1)
        with Wire(self.origin) as wire:
            wire.send(get("/drip?duration=30"))
            self.assertEqual(200, wire.status())
        self.until(lambda: self.seen.requests == 1)

        self.assertEqual((1, 1), (self.seen.dropped, self.seen.requests))

    def test_what_is_under_way_between_two_turns(self):
        """It counts as dropped, nothing that comes of it counts at all, and the next request on its connection does."""
        wire = self.wire()
        wire.send(get("/delay/0.3"))
        self.until(lambda: self.seen.bytes_received > 0)
        settled = self.origin.settle() - self.before
        self.assertEqual((0, 1), (settled.requests, settled.dropped))

        self.assertEqual(200, wire.answer()[0])
        self.assertEqual(settled.model_copy(update={"cpu_s": 0.0}), self.seen.model_copy(update={"cpu_s": 0.0}))
        wire.send(get("/delay/0.01"))
        wire.answer()
        self.assertEqual((1, 1), (self.seen.requests, self.seen.dropped))

    def test_what_is_asked_ahead(self):
        """Each request that comes before the answer to the one before was written: along with that one, or later."""
        wire = self.wire()
        for parts, ahead in (
            ([get("/bytes/5") * 5], 4),
            ([get("/bytes/5"), post("/bytes/5", 3) + b"abc" + get("/bytes/5")], 1),
            ([get("/delay/0.3"), get("/bytes/5"), get("/bytes/5")], 2),
            ([get("/drip?duration=0.6&numbytes=3"), get("/bytes/5")[:9], get("/bytes/5")[9:]], 1),
        ):
            with self.subTest(parts):
                before = self.origin.counts()
                answers = b"".join(parts).count(b" HTTP/1.1")
                for part in parts:
                    seen = self.origin.counts().bytes_received
                    wire.send(part)
                    self.until(lambda seen=seen, part=part: self.origin.counts().bytes_received == seen + len(part))
                for _ in range(answers):
                    wire.answer()
                self.assertEqual(ahead, (self.origin.counts() - before).asked_ahead)

    def test_what_is_not_asked_ahead(self):
        """A body that comes late or when it is asked for, empty lines behind it, and the next one in a last rest."""
        wire = self.wire()
        wire.send(post("/bytes/5", 3), b"a", b"bc\r\n")
        wire.answer()
        wire.send(post("/delay/0.1", 3) + b"abc\r\n")
        wire.answer()
        wire.send(post("/bytes/5", 3, "Expect: 100-continue"))
        self.assertEqual(100, wire.status())
        wire.send(b"abc")
        wire.answer()
        wire.send(get("/drip?duration=0.6&numbytes=2"))
        self.assertEqual((200, b"**"), wire.answer())
        wire.send(get("/bytes/1"))
        wire.answer()

        self.assertEqual((5, 0), (self.seen.requests, self.seen.asked_ahead))

    def test_what_waits_when_the_turn_ends(self):
        """Nobody else is charged with what was asked ahead and comes up later: its connection ends."""
        wire = self.wire()
        wire.send(get("/delay/0.3") + get("/bytes/5") * 4)
        self.until(lambda: self.seen.bytes_received > 0)
        settled = self.origin.settle()

        self.assertEqual(b"", wire.rest())
        self.assertEqual((0, 0), ((now := self.origin.counts() - settled).requests, now.asked_ahead))

    def test_the_rest_after_an_answer(self):
        """The last rest of /drip is no answer that somebody gave up."""
        wire = self.wire()
        wire.send(get("/drip?duration=0.6&numbytes=2"))
        self.assertEqual((200, b"**"), wire.answer())
        self.origin.settle()
        wire.send(get("/bytes/1"))
        wire.answer()

        self.assertEqual((2, 0), (self.seen.requests, self.seen.dropped))

    def test_a_client_that_leaves_an_answer_unread_resets_its_connection(self):
        """Closing after the whole body is no reset, in the middle of it is one."""
        with Wire(self.origin) as wire:
            wire.send(get("/bytes/5"))
            wire.answer()
        self.until(lambda: self.seen.requests == 1)
        time.sleep(0.05)
        self.assertEqual(0, self.seen.reset_by_client)
        with Wire(self.origin) as wire:
            wire.send(get(f"/bytes/{MIB}"))
            wire.status()
        self.until(lambda: self.seen.reset_by_client == 1)

    def test_who_ended_a_connection(self):
        """The origin, where it was asked to, which it counts apart, or refuses; not where the client closes."""
        for number, request in enumerate((get("/bytes/5", "Connection: close"), b"GET / HTTP/1.0\r\n\r\n", b"?\r\n")):
            with self.subTest(request), Wire(self.origin) as wire:
                wire.send(request)
                wire.rest()
                self.assertEqual((number + 1, min(2, number + 1)), (self.seen.closed, self.seen.closed_on_request))
        with Wire(self.origin) as wire:
            wire.send(get("/bytes/5"))
            wire.answer()

        self.assertEqual((4, 3), (self.seen.connections, self.seen.closed))

    def test_versions(self):
        """HTTP/1.0 and HTTP/1.1 apart, at first sight and again."""
        wire = self.wire()
        for request in (b"GET /bytes/5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", get("/bytes/5")):
            for _ in range(3):
                wire.send(request)
                wire.answer()

        self.assertEqual(({"1.0": 3, "1.1": 3}, 30), (self.seen.protocols, self.seen.body_bytes_sent))

    def test_framing_is_no_content(self):
        """Of chunks that come in only what they carry counts as body; of what goes out all that follows a head."""
        wire = self.wire()
        wire.send(
            b"POST /bytes/0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        wire.answer()
        for request in (get("/bytes/9").replace(b"GET", b"HEAD"), get("/status/204")):
            wire.send(request)
            wire.status()
        wire.send(get("/stream-bytes/25?chunk_size=10", "Connection: close"))
        wire.rest()
        seen, framing_bytes = self.seen, len("a\r\n\r\na\r\n\r\n5\r\n\r\n0\r\n\r\n")

        self.assertEqual((5, 25 + framing_bytes), (seen.body_bytes_received, seen.body_bytes_sent))
        self.assertEqual(seen.bytes_received - 5, seen.header_bytes_received)

    def test_faults(self):
        """A fault in place of an answer drops the request, others break it off; either ends the connection."""
        for path, dropped, requests, broken, body_bytes in (
            ("reset", 1, 0, 0, 0),
            ("drop", 1, 0, 0, 0),
            ("garbage", 1, 0, 0, 0),
            ("truncated", 0, 1, 1, 512),
            ("close-after", 0, 1, 0, 1024),
        ):
            before = self.origin.counts()
            with self.subTest(path), Wire(self.origin) as wire:
                wire.send(get(f"/fault/{path}"))
                with contextlib.suppress(ConnectionResetError):
                    wire.rest()
                seen = self.origin.counts() - before
                self.assertEqual((dropped, requests, broken), (seen.dropped, seen.requests, seen.broken))
                self.assertEqual((1, 0), (seen.closed, seen.reset_by_client))
                self.assertEqual(body_bytes, seen.body_bytes_sent)

    def test_answers_that_nobody_got_whole(self):
        """Broken off, or left before their end came; not a whole one, nor a head alone that ends in order."""
        for path, broken in (
            ("reset-body", 1),
            ("reset-after", 0),
            ("truncated-chunked", 1),
            ("bad-chunk", 1),
            ("stalled/30", 1),
            ("stalled-body/30", 1),
            ("trickle/30", 1),
        ):
            with self.subTest(path):
                self.assertEqual(broken, self.broken(get(f"/fault/{path}")))
        for path, broken in (("bad-chunk", 0), ("truncated", 0), ("reset-body", 1), ("stalled/30", 1)):
            with self.subTest(path, method="HEAD"):
                self.assertEqual(broken, self.broken(get(f"/fault/{path}").replace(b"GET", b"HEAD")))

    def broken(self, request: bytes) -> int | None:
        """How many answers count as broken once a client has read one byte of this one, and left."""
        before = self.origin.counts()
        with Wire(self.origin) as wire:
            wire.send(request)
            wire.socket.recv(1)
        return self.settled(before).broken
