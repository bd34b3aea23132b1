"""Service level objectives: reading, printing, judging."""

from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.measurement import Distribution
from http_benchmark.slo import STATISTICS, Objective, Slo

ENOUGH = 4000
TIMES = Distribution(
    count=ENOUGH, mean=0.004, min=0.001, p50=0.003, p90=0.008, p95=0.010, p99=0.020, p999=0.050, max=0.080
)

_limits = st.floats(min_value=1e-9, max_value=1e6)
_ratios = st.floats(min_value=1e-9, max_value=1.0)
_objectives = st.sampled_from(STATISTICS).flatmap(
    lambda statistic: st.builds(
        Objective, st.just(statistic), _ratios if statistic == "errors" else _limits, st.booleans()
    )
)
_slos = st.lists(_objectives, min_size=1, unique_by=lambda objective: objective.statistic).filter(
    lambda objectives: (
        any(objective.is_latency for objective in objectives)
        and any(not objective.is_latency for objective in objectives)
    )
)


class ReadingTest(TestCase):
    def test_forms(self):
        """Statistic, relation and limit in every spelling."""
        for text, expected in (
            ("p99<20ms", Objective("p99", 0.02)),
            (" P99.9 <= 1.5 s ", Objective("p99.9", 1.5, inclusive=True)),
            ("p999<1s", Objective("p99.9", 1.0)),
            ("mean≤250us", Objective("mean", 0.00025, inclusive=True)),
            ("max<1m", Objective("max", 60.0)),
            ("errors<0.1%", Objective("errors", 0.001)),
            ("errors<.25", Objective("errors", 0.25)),
            ("errors<=0", Objective("errors", 0.0, inclusive=True)),
        ):
            with self.subTest(text):
                self.assertEqual(expected, Objective.parse(text))

    def test_several(self):
        """Objectives keep their order; blanks and empty parts do not matter."""
        slo = Slo.parse("p50 < 5ms, p99<20ms ,errors<1%,")

        self.assertEqual(
            (Objective("p50", 0.005), Objective("p99", 0.02), Objective("errors", 0.01)),
            slo.objectives,
        )
        self.assertEqual("p50 < 5 ms and p99 < 20 ms and errors < 1 %", slo.described())

    def test_errors_are_always_limited(self):
        """Without an objective on errors, the limit of ranked contenders holds: failing can be fast."""
        self.assertEqual("p99<20ms,errors<0.1%", str(Slo.parse("p99<20ms")))

    def test_all_faults_at_once(self):
        """Each fault is one line that repeats what was typed and says what to do."""
        with self.assertRaises(ConfigurationError) as caught:
            Slo.parse("p98<20ms, p99>5ms, mean<20, max<soon, errors<200%, p50<0ms, p90")

        unknown, above, unit, no_time, percent, zero, nothing = caught.exception.faults
        self.assertIn("'p98' in an objective; did you mean", unknown)
        self.assertIn("'p99>5ms'", above)
        self.assertIn("'mean<20' needs a unit; write for example 20ms", unit)
        self.assertIn("'soon'", no_time)
        self.assertIn("'errors<200%': errors cannot be above 100 %", percent)
        self.assertIn("'p50<0ms' cannot be met", zero)
        self.assertIn("'p90'; for example p99<20ms,errors<0.1%", nothing)

    def test_faults_of_the_whole(self):
        """A statistic given twice, and objectives that say nothing about time."""
        for text, fault in (
            ("p99<1s,p99<2s", "p99 is given twice"),
            ("errors<1%", "needs an objective on response times"),
            ("", "needs an objective on response times"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ConfigurationError, fault):
                Slo.parse(text)

    @given(_slos)
    def test_what_is_printed_is_read_again(self, objectives):
        """Whatever the limits are, printing and reading gives the very same objectives."""
        slo = Slo(tuple(objectives))

        self.assertEqual(slo, Slo.parse(str(slo)))

    def test_printed_as_people_write(self):
        """The unit that makes the number readable."""
        for text in ("p99<20ms", "p99<1.5s", "mean<=250µs", "max<0.5µs", "errors<0.1%", "errors<=0%", "p50<120s"):
            with self.subTest(text):
                self.assertEqual(text, str(Objective.parse(text)))


class JudgingTest(TestCase):
    def test_each_statistic_is_held_against_its_figure(self):
        """A limit just above the figure is met, the figure itself only where the relation includes it."""
        figures = {"p50": 0.003, "p90": 0.008, "p95": 0.01, "p99": 0.02, "p99.9": 0.05, "mean": 0.004, "max": 0.08}
        for statistic, figure in figures.items():
            with self.subTest(statistic):
                self.assertTrue(Objective(statistic, figure * 1.01).is_met(TIMES, 0))
                self.assertTrue(Objective(statistic, figure, inclusive=True).is_met(TIMES, 0))
                self.assertFalse(Objective(statistic, figure).is_met(TIMES, 0))
                self.assertFalse(Objective(statistic, figure * 0.99, inclusive=True).is_met(TIMES, 0))

    def test_violated_are_listed(self):
        """All objectives that are not kept, in the order given."""
        slo = Slo.parse("p50<2ms,p99<30ms,max<50ms,errors<0.1%")

        self.assertEqual(["p50<2ms", "max<50ms", "errors<0.1%"], [str(one) for one in slo.violated(TIMES, 0.001)])
        self.assertEqual((), Slo.parse("p99<30ms").violated(TIMES, 0.0009))

    def test_a_quantile_on_censored_requests_is_violated(self):
        """With 2 % of the requests never sent, p99 is one of those; p50 is not. Mean and max cannot be known."""
        times = TIMES.model_copy(update={"censored": 80, "censored_above_s": 5.0, "p99": None, "p999": None})
        for text, met in (("p99<1h", False), ("p50<5ms", True), ("mean<1h", False), ("max<1h", False)):
            with self.subTest(text):
                self.assertEqual(met, Objective.parse(text).is_met(times, 0.02))

    def test_too_few_samples_prove_nothing(self):
        """367 requests are one too few for a p99; the sample sizes are those of docs/reference.md."""
        few = TIMES.model_copy(update={"count": 367})

        self.assertFalse(Objective.parse("p99<1s").is_met(few, 0))
        self.assertTrue(Objective.parse("p95<1s").is_met(few, 0))
        self.assertFalse(Objective.parse("max<1s").is_met(Distribution(count=0), 1.0))
        self.assertEqual(
            {"p50": 1, "p90": 36, "p95": 72, "p99": 368, "p99.9": 3688, "mean": 1, "max": 1, "errors": 1},
            {statistic: Objective(statistic, 0.1).samples_needed for statistic in STATISTICS},
        )

    def test_what_all_of_them_need(self):
        """The most demanding objective counts."""
        slo = Slo.parse("p50<2s,p99<30ms")

        self.assertEqual((368, 2.0), (slo.samples_needed, slo.longest_s))
