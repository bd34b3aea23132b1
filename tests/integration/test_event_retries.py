"""Events of a response that was tried again: a real server, real clients."""

import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from http_benchmark.benchmark import Experiment, ExperimentConfiguration

REQUESTS = 4
EVENT = b"data: token\n\n"
BROKEN_OFF_AFTER, WHOLE = 2, 3
"""Events of a stream that is broken off, and of one that is not."""


class BreakingHandler(BaseHTTPRequestHandler):
    """Breaks off every other stream of events, beginning with the first."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked += 1
        broken = self.server.asked % 2 == 1
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(BROKEN_OFF_AFTER if broken else WHOLE):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(EVENT), EVENT))
        if broken:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class EventRetriesTest(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(ThreadingHTTPServer(("127.0.0.1", 0), BreakingHandler))
        self.server.asked = 0
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def test_events_are_those_of_the_attempt_that_succeeded(self):
        """Each first attempt breaks off after two events, each second one has three: three of a request count."""
        configuration = ExperimentConfiguration(
            contenders=("urllib3", "aiohttp"),
            url=f"http://127.0.0.1:{self.server.server_port}/",
            events=True,
            retries=1,
            requests=REQUESTS,
            concurrency=1,
            warmup=0,
            slices=1,
            blocks=1,
            floor=False,
        )
        result = Experiment(configuration).run()

        self.assertEqual(2 * 2 * REQUESTS, self.server.asked)
        for client in result.clients:
            with self.subTest(client.contender):
                self.assertEqual((REQUESTS, {}, REQUESTS), (client.requests, client.errors, client.retries))
                self.assertEqual(WHOLE * REQUESTS, client.events.events)
                counts = (client.events.first_event_s.count, client.events.gap_s.count)
                self.assertEqual((REQUESTS, (WHOLE - 1) * REQUESTS), counts)
