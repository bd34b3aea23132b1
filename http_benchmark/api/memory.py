"""Answers that are kept for a moment, so that many readers cost a measurement no more than a few."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from http_benchmark.api.shared import Shared

KEPT_S = 2.0
"""How long an answer is given again."""

_MOST_ANSWERS = 64
_MOST_BYTES = 2**20  # of an answer; larger ones are made anew
_ANEW = ("/events", "/export", "/static/")  # streams, what may be enormous, and what costs nothing


@dataclass(slots=True)
class _Kept:
    """The newest answer to a question.

    Attributes:
        making: Held by who makes it; all who ask meanwhile wait for the same.
        messages: Of which it consists.
        state: What had changed through this server before it was begun.
        until_s: When it is to be made anew.
    """

    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    messages: Sequence[Message] = ()
    state: tuple[int, int] = (0, 0)
    until_s: float = float("-inf")


class Memory:
    """Gives the same answer to the same question for a moment, while a job is measured; stands behind the guard.

    Whatever changes through this server, such as a block that ended, a job or a tag, is seen at once; what another
    process writes into the database, at the latest after `KEPT_S`.

    Args:
        app: What answers.
        shared: Of the application.
        clock: Seconds of a monotonic clock.
    """

    def __init__(self, app: ASGIApp, shared: Shared, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._shared = shared
        self._clock = clock
        self._writes = 0
        self._kept: OrderedDict[tuple[str, bytes, str | None], _Kept] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            try:
                await self._app(scope, receive, send)
            finally:
                self._writes += 1
            return
        if self._shared.measuring.job is None or any(part in scope["path"] for part in _ANEW):
            await self._app(scope, receive, send)
            return
        for message in await self._answer(scope, receive):
            await send(dict(message))

    async def _answer(self, scope: Scope, receive: Receive) -> Sequence[Message]:
        """The messages of an answer, made now or lately."""
        kept = self._of(scope)
        async with kept.making:
            state = self._shared.feed.changes, self._writes
            if kept.state == state and self._clock() < kept.until_s:
                return kept.messages
            messages: list[Message] = []

            async def keep(message: Message) -> None:
                messages.append(message)

            await self._app(scope, receive, keep)
            is_good = messages[0]["status"] == 200 and sum(len(one.get("body", b"")) for one in messages) <= _MOST_BYTES
            kept.state, kept.until_s = state, self._clock() + (KEPT_S if is_good else 0)
            kept.messages = messages if is_good else ()
            return messages

    def _of(self, scope: Scope) -> _Kept:
        question = scope["path"], scope["query_string"], Headers(scope=scope).get("accept")
        kept = self._kept.setdefault(question, _Kept())
        self._kept.move_to_end(question)
        if len(self._kept) > _MOST_ANSWERS:
            self._kept.popitem(last=False)
        return kept
