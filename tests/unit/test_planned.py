"""What `--plan` and the first line of a run say of the target."""

import io
import tempfile
import unittest
from pathlib import Path

import trustme
from loguru import logger
from rich.console import Console

from http_benchmark.cli.levels import levels_display
from http_benchmark.cli.planned import where_it_goes
from http_benchmark.clients import known_clients
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.plan import Arm
from http_benchmark.planning import make_plan
from http_benchmark.scaling import ScalingExperiment


def said(*contenders: str, **settings: object) -> list[str]:
    """The lines, without their titles."""
    named = map(Contender.parse, contenders or ("httpx:sync",))
    arms = [Arm(contender, known_clients()[contender.library], "1.0") for contender in named]
    return [line[13:] for line in where_it_goes(make_plan(ExperimentConfiguration(**settings), arms, seed=1))]


class TargetTest(unittest.TestCase):
    def test_where_it_goes(self):
        """The bundled origin, a path on it, another server, a proxy between; never a password."""
        for settings, expected in (
            ({}, "bundled origin"),
            ({"url": "/delay/1"}, "/delay/1 on the bundled origin"),
            ({"url": "http://me:hidden@h/a"}, "http://h/a"),
            ({"proxy": "http://me:hidden@p:1"}, "bundled origin through the proxy p:1"),
        ):
            with self.subTest(**settings):
                self.assertEqual(expected, said(**settings)[0])

    def test_a_workload(self):
        """Its own paths stand with its requests; its host, or where it is moved to, is the target."""
        file = Path(self.enterContext(tempfile.TemporaryDirectory()), "a.toml")
        for url, settings, expected in (
            ("/a", {}, ["bundled origin", "HTTP/1.1"]),
            ("/a", {"url": "/anything"}, ["/anything on the bundled origin", "HTTP/1.1"]),
            (
                "https://h/a",
                {},
                ["https://h/", "HTTP/1.1 over TLS, certificates checked against each client's own authorities"],
            ),
            ("https://h/a", {"url": "http://i/"}, ["http://i/", "HTTP/1.1"]),
        ):
            with self.subTest(url, **settings):
                file.write_text(f'[[request]]\nurl = "{url}"\n')
                self.assertEqual(expected, said(workload=file, **settings))

    def test_how_it_is_spoken_to(self):
        """Versions of HTTP, TLS, and whose certificates are trusted."""
        authority = self.enterContext(trustme.CA().cert_pem.tempfile())
        for contenders, settings, expected in (
            (("httpx:sync",), {}, "HTTP/1.1"),
            (("httpx:sync", "httpx:sync+h2"), {}, "HTTP/1.1 and HTTP/2"),
            (
                ("httpx:sync+h2",),
                {"tls": True},
                "HTTP/2 over TLS, certificates checked against the run's own authority",
            ),
            (("httpx:sync",), {"tls": True, "verify": False}, "HTTP/1.1 over TLS, certificates not checked"),
            (
                ("httpx:sync",),
                {"url": "https://h/", "ca": authority},
                f"HTTP/1.1 over TLS, certificates checked against {authority}",
            ),
        ):
            with self.subTest(contenders, **settings):
                self.assertEqual(expected, said(*contenders, **settings)[1])

    def test_the_first_line_of_several_concurrencies(self):
        """Says the same."""
        logger.disable("http_benchmark")  # which says it, too
        self.addCleanup(logger.enable, "http_benchmark")
        written = io.StringIO()
        configuration = ExperimentConfiguration(contenders=("httpx:sync",), proxy="http://me:hidden@p:1")
        levels_display(Console(file=written)).preparing(ScalingExperiment(configuration, (1, 8)))

        self.assertIn(" blocks, bundled origin through the proxy p:1, concurrency 1, 8; about ", written.getvalue())
