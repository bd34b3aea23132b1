"""How `--fault` is written, and what is refused."""

import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.faults import AMOUNTS, Fault, FaultKind, parse_faults
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.origin.options import OriginOptions
from http_benchmark.planning import make_plan

shares = st.one_of(
    st.just(("", 1.0, None)),
    st.integers(1, 100).map(lambda percent: (f":{percent}%", percent / 100, None)),
    st.tuples(st.integers(1, 50), st.integers(50, 10_000)).map(
        lambda burst: (f":burst={burst[0]}/{burst[1]}", burst[0] / burst[1], burst)
    ),
)


class FaultTest(unittest.TestCase):
    def test_each_way_to_write_it(self):
        """Kind, amount, share, burst; blanks and capitals do not matter."""
        for text, fault in {
            "reset-in": Fault(FaultKind.RESET_IN),
            "reset-in:1%": Fault(FaultKind.RESET_IN, share=0.01),
            "delay=50ms": Fault(FaultKind.DELAY, 0.05),
            "Delay = 1.5 s : 50 %": Fault(FaultKind.DELAY, 1.5, 0.5),
            "bandwidth=1MiB/s": Fault(FaultKind.BANDWIDTH, 1048576.0),
            "bandwidth=64kB/s": Fault(FaultKind.BANDWIDTH, 64000.0),
            "unavailable:burst=20/1000": Fault(FaultKind.UNAVAILABLE, share=0.02, burst=(20, 1000)),
            "stalled=5s:burst=1/1": Fault(FaultKind.STALLED, 5.0, 1.0, (1, 1)),
        }.items():
            with self.subTest(text):
                self.assertEqual(fault, Fault.parse(text))

    def test_what_is_refused(self):
        """One line says what was wrong, with the text, and what to write."""
        for text, words in {
            "": "unknown kind ''",
            "resetin": "did you mean reset-in",
            "delay": "write for example delay=50ms",
            "delay=": "write for example delay=50ms",
            "delay=0s": "must be above 0",
            "delay=2h": "at most 3600 s",
            "delay=fast": "not a duration",
            "bandwidth=0/s": "must be above 0",
            "bandwidth=lots/s": "not bytes per second: 'lots/s'; write for example bandwidth=1MiB/s",
            "bandwidth=1MiB": "not bytes per second: '1mib'; write for example bandwidth=1MiB/s",
            "bandwidth=1MiB/min": "not bytes per second: '1mib/min'",
            "reset-in=5s": "takes no amount, got '5s'",
            "drop:": "not a share: ''",
            "drop:1": "write for example 1%",
            "drop:0%": "above 0 and at most 100%",
            "drop:101%": "above 0 and at most 100%",
            "drop:burst=0/10": "a burst must be 1 or more",
            "drop:burst=11/10": "not longer than",
            "drop:burst=1": "write for example 1% or burst=20/1000",
            "drop:1%:2%": "not a percentage",
        }.items():
            with self.subTest(text):
                with self.assertRaises(ConfigurationError) as raised:
                    Fault.parse(text)
                (line,) = raised.exception.faults
                self.assertTrue(line.startswith(f"fault {text!r}: "), line)
                self.assertIn(words, line)
                self.assertNotIn("\n", line)

    def test_all_that_is_wrong_is_said_at_once(self):
        """Each text has its line."""
        with self.assertRaises(ConfigurationError) as raised:
            parse_faults(["drop:0%", "drop", "nothing", "drop"])
        self.assertEqual(3, len(raised.exception.faults))
        self.assertEqual("fault 'drop' says the same as 'drop'; give it once", raised.exception.faults[-1])

    def test_one_that_is_there_twice(self):
        """However it is written; another share or amount is another fault."""
        for texts, twice in (
            (["delay=1s", "delay=1000ms"], True),
            (["delay=1.1s", "delay=1100ms"], True),
            (["bandwidth=1MiB/s", "bandwidth=1024KiB/s:100%"], True),
            (["delay=1s", "delay=1s:50%"], False),
            (["delay=1s", "delay=2s"], False),
            (["drop:1%", "drop:burst=1/100"], False),
        ):
            with self.subTest(texts):
                if not twice:
                    self.assertEqual(2, len(parse_faults(texts)))
                    continue
                with self.assertRaises(ConfigurationError) as raised:
                    parse_faults(texts)
                self.assertEqual(
                    (f"fault {texts[1]!r} says the same as {texts[0]!r}; give it once",), raised.exception.faults
                )

    @given(kind=st.sampled_from(FaultKind), seconds=st.integers(1, 3600), share=shares)
    def test_what_was_written_is_what_is_read(self, kind, seconds, share):
        """Every kind, with an amount where it needs one, and every share."""
        text, ratio, burst = share
        unit = "/s" if kind is FaultKind.BANDWIDTH else ""
        amount = f"={seconds}{unit}" if kind in AMOUNTS else ""
        fault = Fault.parse(f"{kind}{amount}{text}")
        self.assertEqual((kind, float(seconds) if amount else 0.0, burst), (fault.kind, fault.amount, fault.burst))
        self.assertAlmostEqual(ratio, fault.share)

    @given(st.text(alphabet="drop-reset delay=:%/0123456789.msburtMiB", max_size=30))
    def test_any_text_is_read_or_refused(self, text):
        """Nothing but the one kind of exception comes of it."""
        try:
            self.assertIn(Fault.parse(text).kind, FaultKind)
        except ConfigurationError as error:
            self.assertEqual(1, len(error.faults))


class ConfigurationTest(unittest.TestCase):
    def test_they_are_kept_as_they_are_written(self):
        """Without blanks and capitals; one text with commas is several, as an environment variable has it."""
        for given_as in (("Drop: 1%", "delay=2ms"), "drop:1%, delay=2ms"):
            with self.subTest(given_as=given_as):
                self.assertEqual(("drop:1%", "delay=2ms"), ExperimentConfiguration(fault=given_as).fault)

    def test_only_the_bundled_origin_goes_wrong(self):
        """With a foreign URL they are refused, with a path they are not."""
        here, elsewhere = (
            ExperimentConfiguration(fault=("drop",), url=url) for url in ("/get", "http://user:secret@127.0.0.1:1/get")
        )
        self.assertEqual(("drop",), make_plan(here, (), seed=1).origin.faults)
        with self.assertRaises(ConfigurationError) as raised:
            make_plan(elsewhere, (), seed=1)
        (line,) = raised.exception.faults
        self.assertIn("fault 'drop' can only be ordered from the bundled origin", line)
        self.assertNotIn("secret", line)

    def test_wrong_ones_are_all_told(self):
        """One line each, beside what else is wrong."""
        with self.assertRaises(ConfigurationError) as raised:
            ExperimentConfiguration(fault=("drip", "drop=1s"), concurrency=0)
        self.assertEqual(3, len(raised.exception.faults))

    def test_what_a_plan_makes_of_them(self):
        """The origin gets them with the seed; neither floor nor new connections are probed."""
        plans = [
            make_plan(ExperimentConfiguration(fault=fault), (), seed=3) for fault in ((), ("drop:1%", "delay=2ms"))
        ]
        self.assertEqual([(), ("drop:1%", "delay=2ms")], [plan.origin.faults for plan in plans])
        self.assertEqual([(True, True), (False, False)], [(plan.probe_floor, plan.probe_life_cycle) for plan in plans])
        self.assertEqual(plans[1].origin, OriginOptions.from_json(plans[1].origin.to_json()))
