"""What is printed of a workload's requests and of the events of streams."""

import io
import unittest

from rich.console import Console

from http_benchmark.models.experiment import (
    ClientResult,
    EventResult,
    ExperimentResult,
    RequestResult,
    WorkloadRequest,
    WorkloadResult,
)
from http_benchmark.models.measurement import Distribution
from http_benchmark.report import requests
from tests.records import make_block, make_result, make_trial


def client(contender: str, **fields: object) -> ClientResult:
    return ClientResult(contender=contender, library="x", mode="sync", status="ok", **fields)


def printed(parts: object, width: int = 120) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    for part in parts:
        console.print(part)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines() if line.strip()]


class RequestsTest(unittest.TestCase):
    def result(self, names: list[str], *clients: ClientResult) -> ExperimentResult:
        workload = WorkloadResult(
            file="shop.toml",
            format="toml",
            sha256="0" * 64,
            requests=tuple(
                WorkloadRequest(name=name, method="GET", url="/", share=1 / len(names), variants=1) for name in names
            ),
        )
        return make_result([make_block(make_trial("a:sync"))]).model_copy(
            update={"workload": workload, "clients": clients}
        )

    def test_a_row_for_each_request(self):
        """p50 and p99 in ms with each contender, and how many failed; a dash for what there is not."""
        good = RequestResult(
            name="search", requests=9, share=0.5, response_time_s=Distribution(count=9, p50=0.0123, p99=0.5)
        )
        bad = RequestResult(name="buy", requests=9, share=0.5, errors={"http-5xx": 4, "timeout": 1})
        result = self.result(
            ["search", "buy"], client("a:sync", by_request=(good, bad)), client("b:sync", by_request=(good,))
        )

        self.assertEqual(
            [
                "p50 / p99 ms share a:sync b:sync",
                "search 50 % 12.3 / 500 12.3 / 500",
                "buy 50 % – / –, 5 err. –",
            ],
            [line for line in printed(requests.by_request(result, width=120)) if "─" not in line],
        )

    def test_a_narrow_terminal(self):
        """Contenders that do not go side by side get a table of their own; a long name of a request is wrapped."""
        record = RequestResult(name="look for shoes", requests=9, share=1.0, response_time_s=Distribution(count=9))
        clients = [client(f"{name}:async", by_request=(record,)) for name in ("requestx", "aiohttp", "httpx")]
        lines = printed(requests.by_request(self.result(["look for shoes"], *clients), width=70), width=70)

        self.assertEqual(
            ["p50 / p99 ms share requestx:async aiohttp:async", "p50 / p99 ms share httpx:async"],
            [line for line in lines if "share" in line],
        )
        self.assertIn("look for shoes 100 % – / – – / –", lines)

    def test_long_workloads_are_cut(self):
        """Twenty rows, and how many more there are."""
        names = [f"r{number}" for number in range(23)]
        record = RequestResult(name="r0", requests=1, share=1.0)
        lines = printed(requests.by_request(self.result(names, client("a:sync", by_request=(record,))), width=120))

        self.assertEqual(23, len(lines))
        self.assertEqual("… and 3 requests more in the JSON", lines[-1])

    def test_nothing_without(self):
        """Neither a workload nor events."""
        self.assertEqual([], printed(requests.by_request(make_result([make_block(make_trial("a:sync"))]), width=120)))
        self.assertEqual([], printed(requests.events([client("a:sync")], width=120)))

    def test_events(self):
        """First event and gaps in ms, jitter, and how many a second."""
        figures = EventResult(
            events=500,
            events_per_s=1234.0,
            first_event_s=Distribution(count=10, p50=0.0251),
            gap_s=Distribution(count=490, p50=0.02, p99=0.031),
            jitter_s=0.0015,
        )

        lines = printed(requests.events([client("a:sync", events=figures)], width=120))
        self.assertEqual("a:sync 25.1 – 20.0 31.0 1.50 1,234", lines[-1])
