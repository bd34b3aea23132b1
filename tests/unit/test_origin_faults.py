"""Who meets which fault, and the steps in which an answer goes wrong; no sockets."""

import unittest
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.faults import Fault, FaultKind
from http_benchmark.origin.answers import Answers
from http_benchmark.origin.faults import Draw, befallen, meets
from http_benchmark.origin.messages import Request, Response, Stream
from http_benchmark.origin.scripts import Ending, capped, script, whole

TENTH = Fault.parse("drop:10%")
BURST = Fault.parse("unavailable:burst=20/1000")
ANSWERS = Answers()  # one for all, so that answers which are compared have the same Date
BODIES = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda pieces, fixed: Stream(tuple(pieces), sum(map(len, pieces)) if fixed else None),
        st.lists(st.binary(min_size=1, max_size=100), max_size=5),
        st.booleans(),
    ),
)


def numbers(fault: Fault, seed: str, count: int) -> list[int]:
    return [number for number in range(count) if meets(fault, seed, number)]


def kinds(draw: Draw, count: int) -> list[tuple[FaultKind, ...]]:
    return [tuple(fault.kind for fault in draw.next_request()) for _ in range(count)]


def steps(body: bytes | Stream, fault: Fault | None, method: str = "GET") -> list:
    return list(script(ANSWERS.prepare(Request(method, "/"), Response(body=body, fault=fault))))


def written(taken: list) -> bytes:
    return b"".join(bytes(part) for step in taken if isinstance(step, tuple) for part in step)


class DrawTest(unittest.TestCase):
    def test_the_same_seed_gives_the_same_numbers(self):
        """Which requests are hit follows from seed, fault and number alone; another seed hits others."""
        self.assertEqual(numbers(TENTH, "1/0", 1000), numbers(TENTH, "1/0", 1000))
        self.assertNotEqual(numbers(TENTH, "1/0", 1000), numbers(TENTH, "1/1", 1000))
        self.assertNotEqual(numbers(TENTH, "1/0", 1000), numbers(Fault.parse("reset-in:10%"), "1/0", 1000))

    def test_a_draw_numbers_from_zero(self):
        """Two draws meet the same, one after the other or by turns, and it is what `meets` says."""
        first, second = Draw([TENTH], "7"), Draw([TENTH], "7")
        met = [(first.next_request(), second.next_request()) for _ in range(300)]
        self.assertTrue(all(one == other for one, other in met))
        self.assertEqual(numbers(TENTH, "7", 300), [number for number, (one, _) in enumerate(met) if one])

    def test_as_many_are_hit_as_ordered(self):
        """A tenth of ten thousand, give or take five standard deviations; all without a share."""
        self.assertLess(abs(len(numbers(TENTH, "1", 10_000)) - 1000), 150)
        self.assertEqual(100, len(numbers(Fault.parse("drop"), "1", 100)))
        self.assertEqual(100, len(numbers(Fault.parse("drop:100%"), "1", 100)))

    @given(st.integers(0, 2**32).map(str))
    def test_a_burst_is_once_in_each_window(self, seed):
        """Twenty in a row in each thousand, not at the same place each time."""
        starts = set()
        for window in range(5):
            hit = [number for number in range(1000 * window, 1000 * window + 1000) if meets(BURST, seed, number)]
            self.assertEqual(list(range(hit[0], hit[0] + 20)), hit)
            starts.add(hit[0] % 1000)
        self.assertGreater(len(starts), 1)

    def test_delays_add_up_and_one_breaks(self):
        """A request meets all delays, and of all that breaks it the first that was ordered."""
        ordered = [Fault.parse(text) for text in ("truncated", "delay=1ms", "drop", "jitter=2ms")]
        self.assertEqual([(FaultKind.DELAY, FaultKind.JITTER, FaultKind.TRUNCATED)] * 3, kinds(Draw(ordered, "1"), 3))

    def test_jitter_is_a_part_of_what_was_ordered(self):
        """From nothing to all, evenly, and the same for the same number."""
        first, second = (Draw([Fault.parse("jitter=2s")], "1") for _ in range(2))
        amounts = [first.next_request()[0].amount for _ in range(1000)]
        self.assertEqual(amounts, [second.next_request()[0].amount for _ in range(1000)])
        self.assertGreaterEqual(min(amounts), 0.0)
        self.assertLess(max(amounts), 2.0)
        self.assertAlmostEqual(1.0, sum(amounts) / 1000, delta=0.1)

    def test_connections_have_numbers_of_their_own(self):
        """What a connection meets does not depend on how many requests came before."""
        ordered = [Fault.parse("slow-accept=1s:50%"), Fault.parse("slow-accept=2s"), TENTH]
        quiet, busy = Draw(ordered, "3"), Draw(ordered, "3")
        kinds(busy, 10)
        met = [quiet.next_connection() for _ in range(50)]
        self.assertEqual(met, [busy.next_connection() for _ in range(50)])
        self.assertEqual({1}, {len(faults) for faults in met})
        self.assertEqual({1.0, 2.0}, {faults[0].amount for faults in met})

    def test_what_faults_make_of_a_response(self):
        """Delays are added to the route's own, 503 takes the answer's place; none of it is kept for others."""
        met = befallen(Response(body=b"x", delay_s=1.0), [Fault.parse("delay=2s"), Fault.parse("drop")])
        self.assertEqual((3.0, FaultKind.DROP, False), (met.delay_s, met.fault.kind, met.repeatable))
        busy = befallen(Response(body=b"x"), [Fault.parse("delay=2s"), BURST])
        self.assertEqual((503, 2.0, None, False), (busy.status, busy.delay_s, busy.fault, busy.repeatable))
        self.assertEqual(200, befallen(Response(404), [Fault.parse("bad-chunk")]).status)  # as it says, and is counted
        self.assertEqual((("Content-Encoding", "gzip"),), befallen(Response(), [Fault.parse("bad-gzip")]).headers)


class ScriptTest(unittest.TestCase):
    @given(BODIES, st.sampled_from(["stalled=2s", "stalled-body=2s", "trickle=2s"]))
    def test_what_waits_loses_nothing(self, body, text):
        """All bytes of the answer come, in order, with as much rest as was ordered."""
        taken = steps(body, Fault.parse(text))
        self.assertEqual(written(steps(body, None)), written(taken))
        self.assertAlmostEqual(2.0, sum(step for step in taken if isinstance(step, float)))

    @given(BODIES, st.sampled_from(["reset-in", "truncated"]))
    def test_what_breaks_off_is_neither_nothing_nor_all(self, body, text):
        """A beginning of the answer, at least half of its head, and the ending last."""
        taken, answer = steps(body, Fault.parse(text)), written(steps(body, None))
        came = written(taken)
        self.assertTrue(answer.startswith(came))
        self.assertTrue(20 < len(came) < len(answer))
        self.assertEqual([text == "reset-in"], [step is Ending.RESET for step in taken if isinstance(step, Ending)])
        self.assertIsInstance(taken[-1], Ending)

    def test_half_of_the_body(self):
        """Its first half, in one piece or several; of a chunked body half of its first chunk."""
        for body in (b"abcdefgh", Stream((b"abc", b"de", b"fgh"), 8)):
            with self.subTest(body=body):
                self.assertTrue(written(steps(body, Fault.parse("truncated"))).endswith(b"\r\n\r\nabcd"))
        chunked = steps(Stream((b"abcdefg", b"more")), Fault.parse("truncated"))
        self.assertTrue(written(chunked).endswith(b"\r\n\r\n7\r\nabc"))

    def test_a_trickle_is_byte_by_byte(self):
        """Each byte after its part of the time; a long body in drops of a millisecond."""
        taken = steps(b"abcd", Fault.parse("trickle=2s"))
        self.assertEqual([0.5, (b"a",), 0.5, (b"b",), 0.5, (b"c",), 0.5, (b"d",)], taken[-8:])
        many = steps(bytes(100_000), Fault.parse("trickle=1s"))
        self.assertEqual(1000, sum(isinstance(step, float) for step in many))

    def test_endings_without_an_answer(self):
        """A reset, a close, and bytes that are no HTTP."""
        self.assertEqual([Ending.RESET], steps(b"abc", Fault.parse("reset-before")))
        self.assertEqual([Ending.CLOSE], steps(b"abc", Fault.parse("drop")))
        garbage, ending = steps(b"abc", Fault.parse("garbage"))
        self.assertFalse(garbage[0].startswith(b"HTTP/"))
        self.assertIs(Ending.CLOSE, ending)

    def test_endings_after_the_answer(self):
        """The whole answer, then the end."""
        for text, ending in (("reset-after", Ending.RESET), ("close-after", Ending.CLOSE)):
            with self.subTest(text):
                taken = steps(b"abc", Fault.parse(text))
                self.assertEqual((written(steps(b"abc", None)), ending), (written(taken), taken[-1]))

    @given(BODIES, st.integers(1, 10**6))
    def test_a_capped_line_carries_all_at_its_pace(self, body, bytes_per_s):
        """Every piece has waited for as long as the line takes for it, and nothing is lost."""
        answer = Answers().prepare(Request("GET", "/"), Response(body=body))
        taken = list(capped(whole(answer), bytes_per_s))
        came = written(taken)
        self.assertEqual(written(list(whole(answer))), came)
        self.assertAlmostEqual(len(came) / bytes_per_s, sum(islice(taken, 0, None, 2)))
        self.assertEqual(len(taken), 2 * sum(isinstance(step, tuple) for step in taken))
