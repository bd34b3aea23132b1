"""Playing one script on one connection, and what came of it."""

import asyncio
import itertools
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.fuzzing.lines import Encrypted, Line, Plain
from bench.fuzzing.replies import Replies, Reply, WrongReplyError
from bench.fuzzing.scripts import Script

PATIENCE_S = 60.0  # without a byte, while a processor is there; TCP itself may rest for seconds where windows are small
_LOOK_S = 0.5
_SLOW_READS = 100  # then the rest as fast as it comes, or a large answer would take for ever
_MOST_BYTES = 8_000_000  # more is asked for only by those who leave


@dataclass
class Outcome:
    """What one connection saw.

    Attributes:
        sent_least, sent_most: Bytes that went out for certain, and that may have gone out.
        received_bytes: What came in.
        replies: Whole answers.
        begun: The status of an answer of which only the beginning came.
        drained: The origin closed in order after its last byte.
        finished: All was sent, and our side was closed before the origin's.
        fault: What must not be, in words.
    """

    script: Script
    sent_least: int = 0
    sent_most: int = 0
    received_bytes: int = 0
    replies: list[Reply] = field(default_factory=list)
    begun: int | None = None
    drained: bool = False
    finished: bool = False
    fault: str | None = None


class Talk:
    """One connection.

    Args:
        script: What to do.
        target: The origin's address.
        starved_s: For how long the origin has waited for a processor in all; none of it counts as silence.
        tls: Whom to trust, where the script speaks TLS.
    """

    def __init__(
        self,
        script: Script,
        target: tuple[str, int],
        starved_s: Callable[[], float],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._script = script
        self._target = target
        self._starved_s = starved_s
        self._tls = tls
        self._silent_s = 0.0  # while the origin had a processor
        self._outcome = Outcome(script)
        self._replies = Replies(one.method for one in script.orders)
        self._changed = asyncio.Event()  # something came in, or it is over
        self._over = False

    async def run(self) -> Outcome:
        """Play it; the connection is closed afterwards."""
        script, outcome = self._script, self._outcome
        try:
            self._socket = await self._connect()
        except OSError as error:
            outcome.fault = f"not connected: {error}"
            return outcome
        with self._socket:
            try:
                self._line = await self._greet()
            except OSError as error:
                outcome.fault = f"no handshake: {error}"
                return outcome
            try:
                async with asyncio.timeout(script.ends_after_s if script.leaves else None) as self._limit:
                    self._starved_before_s = self._starved_s()
                    self._lose_patience()
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._write())
                        group.create_task(self._read())
            except TimeoutError:
                if not script.leaves:
                    outcome.fault = f"stuck after {len(self._replies.whole)} answers"
            self._look.cancel()
            if script.ending == "reset":
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        outcome.replies, outcome.begun = self._replies.whole, self._replies.begun
        return outcome

    def _lose_patience(self) -> None:
        """Give up when nothing has come for too long.

        A look that comes late, since the fuzzer itself was kept waiting, counts no more than one in time: what has come
        meanwhile is read before the next.
        """
        loop, starved_s = asyncio.get_running_loop(), self._starved_s()
        self._silent_s += max(0.0, _LOOK_S - (starved_s - self._starved_before_s))
        self._starved_before_s = starved_s
        if self._silent_s > PATIENCE_S and not self._script.leaves:
            self._limit.reschedule(loop.time())
        self._look = loop.call_later(_LOOK_S, self._lose_patience)

    async def _connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._script.window_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._script.window_bytes)
        try:
            connection.bind((self._script.address, 0))
            await asyncio.get_running_loop().sock_connect(connection, self._target)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _greet(self) -> Line:
        plain = Plain(self._socket)
        if self._script.tls != "spoken":
            return plain
        assert self._tls is not None
        encrypted = Encrypted(plain, self._tls)
        await encrypted.handshake()
        return encrypted

    async def _write(self) -> None:
        script, outcome = self._script, self._outcome
        try:
            for number, part in enumerate(script.parts):
                if number and script.rest_s:
                    await asyncio.sleep(script.rest_s)
                if number and script.waits_for_continue:
                    await self._until(lambda: bool(self._replies.continues))
                await self._send(part)
            if script.ending == "answered":
                await self._until(lambda: len(self._replies.whole) >= len(script.expected))
            await asyncio.sleep(PATIENCE_S if script.leaves else script.ends_after_s)
            if not self._over:
                await self._line.finish()
                outcome.finished = not self._over
        except OSError:
            pass  # the origin has closed; the reader knows whether it may

    async def _send(self, part: bytes) -> None:
        for start in range(0, len(part), 65536):
            piece = part[start : start + 65536]
            self._outcome.sent_most += len(piece)
            await self._line.send(piece)
            self._outcome.sent_least += len(piece)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not (condition() or self._over):
            self._changed.clear()
            await self._changed.wait()

    async def _read(self) -> None:
        script, outcome = self._script, self._outcome
        await asyncio.sleep(script.read_after_s)
        try:
            for number in itertools.count() if script.read_bytes else ():
                slow = number < _SLOW_READS
                self._take(await self._line.receive(script.read_bytes if slow else 65536))
                await asyncio.sleep(script.read_rest_s if slow else 0)
                if self._over:
                    break
        except (ConnectionError, ssl.SSLError) as error:
            if script.trusts and not script.leaves:
                self._may_be_cut_off(error)
        except WrongReplyError as error:
            if script.trusts:
                outcome.fault = f"wrong answer: {error}"
        finally:
            self._over = self._over or bool(script.read_bytes)
            self._changed.set()

    def _take(self, data: bytes) -> None:
        outcome = self._outcome
        outcome.received_bytes += len(data)
        self._silent_s = 0.0
        self._replies.feed(data)
        if outcome.received_bytes > _MOST_BYTES and not self._script.leaves:
            raise WrongReplyError(f"more than {_MOST_BYTES} bytes came")
        if not data:
            self._over = outcome.drained = True
        self._changed.set()

    def _may_be_cut_off(self, error: OSError) -> None:
        """After its last answer the origin cuts off who does not close; nobody else."""
        replies = self._replies.whole
        if not (replies and replies[-1].closes):
            self._outcome.fault = f"{type(error).__name__} after {len(replies)} answers"
