"""Reading request bodies, plain or chunked: counted, and kept only where a route echoes them."""

import re
from collections.abc import Callable
from typing import Protocol

from http_benchmark.origin.messages import RefusalError, Request

MAX_BODY_BYTES = 128 * 1024 * 1024
"""Longest body that is drained; longer ones are answered 413."""

MAX_KEPT_BODY_BYTES = 16 * 1024 * 1024
"""Longest body that is echoed: as JSON it takes several times its size in memory."""

_MAX_LINE_BYTES = 4096  # a chunk's size with its extensions, or a trailer field
_MAX_TRAILER_BYTES = 65536
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?", re.DOTALL)


type Take = Callable[[bytes], None]
"""Given a body's content, part by part, as it is read."""


class Body(Protocol):
    """A request body that is being read.

    Attributes:
        complete: Its end was read.
        content_bytes: How much was read of what it carries, without the framing.
    """

    complete: bool
    content_bytes: int

    def feed(self, data: bytes, position: int) -> int:
        """Read on in `data` from `position`; return where it stopped.

        What stands from there on belongs to the next request, or has to come again with more behind it.

        Raises:
            RefusalError: The body is malformed or too long.
        """

    def kept(self) -> bytes:
        """The whole body, if it was to be kept, else b""."""


def body_of(request: Request, *, keep: bool, take: Take | None = None) -> Body | None:
    """The reader for a request's body; None if it has none.

    Args:
        request: Whose body it is.
        keep: Keep it, to be shown in the answer.
        take: Also given its content.

    Raises:
        RefusalError: It announces more than is read here.
    """
    limit_bytes = MAX_KEPT_BODY_BYTES if keep else MAX_BODY_BYTES
    if request.chunked:
        return ChunkedBody(limit_bytes, keep=keep, take=take)
    if request.content_length > limit_bytes:
        raise too_long(limit_bytes)
    return PlainBody(request.content_length, keep=keep, take=take) if request.content_length else None


def too_long(limit_bytes: int) -> RefusalError:
    """What a body beyond the limit is answered with."""
    return RefusalError(413, f"the body must not be longer than {limit_bytes} bytes")


class PlainBody:
    """A body whose length was announced."""

    def __init__(self, length: int, *, keep: bool, take: Take | None = None) -> None:
        self.complete = False
        self.content_bytes = 0
        self._take = take
        self._missing = length
        self._kept = bytearray() if keep else None

    def feed(self, data: bytes, position: int) -> int:
        end = min(len(data), position + self._missing)
        if self._kept is not None:
            self._kept += data[position:end]
        self.content_bytes += end - position
        if self._take is not None:
            self._take(data[position:end])
        self._missing -= end - position
        self.complete = not self._missing
        return end

    def kept(self) -> bytes:
        return bytes(self._kept or b"")


class ChunkedBody:
    """A body in chunks: each announces its size; one of size 0 and perhaps trailer fields end it."""

    def __init__(self, limit_bytes: int, *, keep: bool, take: Take | None = None) -> None:
        self.complete = False
        self.content_bytes = 0
        self._take = take
        self._allowed = self._limit_bytes = limit_bytes
        self._trailer_allowed = _MAX_TRAILER_BYTES
        self._missing = 0  # of the current chunk
        self._step = self._size_line
        self._kept = bytearray() if keep else None

    def feed(self, data: bytes, position: int) -> int:
        while not self.complete:
            after = self._step(data, position)
            if after is None:
                break
            position = after
        return position

    def kept(self) -> bytes:
        return bytes(self._kept or b"")

    # Each step returns where the next one goes on, or None when it needs more data.

    def _size_line(self, data: bytes, position: int) -> int | None:
        end = _line_end(data, position)
        if end is None:
            return None
        match = _CHUNK_SIZE.fullmatch(data, position, end)
        if match is None:
            raise RefusalError(400, f"not the size of a chunk: {data[position:end][:40]!r}")
        self._missing = int(match[1], 16)
        self._allowed -= self._missing
        if self._allowed < 0:
            raise too_long(self._limit_bytes)
        self._step = self._content if self._missing else self._trailer_line
        return end + 2

    def _content(self, data: bytes, position: int) -> int | None:
        end = min(len(data), position + self._missing)
        if end == position:
            return None
        if self._kept is not None:
            self._kept += data[position:end]
        self.content_bytes += end - position
        if self._take is not None:
            self._take(data[position:end])
        self._missing -= end - position
        if not self._missing:
            self._step = self._content_end
        return end

    def _content_end(self, data: bytes, position: int) -> int | None:
        mark = data[position : position + 2]
        if not b"\r\n".startswith(mark):
            raise RefusalError(400, f"a chunk is longer than it said: {mark!r} where a line end belongs")
        if len(mark) < 2:
            return None
        self._step = self._size_line
        return position + 2

    def _trailer_line(self, data: bytes, position: int) -> int | None:
        end = _line_end(data, position)
        if end is None:
            return None
        self._trailer_allowed -= end - position
        if self._trailer_allowed < 0:
            raise RefusalError(431, f"trailer fields must not be longer than {_MAX_TRAILER_BYTES} bytes")
        self.complete = end == position
        return end + 2


def _line_end(data: bytes, position: int) -> int | None:
    end = data.find(b"\r\n", position, position + _MAX_LINE_BYTES)
    if end >= 0:
        return end
    if len(data) - position >= _MAX_LINE_BYTES:
        raise RefusalError(400, f"a line of a chunked body must not be longer than {_MAX_LINE_BYTES} bytes")
    return None
