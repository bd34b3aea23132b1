"""A figure over many experiments: what belongs together, and where it shifted."""

from datetime import timedelta
from unittest import TestCase
from unittest.mock import patch

import numpy as np

from http_benchmark.errors import ComparisonError, ConfigurationError
from http_benchmark.history import history
from http_benchmark.models.experiment import ClientResult, Estimate, Validity
from http_benchmark.report.history import print_history
from http_benchmark.stats.history import change_points
from tests.records import START
from tests.snapshot_case import SnapshotCase, printed
from tests.unit.records import an_experiment

ENVIRONMENT = {"cpu_model": "Fast 9", "kernel": "6.1", "python": "3.12.1", "client_cpus": [0], "load_average_1min": 0.1}


def client(contender="httpx:async", rps=1000.0, version="0.27.2", **fields):
    library, _, mode = contender.partition(":")
    return ClientResult(
        contender=contender,
        library=library.partition("=")[0].partition("@")[0],
        version=version,
        mode=mode.partition("#")[0].removesuffix("+h2"),
        status=fields.pop("status", "ok"),
        throughput_rps=Estimate(estimate=rps, low=rps * 0.99, high=rps * 1.01),
        **fields,
    )


def nightly(*figures, version=lambda _: "0.27.2", environment=lambda _: {}, first=0):
    """An experiment a day with this throughput."""
    return [
        an_experiment(
            f"e-{number:02}",
            started_at=START + timedelta(days=number),
            clients=(client(rps=rps, version=version(number)),),
            environment=ENVIRONMENT | environment(number),
        )
        for number, rps in enumerate(figures, first)
    ]


def simulated(kind, length, generator):
    """The logs of a series without a shift."""
    if kind == "heavy tails":
        return 0.02 * generator.standard_t(3, length)
    noise = generator.normal(0, 0.02, length)
    if kind == "outliers":
        is_outlier = generator.random(length) < 0.1
        noise[is_outlier] += generator.uniform(0.1, 0.5, is_outlier.sum())
    return noise


class TestChangePoints(TestCase):
    def indices(self, *values):
        return [change.index for change in change_points(values)]

    def test_known_answers(self):
        """Steps are found where they are; one outlier is none, nor are four points on a side."""
        low, high = [100.0] * 10, [110.0] * 10
        self.assertEqual([10, 20], self.indices(*low, *high, *low))
        self.assertEqual([5], self.indices(*low[:5], *high[:5]))
        self.assertEqual([], self.indices(*low[:4], *high[:5]))
        self.assertEqual([], self.indices(*low, 150.0, *low))
        self.assertEqual([], self.indices(*low, *low))
        self.assertEqual([], self.indices(*low, *[101.5] * 10))

    def test_figures_of_a_shift(self):
        """Medians of both sides, the effect on the later one, and the exact test's p-value."""
        [change] = change_points([100.0] * 5 + [110.0] * 5)

        self.assertEqual((100.0, 110.0), (change.before, change.after))
        self.assertAlmostEqual(10, change.effect_percent)
        self.assertLess(change.p_value, 0.01)

    def test_scale_does_not_matter(self):
        """Microseconds or seconds, it is the ratio that counts."""
        values = [1.0, 1.01, 0.99, 1.005, 1.02, 1.2, 1.21, 1.19, 1.205, 1.22]

        self.assertEqual([5], self.indices(*values))
        self.assertEqual([5], self.indices(*(1e-6 * value for value in values)))

    def test_false_alarms(self):
        """Without a shift at most 6 of 200 series have one (99 % limit at a rate of 1 %), whatever the noise."""
        for kind in ("normal", "heavy tails", "outliers"):
            generator = np.random.default_rng(7)
            found = sum(bool(change_points(np.exp(simulated(kind, 30, generator)))) for _ in range(200))
            with self.subTest(kind):
                self.assertLessEqual(found, 6)

    def test_detection(self):
        """A step of 10 % in noise of 2 % is found within a point in at least 80 of 100 series."""
        for kind in ("normal", "heavy tails", "outliers"):
            generator = np.random.default_rng(8)
            found = 0
            for _ in range(100):
                logs = simulated(kind, 40, generator)
                logs[20:] += np.log(1.10)
                found += any(abs(change.index - 20) <= 1 for change in change_points(np.exp(logs)))
            with self.subTest(kind):
                self.assertGreaterEqual(found, 80)


class TestHistory(TestCase):
    def test_points_in_order_of_time(self):
        """The newest last, each with its version and what was another one before."""
        experiments = nightly(1000.0, 1010.0, 1020.0, version=lambda n: "0.27.2" if n < 1 else "0.28.1")
        found = history(experiments[::-1], "httpx:async", "throughput_rps")

        self.assertEqual(["e-00", "e-01", "e-02"], [point.experiment for point in found.points])
        self.assertEqual([1000.0, 1010.0, 1020.0], [point.figure.estimate for point in found.points])
        changed = [[(d.field, d.a, d.b) for d in point.changed] for point in found.points]
        self.assertEqual([[], [("libraries.httpx", "0.27.2", "0.28.1")], []], changed)
        self.assertIsNone(found.shifts)

    def test_a_shift_with_its_candidates(self):
        """What was updated just then is named; a kernel does not split a series."""
        experiments = nightly(
            *[1000.0] * 6,
            *[900.0] * 6,
            environment=lambda n: {"kernel": "6.1" if n < 6 else "6.9", "load_average_1min": n},
        )
        found = history(experiments, "httpx:async", "throughput_rps")
        [shift] = found.shifts

        self.assertEqual("e-06", shift.after)
        self.assertAlmostEqual(-10, shift.effect_percent)
        self.assertEqual(["environment.kernel"], [difference.field for difference in shift.changed])

    def test_without_the_library_that_searches(self):
        """There are points, and no claim that nothing shifted."""
        with patch("http_benchmark.history.searchable", return_value=False):
            found = history(nightly(*[1000.0] * 6, *[900.0] * 6), "httpx:async", "throughput_rps")

        self.assertIsNone(found.shifts)
        self.assertIn("the package ruptures", printed(print_history, found))

    def test_another_machine_is_another_series(self):
        """The newest is shown, unless another one is asked for; it says in what they differ."""
        old = nightly(*[1000.0] * 3, environment=lambda _: {"cpu_model": "Slow 1"})
        new = nightly(*[2000.0] * 2, first=3)
        found = history([*old, *new], "httpx:async", "throughput_rps")
        like_old = history([*old, *new], "httpx:async", "throughput_rps", like="e-01")

        self.assertEqual((2, 3), (len(found.points), len(like_old.points)))
        [other] = found.others
        self.assertEqual(("e-02", 3), (other.like, other.points))
        self.assertEqual(
            [("environment.cpu_model", "Fast 9", "Slow 1")], [(d.field, d.a, d.b) for d in other.differences]
        )

    def test_another_load_is_another_series(self):
        """Settings and targets as well."""
        experiments = nightly(1000.0, 1000.0)
        other = experiments[1].model_copy(update={"configuration": experiments[1].configuration | {"concurrency": 64}})

        self.assertEqual(1, len(history([experiments[0], other], "httpx:async", "throughput_rps").points))

    def test_who_is_meant(self):
        """Library, mode and version of HTTP; a version only where it is named; equal arms once; trees by themselves."""
        clients = (
            client("httpx:sync", 1.0),
            client("httpx:async", 2.0),
            client("httpx:async#2", 3.0),
            client("httpx:async+h2", 4.0, http_version="2"),
            client("httpx@src:async", 5.0, version="9"),
        )
        experiment = an_experiment(started_at=START, clients=clients)
        for contender, rps in (("httpx:sync", 1), ("httpx:async", 2), ("httpx:async+h2", 4), ("httpx@src:async", 5)):
            with self.subTest(contender):
                [point] = history([experiment], contender, "throughput_rps").points
                self.assertEqual(rps, point.figure.estimate)
        self.assertEqual(1, len(history([experiment], "httpx==0.27.2:async", "throughput_rps").points))

    def test_names_that_cannot_be_read_are_left_alone(self):
        """A contender that was named otherwise stands in no series, and in the way of none."""
        odd = client().model_copy(update={"contender": "<i>other</i>:sync"})
        experiments = [one.model_copy(update={"clients": (odd, *one.clients)}) for one in nightly(1000.0, 1010.0)]

        self.assertEqual(2, len(history(experiments, "httpx:async", "throughput_rps").points))

    def test_what_is_left_out(self):
        """Invalid runs, failed contenders and missing figures are counted."""
        experiments = nightly(1000.0, 1001.0, 1002.0, 1003.0)
        experiments[0] = experiments[0].model_copy(update={"validity": Validity(verdict="invalid")})
        experiments[1] = experiments[1].model_copy(update={"clients": (client(status="errors"),)})
        experiments[2] = experiments[2].model_copy(
            update={"clients": (client().model_copy(update={"throughput_rps": None}),)}
        )
        found = history(experiments, "httpx:async", "throughput_rps")

        self.assertEqual((1, 3), (len(found.points), found.invalid))

    def test_mistakes(self):
        """No mode, nothing there, an ID of none of them."""
        experiments = nightly(1000.0)
        with self.assertRaisesRegex(ConfigurationError, "name it, such as httpx:sync"):
            history(experiments, "httpx", "throughput_rps")
        with self.assertRaisesRegex(ComparisonError, "no stored experiment has figures of aiohttp:async"):
            history(experiments, "aiohttp:async", "throughput_rps")
        with self.assertRaisesRegex(ComparisonError, "among those like e-99"):
            history(experiments, "httpx:async", "throughput_rps", like="e-99")


class TestReport(SnapshotCase):
    def test_snapshot(self):
        """The curve by version, the last points, the shift with its candidate, what was left out, and no verdict."""
        generator = np.random.default_rng(3)
        figures = [1000 * float(np.exp(noise)) for noise in generator.normal(0, 0.01, 24)]
        figures[12:] = [0.9 * figure for figure in figures[12:]]
        experiments = nightly(*figures, version=lambda number: "0.27.2" if number < 12 else "0.28.1")
        old = nightly(500.0, first=-9, environment=lambda _: {"cpu_model": "Slow 1"})
        found = history([*old, *experiments], "httpx:async", "throughput_rps")

        self.check("history_100", printed(print_history, found, width=100), width=100)
        self.check("history_60", printed(print_history, found, width=60), width=60)
