"""The ceiling of the bundled origin: GET 1 KiB on 64 connections, against a bare uvloop Protocol with one answer.

Run it with `python -m bench.origin`. Both servers run pinned to one processor, this process, the load, on another.
They take turns, in alternating order; a pair is one short run of each. Where the load cannot keep a server busy, the
rates say little, and CPU time per request is the figure to compare.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import select
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import uvloop

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.lifeline import die_with_parent, pin
from http_benchmark.origin.process import OriginProcess

PATH = "/bytes/1024"
SATURATED = 0.9  # share of its processor that a server must use for its rate to be its ceiling
SETTLE_S = 0.1  # load before the clock starts


@dataclass(frozen=True)
class Run:
    requests: int
    wall_s: float
    server_cpu_s: float

    @property
    def rate_rps(self) -> float:
        return self.requests / self.wall_s

    @property
    def cpu_us(self) -> float:
        return 1e6 * self.server_cpu_s / self.requests

    @property
    def busy(self) -> float:
        return self.server_cpu_s / self.wall_s


class Load:
    """Keep-alive connections with one request outstanding on each, over epoll and one shared buffer."""

    def __init__(self, port: int, connections: int, request: bytes, answer_bytes: int) -> None:
        self._request = request
        self._answer_bytes = answer_bytes
        self._buffer = bytearray(answer_bytes)
        self._missing: dict[int, int] = {}
        self._sockets = {}
        self._calls = {}
        self._poll = select.epoll()
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets[connection.fileno()] = connection
            self._calls[connection.fileno()] = (connection.recv_into, connection.send)
            self._poll.register(connection, select.EPOLLIN)

    def run(self, duration_s: float, server_pid: int) -> Run:
        for connection in self._sockets.values():
            connection.sendall(self._request)
        self._exchange(SETTLE_S)
        cpu_s, started_s = cpu_of(server_pid), time.perf_counter()
        requests = self._exchange(duration_s)
        wall_s, cpu_s = time.perf_counter() - started_s, cpu_of(server_pid) - cpu_s
        self._drain()
        return Run(requests, wall_s, cpu_s)

    def close(self) -> None:
        self._poll.close()
        for connection in self._sockets.values():
            connection.close()

    def _exchange(self, duration_s: float) -> int:
        poll, calls, buffer, request = self._poll.poll, self._calls, self._buffer, self._request
        missing, whole, answered = self._missing, self._answer_bytes, 0
        end_s = time.perf_counter() + duration_s
        while time.perf_counter() < end_s:
            for number, _ in poll(1.0):
                receive, send = calls[number]
                size = receive(buffer)
                if size == whole or self._completes(missing, number, size):
                    send(request)
                    answered += 1
        return answered

    def _completes(self, missing: dict[int, int], number: int, size: int) -> bool:
        if size == 0:
            raise ConnectionError("the server closed a connection")
        left = missing.pop(number, self._answer_bytes) - size
        if left:
            missing[number] = left
        return left == 0

    def _drain(self) -> None:
        waiting = set(self._sockets)
        while waiting:
            for number, _ in self._poll.poll(1.0):
                if self._completes(self._missing, number, self._calls[number][0](self._buffer)):
                    waiting.discard(number)


class Plain(asyncio.Protocol):
    """The least that a server in Python can do: each arrival of data is taken for one request."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.WriteTransport", transport).write

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - the event loop passes it
        self._write(self.answer)


def plain_server(port_to: Connection, parent_pid: int, cpus: set[int], answer: bytes) -> None:
    die_with_parent(parent_pid)
    os.setsid()  # as the origin's: on a busy machine the kernel shares processors out by session
    pin(cpus)
    Plain.answer = answer

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Plain, "127.0.0.1", 0, backlog=4096)
        port_to.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


@contextlib.contextmanager
def plain_process(cpus: set[int], answer: bytes) -> Iterator[tuple[int, int]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=plain_server, args=(theirs, os.getpid(), cpus, answer)
    )
    process.start()
    try:
        assert process.pid is not None, "it was started"
        yield ours.recv(), process.pid
    finally:
        process.kill()
        process.join()


def cpu_of(pid: int) -> float:
    """CPU seconds of a process with one thread, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def whole_answer(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        answer = connection.recv(65536)
        head = answer.partition(b"\r\n\r\n")[0]
        while len(answer) < len(head) + 4 + 1024:
            answer += connection.recv(65536)
        return answer


def spread(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} (min {min(values):{form}}, max {max(values):{form}})"


def report(runs: dict[str, list[Run]]) -> None:
    for name, of_server in runs.items():
        busy = statistics.median(run.busy for run in of_server)
        print(
            f"{name}: {spread([run.rate_rps for run in of_server], ',.0f')} requests/s, "
            f"{spread([run.cpu_us for run in of_server], '.2f')} µs CPU per request, "
            f"processor {busy:.0%} busy: {'saturated' if busy >= SATURATED else 'NOT saturated'}"
        )
    pairs = list(zip(runs["origin"], runs["plain"], strict=True))
    rates = [origin.rate_rps / plain.rate_rps for origin, plain in pairs]
    per_cpu = [plain.cpu_us / origin.cpu_us for origin, plain in pairs]
    print(
        f"requests per second, origin ÷ plain: {spread(rates, '.3f')} over {len(pairs)} pairs; at least 0.8 is wanted"
    )
    print(f"requests per CPU second, origin ÷ plain: {spread(per_cpu, '.3f')}")


def report_fastest_client(ceiling_rps: float, connections: int) -> None:
    """The fastest installed client at as many connections, and how far the origin's ceiling is above it."""
    clients = Experiment(ExperimentConfiguration(concurrency=connections, blocks=3, slices=3, warmup=0.3)).run().clients
    rates = {client.contender: client.throughput_rps.estimate for client in clients if client.throughput_rps}
    fastest = max(rates, key=lambda name: rates[name])
    print(
        f"fastest client at {connections} connections: {fastest}, {rates[fastest]:,.0f} requests/s; "
        f"ceiling ÷ fastest client: {ceiling_rps / rates[fastest]:.2f}; at least 2 is wanted"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.origin", description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one run")
    parser.add_argument("--connections", type=int, default=64)
    arguments = parser.parse_args()
    processors = sorted(os.sched_getaffinity(0))
    server_cpus = {processors[0]}
    pin({processors[-1]})
    with contextlib.ExitStack() as stack:
        origin = stack.enter_context(OriginProcess(cpus=server_cpus))
        port = int(origin.url.rpartition(":")[2])
        request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n".encode()
        answer = whole_answer(port, request)
        plain_port, plain_pid = stack.enter_context(plain_process(server_cpus, answer))
        servers = {"origin": (port, origin.pid), "plain": (plain_port, plain_pid)}
        loads = {name: Load(port, arguments.connections, request, len(answer)) for name, (port, _) in servers.items()}
        for load in loads.values():
            stack.callback(load.close)
        runs: dict[str, list[Run]] = {"origin": [], "plain": []}
        for pair in range(arguments.pairs):
            for name in sorted(servers, reverse=bool(pair % 2)):
                runs[name].append(loads[name].run(arguments.seconds, servers[name][1]))
    report(runs)
    os.sched_setaffinity(0, processors)
    ceiling_rps = 1e6 / statistics.median(run.cpu_us for run in runs["origin"])  # what a saturated processor gives
    report_fastest_client(ceiling_rps, arguments.connections)


if __name__ == "__main__":
    main()
