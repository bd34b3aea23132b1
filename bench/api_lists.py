"""How long the REST API's and the dashboard's lists take with 100,000 experiments.

`python -m bench.api_lists` fills a temporary SQLite database, serves it, and asks for pages as `bench.storage` asks the
database, one after the other. The exit code is 1 where an answer took longer than the limit.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.api_readers import served
from bench.storage import LIMIT_S, RARITIES, TRIES, fill
from http_benchmark.migrations.engine import database_url, open_engine
from http_benchmark.storage import ResultStorage

PAGES = {
    "newest": "experiments",
    "200 at a time": "experiments?limit=200",
    "client": "experiments?client=httpx",
    "client and version": "experiments?client=httpx&version=0.27.3",
    "name": "experiments?name=nightly-7",
    "tag": "experiments?tag=release",
    **{f"rare {kind}": f"experiments?{kind}={value}" for kind, value in RARITIES},
    "nobody": "experiments?tag=nobody",
    "the overview in the dashboard": "/",
    "the overview, a tag": "/?tag=release",
}


def main() -> int:
    """Fill, ask, and print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "results.db"
        with ResultStorage(str(database)):
            pass
        engine = open_engine(database_url(str(database)))
        fill(engine, arguments.experiments)
        engine.dispose()
        with served(database) as (url, _):
            worst_s = max(asked(url, name, page) for name, page in PAGES.items())
    print(f"worst {1e3 * worst_s:.0f} ms, limit {1e3 * LIMIT_S:.0f} ms: {'kept' if worst_s <= LIMIT_S else 'EXCEEDED'}")
    return int(worst_s > LIMIT_S)


def asked(url: str, name: str, page: str) -> float:
    """The longest of some tries, after one that opens everything."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        times = []
        for _ in range(1 + TRIES):
            started = time.perf_counter()
            answer = client.get(url.removesuffix("api/v1") + page.lstrip("/") if page.startswith("/") else page)
            times.append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.text
    kilobytes = len(answer.content) / 1000
    print(f"  {name:32} {kilobytes:7.1f} kB, best {1e3 * min(times[1:]):6.1f} ms, worst {1e3 * max(times[1:]):6.1f} ms")
    return max(times[1:])


if __name__ == "__main__":
    sys.exit(main())
