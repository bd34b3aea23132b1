"""The command that is kept with a result: parsed as a user would type it, it gives the same configuration."""

import shlex
from unittest import TestCase

from hypothesis import given, settings
from hypothesis import strategies as st

from http_benchmark.cli.run import command
from http_benchmark.command_line import command_of
from http_benchmark.config import Settings
from http_benchmark.models.experiment_configuration import ExperimentConfiguration


def configured(line):
    """What the command makes of a line."""
    program, run, *words = shlex.split(line)
    assert (program, run) == ("http-benchmark", "run")
    with command.make_context("run", words) as context:
        arguments = {name: value for name, value in context.params.items() if value not in (None, (), False, 0)}
    arguments |= {name: False for name in ("verify", "floor") if context.params[name] is False}
    return Settings.load(arguments).experiment()


def line_of(configuration):
    return command_of(configuration, contenders=configuration.contenders, seed=configuration.seed)


class TestCommandOf(TestCase):
    def test_known_answers(self):
        """Defaults are left out; the contenders and the seed are always there."""
        for values, expected in (
            ({}, "httpx:sync --seed 7"),
            (
                {
                    "verify": False,
                    "floor": False,
                    "rate": "100..2000,300/s",
                    "concurrency": 64,
                    "until": "2%",
                    "duration": "250ms",
                },
                "httpx:sync --rate 100..2000,300/s --duration 0.25 --until 2% --seed 7 --no-verify --no-floor",
            ),
            (
                {"headers": ("X-Key: typed", "A: ${env:B}"), "tag": ("a", "b c")},
                "httpx:sync --header 'X-Key: ***' --header 'A: ${env:B}' --seed 7 --tag a --tag 'b c'",
            ),
        ):
            with self.subTest(expected):
                configuration = ExperimentConfiguration(contenders=("httpx:sync",), seed=7, **values)
                self.assertEqual(f"http-benchmark run {expected}", line_of(configuration))

    def test_tags_of_the_program(self):
        """Are left out, since they are refused from who types the line."""
        configuration = ExperimentConfiguration(contenders=("httpx:sync",), seed=7, tag=("a",))
        tagged = configuration.model_copy(update={"tag": ("a", "servers-e460c05f")})
        self.assertEqual("http-benchmark run httpx:sync --seed 7 --tag a", line_of(tagged))

    @settings(max_examples=60, deadline=None)
    @given(
        st.fixed_dictionaries(
            {"contenders": st.just(("urllib3", "httpx:async+h2")), "seed": st.integers(0, 2**32)},
            optional={
                "url": st.sampled_from(["/delay/1?x=a b".replace(" ", "%20"), "http://h:8080/x?token=${env:T}"]),
                "method": st.sampled_from(["GET", "PUT", "STREAM"]),
                "headers": st.lists(
                    st.sampled_from(["Accept: text/html; q='1'", 'User-Agent: "x" $y', "A: b ${env:C}"]), max_size=3
                ).map(tuple),
                "rate": st.sampled_from(["100/s", "0.5/s", "1..20,7/s", "30/min"]),
                "concurrency": st.integers(1, 500),
                "duration": st.floats(0.001, 1e5).map(lambda seconds: round(seconds, 4)),
                "warmup": st.sampled_from([0, 0.5]),
                "slices": st.integers(1, 50),
                "timeout": st.floats(0.001, 1e4).map(lambda seconds: round(seconds, 6)),
                "retries": st.integers(0, 5),
                "blocks": st.integers(1, 99),
                "until": st.floats(0.01, 50).map(lambda percent: round(percent, 3)),
                "primary": st.sampled_from(["p99", "throughput_rps"]),
                "follow_redirects": st.booleans(),
                "floor": st.booleans(),
                "stream": st.booleans(),
                "name": st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=12),
                "tag": st.lists(st.sampled_from(["nightly", "a b", "ä'"]), max_size=2).map(tuple),
                "fault": st.lists(st.sampled_from(["reset-in:2%", "delay=2ms"]), max_size=2, unique=True).map(tuple),
            },
        ).filter(lambda values: not ("fault" in values and str(values.get("url", "/")).startswith("http")))
    )
    def test_the_same_configuration(self, values):
        """Whatever was asked for, with references instead of secrets."""
        configuration = ExperimentConfiguration(**values)

        self.assertEqual(configuration, configured(line_of(configuration)))
