"""What the origin saw: plain numbers, raised where things happen and read by the controller between slices."""

import time
from collections import defaultdict
from typing import Any

from http_benchmark.origin.answers import Answer
from http_benchmark.origin.requested import Requested


class Counters:
    """Numbers since the start; what they mean stands in `models.measurement.ServerCounts`, whose keys a reading has.

    Attributes:
        kept: How often each kept answer was sent at once; not in the other numbers until `settle`.
        requested: The same requests one by one; no part of a reading, since they may be many.
    """

    def __init__(self) -> None:
        self.kept: defaultdict[Answer, int] = defaultdict(int)  # one addition a request, all else follows from it
        self.requested = Requested()
        self.requests = 0
        self.dropped = 0
        self.broken = 0
        self.statuses: defaultdict[int, int] = defaultdict(int)
        self.faults: defaultdict[str, int] = defaultdict(int)
        self.protocols: defaultdict[str, int] = defaultdict(int)
        self.connections = 0
        self.closed = 0
        self.closed_on_request = 0
        self.reset_by_client = 0
        self.asked_ahead = 0
        self.tls_handshakes = 0
        self.tls_resumptions = 0
        self.bytes_received = 0
        self.body_bytes_received = 0
        self.bytes_sent = 0
        self.body_bytes_sent = 0

    def begun(self, answer: Answer, times: int = 1) -> None:
        """Count a request whose answer starts; its bytes are counted as they go out."""
        self.requests += times
        self.requested.count(answer.request, times)
        self.statuses[answer.status] += times
        self.protocols[answer.version] += times

    def unanswered(self, request: str) -> None:
        """Count a request, as in `requested`, that was read and gets no answer."""
        self.dropped += 1
        self.requested.count(request)

    def settle(self) -> None:
        """Count what is in `kept`; to be called before these answers are given up, too."""
        for answer, times in self.kept.items():
            self.begun(answer, times)
            self.bytes_sent += times * len(answer.wire)
            self.body_bytes_sent += times * (len(answer.wire) - answer.head_bytes)
        self.kept.clear()

    def reading(self) -> dict[str, Any]:
        """All numbers as of now, with the CPU seconds that this process has used."""
        self.settle()
        numbers = {name: value for name, value in vars(self).items() if name not in {"kept", "requested"}}
        return numbers | {
            "header_bytes_received": self.bytes_received - self.body_bytes_received,
            "cpu_s": time.process_time(),
        }
