import os
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from http_benchmark.config import Settings
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.secret import Reference


class SettingsTest(unittest.TestCase):
    """Each test starts in an empty folder with no variable set."""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        before = Path.cwd()
        os.chdir(folder)
        self.addCleanup(os.chdir, before)
        foreign = {name: text for name, text in os.environ.items() if not name.startswith("HTTP_BENCHMARK_")}
        self.enterContext(patch.dict(os.environ, foreign, clear=True))

    def write(self, text: str, name: str = "http-benchmark.toml") -> Path:
        path = Path(name)
        path.write_text(text, encoding="utf-8")
        return path

    def folder_with(self, pyproject: str) -> Path:
        Path("other").mkdir()
        return self.write(pyproject, "other/pyproject.toml")

    def faults(self, arguments: dict[str, object] | None = None, file: Path | None = None) -> tuple[str, ...]:
        with self.assertRaises(ConfigurationError) as caught:
            Settings.load(arguments or {}, file)
        return caught.exception.faults

    def test_defaults(self) -> None:
        """Without any source the documented defaults hold."""
        settings = Settings.load({})

        self.assertEqual(ExperimentConfiguration(), settings.experiment())
        self.assertEqual((0, None), (settings.verbose, settings.log_file))
        self.assertEqual("sqlite:///benchmark_results.db", str(settings.database_url))

    def test_precedence(self) -> None:
        """Arguments win over the environment, that over the file, that over the defaults."""
        self.write("concurrency = 2\nslices = 2\nretries = 2\n")
        os.environ |= {"HTTP_BENCHMARK_CONCURRENCY": "3", "HTTP_BENCHMARK_SLICES": "3"}

        settings = Settings.load({"concurrency": 4})

        self.assertEqual((4, 3, 2, 30), (settings.concurrency, settings.slices, settings.retries, settings.timeout))

    def test_environment_spellings(self) -> None:
        """Variables are named as the options are; lists are JSON or separated by commas."""
        os.environ |= {
            "HTTP_BENCHMARK_CONTENDERS": "httpx, aiohttp",
            "HTTP_BENCHMARK_TAG": '["a", "b,c"]',
            "HTTP_BENCHMARK_HEADER": "Accept: text/html, text/plain",
            "HTTP_BENCHMARK_NO_VERIFY": "1",
            "HTTP_BENCHMARK_QUICK": "true",
            "HTTP_BENCHMARK_THINK_TIME": "2ms",
            "HTTP_BENCHMARK_DATABASE_URL": "sqlite:///elsewhere.db",
            "HTTP_BENCHMARK_NAME": "",
            "HTTP_BENCHMARK_JSON": "result.json",
        }

        settings = Settings.load({})

        self.assertEqual(("httpx", "aiohttp"), settings.contenders)
        self.assertEqual(("a", "b,c"), settings.tag)
        self.assertEqual([["Accept", "text/html, text/plain"]], settings.to_dict()["headers"])
        self.assertEqual((False, True, 0.002), (settings.verify, settings.quick, settings.think_time))
        self.assertEqual("sqlite:///elsewhere.db", str(settings.database_url))
        self.assertIsNone(settings.name)

    def test_a_whole_database_url_is_one_reference(self) -> None:
        """It is revealed as it is, not percent-encoded; beside other text a reference still names no host."""
        url = "postgresql://me:p%40ss@db:5432/results?sslmode=require"
        database = Settings.load({"database": "${env:DB_URL}"}).database_url

        self.assertEqual("${env:DB_URL}", str(database))
        self.assertEqual(url, database.reveal({Reference("env", "DB_URL"): url}))
        with self.assertRaisesRegex(ConfigurationError, "not in scheme or host"):
            Settings.load({"database": "postgresql://${env:DB_HOST}/results"})

    def test_unknown_variables(self) -> None:
        """A typing error in the environment is not passed over."""
        os.environ["HTTP_BENCHMARK_CONCURENCY"] = "3"

        self.assertRegex(
            self.faults()[0],
            "^unknown environment variable 'HTTP_BENCHMARK_CONCURENCY'; did you mean HTTP_BENCHMARK_CONCURRENCY",
        )
        self.assertEqual(1, len(self.faults()))

    def test_constructor_reads_the_environment(self) -> None:
        """Without a file, too, a variable counts and an argument counts more."""
        os.environ |= {"HTTP_BENCHMARK_CONCURRENCY": "3", "HTTP_BENCHMARK_SLICES": "3"}

        settings = Settings(slices=4)

        self.assertEqual((3, 4), (settings.concurrency, settings.slices))

    def test_file_spellings(self) -> None:
        """Keys of the file may use hyphens or underscores; headers may be a table."""
        self.write(
            'think-time = "2ms"\nbody_size = "1KiB"\nno-verify = true\nmethod = "POST"\n[headers]\nAccept = "b"\n'
        )

        settings = Settings.load({})

        self.assertEqual((0.002, 1024, False), (settings.think_time, settings.body_size, settings.verify))
        self.assertEqual([["Accept", "b"]], settings.to_dict()["headers"])

    def test_verify_is_on_when_no_verify_is_off(self) -> None:
        """`no-verify = false` asks for the check of certificates."""
        self.write("no-verify = false")

        self.assertTrue(Settings.load({}).verify)

    def test_pyproject(self) -> None:
        """The table of pyproject.toml counts where there is no file of our own."""
        self.write("[tool.http-benchmark]\nconcurrency = 2\n[tool.other]\nx = 1\n", "pyproject.toml")
        self.assertEqual(2, Settings.load({}).concurrency)

        self.write("concurrency = 3\n")
        self.assertEqual(3, Settings.load({}).concurrency)

    def test_pyproject_of_another_project(self) -> None:
        """A pyproject.toml without our table says nothing."""
        self.write('[project]\nname = "x"\n', "pyproject.toml")

        self.assertEqual(10, Settings.load({}).concurrency)

    def test_named_file_replaces_the_others(self) -> None:
        """`--config FILE` and its variable choose the file; the argument wins."""
        self.write("concurrency = 2\n")
        named = self.write("concurrency = 3\n", "named.toml")
        os.environ["HTTP_BENCHMARK_CONFIG"] = str(self.write("concurrency = 4\n", "other.toml"))

        self.assertEqual(3, Settings.load({}, named).concurrency)
        self.assertEqual(4, Settings.load({}).concurrency)

    def test_stronger_alternative_replaces_the_weaker(self) -> None:
        """`--requests` on the command line does not contradict a duration in the file or the environment."""
        self.write('duration = "3s"\nbody = "x"\nmethod = "POST"\n')
        os.environ["HTTP_BENCHMARK_DURATION"] = "2s"

        settings = Settings.load({"requests": 5, "body_size": 10})

        self.assertEqual((None, 5), (settings.duration, settings.requests))
        self.assertEqual((None, 10), (settings.body, settings.body_size))

    def test_same_source_still_contradicts_itself(self) -> None:
        """Two alternatives from one source are a fault."""
        self.write('duration = "3s"\nrequests = 5\n')

        self.assertIn("duration and requests contradict each other", self.faults()[0])

    def test_body_from_a_file(self) -> None:
        """`@FILE` names a file, in every source."""
        self.write("text", "body.txt")

        settings = Settings.load({"body": "@body.txt", "method": "POST"})

        self.assertEqual((None, Path("body.txt")), (settings.body, settings.body_file))

    def test_all_faults_are_reported_at_once(self) -> None:
        """Unknown keys of the file, unknown arguments and wrong values of all sources come together."""
        path = self.write("concurency = 5\nthink-tme = 1\nslices = 0\n")
        os.environ["HTTP_BENCHMARK_TIMEOUT"] = "soon"

        self.assertEqual(
            (
                f"{path}: unknown setting 'concurency'; did you mean concurrency?",
                f"{path}: unknown setting 'think_tme'; did you mean think_time?",
                "blocks must be above 0 and finite, got -1",
                "slices must be above 0 and finite, got 0",
                "timeout: not a duration: 'soon'; write for example 10s, 250ms or 2m",
                "unknown setting 'sed'; did you mean seed?",
            ),
            tuple(sorted(self.faults({"blocks": -1, "sed": 1}), key=lambda fault: (path.name not in fault, fault))),
        )

    def test_unknown_key_alone_is_a_fault(self) -> None:
        """A typing error in the file is not passed over."""
        self.write("concurency = 5\n")

        self.assertEqual(1, len(self.faults()))

    def test_a_truth_value_that_is_none(self) -> None:
        """A wrong `no-verify` is a fault, not a silent choice."""
        os.environ["HTTP_BENCHMARK_NO_VERIFY"] = "perhaps"

        self.assertRegex(self.faults()[0], "verify must be true or false, got 'perhaps'")

    def test_unusable_files_are_one_clear_fault(self) -> None:
        """A file that is missing, a folder, no TOML, no text, or has no table is told in one line."""
        cases = (
            (Path("missing.toml"), "'missing.toml' cannot be read (No such file or directory)"),
            (Path(), "'.' cannot be read (Is a directory)"),
            (self.write("x =", "broken.toml"), "'broken.toml' is not TOML: Invalid value"),
            (self.write("[tool]\nhttp-benchmark = 5", "pyproject.toml"), "'pyproject.toml' must be a table, got int"),
            (self.folder_with("tool = 1"), "[tool] in 'other/pyproject.toml' must be a table, got int"),
        )
        for path, expected in cases:
            with self.subTest(path):
                found = self.faults(file=path)
                self.assertEqual(1, len(found))
                self.assertIn(expected, found[0])

    def test_file_in_another_encoding(self) -> None:
        """Bytes that are no text are told as such."""
        path = Path("http-benchmark.toml")
        path.write_bytes(b"name = '\xff'")

        self.assertIn("is not TOML", self.faults()[0])

    def test_database_url_is_not_stored_or_shown(self) -> None:
        """The database's URL may hold a password: it is in no dump, no `repr` and no stored configuration."""
        settings = Settings.load({"database_url": "postgresql://me:hunter2@h/d"})

        self.assertEqual("postgresql://me:hunter2@h/d", settings.database_url.reveal({}))
        for shown in (repr(settings), str(settings.to_dict()), str(settings.experiment().to_dict())):
            self.assertNotIn("hunter2", shown)

    def test_experiment_is_the_part_that_is_measured(self) -> None:
        """The configuration of the experiment equals one made by hand, and takes nothing from the environment."""
        settings = Settings.load({"contenders": ["httpx"], "duration": "1s", "verbose": 2})

        self.assertEqual(ExperimentConfiguration(contenders=["httpx"], duration=1), settings.experiment())


class OpenModelTest(unittest.TestCase):
    def fault(self, **values: object) -> str:
        with self.assertRaises(ConfigurationError) as caught:
            ExperimentConfiguration(**values)
        (fault,) = caught.exception.faults
        return fault

    def test_what_follows_from_a_rate(self) -> None:
        """Constant arrivals, and room for 64 requests in flight, unless told otherwise."""
        closed, opened = ExperimentConfiguration(), ExperimentConfiguration(rate="500/s")

        self.assertEqual((None, None, 10), (closed.rate, closed.arrivals, closed.concurrency))
        self.assertEqual((((500, 500),), "constant", 64), (opened.rate, opened.arrivals, opened.concurrency))
        self.assertEqual(3, ExperimentConfiguration(rate=5, concurrency=3).concurrency)

    def test_it_goes_to_json_and_back(self) -> None:
        """A stored configuration can be run again."""
        configuration = ExperimentConfiguration(rate="1..9,5/s", arrivals="poisson", until="2%", processes=2)

        self.assertEqual(configuration, ExperimentConfiguration.from_dict(configuration.to_dict()))

    def test_contradictions_are_told(self) -> None:
        """Each with the value and what to do."""
        for values, words in (
            ({"rate": "0/s"}, "rate must be above 0"),
            ({"rate": "-5"}, "rate: not a rate: '-5'"),
            ({"rate": "2000000/s"}, "at most 1,000,000 /s"),
            ({"arrivals": "poisson"}, "arrivals 'poisson' needs a rate"),
            ({"rate": 5, "arrivals": "bursts"}, "unknown arrivals 'bursts'"),
            ({"rate": 5, "think_time": 1}, "think_time 1 says nothing in the open model"),
            ({"processes": 11}, "processes must be at most the concurrency, 10, got 11"),
            ({"until": "2%", "quick": True}, "until and quick contradict each other"),
            ({"until": "0%"}, "until must be above 0"),
        ):
            with self.subTest(values):
                self.assertIn(words, self.fault(**values))
