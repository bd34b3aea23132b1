"""What the origin saw: plain numbers, raised where things happen and read by the controller between slices."""

import time
from collections import defaultdict
from typing import Any


class Counters:
    """Numbers since the start; the keys of a reading are those of `models.measurement.ServerCounts`.

    Attributes:
        requests: Requests whose answer was begun, whatever the status.
        connections: Connections accepted.
        bytes_received: Bytes that came in, heads and bodies.
        bytes_sent: Bytes handed out for sending, heads and bodies.
        statuses: Answers by HTTP status.
    """

    __slots__ = ("bytes_received", "bytes_sent", "connections", "requests", "statuses")

    def __init__(self) -> None:
        self.requests = 0
        self.connections = 0
        self.bytes_received = 0
        self.bytes_sent = 0
        self.statuses: defaultdict[int, int] = defaultdict(int)

    def reading(self) -> dict[str, Any]:
        """All numbers as of now, with the CPU seconds that this process has used."""
        return {
            "requests": self.requests,
            "connections": self.connections,
            "bytes_received": self.bytes_received,
            "bytes_sent": self.bytes_sent,
            "statuses": dict(self.statuses),
            "cpu_s": time.process_time(),
        }
