"""The origin's queues: when requests are done, in milliseconds worked out by hand; no clock."""

import unittest
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.origin.queues import Queue, Queues, Service

MS = 1_000_000


def finishes_ms(arrivals_ms: list[int], service_ms: int, stall_after_ms: int = 0, stall_ms: int = 0) -> list[float]:
    service = Service("q", service_ms * MS, stall_after_ms * MS, stall_ms * MS)
    queue = Queue(service, arrivals_ms[0] * MS)
    return [queue.finish_ns(arrival_ms * MS) / MS for arrival_ms in arrivals_ms]


class QueueTest(unittest.TestCase):
    def test_who_comes_to_a_free_server_is_served_at_once(self):
        """With gaps longer than the service, each is done one service after it came."""
        self.assertEqual([110, 130, 150], finishes_ms([100, 120, 140], 10))

    def test_who_comes_to_a_busy_server_waits_for_those_before(self):
        """Three at a time, 10 ms each: 10, 20, 30 ms; the next comes to a free server."""
        self.assertEqual([10, 20, 30, 45], finishes_ms([0, 0, 5, 35], 10))

    def test_a_stall_holds_what_comes_in_it_until_its_end(self):
        """From 50 to 150 ms nothing is begun: those of 60 and 149 ms are served after it, that of 200 ms at once."""
        self.assertEqual([10, 160, 170, 210], finishes_ms([0, 60, 149, 200], 10, 50, 100))

    def test_a_stall_interrupts_who_is_being_served(self):
        """Begun 4 ms before the stall of 100 ms, the request needs 6 ms more after it; the next one 10 ms more."""
        self.assertEqual([10, 156, 166], finishes_ms([0, 46, 60], 10, 50, 100))

    def test_a_request_that_is_done_when_the_stall_begins_is_done(self):
        """The stall begins with the end of the service: it is in time."""
        self.assertEqual([10, 50, 160], finishes_ms([0, 40, 50], 10, 50, 100))

    def test_the_stall_counts_from_the_first_request(self):
        """A queue that begins at 1000 ms stalls 50 ms later."""
        self.assertEqual([1010, 1160], finishes_ms([1000, 1060], 10, 50, 100))

    @given(
        st.lists(st.integers(0, 40), min_size=1, max_size=60),
        st.integers(1, 30),
        st.integers(0, 300),
        st.integers(0, 200),
    )
    def test_the_server_does_one_thing_at_a_time(self, gaps_ms, service_ms, stall_after_ms, stall_ms):
        """However they come: in order, at least a service apart, and nobody ends inside the stall."""
        arrivals_ms = [sum(gaps_ms[: number + 1]) for number in range(len(gaps_ms))]
        finishes = finishes_ms(arrivals_ms, service_ms, stall_after_ms, stall_ms)
        stall_starts_ms = arrivals_ms[0] + stall_after_ms

        self.assertTrue(all(done >= came + service_ms for came, done in zip(arrivals_ms, finishes, strict=True)))
        self.assertTrue(all(after - before >= service_ms for before, after in pairwise(finishes)))
        self.assertFalse([done for done in finishes if stall_starts_ms < done < stall_starts_ms + stall_ms + 1])


class QueuesTest(unittest.TestCase):
    def test_queues_are_apart_by_name_and_by_service(self):
        """Another name or another service time is another server."""
        queues = Queues()
        services = [Service("a", 10), Service("b", 10), Service("a", 20)]

        self.assertEqual([10, 10, 20], [queues.finish_ns(service, 0) for service in services])
        self.assertEqual([20, 20, 40], [queues.finish_ns(service, 0) for service in services])

    def test_ever_new_names_do_not_fill_memory(self):
        """Beyond 1024 queues the oldest is forgotten, and starts afresh when it is named again."""
        queues = Queues()
        for number in range(1025):
            queues.finish_ns(Service(str(number), 10), 0)

        self.assertEqual([20, 10], [queues.finish_ns(Service(name, 10), 0) for name in ("1024", "0")])
