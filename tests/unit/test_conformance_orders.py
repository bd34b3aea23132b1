"""What was ordered beside what the origin saw, request by request."""

import unittest

from http_benchmark.conformance.orders import Orders
from http_benchmark.conformance.protocol import Answer, Ask
from http_benchmark.origin.journal import SeenRequest

URL = "http://127.0.0.1:80"
DONE, FAILED = Answer(0.1, 200), Answer(0.1, kind="timeout")


def seen(method: str, target: str, body_bytes: int = 0) -> SeenRequest:
    return SeenRequest(1, method, target, "1.1", (), body_bytes, "", 0)


class OrdersTest(unittest.TestCase):
    def setUp(self):
        self.orders = Orders(URL)

    def test_what_was_ordered_may_come(self):
        """Once or more often, and where it failed not at all."""
        self.orders.note((Ask("GET", URL + "/a?b=1"), Ask("POST", URL, body_bytes=2)), 2, (DONE, DONE, FAILED, FAILED))

        for requests in ([], [seen("POST", "/", 2)]):
            self.assertIsNone(self.orders.difference([seen("GET", "/a?b=1")] * 3 + requests))

    def test_nothing_else_may(self):
        """Another method, another target, another body."""
        self.orders.note((Ask("POST", URL + "/a", body_bytes=2),), 1, (FAILED,))

        for other, words in (
            (seen("HEAD", "/a", 2), "HEAD /a with 2 bytes of body"),
            (seen("POST", "/a?", 2), "POST /a? with 2 bytes of body"),
            (seen("POST", "/a", 1), "POST /a with 1 byte of body"),
            (seen("POST", "/a"), "POST /a"),
        ):
            with self.subTest(words):
                self.assertEqual(f"the origin saw {words}, which was not ordered", self.orders.difference([other]))

    def test_what_was_answered_must_come(self):
        """As often as the client says that it was; what went to another server is not looked for."""
        self.orders.note((Ask("GET", URL + "/a"), Ask("GET", "https://127.0.0.1:81/b")), 2, (DONE,) * 4)

        self.assertEqual(
            "the origin saw GET /a 1 of 2 times that it was answered", self.orders.difference([seen("GET", "/a")])
        )
        self.assertIsNone(self.orders.difference([seen("GET", "/a")] * 2))

    def test_who_follows_redirects_may_send_more(self):
        """What they lead to stands in no order."""
        self.orders.leave_open()

        self.assertIsNone(self.orders.difference([seen("GET", "/next")]))


if __name__ == "__main__":
    unittest.main()
