"""Streams of server-sent events: numbered ones, and tokens as language models' servers stream them."""

import json
from collections.abc import Iterator

CONTENT_TYPE = "text/event-stream"
MAX_EVENTS = 100_000

EVENT_STREAMS = ("/sse/", "/tokens/")
"""How the paths begin that are answered so."""


class Events:
    """Numbered events, each with an id and JSON data; can be iterated again and again.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._count):
            yield f'id: {number}\ndata: {{"number": {number}}}\n\n'.encode()


class Tokens:
    """A completion, token by token, in the form that OpenAI's clients read, and its `[DONE]`; can be iterated again.

    Args:
        count: How many tokens; `[DONE]` is none.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._count):
            delta = {"content": f"token{number} "}
            document = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
            yield f"data: {json.dumps(document)}\n\n".encode()
        yield b"data: [DONE]\n\n"
