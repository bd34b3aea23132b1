"""Several requests in one run: who sends which, and what a sample says of it."""

import asyncio
import unittest
from itertools import islice

from http_benchmark.clients.base import Request
from http_benchmark.load.mix import Mix, Senders
from http_benchmark.load.recorder import CODE_BITS, PLACE_SHIFT

REQUESTS = tuple(Request("GET", f"http://127.0.0.1:1/{name}") for name in "abc")
MIX = Mix(REQUESTS, tags=(1, 2, 1), order=(0, 1, 2, 1, 0, 2), deck=3)


class SendersTest(unittest.TestCase):
    def senders(self, threads: int, mix: Mix | None = MIX, **stripes: int) -> Senders[str]:
        """Each `send` answers with its thread and its request."""
        names = "abc" if mix else "a"
        return Senders(
            [[lambda one=f"{thread}{name}": one for name in names] for thread in range(threads)], mix, **stripes
        )

    def sent(self, senders: Senders[str], count: int) -> list[str]:
        (send,), _ = senders.paired([print])
        return [send() for _ in range(count)]

    def test_threads_share_the_order(self):
        """Whoever is free takes the next request, with a `send` of its own; after the last comes the first."""
        (first, second), _ = self.senders(2).paired([print, print])

        self.assertEqual(
            ["0a", "1b", "1c", "0b", "0a", "1c", "0a"],
            [first(), second(), second(), first(), first(), second(), first()],
        )

    def test_each_run_begins_with_a_deck(self):
        """Deck 1 of two, then deck 2, which is the first again."""
        senders = self.senders(1)
        for deck, expected in ((0, "abcb"), (1, "bacabc"), (2, "abc")):
            senders.deal(deck)
            self.assertEqual([f"0{name}" for name in expected], self.sent(senders, len(expected)))

    def test_processes_share_the_order(self):
        """Each takes every second request of it."""
        sent = [self.sent(self.senders(1, stripe=stripe, stripes=2), 3) for stripe in (0, 1)]

        self.assertEqual([["0a", "0c", "0a"], ["0b", "0b", "0c"]], sent)

    def test_a_sample_knows_its_request(self):
        """Above the code stand tag and place of what the thread sent last, also when that failed."""
        noted = []
        (send, other), (record, other_record) = self.senders(2).paired([lambda *sample: noted.append(sample)] * 2)
        send()
        other()
        record(1, 2, 3, 200)
        other_record(1, 2, 3, 11)

        self.assertEqual([(1, 2, 3, 1 << CODE_BITS | 200), (1, 2, 3, 1 << PLACE_SHIFT | 2 << CODE_BITS | 11)], noted)

    def test_a_single_request_costs_nothing_more(self):
        """The very `send` and `record` that there would be without workloads."""

        def send() -> int:
            return 200

        senders = Senders([[send], [send]], None)
        senders.deal(3)

        self.assertEqual(([send], [print]), senders.paired([print]))

    def test_a_task_awaits_what_its_client_gives(self):
        """No coroutine of ours stands between."""

        async def answer() -> int:
            return 200

        (send,), _ = Senders([[answer, answer, answer]], MIX).paired([print])

        self.assertEqual(200, asyncio.run(send()))

    def test_decks(self):
        """The order is a whole number of them."""
        self.assertEqual(2, MIX.decks)
        self.assertEqual([0, 1, 2], list(islice(MIX.order, MIX.deck)))
