"""Capacities and scaling curves in the terminal, compared with snapshots that a person has read.

After a wanted change: `UPDATE_SNAPSHOTS=1 python -m tests tests.unit.test_report_capacity`, then read the difference.
"""

from typing import Any

from http_benchmark.models.capacity import CapacityResult, CapacitySearch, ContenderCapacity, ObjectiveRecord, Probe
from http_benchmark.models.experiment import Estimate, PacingCheck, Reason, Target, Validity
from http_benchmark.models.measurement import Distribution
from http_benchmark.models.scaling import ScalingCurve, ScalingLevel, ScalingPoint, ScalingResult
from http_benchmark.models.work import Count, Deviation, Work
from http_benchmark.report.capacity import print_capacity
from http_benchmark.report.scaling import print_scaling
from http_benchmark.stats.capacity import summarise_searches
from http_benchmark.stats.search import rate_of
from tests.records import START
from tests.snapshot_case import SnapshotCase, printed

TARGET = Target(kind="bundled", url="http://127.0.0.1:8080/bytes/1024")


def a_probe(place: int, edge: int, *, thorough: bool) -> Probe:
    """A probe of a queue that serves the rate at `edge` within 20 ms: p99 = 2 ms / (1 − rate / limit)."""
    rate, limit = rate_of(place), rate_of(edge) / 0.9
    p99 = 0.002 / (1 - rate / limit) if rate < limit else None
    times = Distribution(count=4000, mean=0.001, p50=0.001, p90=0.002, p95=0.004, p99=p99, p999=0.5, max=1.0)
    return Probe(
        rate_rps=rate,
        thorough=thorough,
        duration_s=2.0,
        requests=4000,
        achieved_rps=min(rate, limit),
        response_time_s=times if p99 else times.model_copy(update={"censored": 200}),
        service_time_s=times,
        lag_s=times,
        cpu_ratio=min(0.98, rate / limit),
        violated=() if place <= edge else ("p99<20ms",),
        passed=place <= edge,
    )


def a_search(contender: str, block: int, edge: int, **changes: Any) -> CapacitySearch:
    looks = [a_probe(place, edge, thorough=False) for place in (edge - 36, edge - 24, edge - 12, edge + 8, edge - 2)]
    at_edge = [a_probe(place, edge, thorough=True) for place in (edge, edge + 1, edge + 1)]
    values: dict[str, Any] = {
        "block": block,
        "contender": contender,
        "closed_rps": 1.2 * rate_of(edge),
        "probes": (*looks, *at_edge),
        "passed_rps": rate_of(edge),
        "failed_rps": rate_of(edge + 1),
        "limited_by": ("client-limited",),
    }
    return CapacitySearch(**values | changes)


def contenders(*names: str) -> list[ContenderCapacity]:
    return [
        ContenderCapacity(
            contender=name,
            library=name.partition(":")[0],
            version="1.2.3",
            mode="async" if "async" in name else "sync",
            status="ok",
        )
        for name in names
    ]


def a_capacity(blocks: int = 7, **changes: Any) -> CapacityResult:
    edges = {"aiohttp:async": 270, "httpx:sync": 228, "requests:sync": 235}
    searches = [
        a_search(name, block, edge + (block * 5 + edge) % 3 - 1)
        for block in range(blocks)
        for name, edge in edges.items()
    ]
    no_rate = a_search("urllib3:sync", 0, 99, probes=(a_probe(115, 30, thorough=True),), passed_rps=None,
        failed_rps=rate_of(115))  # fmt: skip
    searches += [no_rate.model_copy(update={"block": block}) for block in range(blocks)]
    measured = summarise_searches(contenders(*edges, "urllib3:sync", "pycurl:sync"), searches,
        dropped={"pycurl:sync": "worker crashed twice (signal 11)"})  # fmt: skip
    values: dict[str, Any] = {
        "id": "3f2a91c4",
        "name": "nightly",
        "started_at": START,
        "finished_at": START,
        "seed": 42,
        "slo": "p99<20ms,errors<0.1%",
        "objectives": (ObjectiveRecord(statistic="p99", limit=0.02),),
        "arrivals": "poisson",
        "blocks": blocks,
        "planned_blocks": 7,
        "configuration": {"method": "GET", "concurrency": 64},
        "environment": {},
        "target": TARGET,
        "pacing": (
            PacingCheck(
                mode="sync",
                rate_rps=900,
                achieved_ratio=1.0,
                lag_p50_s=4e-5,
                lag_p99_s=1.2e-3,
                cpu_s_per_1k=0.01,
                valid=True,
            ),
        ),
        "contenders": tuple(measured),
        "searches": tuple(searches),
    }
    return CapacityResult(**values | changes)


def a_scaling() -> ScalingResult:
    rates = {"aiohttp:async": (1000, 3900, 4310, 4100), "urllib3:sync": (2050, 1980, 1650, 940)}
    curves = [
        ScalingCurve(
            contender=name,
            points=tuple(
                ScalingPoint(
                    concurrency=level,
                    status="ok",
                    throughput_rps=Estimate(estimate=rate, low=0.98 * rate, high=1.03 * rate),
                    cpu_s_per_1k=Estimate(estimate=900 / rate, low=880 / rate, high=930 / rate),
                    p99_s=Estimate(estimate=3 * level / rate, low=2 * level / rate, high=4 * level / rate),
                )
                for level, rate in zip((1, 8, 64, 256), of, strict=True)
            ),
            best_concurrency=best,
            retention=Estimate(estimate=kept, low=kept - 0.02, high=kept + 0.01),
        )
        for (name, of), best, kept in zip(rates.items(), (64, 1), (0.951, 0.459), strict=True)
    ]
    failing = ScalingPoint(
        concurrency=256, status="errors", message="ConnectTimeout", throughput_rps=Estimate(estimate=12.3)
    )
    other = failing.model_copy(
        update={"concurrency": 64, "status": "ok", "message": None, "other_work": ("does not keep connections",)}
    )
    curves.append(ScalingCurve(contender="httpx:sync", points=(other, failing)))
    reason = Reason(code="machine-busy", severity="suspect", message="at concurrency 8, 256: other processes used 31%")
    return ScalingResult(
        id="9b07aa10",
        name="nightly",
        started_at=START,
        finished_at=START,
        seed=42,
        configuration={"method": "GET"},
        environment={},
        target=TARGET,
        validity=Validity(verdict="suspect", reasons=(reason,)),
        levels=tuple(
            ScalingLevel(
                concurrency=level, experiment_id=f"{level:08d}-0000", status="finished", blocks=15, validity=Validity()
            )
            for level in (1, 8, 64, 256)
        ),
        contenders=tuple(curves),
    )


class CapacityReportTest(SnapshotCase):
    def test_narrow(self):
        """Eighty columns: objective, verdict, table, sentences, who has no capacity and why, the curves."""
        self.check("capacity_80", printed(print_capacity, a_capacity()))

    def test_in_ascii(self):
        """The same content in the same columns, in ASCII alone."""
        text = printed(print_capacity, a_capacity(), encoding="ascii")

        self.assertTrue(text.isascii())
        self.assertNotIn("?", text)
        self.assertEqual(
            [len(line) for line in printed(print_capacity, a_capacity()).splitlines()],
            [len(line) for line in text.splitlines()],
        )

    def test_wide(self):
        """With room, each contender takes one line, and the plot is wider."""
        self.check("capacity_140", printed(print_capacity, a_capacity(), width=140), width=140)

    def test_a_search_cut_off_in_a_block(self):
        """Some contenders have a block more than the others; the note counts the blocks of those in the table."""
        first, *others = a_capacity(2).contenders
        ahead = first.model_copy(update={"blocks": first.blocks + 1})
        text = printed(print_capacity, a_capacity(2, contenders=(ahead, *others)))
        self.assertIn("estimate over 2–3 blocks", text)

    def test_few_blocks(self):
        """Two of seven blocks after an interruption: no interval, and it is said."""
        text = printed(print_capacity, a_capacity(2, status="interrupted"))

        self.assertIn("2 of 7 blocks, seed 42, interrupted", text)
        self.assertIn("(2 blocks, no interval)", text)

    def test_a_workload(self):
        """Its file stands where the method would, in both reports."""
        sent = {"workload": "some/shop.toml", "method": "GET", "concurrency": 64}
        scaling = a_scaling().model_copy(update={"configuration": sent})

        for text in (printed(print_capacity, a_capacity(configuration=sent)), printed(print_scaling, scaling)):
            self.assertIn("\nworkload shop.toml on http://127.0.0.1:8080/bytes/1024 (bundled target)\n", text)

    def test_nothing_found(self):
        """Without any search there is no table, no plot and no sentence but why."""
        text = printed(print_capacity, a_capacity(contenders=(), searches=(), blocks=0))

        self.assertNotIn("sustains", text)
        self.assertNotIn("┌", text)

    def test_no_limit_found(self):
        """Where everything passed, the capacity is "or more"."""
        edge = [a_search("null:sync", block, 300, failed_rps=None, limited_by=()) for block in range(7)]
        found = summarise_searches(contenders("null:sync"), edge, dropped={})
        text = printed(print_capacity, a_capacity(contenders=tuple(found)), width=140)

        self.assertIn("null:sync sustains 5,790 requests/s or more (95 % interval above 5,790)", text)
        self.assertIn("no limit found", text)


class ScalingReportTest(SnapshotCase):
    def test_narrow(self):
        """Eighty columns: a table per figure, sentences, who is not in order, two plots, the stored experiments."""
        self.check("scaling_80", printed(print_scaling, a_scaling()))

    def test_work(self):
        """All did as ordered at every level, or who did not and at which; nothing where nobody was asked."""
        counted = Work(requests=Count(ordered=10, seen=10))
        shown = Deviation(code="late", what="took 3 answers late", severity="shown")
        for works, expected in (
            ((counted, counted), "Equal work: 1 contender, as ordered."),
            (
                (counted, counted.model_copy(update={"deviations": (shown,)})),
                "a:sync: took 3 answers late (concurrency 8)",
            ),
            ((Work(), Work()), None),
        ):
            with self.subTest(expected):
                points = tuple(
                    ScalingPoint(concurrency=level, status="ok", work=work)
                    for level, work in zip((1, 8), works, strict=True)
                )
                curve = ScalingCurve(contender="a:sync", points=points)
                text = printed(print_scaling, a_scaling().model_copy(update={"contenders": (curve,)}))
                self.assertEqual(
                    [expected] if expected else [],
                    [line.strip() for line in text.splitlines() if "as ordered." in line or "late" in line],
                )

    def test_blocks_of_the_levels(self):
        """One block each; where a run was cut off, from the fewest to the most."""
        for counts, shown in (((1, 1, 1, 1), "1 block each"), ((1, 2, 2, 2), "1–2 blocks each")):
            with self.subTest(shown):
                scaling = a_scaling()
                levels = [
                    level.model_copy(update={"blocks": n}) for level, n in zip(scaling.levels, counts, strict=True)
                ]
                self.assertIn(shown, printed(print_scaling, scaling.model_copy(update={"levels": tuple(levels)})))

    def test_in_ascii(self):
        """The same content in the same columns, in ASCII alone."""
        text = printed(print_scaling, a_scaling(), encoding="ascii")

        self.assertTrue(text.isascii())
        self.assertNotIn("?", text)

    def test_wide(self):
        """Only the plots are wider."""
        self.assertIn(
            "keeps 95 % of that at 256 (95 % interval 93–96 %)", printed(print_scaling, a_scaling(), width=140)
        )
