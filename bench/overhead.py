"""What the harness costs: throughput through it divided by that of a hand-written loop of the same client.

Both run in one process with the same settings (pool, timeout, headers, status check), in alternating halves of a
second, in an order that is drawn for each pair; the ratio is the Hodges-Lehmann estimate over the pairs with its 95 %
interval. Run from a checkout:

    .venv/bin/python bench/overhead.py            # all cases, about seven minutes
    .venv/bin/python bench/overhead.py requests:sync:10 --pairs 40
"""

import argparse
import asyncio
import json
import math
import random
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, cast

from http_benchmark.clients import installed_clients, load_adapter
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.lifeline import pin
from http_benchmark.load.schedule import Stop
from http_benchmark.models.contender import Mode
from http_benchmark.origin.process import OriginProcess
from http_benchmark.planning import DEFAULT_HEADERS, share_processors
from http_benchmark.stats.intervals import hl_interval
from http_benchmark.utils.host import available_cpus
from http_benchmark.worker.protocol import Open, Run
from http_benchmark.worker.samples import SamplesFile
from http_benchmark.worker.session import Session

if TYPE_CHECKING:
    import pycurl

HALF_S = 0.5
TIMEOUT_S = 30.0
HEADERS = dict(DEFAULT_HEADERS)
TARGET = 0.97
ATTEMPTS = 3
CONCURRENCIES = {"sync": (1, 10), "async": (10,)}

type Loop = Callable[[float], int]
"""Send until this moment of `time.perf_counter`; return how many requests were done."""
type AsyncLoop = Callable[[float], Awaitable[int]]


def check(status: int) -> None:
    if status >= 400:
        raise RuntimeError(f"status {status}")


def requests_loop(url: str, concurrency: int) -> Loop:
    import requests  # noqa: PLC0415 - one client per process
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - as above

    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=concurrency, pool_block=True))

    def loop(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            response = session.get(url, headers=HEADERS, timeout=TIMEOUT_S, allow_redirects=False)
            check(response.status_code)
            done += 1
        return done

    return loop


def urllib3_loop(url: str, concurrency: int) -> Loop:
    import urllib3  # noqa: PLC0415 - as above

    pool = urllib3.PoolManager(num_pools=1, maxsize=concurrency, block=True, retries=False)
    timeout = urllib3.Timeout(connect=TIMEOUT_S, read=TIMEOUT_S)

    def loop(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            response = pool.request("GET", url, headers=HEADERS, timeout=timeout, redirect=False)
            check(response.status)
            done += 1
        return done

    return loop


def httpx_loop(url: str, concurrency: int) -> Loop:
    import httpx  # noqa: PLC0415 - as above

    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    client = httpx.Client(limits=limits, timeout=TIMEOUT_S, trust_env=False)
    client.headers.clear()

    def loop(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            response = client.get(url, headers=HEADERS)
            check(response.status_code)
            done += 1
        return done

    return loop


def requestx_loop(url: str, concurrency: int) -> Loop:
    del concurrency
    import requestx  # noqa: PLC0415 - as above

    client = requestx.Client(timeout=requestx.Timeout(TIMEOUT_S), trust_env=False)
    client.headers = requestx.Headers()

    def loop(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            response = client.get(url, headers=HEADERS)
            check(response.status_code)
            done += 1
        return done

    return loop


def pycurl_loop(url: str, concurrency: int) -> Loop:
    del concurrency
    import pycurl  # noqa: PLC0415 - as above

    handles = threading.local()

    def loop(end: float) -> int:
        if not hasattr(handles, "curl"):
            handles.curl, handles.chunks = pycurl_handle(url)
        curl, chunks = handles.curl, handles.chunks
        done = 0
        while time.perf_counter() < end:
            chunks.clear()
            curl.perform()
            b"".join(chunks)
            check(curl.getinfo(pycurl.RESPONSE_CODE))
            done += 1
        return done

    return loop


def pycurl_handle(url: str) -> tuple["pycurl.Curl", list[bytes]]:
    import pycurl  # noqa: PLC0415 - as above

    curl, chunks = pycurl.Curl(), list[bytes]()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])
    curl.setopt(pycurl.ACCEPT_ENCODING, HEADERS["Accept-Encoding"])
    curl.setopt(pycurl.TIMEOUT_MS, round(TIMEOUT_S * 1000))
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.WRITEFUNCTION, chunks.append)
    return curl, chunks


async def httpx_async_loop(url: str, concurrency: int, stack: AsyncExitStack) -> AsyncLoop:
    import httpx  # noqa: PLC0415 - as above

    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    client = await stack.enter_async_context(httpx.AsyncClient(limits=limits, timeout=TIMEOUT_S, trust_env=False))
    client.headers.clear()

    async def loop(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            response = await client.get(url, headers=HEADERS)
            check(response.status_code)
            done += 1
        return done

    return loop


async def requestx_async_loop(url: str, concurrency: int, stack: AsyncExitStack) -> AsyncLoop:
    import requestx  # noqa: PLC0415 - as above

    limits = requestx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    client = requestx.AsyncClient(timeout=requestx.Timeout(TIMEOUT_S), limits=limits, trust_env=False)
    stack.push_async_callback(client.aclose)

    async def loop(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            response = await client.get(url, headers=HEADERS)
            check(response.status_code)
            done += 1
        return done

    return loop


async def aiohttp_async_loop(url: str, concurrency: int, stack: AsyncExitStack) -> AsyncLoop:
    import aiohttp  # noqa: PLC0415 - as above

    session = await stack.enter_async_context(
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=concurrency, limit_per_host=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=TIMEOUT_S, sock_read=TIMEOUT_S),
        )
    )

    async def loop(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            async with session.get(url, headers=HEADERS, allow_redirects=False) as response:
                await response.read()
                check(response.status)
            done += 1
        return done

    return loop


async def pycurl_async_loop(url: str, concurrency: int, stack: AsyncExitStack) -> AsyncLoop:
    """Pycurl has no asyncio client of its own, so both sides use the one that the adapter brings."""
    import pycurl  # noqa: PLC0415 - as above

    from http_benchmark.clients.pycurl_adapter import _Transfers  # noqa: PLC0415 - as the docstring says

    transfers = _Transfers(concurrency, hosts=1)
    stack.callback(transfers.close)
    unused = [pycurl_handle(url) for _ in range(concurrency)]

    async def loop(end: float) -> int:
        curl, chunks = unused.pop()
        done = 0
        while time.perf_counter() < end:
            chunks.clear()
            await transfers.perform(curl)
            b"".join(chunks)
            check(curl.getinfo(pycurl.RESPONSE_CODE))
            done += 1
        unused.append((curl, chunks))
        return done

    return loop


def by_hand(loop: Loop, concurrency: int) -> float:
    """Requests per second of `concurrency` threads that each run the loop."""
    done = [0] * concurrency
    started = time.perf_counter()

    def thread(number: int) -> None:
        done[number] = loop(started + HALF_S)

    threads = [threading.Thread(target=thread, args=(number,)) for number in range(1, concurrency)]
    for each in threads:
        each.start()
    thread(0)
    for each in threads:
        each.join()
    return sum(done) / (time.perf_counter() - started)


async def by_hand_async(loop: AsyncLoop, concurrency: int) -> float:
    """Requests per second of `concurrency` tasks that each run the loop."""
    started = time.perf_counter()
    done = await asyncio.gather(*(loop(started + HALF_S) for _ in range(concurrency)))
    return sum(done) / (time.perf_counter() - started)


class Harness:
    """The same client through the worker's own session, samples recorded as in a real run."""

    def __init__(self, library: str, mode: Mode, concurrency: int, url: str) -> None:
        client = installed_clients()[library]
        adapter = load_adapter(client.module)
        order = Open(
            client.module,
            client.modes[mode],
            options=ClientOptions(concurrency=concurrency, timeout_s=TIMEOUT_S),
            request=Request("GET", url, DEFAULT_HEADERS),
        )
        self.samples = SamplesFile()
        self.session = Session(getattr(adapter, client.modes[mode])(), adapter.ERRORS, order, self.samples.descriptor)

    def rate(self) -> float:
        ran = self.session.run(Run(Stop(duration_s=HALF_S)))
        requests = sum(len(chunk) for chunk in self.samples.take())
        self.samples.empty()
        return requests / ((ran.ended_ns - ran.started_ns) / 1e9)

    def close(self) -> None:
        self.session.close()
        self.samples.close()


def measure(case: str, url: str, pairs: int) -> list[tuple[float, float]]:
    """(harness, by hand) in requests per second, for each pair; the first pair warms up and is dropped."""
    library, mode, concurrency = case.split(":")
    harness = Harness(library, cast("Mode", mode), int(concurrency), url)
    rates = []
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        if mode == "sync":
            loop = globals()[f"{library}_loop"](url, int(concurrency))

            def hand() -> float:
                return by_hand(loop, int(concurrency))
        else:
            async_loop = runner.run(globals()[f"{library}_async_loop"](url, int(concurrency), stack))

            def hand() -> float:
                return runner.run(by_hand_async(async_loop, int(concurrency)))

        for _ in range(pairs + 1):
            if random.random() < 0.5:
                through = harness.rate()
                rates.append((through, hand()))
            else:
                own = hand()
                rates.append((harness.rate(), own))
        runner.run(stack.aclose())
    harness.close()
    return rates[1:]


def measure_apart(case: str, url: str, pairs: int) -> list[tuple[float, float]]:
    """`measure` in a fresh process; once more if a client takes its process down (requestx:async does, at times)."""
    command = [sys.executable, __file__, case, f"--pairs={pairs}", f"--child={url}"]
    for _ in range(ATTEMPTS - 1):
        answer = subprocess.run(command, check=False, stdout=subprocess.PIPE)
        if answer.returncode == 0:
            return pairs_in(answer.stdout)
        print(f"{case:22}ended with exit code {answer.returncode}; once more", flush=True)
    return pairs_in(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def pairs_in(answer: bytes) -> list[tuple[float, float]]:
    return [(through, own) for through, own in json.loads(answer)]


def all_cases() -> list[str]:
    return [
        f"{library}:{mode}:{concurrency}"
        for library, client in installed_clients().items()
        for mode in client.modes
        for concurrency in CONCURRENCIES[mode]
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="LIBRARY:MODE:CONCURRENCY")
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    origin_cpus, client_cpus = share_processors(available_cpus())
    if arguments.child:
        pin(client_cpus)
        json.dump(measure(arguments.cases[0], arguments.child, arguments.pairs), sys.stdout)
        return 0
    missed = 0
    print(f"{'case':22}{'harness':>10}{'by hand':>10}   ratio (95 % interval), {arguments.pairs} pairs", flush=True)
    with OriginProcess(cpus=origin_cpus) as origin:
        for case in arguments.cases or all_cases():
            rates = measure_apart(case, f"{origin.url}/bytes/1024", arguments.pairs)
            interval = hl_interval([math.log(through / own) for through, own in rates])
            ratio, low, high = (math.nan if value is None else math.exp(value) for value in interval)
            middle = sorted(rates)[len(rates) // 2]
            verdict = "ok" if max(ratio, high) >= TARGET else "TOO SLOW"
            missed += verdict != "ok"
            print(
                f"{case:22}{middle[0]:10.0f}{middle[1]:10.0f}   {ratio:.3f} ({low:.3f}..{high:.3f})  {verdict}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
