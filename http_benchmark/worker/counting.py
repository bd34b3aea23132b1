"""Sends requests one after the other and nothing else, so that its processor instructions can be counted from outside.

Run as `python -m http_benchmark.worker.counting`, under valgrind; standard input has one JSON object: the `open`
message of the protocol, and how many `requests`. No threads, no clock, no samples: two runs differ by requests alone.
"""

import asyncio
import json
import sys
from typing import Any

from http_benchmark.clients import load_adapter
from http_benchmark.clients.base import AsyncClient, Client
from http_benchmark.worker.protocol import Open, decode


def main() -> None:
    """Send what standard input asks for; print how many were sent."""
    asked = json.load(sys.stdin)
    order = decode(asked["open"])
    assert isinstance(order, Open), "what is sent is an opening"
    client: Any = getattr(load_adapter(order.module), order.class_name)()
    if isinstance(client, AsyncClient):
        asyncio.run(_send_async(client, order, asked["requests"]))
    else:
        _send(client, order, asked["requests"])
    json.dump({"sent": asked["requests"]}, sys.stdout)


def _send(client: Client, order: Open, requests: int) -> None:
    client.open(order.options)
    send = client.prepare(order.request)
    for _ in range(requests):
        _require_success(send())
    client.close()


async def _send_async(client: AsyncClient, order: Open, requests: int) -> None:
    await client.open(order.options)
    send = client.prepare(order.request)
    for _ in range(requests):
        _require_success(await send())
    await client.close()


def _require_success(status: int) -> None:
    if status >= 400:
        raise SystemExit(f"a request was answered with {status}, so nothing is counted")


if __name__ == "__main__":
    main()
