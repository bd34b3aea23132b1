"""Rounds against the HTTP/2 listener: malformed frames, storms and broken beginnings, then sound requests.

Granian shows neither bytes with their heads nor who ended a connection, so less is held against the counters than over
HTTP/1.1: what the sound connections ask for must be answered right, and counted once and by its version.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

import h2.connection
import h2.events
import h2.exceptions

from bench.fuzzing.frames import ask, client, wire
from bench.fuzzing.lines import Encrypted, Line, Plain
from bench.fuzzing.orders import payload
from bench.fuzzing.rounds import AT_A_TIME, Fuzzer
from bench.fuzzing.talk import PATIENCE_S
from http_benchmark.models.measurement import ServerCounts

_READ_BYTES = 65536


@dataclass
class _Answer:
    status: int = 0
    content: bytearray = field(default_factory=bytearray)


class Http2Fuzzer(Fuzzer):
    """Plays rounds against an origin that speaks HTTP/2, over TLS or by prior knowledge."""

    def _parts(self, number: int) -> None:
        self._http2_part(number, "spoilt", self._spoil)
        before = self._origin.counts()
        asked = self._http2_part(number, "sound", self._ask)
        for fault in _faults(asked, self._origin.counts() - before):
            self._find(f"--round {number}, sound", fault)

    def _http2_part(
        self, number: int, name: str, play: Callable[[Random, str], Awaitable[Counter[int]]]
    ) -> Counter[int]:
        """Play one part; return how often its connections got which status."""
        statuses = Counter[int]()
        places = iter(range(self._connections))

        async def some() -> None:
            for place in places:
                where = f"--round {number}, {name} {place}"
                statuses.update(await play(Random(f"{self._seed}/{number}/{name}/{place}"), where))

        async def everybody() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_A_TIME):
                    group.create_task(some())

        asyncio.run(everybody())
        self._deserted(f"--round {number}, after {name}")
        self.report.played[name] += self._connections
        return statuses

    async def _spoil(self, random: Random, _where: str) -> Counter[int]:
        """Send what is wrong, read for a moment or never, and leave; whatever comes back is right."""
        data, stays_s = wire(random), random.choice((0.0, 0.02, 0.3))
        reads, ending = random.random() < 0.7, random.choice(("finish", "close", "reset"))
        self.report.damaged += 1
        self.report.left += ending != "finish"
        connection = socket.socket()
        with contextlib.suppress(OSError), connection:
            async with asyncio.timeout(stays_s + PATIENCE_S):
                line = await self._line(connection, "h2" if random.random() < 0.9 else "http/1.1")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(stays_s):
                        await line.send(data)
                        while reads and await line.receive(_READ_BYTES):
                            pass
                        await asyncio.sleep(stays_s)
                if ending == "finish":
                    await line.finish()
                elif ending == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return Counter()

    async def _ask(self, random: Random, where: str) -> Counter[int]:
        """Send sound requests at once and read all answers."""
        protocol, expected = client(), {}
        for _ in range(random.choice((1, 5, 30))):
            length = random.choice((0, 1, 1024, 20_000))
            expected[ask(protocol, f"/bytes/{length}", random.choice((b"", b"", bytes(300))))] = payload(length)
        answers: dict[int, _Answer] = {stream: _Answer() for stream in expected}
        try:
            async with asyncio.timeout(PATIENCE_S):
                with socket.socket() as connection:
                    await _exchange(await self._line(connection, "h2"), protocol, answers)
        except (OSError, h2.exceptions.ProtocolError) as error:  # a TimeoutError is an OSError
            self._find(where, f"{type(error).__name__} {error}, with {len(expected)} requests under way")
        for stream, content in expected.items():
            if answers[stream].content != content:
                got = answers[stream]
                self._find(where, f"stream {stream}: {got.status} with {len(got.content)} of {len(content)} bytes")
        return Counter(answer.status for answer in answers.values())

    async def _line(self, connection: socket.socket, protocol: str) -> Line:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, self._target)
        plain = Plain(connection)
        if self._tls is None:
            return plain
        context = ssl.create_default_context(cafile=self._origin.ca_file)
        context.set_alpn_protocols([protocol])
        encrypted = Encrypted(plain, context)
        await encrypted.handshake()
        return encrypted


async def _exchange(line: Line, protocol: h2.connection.H2Connection, answers: dict[int, _Answer]) -> None:
    """Send what is to be sent, and read until every stream has ended."""
    open_streams = set(answers)
    await line.send(protocol.data_to_send())
    while open_streams:
        data = await line.receive(_READ_BYTES)
        if not data:
            raise ConnectionError("closed early")
        for event in protocol.receive_data(data):
            match event:
                case h2.events.ResponseReceived():
                    answers[event.stream_id].status = int(dict(event.headers)[b":status"])
                case h2.events.DataReceived():
                    answers[event.stream_id].content += event.data
                    protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.StreamEnded():
                    open_streams.discard(event.stream_id)
                case h2.events.StreamReset():
                    raise ConnectionError(f"stream {event.stream_id} was reset: {event.error_code}")
        await line.send(protocol.data_to_send())


def _faults(asked: Counter[int], seen: ServerCounts) -> list[str]:
    """Where the counters are not what the sound connections saw, in words."""
    right = {"requests": asked.total(), "statuses": dict(asked), "protocols": {"2": asked.total()}}
    return [
        f"the origin counted {name} {getattr(seen, name)}, where {count} is right"
        for name, count in right.items()
        if getattr(seen, name) != count
    ]
