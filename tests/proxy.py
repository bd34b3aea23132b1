"""A forward proxy in a process of its own: absolute form with keep-alive, CONNECT, Basic authentication if asked for.

It counts what it is asked. For bodies with a length only, as clients and the origin send them in these tests.
"""

import asyncio
import base64
import contextlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

_ROOT = Path(__file__).parents[1]


class ProxyProcess:
    """The proxy, as long as the context lasts; it ends with its parent, whose pipe it reads.

    Args:
        credentials: "user:password" that it asks for; empty for none.
    """

    def __init__(self, credentials: str = "") -> None:
        self._command = [sys.executable, "-m", "tests.proxy", credentials]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = f"127.0.0.1:{self._ask('port')}"
        self.url = f"http://{self.address}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def counts(self) -> Counter[str]:
        """Requests forwarded ("forwarded"), tunnels made ("tunnels") and requests refused ("refused") so far."""
        return Counter(self._ask("counts"))

    def _ask(self, what: str) -> object:
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class _Proxy:
    def __init__(self, credentials: str) -> None:
        self.counts: Counter[str] = Counter()
        self._expected = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstreams: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer, upstreams):
                pass
        for _, upstream in upstreams.values():
            upstream.close()
        writer.close()

    async def _answer(self, reader, writer, upstreams) -> bool:
        """One request; False where the connection is of no use any more."""
        line, headers = await _head(reader)
        method, target, _ = line.split(" ")
        if self._expected and headers.get("proxy-authorization") != self._expected:
            self.counts["refused"] += 1
            await reader.readexactly(int(headers.get("content-length", 0)))
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n'
            )
            return True
        if method == "CONNECT":
            self.counts["tunnels"] += 1
            await _tunnel(reader, writer, target)
            return False
        self.counts["forwarded"] += 1
        url = urlsplit(target)  # in origin form it has no host, and fails here
        if url.netloc not in upstreams:
            upstreams[url.netloc] = await asyncio.open_connection(url.hostname, url.port)
        up_reader, up_writer = upstreams[url.netloc]
        kept = {name: value for name, value in headers.items() if not name.startswith("proxy-")}
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        up_writer.write(_bytes(f"{method} {path} HTTP/1.1", kept))
        up_writer.write(await reader.readexactly(int(headers.get("content-length", 0))))
        status, answer = await _head(up_reader)
        writer.write(_bytes(status, answer))
        writer.write(await up_reader.readexactly(int(answer.get("content-length", 0))))
        await writer.drain()
        return True


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return lines[0], {name.lower(): value.strip() for name, _, value in pairs}


def _bytes(line: str, headers: dict[str, str]) -> bytes:
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode("latin-1")


async def _tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> None:
    host, _, port = target.rpartition(":")
    up_reader, up_writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(_pump(reader, up_writer), _pump(up_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def _main(credentials: str) -> None:
    proxy = _Proxy(credentials)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    while question := await asyncio.to_thread(sys.stdin.readline):
        answer = server.sockets[0].getsockname()[1] if question.strip() == "port" else proxy.counts
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
