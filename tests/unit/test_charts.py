"""Pictures of made-up experiments: what stands where is known beforehand."""

import json
import unittest
from collections.abc import Sequence
from typing import Any

import altair as alt

from http_benchmark.models.capacity import CapacityResult, ContenderCapacity, CurvePoint
from http_benchmark.models.comparison import ComparedArm, ComparedFigure, Comparison
from http_benchmark.models.experiment import Estimate, RatePoint, Target
from http_benchmark.models.history import History, HistoryPoint, HistoryShift
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingCurve, ScalingLevel, ScalingPoint, ScalingResult
from http_benchmark.report import images
from http_benchmark.report.chart_names import CHARTS as OFFERED
from http_benchmark.report.charts import (
    CHARTS,
    Drawn,
    capacity_chart,
    charts_of,
    comparison_chart,
    history_chart,
    scaling_chart,
    themed,
)
from http_benchmark.report.charts.drawing import log_axis
from http_benchmark.report.charts.looks import looks
from http_benchmark.report.charts.themes import for_image
from http_benchmark.report.charts.thinning import MOST_POINTS, spans
from tests.records import START, TWELVE, make_block, make_blocks, make_result, make_slice, make_trial, timed_trial


def drawn(name: str, blocks: Sequence[BlockRecord], **fields: Any) -> Drawn:
    [picture] = charts_of(make_result(blocks, **fields), blocks, names=[name])
    return picture


def rows(picture: Drawn) -> list[dict[str, Any]]:
    """Everything that stands in the picture."""
    found = [picture.spec.get("data"), *(layer.get("data") for layer in picture.spec.get("layer", ()))]
    values = [row for data in found if data for row in data.get("values", ())]
    return values or [row for some in picture.spec.get("datasets", {}).values() for row in some]


def a_scaling() -> ScalingResult:
    """Concurrency 1 and 8, at each of which a hundred requests per second for one in flight."""
    points = tuple(
        ScalingPoint(
            concurrency=c, status="ok", throughput_rps=Estimate(estimate=100.0 * c), p99_s=Estimate(estimate=0.01)
        )
        for c in (1, 8)
    )
    level = {"status": "finished", "blocks": 6, "validity": {}}
    return ScalingResult(
        id="s", name="s", started_at=START, finished_at=START, seed=1, configuration={}, environment={},
        target=Target(kind="bundled", url="http://127.0.0.1/"),
        levels=tuple(ScalingLevel(concurrency=c, experiment_id=str(c), **level) for c in (1, 8)),
        contenders=(ScalingCurve(contender="httpx:sync", points=points),),
    )  # fmt: skip


class RankingTest(unittest.TestCase):
    def test_the_best_is_above_with_its_interval(self):
        """Twice the cost is half the throughput; six equal blocks leave an interval without width."""
        picture = drawn("ranking", make_blocks({"httpx:sync": [2.0] * 6, "aiohttp:async": [1.0] * 6}))

        self.assertEqual(
            [("aiohttp:async", 1000, 1000, 1000), ("httpx:sync", 500, 500, 500)],
            [(row["contender"], row["value"], row["low"], row["high"]) for row in rows(picture)],
        )
        self.assertIn("aiohttp:async leads with 1,000", picture.description)

    def test_without_enough_blocks_no_interval_is_drawn(self):
        """Five blocks are too few, and the caption says it."""
        picture = drawn("ranking", make_blocks({"httpx:sync": [2.0] * 5}))

        self.assertEqual([None], [row["low"] for row in rows(picture)])
        self.assertIn("Too few blocks", picture.caption)

    def test_times_get_their_interval_from_the_trials(self):
        """p50 of a trial is its cost: 1 ms and 2 ms."""
        picture = drawn("ranking", make_blocks({"a:sync": [1.0] * 6, "b:sync": [2.0] * 6}), primary_metric="p50")

        self.assertEqual([(1, 1, 1), (2, 2, 2)], [(row["value"], row["low"], row["high"]) for row in rows(picture)])

    def test_nobody_ranked_is_no_picture(self):
        """An experiment without a block has nothing to be drawn."""
        self.assertEqual([], charts_of(make_result([]), []))


class EffectsTest(unittest.TestCase):
    def test_both_directions(self):
        """What costs twice as much as another, costs that one half less."""
        picture = drawn("effects", make_blocks({"a:sync": [1.0] * 8, "b:sync": [2.0] * 8}))
        cells = {(row["row"], row["column"]): (row["text"], row["separated"]) for row in rows(picture)}

        self.assertEqual(("2.0×", True), cells["b:sync", "a:sync"])
        self.assertEqual(("−50 %", True), cells["a:sync", "b:sync"])

    def test_names_are_level_where_there_is_room(self):
        """Few columns are wide, many are narrow under slanted names."""
        few = drawn("effects", make_blocks({"a:sync": [1.0] * 8, "b:sync": [2.0] * 8})).spec
        many = drawn("effects", make_blocks({f"client{n}:sync": [1.0 + n] * 8 for n in range(12)})).spec

        self.assertEqual([0, -40], [spec["layer"][0]["encoding"]["x"]["axis"]["labelAngle"] for spec in (few, many)])
        self.assertEqual([120, 52], [spec["width"]["step"] for spec in (few, many)])

    def test_what_cannot_be_told_apart_is_not_coloured(self):
        """Equal costs in changing order."""
        picture = drawn("effects", make_blocks({"a:sync": [1.0, 1.1] * 4, "b:sync": [1.1, 1.0] * 4}))

        self.assertNotIn(True, [row["separated"] for row in rows(picture)])
        self.assertIn("Of 1 pair, 0 can be told apart", picture.description)


class LatencyCurveTest(unittest.TestCase):
    def test_quantiles_stand_where_they_belong(self):
        """Of 1 … 1000 ms, p90 is 900 ms and p99 is 990 ms, to three digits; p99.9 needs 3,688 requests."""
        blocks = [make_block(timed_trial("httpx:sync", range(1, 1001)), number=number) for number in range(6)]
        marked = {row["percentile"]: row for row in rows(drawn("latency-curve", blocks)) if row["marked"]}

        self.assertEqual(["p90", "p99"], list(marked))
        self.assertAlmostEqual(900, marked["p90"]["ms"], delta=1)
        self.assertAlmostEqual(990, marked["p99"]["ms"], delta=1)
        self.assertAlmostEqual(100, marked["p99"]["place"], delta=0.1)
        self.assertEqual(marked["p99"]["ms"], marked["p99"]["low"])

    def test_the_curve_ends_where_requests_were_never_sent(self):
        """Of 1000 requests, 1 … 950 ms took 950, and 50 were never sent: p90 is 900 ms, p99 is not known."""
        blocks = [make_block(timed_trial("httpx:sync", range(1, 951), censored=50)) for _ in range(6)]
        response = rows(drawn("latency-curve", blocks))

        self.assertAlmostEqual(900, next(row["ms"] for row in response if row["percentile"] == "p90"), delta=1)
        self.assertLess(max(row["place"] for row in response), 20.1)

    def test_the_open_model_has_service_time_beside(self):
        """Two panels, of which the second counts from the sending."""
        blocks = [make_block(timed_trial("httpx:sync", range(1, 101)))]

        self.assertEqual(
            {"response time", "service time"},
            {row["panel"] for row in rows(drawn("latency-curve", blocks, load_model="open"))},
        )


class OverTimeTest(unittest.TestCase):
    def test_a_stall_is_seen(self):
        """The slowest request of each slice stands at its moment."""
        slices = [
            make_slice(number, started_s=float(number), max_s=2.0 if number == 3 else 0.004) for number in range(5)
        ]
        picture = drawn("latency-over-time", [make_block(make_trial("httpx:sync", slices))])

        self.assertEqual([4, 4, 4, 2000, 4], [row["max"] for row in rows(picture)])
        self.assertEqual([0, 1, 2, 3, 4], [row["at"] for row in rows(picture)])
        self.assertIn("2,000 ms (httpx:sync, at 3 s)", picture.description)

    def test_thinning_keeps_the_slowest(self):
        """Of ten thousand slices a hundred points are left, and the one stall among them."""
        slices = [
            make_slice(started_s=float(number), max_s=2.0 if number == 4321 else 0.004) for number in range(10_000)
        ]
        values = rows(drawn("latency-over-time", [make_block(make_trial("httpx:sync", slices))]))

        self.assertEqual(MOST_POINTS, len(values))
        self.assertEqual(1, [row["max"] for row in values].count(2000))

    def test_few_items_are_left_alone(self):
        self.assertEqual([("a",), ("b",)], list(spans(["a", "b"])))

    def test_processor_and_memory(self):
        """0.1 s of CPU time in 0.2 s is half a processor."""
        measured = make_slice(memory_bytes=32 * 1024**2)
        values = rows(drawn("resources", [make_block(make_trial("httpx:sync", [measured]))]))

        self.assertEqual([50, 32], [row["value"] for row in values])


class RatesTest(unittest.TestCase):
    def test_where_it_no_longer_keeps_up(self):
        """At 200 arrivals a second 150 are done: that point is crossed."""
        slices = [
            make_slice(rate_rps=rate, p99_s=0.01 * n, started_s=float(n)) for n, rate in enumerate([100.0, 200.0], 1)
        ]
        blocks = [make_block(make_trial("httpx:sync", slices))]
        experiment = make_result(blocks, load_model="open")
        points = (RatePoint(rate_rps=100.0, achieved_rps=100.0, cpu_s_per_1k=1.0, p50_s=0.001, p99_s=0.01),
            RatePoint(rate_rps=200.0, achieved_rps=150.0, cpu_s_per_1k=1.0, p50_s=0.001, p99_s=0.02))  # fmt: skip
        clients = tuple(client.model_copy(update={"by_rate": points}) for client in experiment.clients)
        [picture] = charts_of(experiment.model_copy(update={"clients": clients}), blocks, names=["rates"])

        self.assertEqual([(100, 10, False), (200, 20, True)], [(r["rate"], r["ms"], r["late"]) for r in rows(picture)])
        self.assertIn("httpx:sync up to 100 per second", picture.description)

    def test_a_constant_rate_is_no_picture(self):
        blocks = make_blocks({"a:sync": [1.0] * 6})

        self.assertEqual([], charts_of(make_result(blocks), blocks, names=["rates"]))


class SeveralTest(unittest.TestCase):
    def test_scaling(self):
        """One panel per figure, and a point per concurrency in its units."""
        picture = scaling_chart(a_scaling())
        assert picture is not None

        self.assertEqual(
            [(1, 100), (1, 10), (8, 800), (8, 10)], [(r["concurrency"], r["value"]) for r in rows(picture)]
        )
        self.assertIn("800 (httpx:sync at 8)", picture.description)

    def test_scaling_of_one_of_the_experiments(self):
        """The same picture, where the experiment is one of several concurrencies."""
        blocks = make_blocks({"httpx:sync": [1.0] * 6})
        [picture] = charts_of(make_result(blocks), blocks, names=["scaling"], scaling=a_scaling())

        self.assertEqual(scaling_chart(a_scaling()).spec, picture.spec)
        self.assertEqual([], charts_of(make_result(blocks), blocks, names=["scaling"]))

    def test_history(self):
        """The level before and after a shift, and the effect beside it."""
        points = tuple(
            HistoryPoint(experiment=str(n), started_at=START.replace(day=n), version="1", verdict="valid",
                figure=Estimate(estimate=value, low=value - 1, high=value + 1))
            for n, value in enumerate([100.0, 100.0, 80.0, 80.0], 1)
        )  # fmt: skip
        shift = HistoryShift(after="3", started_at=START.replace(day=3), before_median=100.0, after_median=80.0,
            effect_percent=-20.0, p_value=0.01)  # fmt: skip
        picture = history_chart(
            History(contender="httpx:sync", metric="throughput_rps", points=points, shifts=(shift,))
        )
        assert picture is not None

        self.assertEqual([(100, ""), (80, "−20.0 %")], [(r["level"], r["text"]) for r in rows(picture) if "level" in r])
        self.assertEqual([100, 100, 80, 80], [r["value"] for r in rows(picture) if "value" in r])

    def test_comparison(self):
        """Both arms, by letter and experiment."""
        arms = tuple(
            ComparedArm(experiment=f"{n}2345678-9", name="n", started_at=START, blocks=6, verdict="valid")
            for n in (1, 2)
        )
        figure = ComparedFigure(contender="httpx:sync", metric="p99", ratios=(1.0, 2.0),
            estimates=(Estimate(estimate=0.01), Estimate(estimate=0.02)))  # fmt: skip
        picture = comparison_chart(Comparison(arms=arms, figures=(figure,), note=""), "p99")
        assert picture is not None

        self.assertEqual([("A  n", 10), ("B  n", 20)], [(r["arm"], r["value"]) for r in rows(picture)])

    def test_capacity(self):
        """The tried rates with what the first objective limits, and the capacity with its interval."""
        curve = (
            CurvePoint(rate_rps=100.0, blocks=6, passed=6, p90=0.002),
            CurvePoint(rate_rps=200.0, blocks=6, passed=0, p90=0.005, p99=0.5),
        )
        client = ContenderCapacity(contender="httpx:sync", library="httpx", mode="sync", status="ok", curve=curve,
            capacity_rps=Estimate(estimate=150.0, low=140.0, high=160.0))  # fmt: skip
        picture = capacity_chart(
            CapacityResult(id="c", name="c", started_at=START, finished_at=START, seed=1, slo="p90<20ms,p99<50ms",
                objectives=(), arrivals="poisson", blocks=6, planned_blocks=6, configuration={}, environment={},
                target=Target(kind="bundled", url="http://127.0.0.1/"), contenders=(client,))
        )  # fmt: skip
        assert picture is not None

        self.assertIn("under p90<20ms,p99<50ms: httpx:sync 150", picture.description)
        self.assertEqual({2, 5}, {row["ms"] for row in rows(picture) if "ms" in row})
        self.assertIn("p90 of the response time, ms", json.dumps(picture.spec))
        self.assertIn("with its 95 % interval", picture.caption)


class LooksTest(unittest.TestCase):
    def test_a_contender_looks_the_same_whoever_is_beside_it(self):
        self.assertEqual(looks(TWELVE)["httpx:async"], looks(["httpx:async"])["httpx:async"])

    def test_contenders_are_told_apart_without_colour(self):
        """Shape and filling alone."""
        self.assertEqual(
            len(TWELVE), len({(look.shape, look.fill == "transparent") for look in looks(TWELVE).values()})
        )

    def test_versions_of_one_client_are_told_apart(self):
        names = ["httpx:sync", "httpx==0.27.0:sync", "httpx==0.28.0:sync", "httpx:sync#2", "httpx:sync+h2"]

        self.assertEqual(5, len({(look.colour, look.shape) for look in looks(names).values()}))

    def test_colours_stand_out_from_light_and_dark(self):
        """Three to one, as WCAG 2.2 asks of graphics (1.4.11)."""
        for name, look in looks([*TWELVE, "niquests:sync", "null:sync"]).items():
            for paper in ("#ffffff", "#14171c"):
                with self.subTest(name, paper=paper):
                    self.assertGreaterEqual(_contrast(look.colour, paper), 3)


class SpecificationTest(unittest.TestCase):
    def test_the_command_offers_each(self):
        """It has their names without loading them."""
        self.assertEqual(sorted(chart.name for chart in CHARTS), sorted(OFFERED))

    def test_axes_have_lines_at_round_figures(self):
        axis = log_axis([0.7, 35], "ms")

        self.assertEqual([1, 2, 5, 10, 20], axis["axis"].to_dict()["values"])

    def test_every_picture_keeps_to_the_schema_in_every_theme(self):
        """Altair holds what is given to vl-convert and to browsers against the schema of Vega-Lite."""
        slices = [make_slice(n, started_s=float(n), p99_s=0.003, memory_bytes=2**25) for n in range(4)]
        blocks = [make_block(*(timed_trial(name, range(1, 200), slices=slices) for name in TWELVE)) for _ in range(6)]
        pictures = charts_of(make_result(blocks, load_model="open"), blocks, scaling=a_scaling())

        self.assertEqual([chart.name for chart in CHARTS if chart.name != "rates"], [one.name for one in pictures])
        for picture in pictures:
            for theme in ("light", "dark", "print"):
                with self.subTest(picture.name, theme=theme):
                    alt.Chart.from_dict(themed(picture.spec, theme), validate=True)
                    alt.Chart.from_dict(for_image(picture, theme), validate=True)
            self.assertTrue(picture.description.endswith("."))

    def test_a_broken_picture_would_be_found(self):
        picture = drawn("ranking", make_blocks({"a:sync": [1.0] * 6}))

        with self.assertRaises(Exception):  # noqa: B017 - Altair's own, which it does not publish
            alt.Chart.from_dict({**picture.spec, "layer": [{"mark": "smoke"}]}, validate=True)

    def test_images(self):
        """SVG holds the names escaped; PNG has two pixels for one."""
        picture = drawn("ranking", make_blocks({"a<b>&c:sync": [1.0] * 6, "d:sync": [2.0] * 6}))
        spec = for_image(picture, "light", subtitle="</svg><script>")

        self.assertIn("a&lt;b&gt;&amp;c:sync", images.svg(spec))
        self.assertNotIn("<script", images.svg(spec))
        content = images.png(spec)
        self.assertEqual(b"\x89PNG\r\n\x1a\n", content[:8])
        self.assertGreater(int.from_bytes(content[16:20]), 2 * 640)


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
