"""When answers are due: after a rest, or when a queue with one server has got to them. Arithmetic only, no clock.

A queue's server is imagined: it serves one request at a time, in order of arrival, each for the time that the request
asks for, and may stall once. So the time that a request spends there is known to the nanosecond in advance, which is
what a load generator can be proved with.
"""

from dataclasses import dataclass

_MOST_QUEUES = 1024  # a client that names ever new ones must not fill memory


@dataclass(frozen=True, slots=True)
class Service:
    """What a request wants of which queue. Requests with equal values stand in one queue.

    Attributes:
        queue: The queue's name; a new name is a new queue.
        service_ns: How long the server serves each request.
        stall_after_ns, stall_ns: So long after the queue's first request the server stalls once, and for so long:
            nothing is begun or finished meanwhile, and what was begun goes on afterwards.
    """

    queue: str
    service_ns: int
    stall_after_ns: int = 0
    stall_ns: int = 0


class Queue:
    """One server and those who wait for it; begins with its first request.

    Args:
        service: What every request here wants.
        now_ns: When the first request came.
    """

    def __init__(self, service: Service, now_ns: int) -> None:
        self._service_ns = service.service_ns
        self._stall_ns = service.stall_ns
        self._stall_starts_ns = now_ns + service.stall_after_ns
        self._free_ns = now_ns

    def finish_ns(self, now_ns: int) -> int:
        """Take in a request; return when it is done: max(now, the one before it done) + service, + the stall."""
        begins_ns = max(now_ns, self._free_ns)
        ends_ns = begins_ns + self._service_ns
        if begins_ns < self._stall_starts_ns + self._stall_ns and ends_ns > self._stall_starts_ns:
            served_ns = max(0, self._stall_starts_ns - begins_ns)  # before the stall; the rest comes after it
            ends_ns = self._stall_starts_ns + self._stall_ns + self._service_ns - served_ns
        self._free_ns = ends_ns
        return ends_ns


class Queues:
    """All queues, each made by the first request that names it."""

    def __init__(self) -> None:
        self._queues: dict[Service, Queue] = {}

    def finish_ns(self, service: Service, now_ns: int) -> int:
        """When a request that came at `now_ns` is done. With too many queues, the oldest is forgotten."""
        queue = self._queues.get(service)
        if queue is None:
            while len(self._queues) >= _MOST_QUEUES:
                del self._queues[next(iter(self._queues))]
            queue = self._queues[service] = Queue(service, now_ns)
        return queue.finish_ns(now_ns)
