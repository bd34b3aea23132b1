"""Many readers get the same answer while a job is measured, and what changed is seen at once."""

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest import IsolatedAsyncioTestCase

from http_benchmark.api.jobs import Feed
from http_benchmark.api.memory import KEPT_S, Memory

PATH = "/api/v1/experiments"


class MemoryTest(IsolatedAsyncioTestCase):
    def setUp(self):
        self.made = 0
        self.status, self.size = 200, 10
        self.going_on = asyncio.Event()
        self.going_on.set()
        self.now_s = 0.0
        self.feed = Feed()
        self.shared: Any = SimpleNamespace(feed=self.feed, measuring=SimpleNamespace(job=object()))
        self.memory = Memory(self.application, self.shared, lambda: self.now_s)

    async def application(self, scope, receive, send):
        self.made += 1
        number = self.made
        await self.going_on.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"number", b"%d" % number)]})
        await send({"type": "http.response.body", "body": b"x" * self.size})

    async def ask(self, path: str = PATH, *, method: str = "GET", query: bytes = b"", accept: bytes = b"*/*") -> int:
        """The number of the answer that came, which has to be whole."""
        messages: list[dict[str, Any]] = []

        async def send(message):
            messages.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": query}
        await self.memory(scope | {"headers": [(b"accept", accept)]}, None, send)
        self.assertEqual([self.status, self.size], [messages[0]["status"], len(messages[1]["body"])])
        return int(dict(messages[0]["headers"])[b"number"])

    async def test_the_same_for_a_moment(self):
        """It is made anew when its time is over."""
        self.assertEqual([1, 1], [await self.ask(), await self.ask()])
        self.now_s = KEPT_S
        self.assertEqual([2, 2], [await self.ask(), await self.ask()])

    async def test_many_at_once(self):
        """Who asks while it is made waits for it."""
        self.going_on.clear()
        asked = [asyncio.create_task(self.ask()) for _ in range(50)]
        await asyncio.sleep(0)
        self.going_on.set()
        self.assertEqual({1}, set(await asyncio.gather(*asked)))

    async def test_while_nothing_is_measured(self):
        """Every answer is made anew."""
        self.shared.measuring.job = None
        self.assertEqual([1, 2], [await self.ask(), await self.ask()])

    async def test_other_questions(self):
        """Each has its own answer."""
        asked = [{"path": "/"}, {"query": b"limit=1"}, {"accept": b"text/html"}, {}]
        self.assertEqual([1, 2, 3, 4] * 2, [await self.ask(**one) for one in asked * 2])

    async def test_what_changed_is_seen(self):
        """A block that ended, or a request that changes something; how far a job is is in no answer."""
        await self.ask()
        self.feed.tell("j-1", {"share": 0.5})
        self.assertEqual(1, await self.ask())
        self.feed.tell("j-1")
        self.assertEqual(2, await self.ask())
        await self.ask(method="DELETE")
        self.assertEqual(4, await self.ask())

    async def test_a_change_meanwhile(self):
        """What was begun before a change is not given to who asks afterwards."""
        self.going_on.clear()
        before = asyncio.create_task(self.ask())
        await asyncio.sleep(0)
        self.feed.tell("j-1")
        self.going_on.set()
        self.assertEqual([1, 2], [await before, await self.ask()])

    async def test_what_is_not_kept(self):
        """Problems, what is large, and what is a stream."""
        for change, path in (({"status": 404}, PATH), ({"size": 2**20 + 1}, PATH), ({}, f"{PATH}/e-1/export")):
            with self.subTest(change, path=path):
                self.status, self.size = change.get("status", 200), change.get("size", 10)
                first = await self.ask(path)
                self.assertEqual(first + 1, await self.ask(path))

    async def test_room(self):
        """Of many questions the one that was asked least lately is forgotten."""
        for number in range(65):
            await self.ask(query=b"%d" % number)
        self.assertEqual([65, 66], [await self.ask(query=b"64"), await self.ask(query=b"0")])
