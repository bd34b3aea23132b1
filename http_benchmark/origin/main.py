"""The origin's process: listens, serves until told to end, and closes its connections in order.

`python -m http_benchmark.origin.main` serves in the foreground; with `--child` it is spoken to by `process`.
"""

import argparse
import asyncio
import ipaddress
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from http_benchmark.errors import TargetError
from http_benchmark.lifeline import die_with_parent, ending_signals, pin, raise_file_limit
from http_benchmark.origin.app import BACKLOG, Origin
from http_benchmark.origin.control import ControlChannel, say
from http_benchmark.origin.faulty import FaultyOrigin
from http_benchmark.origin.options import PLAIN, OriginOptions

if TYPE_CHECKING:
    from http_benchmark.origin.http2 import Http2Origin
    from http_benchmark.origin.tls import Credentials

_PATIENCE_S = 1.0  # how long answers under way may take when the process is told to end


def serve_forever(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    cpus: Collection[int] = (),
    options: OriginOptions = PLAIN,
    on_listening: Callable[[str, Path | None], None],
) -> None:
    """Serve in the foreground until SIGINT, SIGTERM or SIGHUP; prints nothing.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 for a free one.
        cpus: Processors to run on; all by default.
        options: What kind of server to be.
        on_listening: Told the URL once connections are accepted; and, with TLS, the PEM file of the authority to
            trust, which is removed at the end.

    Raises:
        TargetError: The address cannot be listened on.
    """
    pin(cpus)
    with listen(host, port) as listener:
        uvloop.run(_serve_until_signal(listener, options, on_listening))


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, with as many files as the system allows.

    Raises:
        TargetError: The address cannot be listened on.
    """
    raise_file_limit()
    if not 0 <= port <= 65535:  # the system would take it modulo 65536
        raise TargetError(f"cannot listen on {host} port {port}: a port is a number from 0 to 65535")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error
        raise TargetError(
            f"cannot listen on {host} port {port}: {reason}; choose another port, or 0 for a free one"
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
    return listener


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that accepts connections.

    Attributes:
        origin: The server.
        urls: Where it is reached, for each socket, without a slash at the end.
        ca_file: PEM file of the authority that its clients have to trust; None without TLS.
    """

    origin: "Origin | Http2Origin"
    urls: tuple[str, ...]
    ca_file: Path | None


@asynccontextmanager
async def serving(listeners: Sequence[socket.socket], options: OriginOptions) -> AsyncIterator[Serving]:
    """Have the server that the options ask for accept the connections of listening sockets.

    Raises:
        TargetError: The server for HTTP/2 does not start.
    """
    addresses = [listener.getsockname()[:2] for listener in listeners]
    credentials = _credentials([host for host, _ in addresses], options)
    origin = _origin(options, credentials)
    for listener in listeners:
        await origin.listen(listener)
    urls = tuple(_url("https" if credentials else "http", host, port) for host, port in addresses)
    if credentials is None:
        yield Serving(origin, urls, None)
        return
    with tempfile.TemporaryDirectory(prefix="http-benchmark-") as folder:  # which only this user can enter
        ca_file = Path(folder, "authority.pem")
        ca_file.write_text(credentials.authority, encoding="ascii")  # noqa: ASYNC240 - before anybody connects
        yield Serving(origin, urls, ca_file)


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


# What follows is imported where it is asked for: most origins need neither, and the two take 0.4 s and 24 MB.


def _credentials(hosts: Sequence[str], options: OriginOptions) -> "Credentials | None":
    if not options.tls:
        return None
    from http_benchmark.origin.tls import credentials  # noqa: PLC0415 - see above

    return credentials(options.certificate, hosts)


def _origin(options: OriginOptions, credentials: "Credentials | None") -> "Origin | Http2Origin":
    if not options.http2:
        kind = FaultyOrigin if options.faults else Origin
        return kind(options, credentials.context() if credentials else None)
    from http_benchmark.origin.http2 import Http2Origin  # noqa: PLC0415 - see above

    return Http2Origin(credentials)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process; return its exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.child is not None:
        die_with_parent(arguments.child)
        _serve_as_child(arguments.host, arguments.port, arguments.cpus, arguments.options)
        return 0
    try:
        serve_forever(
            arguments.host,
            arguments.port,
            cpus=arguments.cpus,
            options=arguments.options,
            on_listening=_print_url,
        )
    except TargetError as error:
        sys.stderr.write(f"{error}\n")
        return 4
    return 0


def _print_url(url: str, ca_file: Path | None) -> None:
    sys.stdout.write(f"{url} {ca_file}\n" if ca_file else f"{url}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m http_benchmark.origin.main", description="The target server.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument(
        "--cpus", type=_cpus, default=set(), help='processors to run on, for example "0,2" (default: all)'
    )
    parser.add_argument(
        "--options",
        type=OriginOptions.from_json,
        default=PLAIN,
        metavar="JSON",
        help="what kind of server to be (default: a plain one)",
    )
    parser.add_argument("--child", type=int, metavar="PID", help="be a child of this process and talk to it")
    return parser


def _cpus(text: str) -> set[int]:
    return {int(cpu) for cpu in text.split(",") if cpu}


async def _serve_until_signal(
    listener: socket.socket, options: OriginOptions, on_listening: Callable[[str, Path | None], None]
) -> None:
    loop = asyncio.get_running_loop()
    told_to_end = asyncio.Event()
    for number in ending_signals():
        loop.add_signal_handler(number, told_to_end.set)
    async with serving([listener], options) as server:
        on_listening(server.urls[0], server.ca_file)
        await told_to_end.wait()
        await server.origin.end(_PATIENCE_S)


def _serve_as_child(host: str, port: int, cpus: Collection[int], options: OriginOptions) -> None:
    pin(cpus)
    try:
        with ExitStack() as stack:
            listeners = [stack.enter_context(listen(each, port)) for each in _hosts(host, options.addresses)]
            uvloop.run(_serve_controller(listeners, options))
    except TargetError as error:
        say({"is": "failed", "message": str(error)})


def _hosts(first: str, count: int) -> list[str]:
    """The addresses from the first one on, such as 127.0.0.1, 127.0.0.2 and 127.0.0.3."""
    if count == 1:
        return [first]  # which may be a name
    return [str(ipaddress.ip_address(first) + number) for number in range(count)]


async def _serve_controller(listeners: Sequence[socket.socket], options: OriginOptions) -> None:
    told_to_end = asyncio.Event()
    async with serving(listeners, options) as server:
        origin = server.origin
        readings = {"counts": origin.counts, "settle": origin.settle, "take-requested": origin.take_requested}

        def answer(message: dict[str, Any]) -> dict[str, Any]:
            match message:
                case {"do": str(reading)} if reading in readings:
                    return readings[reading]()
                case {"do": "start-journal"}:
                    origin.journal.start()
                    return {}
                case {"do": "journal"}:
                    return origin.journal.entries().to_dict()
                case {"do": "expect", "contender": name, "part": part} if isinstance(origin, FaultyOrigin):
                    origin.expect(name, part)
                    return {}
                case {"do": "open-connections", "contender": name} if isinstance(origin, FaultyOrigin):
                    return {"open": origin.open_connections(name)}
                case _:
                    raise ValueError(f"the origin does not know {message!r}")

        ControlChannel(answer, told_to_end.set)
        ca_file = str(server.ca_file) if server.ca_file else None
        say({"is": "listening", "urls": server.urls, "ca_file": ca_file, "pid": os.getpid()})
        await told_to_end.wait()


if __name__ == "__main__":
    sys.exit(main())
