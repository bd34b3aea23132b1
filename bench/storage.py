"""How long lists of stored experiments take: 100,000 of them, filtered and paged, on SQLite and PostgreSQL.

Run it with `python -m bench.storage`. It fills a temporary database, which takes a minute or two, asks for pages by
all kinds of filters, and prints the best and the worst of some tries, which indexes the database used, and how large it
is. Each try opens its connection, as the command does. The exit code is 1 where the worst try of a filter took longer
than the limit; the worst that can be asked for, two filters of which each fits half of all experiments and none fits
both, is shown in brackets and not judged. PostgreSQL is a private server, where it is installed; `--url` names a
database instead, which has to be empty.
"""

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import SkipTest

from sqlalchemy import Engine, Table, event, func, insert, select

from http_benchmark.database.blobs import pack
from http_benchmark.database.listing import page
from http_benchmark.database.rows import client_rows, document_row, experiment_row, facet_rows, microseconds
from http_benchmark.migrations.engine import database_url, label, open_engine, reading, writing
from http_benchmark.migrations.schema import BLOCKS, CLIENTS, DOCUMENTS, EXPERIMENTS, FACETS, METADATA
from http_benchmark.models.experiment import ClientResult, Estimate, ExperimentResult, Target, Validity
from http_benchmark.models.filters import Filters
from http_benchmark.storage import ResultStorage
from tests import postgres

type Rows = dict[Table, list[dict[str, Any]]]

LIMIT_S = 0.2
TRIES = 5
PAGE = 20
START = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)
KINDS = 400  # of experiments; each is stored many times, with its own id and time
AT_ONCE = 2_000  # experiments in one transaction
RARE = 10_000  # every so many experiments there is one of a rare kind
BLOCKS_EACH = 2
RARITIES = (("tag", "golden"), ("client", "pycurl==9.9.9"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=100_000)
    parser.add_argument("--url", action="append", help="empty databases instead of temporary ones")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        urls = arguments.url or [*temporary_databases(stack)]
        return max(measure(url, arguments.experiments) for url in urls)


def temporary_databases(stack: ExitStack) -> Iterator[str]:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    yield f"sqlite:///{folder}/results.db"
    try:
        yield postgres.server().new_database()
    except SkipTest as reason:
        print(reason)


def measure(url: str, experiments: int) -> int:
    """Fill a database and time its lists; 1 where one takes too long."""
    with ResultStorage(url):
        pass
    engine = open_engine(database_url(url))
    started = time.perf_counter()
    fill(engine, experiments)
    print(
        f"\n{label(engine.url)}: {experiments:,} experiments in {time.perf_counter() - started:.0f} s, {sizes(engine)}"
    )
    last = START + experiments * STEP
    worst_s = 0.0
    for name, (filters, offset) in cases(last, experiments).items():
        times, found = timed(engine, filters, offset)
        judged = not name.startswith("(")
        worst_s = max(worst_s, times[-1]) if judged else worst_s
        print(f"  {name:44} {found:3} found, best {1e3 * times[0]:6.1f} ms, worst {1e3 * times[-1]:6.1f} ms")
    for name, (filters, offset) in cases(last, experiments).items():
        print(f"  {name}: {indexes(engine, filters, offset)}")
    print(
        f"  worst {1e3 * worst_s:.1f} ms, limit {1e3 * LIMIT_S:.0f} ms: {'kept' if worst_s <= LIMIT_S else 'EXCEEDED'}"
    )
    engine.dispose()
    return int(worst_s > LIMIT_S)


def cases(last: datetime, experiments: int) -> dict[str, tuple[Filters, int]]:
    """Filters and offsets by name."""
    month = last - timedelta(days=30)
    return {
        "newest": (Filters(), 0),
        "oldest, by offset": (Filters(), experiments - PAGE),
        "a month": (Filters(since=month - timedelta(days=30), until=month), 0),
        "client": (Filters(client=("httpx",)), 0),
        "client, half way": (Filters(client=("httpx:async",)), experiments // 4),
        "client and version": (Filters(client=("httpx",), version="0.27.3"), 0),
        "rare client": (Filters(client=("pycurl==9.9.9",)), 0),
        "name": (Filters(name="nightly-7"), 0),
        "tag": (Filters(tag=("release",)), 0),
        "rare tag": (Filters(tag=("golden",)), 0),
        "frequent and rare tag": (Filters(tag=("nightly", "golden")), 0),
        "host": (Filters(host="runner-3"), 0),
        "workload": (Filters(workload="GET /bytes/1024"), 0),
        "client, name, tag, host and a month": (
            Filters(client=("aiohttp:async",), name="nightly-3", tag=("nightly",), host="runner-1", since=month),
            0,
        ),
        "two clients, a version, host, tag, workload": (
            Filters(
                client=("httpx:async", "urllib3"),
                version="0.27.2",
                tag=("nightly",),
                host="runner-2",
                workload="GET /bytes/1024",
            ),
            0,
        ),
        "nothing fits": (Filters(name="no such name", client=("httpx",)), 0),
        "(half fit each of two, none fits both)": (Filters(tag=("odd", "even")), 0),
    }


def fill(engine: Engine, experiments: int) -> None:
    """Store experiments of many kinds, evenly over time, and let the database look at its tables."""
    chosen = random.Random(1)
    kinds = [kind(number, chosen) for number in range(KINDS)]
    blob = pack([])
    numbers = iter(range(experiments))
    while some := list(islice(numbers, AT_ONCE)):
        rows: Rows = {EXPERIMENTS: [], DOCUMENTS: [], CLIENTS: [], FACETS: [], BLOCKS: []}
        for number in some:
            add(rows, number, kinds[number % KINDS if number % RARE else 0], blob)
        with writing(engine) as connection:
            for table, values in rows.items():
                connection.execute(insert(table), values)
    with writing(engine) as connection:
        connection.exec_driver_sql("ANALYZE")


def kind(number: int, chosen: random.Random) -> Rows:
    """The rows of a kind of experiment, without id and time."""
    tags = ["nightly"] * chosen.randint(0, 1) + ["release"] * (chosen.random() < 0.02) + [("even", "odd")[number % 2]]
    versions = {"httpx": "0.27", "aiohttp": "3.10", "requests": "2.32", "urllib3": "2.2", "pycurl": "7.45"}
    clients = tuple(
        ClientResult(
            contender=f"{library}:{'async' if library in {'httpx', 'aiohttp'} else 'sync'}",
            library=library,
            version=f"{version}.{chosen.randint(0, 9)}",
            mode="async" if library in {"httpx", "aiohttp"} else "sync",
            status="ok",
            throughput_rps=Estimate(estimate=1000.0),
        )
        for library, version in versions.items()
        if chosen.random() < 0.9
    )
    experiment = ExperimentResult(
        id="",
        name=f"nightly-{number % 40}",
        started_at=START,
        finished_at=START,
        seed=number,
        blocks=BLOCKS_EACH,
        primary_metric="throughput_rps",
        configuration={"method": "GET", "tag": tags},
        environment={"host": f"runner-{number % 5}"},
        target=Target(kind="bundled", url=f"http://127.0.0.1/bytes/{1024 * (1 + number % 3)}"),
        validity=Validity(verdict=chosen.choice(["valid", "suspect"])),
        clients=clients,
    )
    return {
        EXPERIMENTS: [experiment_row(experiment, tags)],
        DOCUMENTS: [document_row(experiment)],
        CLIENTS: client_rows(experiment),
        FACETS: facet_rows(experiment, tags),
    }


def add(rows: Rows, number: int, of_kind: Rows, blob: bytes) -> None:
    """The rows of one experiment."""
    started_at = START + number * STEP
    name = f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}-{number}"  # spread as random ids are
    timed = {"experiment_id": name, "started_us": microseconds(started_at)}
    rows[EXPERIMENTS].append(of_kind[EXPERIMENTS][0] | {"id": name, "started_at": started_at})
    rows[DOCUMENTS].append(of_kind[DOCUMENTS][0] | {"experiment_id": name})
    rows[CLIENTS] += [row | timed for row in of_kind[CLIENTS]]
    rows[FACETS] += [row | timed for row in of_kind[FACETS]]
    if number % RARE == 0:
        rows[FACETS] += [timed | {"kind": kind, "value": value} for kind, value in RARITIES]
    for block in range(BLOCKS_EACH):
        moments = {"started_at": started_at, "finished_at": started_at}
        rows[BLOCKS].append({"experiment_id": name, "block": block, "trials": blob} | moments)


def timed(engine: Engine, filters: Filters, offset: int) -> tuple[list[float], int]:
    """How long each try took, in seconds and ascending, and how many were found."""
    times = []
    found = 0
    for _ in range(TRIES):
        started = time.perf_counter()
        with reading(engine) as connection:
            found = len(page(connection, filters, limit=PAGE, offset=offset))
        times.append(time.perf_counter() - started)
    return sorted(times), found


def indexes(engine: Engine, filters: Filters, offset: int) -> str:
    """Which indexes the database used to find a page, in its own words."""
    asked: list[tuple[str, Any]] = []
    sqlite = engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with reading(engine) as connection:
        event.listen(connection, "before_cursor_execute", note)
        page(connection, filters, limit=PAGE, offset=offset)
        event.remove(connection, "before_cursor_execute", note)
        lines = []
        for statement, parameters in asked:
            setting = statement.startswith("SET ")  # which the next statement is planned by
            found = connection.exec_driver_sql(statement if setting else f"{explain} {statement}", parameters)
            lines += [str(row[3] if sqlite else row[0]) for row in ([] if setting else found)]
    scans = [line.split("(cost")[0].strip(" ->") for line in lines if re.search("Scan|SCAN|SEARCH", line)]
    return "; ".join(dict.fromkeys(scans))


def sizes(engine: Engine) -> str:
    """Rows, and what an experiment takes beside its document and blocks."""
    with reading(engine) as connection:
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in METADATA.sorted_tables
        }
        if engine.dialect.name == "sqlite":
            size = Path(str(engine.url.database)).stat().st_size
        else:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    return f"{size / 2**20:.0f} MiB; rows: " + ", ".join(
        f"{name} {number:,}" for name, number in rows.items() if number
    )


if __name__ == "__main__":
    sys.exit(main())
