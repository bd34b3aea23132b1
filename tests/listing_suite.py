"""What lists of experiments must hold, whichever database they come from: a suite for a `StorageCase`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from random import Random
from string import ascii_letters
from typing import Any

from http_benchmark.database import upkeep
from http_benchmark.errors import ConfigurationError, StorageError
from http_benchmark.models.experiment import ClientResult, ExperimentResult, Target, Validity, WorkloadResult
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.models.filters import Filters
from http_benchmark.models.paging import Cursor
from tests.unit.records import NOON, a_block, an_experiment

VERSIONS = {"httpx": ("0.27.0", "0.28.1"), "pycurl": ("7.45.3",)}


def experiments() -> list[ExperimentResult]:
    """Thirty of all kinds, some at the same moment; oldest first."""
    kinds = product(("nightly", "ad hoc"), (("httpx:async",), ("pycurl:sync", "httpx:sync+h2"), ()), range(5))
    return [an_example(number, name, contenders) for number, (name, contenders, _) in enumerate(kinds)]


def an_example(number: int, name: str, contenders: tuple[str, ...]) -> ExperimentResult:
    workload = WorkloadResult(file="shop.toml", format="toml", sha256="ab12", requests=())
    return an_experiment(
        f"e{number:02}",
        name=name,
        started_at=NOON + timedelta(hours=number // 2 * 2),
        clients=tuple(a_client(contender, number) for contender in contenders),
        configuration={"method": "PUT", "tag": ["even"] * (number % 2 == 0) + ["third"] * (number % 3 == 0)},
        environment={"host": f"host{number % 4}"} if number % 4 else {},
        workload=workload if number % 5 == 0 else None,
        status="failed" if number % 7 == 0 else "finished",
        validity=Validity(verdict="suspect" if number % 2 else "valid"),
    )


def a_client(contender: str, number: int) -> ClientResult:
    library, _, rest = contender.partition(":")
    versions = VERSIONS[library]
    return ClientResult(
        contender=contender,
        library=library,
        version=versions[number % len(versions)],
        mode=rest.removesuffix("+h2"),
        http_version="2" if contender.endswith("+h2") else "1.1",
        status="ok",
    )


CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "all": ({}, lambda _: True),
    "name": ({"name": "nightly"}, lambda e: e.name == "nightly"),
    "no part of a name": ({"name": "night"}, lambda _: False),
    "library": ({"client": ("httpx",)}, lambda e: has(e, "httpx")),
    "contender": ({"client": ("httpx:async",)}, lambda e: has(e, "httpx:async")),
    "protocol": ({"client": ("httpx+h2",)}, lambda e: has(e, "httpx:sync+h2")),
    "client with version": ({"client": ("httpx==0.28.1",)}, lambda e: has(e, "httpx", version="0.28.1")),
    "client and version": (
        {"client": ("httpx:async",), "version": "0.27.0"},
        lambda e: has(e, "httpx:async", version="0.27.0"),
    ),
    "version alone": ({"version": "7.45.3"}, lambda e: has(e, "", version="7.45.3")),
    "two clients": ({"client": ("httpx", "pycurl:sync")}, lambda e: has(e, "httpx") and has(e, "pycurl")),
    "tags": ({"tag": ("even", "third")}, lambda e: {"even", "third"} <= {*e.configuration["tag"]}),
    "host": ({"host": "host3"}, lambda e: e.environment.get("host") == "host3"),
    "workload by file": ({"workload": "shop.toml"}, lambda e: e.workload is not None),
    "workload by digest": ({"workload": "ab12"}, lambda e: e.workload is not None),
    "one request": ({"workload": "PUT /"}, lambda e: e.workload is None),
    "status and verdict": (
        {"status": "failed", "verdict": "suspect"},
        lambda e: (e.status, e.validity.verdict) == ("failed", "suspect"),
    ),
    "since": ({"since": NOON + timedelta(hours=20)}, lambda e: e.started_at >= NOON + timedelta(hours=20)),
    "until": ({"until": NOON + timedelta(hours=3)}, lambda e: e.started_at < NOON + timedelta(hours=3)),
    "in another zone": (
        {"since": datetime(2026, 11, 24, 1, tzinfo=timezone(timedelta(hours=3)))},
        lambda e: e.started_at >= datetime(2026, 11, 23, 22, tzinfo=UTC),
    ),
    "everything at once": (
        {
            "client": ("httpx",), "tag": ("even",), "name": "ad hoc", "workload": "PUT /",
            "since": NOON + timedelta(hours=15), "until": NOON + timedelta(hours=26),
        },
        lambda e: has(e, "httpx") and int(e.id[1:]) % 2 == 0 and e.name == "ad hoc" and e.workload is None
        and NOON + timedelta(hours=15) <= e.started_at < NOON + timedelta(hours=26),
    ),
}  # fmt: skip
"""Filters → which experiments they mean, in Python."""


def has(experiment: ExperimentResult, contender: str, version: str | None = None) -> bool:
    return any(
        client.contender.startswith(contender) and (version is None or client.version == version)
        for client in experiment.clients
    )


class ListingSuite:
    def setUp(self) -> None:
        super().setUp()
        self.store = self.opened()
        self.stored = experiments()
        for experiment in self.stored:
            self.store.start_experiment(experiment)
            self.store.finish_experiment(experiment)

    def test_filters_mean_what_they_say(self) -> None:
        """Each gives exactly the experiments that a look at each of them gives, newest first, and of equals by id."""
        for name, (filters, fits) in CASES.items():
            with self.subTest(name):
                expected = [experiment.id for experiment in reversed(self.stored) if fits(experiment)]
                self.assertEqual(expected, self.ids(filters=Filters(**filters)))
                self.assertTrue(expected or "no part" in name)

    def test_pages_are_the_whole(self) -> None:
        """Page by page, of any size, nothing is missing and nothing is there twice."""
        for filters in (Filters(), Filters(tag=("even",)), Filters(client=("httpx",), name="nightly")):
            whole = self.ids(filters=filters)
            for size in (1, 7, 100):
                with self.subTest(filters=filters, size=size):
                    self.assertEqual(whole, [*self.paged(filters, size)])

    def test_pages_by_cursor_are_the_whole(self) -> None:
        """From where the last page ended, also among experiments of one moment; the last page names no next one."""
        for filters in (Filters(), Filters(tag=("even",)), Filters(client=("httpx",), name="nightly")):
            whole = self.ids(filters=filters)
            for size in (1, 7, len(whole), 100):
                with self.subTest(filters=filters, size=size):
                    pages = [*self.by_cursor(filters, size)]
                    self.assertEqual(whole, [name for page in pages for name in page])
                    self.assertEqual(-(-len(whole) // size), len(pages))

    def test_pages_stay_where_they_are(self) -> None:
        """What is stored or deleted meanwhile shifts nothing, not even when it is the one that a page ended with."""
        first = self.store.page_of_experiments(5)
        whole = self.ids()
        self.store.start_experiment(an_experiment("newest", started_at=NOON + timedelta(days=9)))
        self.store.delete_experiment(first.items[-1].id)

        second = self.store.page_of_experiments(5, before=first.next)
        self.assertEqual(whole[5:10], [summary.id for summary in second.items])

    def test_before_an_experiment(self) -> None:
        """A list begins behind it; one that is not there is told."""
        self.assertEqual(self.ids()[10:13], self.ids(before=self.ids()[9], limit=3))
        with self.assertRaisesRegex(StorageError, "there is no experiment 'x'"):
            self.ids(before="x")

    def test_what_is_no_cursor(self) -> None:
        """A text that is the end of no page is refused."""
        numbers = (str(Cursor(1, "a"))[:-1], str(Cursor(-1, "a")), str(Cursor(2**63, "a")))
        for text in ("", "x", "e01", "é", "MTI", *numbers, str(Cursor(1, "a\0"))):
            with self.subTest(text), self.assertRaisesRegex(ConfigurationError, "before is no end of a page"):
                self.store.page_of_experiments(before=text)

    def test_very_long_words(self) -> None:
        """What is longer than an index takes is found all the same, and told from what begins alike."""
        random = Random(1)
        word = "".join(random.choices(ascii_letters, k=10_000))
        for number, text in enumerate((f"{word}1", f"{word}2")):
            target = Target(kind="url", url=f"http://h/{text}")
            long = an_experiment(f"long-{number}", name=text, target=target, environment={"host": text})
            self.store.start_experiment(long)
            self.store.finish_experiment(long)

        for filters in ({"name": f"{word}1"}, {"host": f"{word}1"}, {"workload": f"GET /{word}1"}):
            self.assertEqual(["long-0"], self.ids(filters=Filters(**filters)))
        self.assertEqual([], self.ids(filters=Filters(name=word)))
        self.assertEqual(f"{word}1", self.store.find_experiment("long-0").name)
        self.assertNotIn("stale", [finding.code for finding in upkeep.check(self.database)])

    def test_a_page_of_nothing(self) -> None:
        """It would end nowhere, and is refused."""
        for limit in (0, -1):
            for page in (self.store.page_of_experiments, self.store.page_of_results):
                with self.subTest(limit), self.assertRaisesRegex(ConfigurationError, f"^limit .* got {limit};"):
                    page(limit)

    def test_counts(self) -> None:
        """Exact up to a limit."""
        for name, (filters, fits) in CASES.items():
            with self.subTest(name):
                number = sum(map(fits, self.stored))
                self.assertEqual((number, True), self.store.count_experiments(Filters(**filters), most=max(1, number)))
        self.assertEqual("more than 29", str(self.store.count_experiments(most=29)))
        self.assertEqual("30", str(self.store.count_experiments(most=30)))

    def test_read_in_batches(self) -> None:
        """More than one batch, in the order asked, each with all of its own; one that is gone is left out."""
        for experiment in self.stored:
            self.store.save_block(experiment.id, a_block())
        ids = self.ids()[::2] + self.ids()[1::2]
        read = [*self.store.read_experiments([*ids[:20], "gone", *ids[20:]])]

        self.assertEqual(ids, [whole.experiment.id for whole in read])
        for whole in read:
            self.assertEqual(self.store.get_experiment(whole.experiment.id), whole.experiment)
            self.assertEqual((a_block(),), whole.blocks)
            self.assertEqual(self.store.get_tags(whole.experiment.id), whole.tags)
        self.assertEqual({()}, {whole.blocks for whole in self.store.read_experiments(ids, with_blocks=False)})

    def test_more_than_one_query_holds(self) -> None:
        """The summaries of many experiments are fetched in several queries and stay in order."""
        for number in range(501):
            self.store.start_experiment(an_experiment(f"more{number:03}", started_at=NOON - timedelta(days=1)))

        self.assertEqual([f"more{number:03}" for number in reversed(range(501))], self.ids()[30:])

    def test_what_a_summary_says(self) -> None:
        """Host, workload and verdict beside what was there before."""
        by_id = {summary.id: summary for summary in self.store.list_experiments()}

        self.assertEqual(
            (("host1", "PUT /", "suspect"), ("host3", "shop.toml", "suspect"), (None, "shop.toml", "valid")),
            tuple(self.noted(by_id[name]) for name in ("e01", "e15", "e20")),
        )

    def test_filters_follow_the_experiment(self) -> None:
        """While it runs, who will be measured; when it has ended, who was, and how."""
        planned = {"contenders": ["httpx:async", "aiohttp==3.9.0:async"]}
        running = an_experiment("new", configuration=planned, clients=())
        self.store.start_experiment(running)
        for client in ("aiohttp", "aiohttp==3.9.0", "aiohttp:async", "aiohttp==3.9.0:async"):
            self.assertEqual(["new"], self.ids(filters=Filters(client=(client,))))
        self.assertEqual(["new"], self.ids(filters=Filters(status="running")))

        self.store.finish_experiment(running.model_copy(update={"clients": (a_client("httpx:async", 0),)}))
        self.assertEqual([], self.ids(filters=Filters(client=("aiohttp",))))
        self.assertEqual([], self.ids(filters=Filters(status="running")))
        self.assertIn("new", self.ids(filters=Filters(client=("httpx",), verdict="valid")))

    def ids(self, **arguments: Any) -> list[str]:
        return [summary.id for summary in self.store.list_experiments(**arguments)]

    def paged(self, filters: Filters, size: int) -> Iterator[str]:
        offset = 0
        while found := self.ids(limit=size, offset=offset, filters=filters):
            yield from found
            offset += size

    def by_cursor(self, filters: Filters, size: int) -> Iterator[list[str]]:
        before = None
        while True:
            page = self.store.page_of_experiments(size, before=before, filters=filters)
            yield [summary.id for summary in page.items]
            if (before := page.next) is None:
                return

    def noted(self, summary: ExperimentSummary) -> tuple[str | None, ...]:
        return summary.host, summary.workload, summary.verdict
