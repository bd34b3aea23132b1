"""The documents against the code: commands, options, tables, fields, closed lists, examples, links."""

import ast
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import typing
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import trustme

import http_benchmark
from http_benchmark import benchmark, clients, errors, storage
from http_benchmark.cli.main import cli
from http_benchmark.clients import OWN_CLIENTS, known_clients
from http_benchmark.conformance.known import KNOWN, known_deviation
from http_benchmark.conformance.suite import CHECKS
from http_benchmark.errors import ErrorKind
from http_benchmark.models.benchmark_configuration import BenchmarkConfiguration
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.capacity import (
    CapacityResult,
    CapacitySearch,
    ContenderCapacity,
    CurvePoint,
    ObjectiveRecord,
    Probe,
)
from http_benchmark.models.comparison import ComparedArm, ComparedFigure, Comparison, Difference
from http_benchmark.models.conformance import CheckOutcome, ConformanceCheck, ConformanceResult, ContenderConformance
from http_benchmark.models.contender import Contender
from http_benchmark.models.contender_source import ContenderSource
from http_benchmark.models.environment import Environment
from http_benchmark.models.experiment import (
    METRICS,
    ClientResult,
    Estimate,
    EventResult,
    ExperimentResult,
    FaultScore,
    FloorProbe,
    LifeCycleEstimates,
    PacingCheck,
    PairResult,
    RatePoint,
    Reason,
    RequestResult,
    Resources,
    Target,
    Validity,
    WorkloadRequest,
    WorkloadResult,
)
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.explanation import (
    Explanation,
    PlaceDifference,
    Profiled,
    ProfiledStack,
    SpentInside,
    SyscallRate,
)
from http_benchmark.models.gate import (
    GateArm,
    GateAttempt,
    GateMetric,
    GateResult,
    InstructionCounts,
    MetricJudgement,
    PackageDifference,
)
from http_benchmark.models.history import History, HistoryPoint, HistoryShift, OtherSeries
from http_benchmark.models.http_request import HTTPRequest
from http_benchmark.models.measurement import Distribution, GcRecord
from http_benchmark.models.provenance import InterpreterBuild, Provenance, Revision, Runtime, Session
from http_benchmark.models.reproduction import Effect, ReproducedPair, Reproduction
from http_benchmark.models.resource_metrics import ResourceMetrics
from http_benchmark.models.scaling import ScalingCurve, ScalingLevel, ScalingPoint, ScalingResult
from http_benchmark.models.servers import MeasuredServer, ServerPoint, ServerRatio, ServersOfContender, ServersResult
from http_benchmark.models.work import Count, Deviation, DeviationCode, Work
from http_benchmark.origin.routes import ROUTES
from http_benchmark.report.rows import TABLES
from http_benchmark.stats import validity
from tests.contract.documents import DOCUMENTS, EXAMPLES, HOW_TOS, ROOT, blocks, first_cells, rows, section, text_of

PACKAGE = ROOT / "http_benchmark"

PUBLISHED = {
    "Experiment": ExperimentResult,
    "Validity": Validity,
    "Reason": Reason,
    "Target": Target,
    "Workload": WorkloadResult,
    "Workload request": WorkloadRequest,
    "Pacing check": PacingCheck,
    "Floor probe": FloorProbe,
    "Client": ClientResult,
    "Work": Work,
    "Count": Count,
    "Deviation": Deviation,
    "Estimate": Estimate,
    "Events": EventResult,
    "Distribution": Distribution,
    "Life cycle": LifeCycleEstimates,
    "Rate point": RatePoint,
    "Request": RequestResult,
    "Fault score": FaultScore,
    "Resources": Resources,
    "Garbage collections": GcRecord,
    "Pair": PairResult,
    "Configuration": ExperimentConfiguration,
    "Environment": Environment,
    "Source": ContenderSource,
    "Provenance": Provenance,
    "Session": Session,
    "Revision": Revision,
    "Interpreter build": InterpreterBuild,
    "Runtime": Runtime,
    "Comparison": Comparison,
    "Compared arm": ComparedArm,
    "Difference": Difference,
    "Compared figure": ComparedFigure,
    "Reproduction": Reproduction,
    "Reproduced pair": ReproducedPair,
    "Effect": Effect,
    "Explanation": Explanation,
    "Profiled contender": Profiled,
    "System call": SyscallRate,
    "Profiled stack": ProfiledStack,
    "Place": PlaceDifference,
    "Part of a place": SpentInside,
    "History": History,
    "History point": HistoryPoint,
    "History shift": HistoryShift,
    "Other series": OtherSeries,
    "Conformance": ConformanceResult,
    "Conformance check": ConformanceCheck,
    "Contender conformance": ContenderConformance,
    "Check outcome": CheckOutcome,
    "Capacity": CapacityResult,
    "Objective": ObjectiveRecord,
    "Contender capacity": ContenderCapacity,
    "Curve point": CurvePoint,
    "Search": CapacitySearch,
    "Probe": Probe,
    "Scaling": ScalingResult,
    "Scaling level": ScalingLevel,
    "Scaling curve": ScalingCurve,
    "Scaling point": ScalingPoint,
    "Servers": ServersResult,
    "Measured server": MeasuredServer,
    "Contender on servers": ServersOfContender,
    "Server point": ServerPoint,
    "Server ratio": ServerRatio,
    "Gate": GateResult,
    "Gate arm": GateArm,
    "Package difference": PackageDifference,
    "Gate attempt": GateAttempt,
    "Gate metric": GateMetric,
    "Metric judgement": MetricJudgement,
    "Instruction counts": InstructionCounts,
}
"""Heading in docs/json.md → the model whose fields its table lists."""

OPTIONS_IN = ("docs/quickstart.md", "docs/method.md", "docs/reference.md")

WITH_COMMANDS = (
    *("README.md", "docs/quickstart.md", "docs/protocols.md", "docs/gate.md", "docs/targets.md"),
    *(str(path.relative_to(ROOT)) for path in HOW_TOS),
)

COMMANDS = (
    *("run", "capacity", "gate", "conform", "doctor", "clients", "origin", "db upgrade"),
    *(f"results {command}" for command in ("tag", "prune", "list", "show", "compare", "export", "delete")),
)

RUN_ALL = """
import json, sys
sys.path.insert(0, sys.argv[2])
from http_benchmark.cli.main import cli
for arguments in json.loads(sys.argv[1]):
    try:
        cli.main(arguments, standalone_mode=False)
    except Exception as error:
        print(json.dumps([arguments, f"{type(error).__name__}: {error}"]), file=sys.stderr)
"""


class CommandTest(unittest.TestCase):
    def test_every_command_line_is_understood(self):
        """What the documents tell to type is taken by the command; a `run` is planned, all others show help."""
        command_lines = [
            shlex.split(line.removeprefix("$ "))[1:]
            for name in WITH_COMMANDS
            for block in blocks(text_of(name), "console", "bash")
            for line in block.splitlines()
            if line.removeprefix("$ ").startswith("http-benchmark")
        ]
        self.assertGreater(len(command_lines), 10)
        self.assertEqual([], self._refused([self._harmless(arguments) for arguments in command_lines]))

    def test_every_command_in_the_table_of_questions_is_understood(self):
        """Those that README names beside a question."""
        lines = section(text_of("README.md"), "What else it answers").splitlines()
        named = [
            words for line in lines if line.startswith("|") for words in re.findall("`([^`]+)`", line.split("|")[2])
        ]
        command_lines = [shlex.split(words) for words in named if not words.startswith("make ")]
        self.assertGreater(len(command_lines), 10)
        self.assertEqual([], self._refused([self._harmless(arguments) for arguments in command_lines]))

    def test_every_command_has_examples_that_are_understood(self):
        """What `--help` of each command tells to type is of that command, and is taken by it."""
        shown = {name: self._examples(command) for name, command in self._commands()}
        self.assertGreater(len(shown), 20)
        for name, examples in shown.items():
            with self.subTest(name):
                self.assertTrue(examples)
                own = [example for example in examples if f"{' '.join(example)} ".startswith(f"{name} ")]
                self.assertEqual(examples, own)
        lines = [self._harmless(example[1:]) for examples in shown.values() for example in examples]
        self.assertEqual([], self._refused(lines))

    @staticmethod
    def _commands() -> Iterator[tuple[str, click.Command]]:
        """All that there are, with the words that call them."""
        waiting: list[tuple[str, click.Command]] = [("http-benchmark", cli)]
        while waiting:
            name, command = waiting.pop()
            yield name, command
            if isinstance(command, click.Group):
                context = click.Context(command)
                children = {child: command.get_command(context, child) for child in command.list_commands(context)}
                waiting += [(f"{name} {child}", found) for child, found in children.items() if found]

    @staticmethod
    def _examples(command: click.Command) -> list[list[str]]:
        """The command lines at the end of its help; what follows three spaces is said of them."""
        lines = re.findall(r"(?:^  |Example: )(http-benchmark .*?)(?:   .*)?$", command.epilog or "", re.MULTILINE)
        return [shlex.split(line) for line in lines]

    def test_an_option_that_does_not_exist_is_noticed(self):
        """The check above is one: wrong options, contenders and subcommands do not pass it."""
        wrong = [["run", "--no-such-option"], ["run", "no-such-client"], ["results", "show", "1", "--ni"], ["runn"]]
        self.assertEqual(wrong, [arguments[:-1] for arguments in self._refused([*map(self._harmless, wrong)])])

    def test_every_option_in_the_quickstart_exists(self):
        """Options that stand in sentences and tables are options of some subcommand."""
        answer = subprocess.run(
            [
                sys.executable,
                "-c",
                RUN_ALL,
                json.dumps([[*command.split(), "--help"] for command in COMMANDS]),
                str(ROOT),
            ],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        self.assertEqual("", answer.stderr)
        known = set(re.findall(r"--[a-z][a-z-]*", answer.stdout))
        named = set(re.findall(r"(?<=`)--[a-z][a-z-]*", "".join(map(text_of, OPTIONS_IN))))
        self.assertEqual(set(), named - known)

    @staticmethod
    def _harmless(arguments: list[str]) -> list[str]:
        """The same, but nothing is done: a run is planned, unless that takes what is not there."""
        wanting = any(word in {"--resume", "shop.toml"} or "@../" in word for word in arguments)
        return [*arguments, "--plan" if arguments[:1] == ["run"] and not wanting else "--help"]

    @staticmethod
    def _refused(command_lines: list[list[str]]) -> list[list[str]]:
        """Those that the command refuses; tried in one process, in a folder with nothing but the authority to trust."""
        with tempfile.TemporaryDirectory() as folder:
            authority = Path(folder, "certificates", "client.pem")
            authority.parent.mkdir()
            trustme.CA().cert_pem.write_to_path(authority)
            answer = subprocess.run(
                [sys.executable, "-c", RUN_ALL, json.dumps(command_lines), str(ROOT)],
                capture_output=True,
                text=True,
                check=True,
                cwd=folder,
                env=os.environ | {"TOKEN": "of the examples"},
            )
        return [json.loads(line)[0] for line in answer.stderr.splitlines() if line.startswith("[[")]


class TableTest(unittest.TestCase):
    def test_the_table_of_clients_is_that_of_the_code(self):
        """README lists each known client with its modes, and no other."""
        listed = {name: modes for name, modes, _ in rows(section(text_of("README.md"), "Clients"))}
        known = {name: ", ".join(client.modes) for name, client in known_clients().items() if name not in OWN_CLIENTS}
        self.assertEqual(known, listed)

    def test_every_client_is_described(self):
        """docs/clients.md has settings and limits for each client."""
        for heading in ("The same footing", "What cannot be honoured"):
            with self.subTest(heading):
                described = first_cells(section(text_of("docs/clients.md"), heading))
                self.assertEqual(known_clients().keys() - OWN_CLIENTS, set(described))

    def test_what_clients_cannot_honour_is_what_their_adapters_say(self):
        """The table of limits agrees with the capabilities, cell by cell."""
        for name, custom_ca, no_verify, redirects, _, http2, proxy in rows(
            section(text_of("docs/clients.md"), "What cannot be honoured")
        ):
            with self.subTest(name):
                client = known_clients()[name]
                self.assertEqual(client.custom_ca, custom_ca == "yes")
                self.assertEqual(client.skip_verify, no_verify == "yes")
                self.assertEqual(client.http2, http2 != "no")
                self.assertEqual(client.proxy, proxy == "yes")
                self.assertEqual(redirects == "yes", set(client.follow_redirects) == set(client.modes))

    def test_timeouts_are_what_the_adapters_say(self):
        """Who has a deadline for the whole request, and who has not."""
        total, reads = (cells[1].split(", ") for cells in rows(section(text_of("docs/clients.md"), "Timeouts")))
        for name, client in known_clients().items():
            if name not in OWN_CLIENTS:
                self.assertIn(name, total if client.total_timeout else reads)

    def test_every_endpoint_is_named(self):
        """The quickstart lists the origin's endpoints, each by the start of its path."""
        text = section(text_of("docs/quickstart.md"), "A server to aim other things at")
        for route in ROUTES:
            with self.subTest(route.path):
                self.assertIn(f"`/{route.segments[0]}", text)

    def test_every_operation_is_described(self):
        """docs/api.md has a row for each operation of the REST API."""
        paths = json.loads(text_of("docs/schema/openapi.json"))["paths"]
        present = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path in paths for method in paths[path]}
        self.assertEqual(present, set(first_cells(section(text_of("docs/api.md"), "Operations"))))

    def test_every_room_is_described(self):
        """docs/architecture.md has a row for each module and package, and none for what is gone."""
        present = {
            f"{path.name}/" if path.is_dir() else path.name
            for path in PACKAGE.iterdir()
            if path.suffix == ".py" or (path / "__init__.py").exists()
        }
        self.assertEqual(present, set(first_cells(section(text_of("docs/architecture.md"), "Rooms"))))

    def test_every_file_named_in_the_architecture_exists(self):
        """A file in a room's row is a file of that room."""
        for room, description in rows(section(text_of("docs/architecture.md"), "Rooms")):
            for name in re.findall(r"`([a-z_0-9]+\.py)`", description):
                with self.subTest(room=room, file=name):
                    self.assertTrue((PACKAGE / room / name).exists())

    def test_the_capabilities_of_an_adapter_are_all_explained(self):
        """docs/adapters.md lists each key that CAPABILITIES must have."""
        required = {name for name in clients.Capabilities.__dataclass_fields__ if name not in {"name", "module"}}
        text = re.sub(r"^ +\|", "|", section(text_of("docs/adapters.md"), "Step by step"), flags=re.MULTILINE)
        self.assertEqual(required, set(first_cells(text)))


class LibraryTest(unittest.TestCase):
    def test_every_argument_of_a_configuration_is_explained(self):
        """docs/library.md lists them in the order in which they can be given, with their defaults."""
        listed = rows(section(text_of("docs/library.md"), "BenchmarkConfiguration"))
        self.assertEqual(list(BenchmarkConfiguration.__dataclass_fields__), [cells[0] for cells in listed])
        configuration = BenchmarkConfiguration("http://127.0.0.1/")
        for name, default, _ in listed:
            if default not in {"", "none", "random", "from the URL"}:
                with self.subTest(name):
                    self.assertEqual(getattr(configuration, name), ast.literal_eval(default))

    def test_every_attribute_of_a_result_is_explained(self):
        """In the order of the constructor."""
        self.assertEqual(
            list(BenchmarkResult.__dataclass_fields__),
            first_cells(section(text_of("docs/library.md"), "BenchmarkResult")),
        )

    def test_the_methods_of_the_storage_exist(self):
        """Each with as many parameters as the document shows."""
        for call in first_cells(section(text_of("docs/library.md"), "ResultStorage")):
            with self.subTest(call):
                name, arguments = call.rstrip(")").split("(")
                parameters = inspect.signature(getattr(storage.ResultStorage, name)).parameters
                self.assertEqual(len([*filter(None, arguments.split(","))]), len(parameters) - 1)

    def test_every_exception_is_named(self):
        """The whole tree of errors that the package raises on purpose."""
        text = section(text_of("docs/library.md"), "Errors")
        for name, thing in vars(errors).items():
            if isinstance(thing, type) and issubclass(thing, errors.HTTPBenchmarkError):
                with self.subTest(name):
                    self.assertIn(f"`{name}`", text)


class JsonTest(unittest.TestCase):
    def test_every_published_field_is_explained(self):
        """Each table of docs/json.md lists the fields of its model in the order of the JSON, with a meaning."""
        for heading, model in PUBLISHED.items():
            with self.subTest(heading):
                fields = [field.alias or name for name, field in model.model_fields.items()]
                listed = rows(section(text_of("docs/json.md"), heading))
                self.assertEqual(fields, [cells[0] for cells in listed])
                self.assertTrue(all(cells[1] for cells in listed))

    def test_every_exported_column_is_explained(self):
        """Each table of docs/export.md lists the columns in their order, with kind and meaning."""
        for name, table in TABLES.items():
            with self.subTest(name):
                self.assertEqual(
                    [[column.name, column.kind, f"{column.meaning}."] for column in table.columns],
                    rows(section(text_of("docs/export.md"), name.title())),
                )

    def test_error_kinds_are_those_of_the_code(self):
        """The closed list of ways in which a request fails."""
        self.assertEqual(
            [kind.value for kind in ErrorKind], first_cells(section(text_of("docs/json.md"), "Error kinds"))
        )

    def test_metrics_are_those_of_the_code(self):
        """The closed list of what can be compared."""
        self.assertEqual(list(METRICS), first_cells(section(text_of("docs/json.md"), "Metrics")))

    def test_statuses_are_those_of_the_code(self):
        """Those of an experiment, then those of a client."""
        of_experiment, of_client = (
            typing.get_args(model.model_fields["status"].annotation) for model in (ExperimentResult, ClientResult)
        )
        self.assertEqual([*of_experiment, *of_client], first_cells(section(text_of("docs/json.md"), "Statuses")))

    def test_deviation_codes_are_those_of_the_code(self):
        """The closed list of ways in which work can differ, in the order in which a contender has them."""
        self.assertEqual(
            list(typing.get_args(DeviationCode)), first_cells(section(text_of("docs/json.md"), "Deviation codes"))
        )

    def test_reason_codes_are_those_of_the_code(self):
        """Each code that `stats.validity` can give is explained, in the order in which a verdict has them."""
        self.assertEqual(list(validity.REASON_CODES), first_cells(section(text_of("docs/json.md"), "Reason codes")))


class ConformanceTest(unittest.TestCase):
    """The matrices in docs/conformance.md, which the command made, against what is known."""

    def test_every_check_is_asked_of_every_client(self):
        """A row for each check, a column for each client in each of its modes, over HTTP/2 those that speak it."""
        clients = {name: client for name, client in known_clients().items() if name not in OWN_CLIENTS}
        modes = {f"{name}:{mode}" for name, client in clients.items() for mode in client.modes}
        over_http2 = {f"{name}+h2" for name in modes if clients[name.partition(":")[0]].http2}
        for title, expected in (("The matrix", modes), ("Over HTTP/2", over_http2)):
            with self.subTest(title):
                heading, *table = self._matrix(title)
                self.assertEqual(expected, set(heading[1:]))
                self.assertEqual(list(CHECKS), [cells[0] for cells in table])

    def test_a_deviation_is_there_where_it_is_known(self):
        """Each with the number of its note, and nowhere else; one that does not show each time may be there."""
        for title in ("The matrix", "Over HTTP/2"):
            heading, *table = self._matrix(title)
            for check, *marks in table:
                for name, mark in zip(heading[1:], marks, strict=True):
                    contender = Contender.parse(name)
                    with self.subTest(check=check, contender=name):
                        known = known_deviation(contender, check)
                        if contender.http2 and CHECKS[check].not_http2:
                            self.assertEqual("·", mark)
                        elif not (known and known.sometimes):
                            self.assertRegex(mark, "^✗[⁰¹²³⁴⁵⁶⁷⁸⁹]+$" if known else "^[✓–]$")

    def test_every_known_deviation_is_explained(self):
        """In the words of the code."""
        text = text_of("docs/conformance.md")
        for known in KNOWN:
            if not set(known.contenders) <= OWN_CLIENTS and not known.sometimes:
                with self.subTest(known.contenders):
                    self.assertIn(known.explanation, text)

    def test_every_question_is_there(self):
        """With what the origin must have seen."""
        text = text_of("docs/conformance.md")
        for check in CHECKS.values():
            self.assertIn(f"| {check.id} | {check.question} | {check.witness} |", text)

    @staticmethod
    def _matrix(title: str) -> list[list[str]]:
        """The heading and the rows of the matrix under a title, without those that name a subject."""
        lines = section(text_of("docs/conformance.md"), title).split("✓ yes")[0].splitlines()
        table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
        return [cells for cells in table if not cells[0].startswith("**")]


class DecoratorTest(unittest.TestCase):
    def test_there_is_no_decorator_api(self):
        """What is public is classes, and none of them takes a function, returns one, or can itself be called."""
        public = {
            *(getattr(http_benchmark, name) for name in http_benchmark._MODULES),
            *(getattr(benchmark, name) for name in benchmark.__all__),
            *(BenchmarkConfiguration, BenchmarkResult, HTTPRequest, ResourceMetrics, storage.ResultStorage),
        }
        for thing in public:
            self.assertIsInstance(thing, type)
            self.assertFalse("__call__" in vars(thing), f"an instance of {thing} can be called")
            for name, method in inspect.getmembers(thing, inspect.isfunction):
                if method.__module__.startswith("http_benchmark") and (not name.startswith("_") or name == "__init__"):
                    with self.subTest(method=f"{thing.__name__}.{name}"):
                        self.assertFalse(self._handles_functions(method))

    def test_a_decorator_would_be_noticed(self):
        """The check above is one."""

        def decorator(function: Callable[[], None]) -> Callable[[], None]:
            return function

        self.assertTrue(self._handles_functions(decorator))

    def test_the_documents_say_so(self):
        """One line, where users and developers look for it."""
        for name in ("README.md", "docs/quickstart.md", "docs/architecture.md"):
            self.assertIn("There is no decorator API", text_of(name))

    @staticmethod
    def _handles_functions(method: Callable[..., object]) -> bool:
        return any("Callable" in str(annotation) for annotation in method.__annotations__.values())


class LinkTest(unittest.TestCase):
    def test_relative_links_lead_somewhere(self):
        """To a file that is there, and to a heading of it."""
        for document in DOCUMENTS:
            text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
            for link in re.findall(r"\]\(([^)\s]+)\)", text):
                if "://" in link:
                    continue
                with self.subTest(document=document.name, link=link):
                    path, _, anchor = link.partition("#")
                    target = document.parent / path if path else document
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, _anchors(target.read_text(encoding="utf-8")))

    def test_no_document_names_a_place_on_somebodys_machine(self):
        """No absolute path of a home, temporary or working folder."""
        for path in (*DOCUMENTS, *EXAMPLES):
            with self.subTest(path.name):
                found = re.search(r"(?<![\w.])/(home|root|Users|tmp|var|work)/.*", path.read_text(encoding="utf-8"))
                self.assertIsNone(found)

    def test_decisions_have_numbers_of_their_own(self):
        """So that one can be named."""
        numbers = re.findall(r"^### (\d+)\.", text_of("docs/decisions.md"), re.MULTILINE)

        self.assertEqual(sorted({*map(int, numbers)}), sorted(map(int, numbers)))

    def test_nothing_is_left_to_be_filled_in(self):
        """No placeholder, no to-do."""
        for document in DOCUMENTS:
            with self.subTest(document.name):
                self.assertIsNone(re.search(r"<!--|TODO|FIXME|\nRANKING\n", document.read_text(encoding="utf-8")))


def _anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
