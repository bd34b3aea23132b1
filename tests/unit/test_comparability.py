"""Which stored experiments may be set side by side, and what is then said of them."""

import re
from unittest import TestCase

from http_benchmark.cli.comparing import compare as command
from http_benchmark.comparison import Arm, compare, parse_arm
from http_benchmark.errors import ComparisonError
from http_benchmark.models.comparison import Comparison, Difference
from http_benchmark.models.environment import Environment
from http_benchmark.models.experiment import METRICS, Reason, Target, Validity
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.provenance import InterpreterBuild, Provenance, Revision, Runtime
from http_benchmark.report.comparison import print_comparison
from http_benchmark.stats import comparability
from http_benchmark.stats.comparability import differences
from tests.records import make_block, make_blocks, make_result, make_trial, noisy_costs
from tests.snapshot_case import SnapshotCase, printed

ENVIRONMENT = Environment(
    http_benchmark="1.0", python="3.12.1", python_implementation="CPython", python_build="GCC 12", system="Linux",
    kernel="6.1", architecture="x86_64", cpu_model="Model T", cpu_count=4, client_cpus=(1,), origin_cpus=(0,),
    memory_bytes=1000, governor="performance", load_average_1min=0.1, openssl="3.0", libraries={"httpx": "0.28"},
)  # fmt: skip
CONFIGURATION = ExperimentConfiguration(contenders=("httpx",), seed=1)
COSTS = {"httpx:sync": 1.0, "requests:sync": 2.0}


def experiment(*, environment=None, configuration=None, costs=None, blocks=8, seed=1, **fields):
    blocks_ = make_blocks(noisy_costs(costs or COSTS, blocks, seed=seed))
    return make_result(
        blocks_,
        environment=ENVIRONMENT.to_dict() | (environment or {}),
        configuration=CONFIGURATION.to_dict() | (configuration or {}),
        **fields,
    )


def found(a, b):
    return [(difference.field, difference.severity) for difference in differences(a, b)]


class TestDifferences(TestCase):
    def test_none(self):
        """Seed, load, name, tag, time and the bundled origin's port differ between any two runs."""
        other = experiment(
            environment={"load_average_1min": 3.0},
            configuration={"seed": 2, "name": "x", "tag": ["y"]},
            id="9",
            name="x",
            seed=5,
            target=Target(kind="bundled", url="http://127.0.0.1:9999/get"),
        )

        self.assertEqual([], differences(experiment(), other))

    def test_a_proxy_matters(self):
        """It is part of the workload, and runs of before there was one had none."""
        proxied = experiment(configuration={"proxy": "http://127.0.0.1:3128"})

        self.assertEqual([("configuration.proxy", "matters")], found(experiment(), proxied))

    def test_tuples_are_lists(self):
        """A result that was stored and read again is equal to itself."""
        fresh = experiment(environment={"client_cpus": (1,)}, configuration={"headers": (("A", "b"),)})
        stored = experiment(environment={"client_cpus": [1]}, configuration={"headers": [["A", "b"]]})

        self.assertEqual([], differences(fresh, stored))

    def test_machine_and_program_matter(self):
        """Each fact of the environment, but those from which no figure follows, and those that are never the same."""
        for name in sorted(Environment.model_fields.keys() - comparability._ENVIRONMENT_LEFT_OUT):
            expected = "noted" if name in comparability._ENVIRONMENT_NOTED else "matters"
            with self.subTest(name):
                self.assertEqual(
                    [(f"environment.{name}", expected)], found(experiment(), experiment(environment={name: "other"}))
                )

    def test_the_workload_matters(self):
        """Each setting, but how much was measured, of whom, and by what it is ranked."""
        left_out = comparability._CONFIGURATION_LEFT_OUT
        for name in sorted(ExperimentConfiguration.model_fields.keys() - left_out):
            expected = "noted" if name in comparability._CONFIGURATION_NOTED else "matters"
            with self.subTest(name):
                self.assertEqual(
                    [(f"configuration.{name}", expected)],
                    found(experiment(), experiment(configuration={name: 77})),
                )

    def test_the_target_matters(self):
        """A path, another server, another load; of the bundled origin the port does not."""
        foreign = [experiment(target=Target(kind="url", url=f"http://127.0.0.1:{port}/get")) for port in (1, 2)]
        path = experiment(target=Target(kind="bundled", url="http://127.0.0.1:8080/bytes/9"))

        self.assertEqual([("target.url", "matters")], found(*foreign))
        self.assertEqual([("target.url", "matters")], found(experiment(), path))
        self.assertEqual([("target.kind", "matters"), ("target.url", "matters")], found(experiment(), foreign[0]))
        self.assertEqual([("load_model", "matters")], found(experiment(), experiment(load_model="open")))

    def test_library_versions_are_what_is_compared(self):
        """They are listed, and forbid nothing."""
        older = [make_block(make_trial("httpx:sync", version="0.27"))]
        newer = [make_block(make_trial("httpx:sync", version="0.28"))]

        self.assertEqual([("libraries.httpx", "noted")], found(make_result(older), make_result(newer)))

    def test_another_interpreter_and_other_packages(self):
        """How the interpreter was built matters; what the clients bring along is noted, package by package."""
        before, after = (
            Provenance(
                program=Revision(version=version, commit=version),
                interpreter=InterpreterBuild(flags=flags),
                runtimes={"httpx": Runtime(tls=tls, packages={"httpx": version, "h11": version, "idna": "3"})},
            )
            for version, flags, tls in (("1", (), "OpenSSL 3"), ("2", ("debug",), "OpenSSL 4"))
        )

        self.assertEqual(
            [
                ("interpreter.flags", "matters"),
                ("packages of httpx: h11", "noted"),
                ("packages of httpx: TLS", "noted"),
            ],
            found(experiment(provenance=before), experiment(provenance=after)),
        )
        self.assertEqual([], [one for one in found(experiment(), experiment(provenance=after)) if one[1] == "matters"])

    def test_what_matters_stands_first(self):
        """Though the configuration is looked at before the environment."""
        self.assertEqual(
            [("environment.turbo", "matters"), ("configuration.blocks", "noted")],
            found(experiment(), experiment(environment={"turbo": True}, configuration={"blocks": 9})),
        )

    def test_what_an_earlier_version_did_not_record(self):
        """Facts are noted as not known; settings that it did not have are at their defaults."""
        earlier = experiment()
        for name in ("clock_source", "turbo", "smt", "hypervisor", "cpu_limit"):
            del earlier.environment[name]
        for name in ("rate", "arrivals", "processes", "until", "floor"):
            del earlier.configuration[name]
        facts = {"clock_source": "tsc", "turbo": True}

        self.assertEqual([], found(earlier, experiment()))
        self.assertEqual(
            [("environment.clock_source", "noted"), ("environment.turbo", "noted")],
            sorted(found(earlier, experiment(environment=facts))),
        )
        self.assertEqual(
            [("configuration.processes", "matters")], found(earlier, experiment(configuration={"processes": 2}))
        )
        self.assertEqual((), compare(earlier, experiment()).arms[0].unmatched)

    def test_whether_the_floor_was_probed(self):
        """It is measured apart, so it changes nothing."""
        self.assertEqual([], found(experiment(), experiment(configuration={"floor": False})))

    def test_in_words(self):
        """The field and both values, in short."""
        self.assertEqual(
            "environment.governor differs: not known and powersave",
            str(Difference(field="environment.governor", b="powersave", severity="matters")),
        )
        self.assertLess(len(str(Difference(field="configuration.body", a="x" * 999, b=1, severity="matters"))), 120)


class TestCompare(TestCase):
    def test_refuses_what_matters(self):
        """One line for each difference, with both values; the last one says how to force it."""
        other = experiment(environment={"cpu_model": "Model A"}, configuration={"concurrency": 20, "blocks": 9})
        with self.assertRaises(ComparisonError) as caught:
            compare(experiment(), other)

        self.assertEqual(
            (
                "configuration.concurrency differs: 10 and 20; measure both alike",
                "environment.cpu_model differs: Model T and Model A; measure both alike, or force it (--force)",
            ),
            caught.exception.faults,
        )

    def test_forced(self):
        """Then the differences stand in the answer."""
        compared = compare(experiment(), experiment(id="9", configuration={"concurrency": 20}), force=True)

        self.assertEqual(["configuration.concurrency"], [difference.field for difference in compared.differences])
        self.assertEqual(
            [(), ("other circumstances (configuration.concurrency)",)], [a.misleading for a in compared.arms]
        )

    def test_figures_of_results(self):
        """Throughput and CPU time keep their intervals; the ratio is the second ÷ the first."""
        compared = compare(experiment(), experiment(costs={"httpx:sync": 2.0, "requests:sync": 2.0}))
        of_httpx = {figure.metric: figure for figure in compared.figures if figure.contender == "httpx:sync"}

        self.assertAlmostEqual(0.5, of_httpx["throughput_rps"].ratios[1], places=2)
        self.assertAlmostEqual(2.0, of_httpx["cpu_s_per_1k"].ratios[1], places=2)
        self.assertAlmostEqual(2.0, of_httpx["p99"].ratios[1], places=1)
        self.assertIsNotNone(of_httpx["throughput_rps"].estimates[0].low)
        self.assertIsNone(of_httpx["p99"].estimates[0].low)

    def test_figures_of_blocks(self):
        """With the records at hand every metric has its interval, and agrees with the result where that has one."""
        blocks = make_blocks(noisy_costs(COSTS, 8))
        compared = compare(Arm(experiment(), blocks=blocks), Arm(experiment(id="9"), blocks=blocks))
        first = compared.figures[: len(METRICS)]

        self.assertEqual(list(METRICS), [figure.metric for figure in first])
        self.assertEqual({(1.0, 1.0)}, {figure.ratios for figure in first})
        self.assertTrue(all(figure.estimates[0].low for figure in first))
        self.assertEqual(experiment().clients[0].throughput_rps, first[0].estimates[0])

    def test_who_is_in_one_only(self):
        """They are named, and have no figures."""
        compared = compare(experiment(), experiment(costs={"httpx:sync": 1.0, "pycurl:sync": 1.0}))

        self.assertEqual({"httpx:sync"}, {figure.contender for figure in compared.figures})
        self.assertEqual([("requests:sync",), ("pycurl:sync",)], [arm.unmatched for arm in compared.arms])

    def test_versions_in_names(self):
        """The same client in the same mode is the same contender, whatever its version, where that is unambiguous."""
        a, b = (
            make_result([make_block(make_trial(name, library="httpx"), *more)])
            for name, more in (("httpx==0.27:sync", ()), ("httpx==0.28:sync", ()))
        )
        two = make_result([make_block(*(make_trial(f"httpx==0.2{n}:sync", library="httpx") for n in (5, 6)))])

        self.assertEqual({"httpx==0.27:sync"}, {figure.contender for figure in compare(a, b).figures})
        with self.assertRaisesRegex(ComparisonError, "no contender with figures in common"):
            compare(a, two)

    def test_never_a_verdict(self):
        """The note says why, and how to get one."""
        compared = compare(experiment(), experiment(id="9"))

        self.assertIn("not paired", compared.note)
        self.assertIn("one experiment", compared.note)

    def test_to_json_and_back(self):
        """The document carries its schema."""
        compared = compare(experiment(), experiment(environment={"memory_bytes": 5}))

        self.assertEqual("http-benchmark/comparison/1", compared.to_dict()["schema"])
        self.assertEqual(compared, Comparison.from_dict(compared.to_dict()))


class TestArms(TestCase):
    def test_as_typed(self):
        """An ID, or with a contender behind the first colon."""
        self.assertEqual(("3f2a", None), parse_arm("3f2a"))
        self.assertEqual(("3f2a", "httpx==0.28:async+h2#2"), parse_arm("3f2a:httpx==0.28:async+h2#2"))
        self.assertEqual(("3f2a", None), parse_arm("3f2a:"))

    def test_three_experiments(self):
        """Each against the first; who is missing in one has no figure there."""
        slower = experiment(id="2", costs={"httpx:sync": 2.0, "requests:sync": 2.0})
        lonely = experiment(id="3", costs={"httpx:sync": 4.0}, environment={"memory_bytes": 5})
        compared = compare(experiment(id="1"), slower, lonely)
        throughput = {figure.contender: figure for figure in compared.figures if figure.metric == "throughput_rps"}

        for expected, ratio in zip((1, 0.5, 0.25), throughput["httpx:sync"].ratios, strict=True):
            self.assertAlmostEqual(expected, ratio, places=2)
        self.assertIsNone(throughput["requests:sync"].estimates[2])
        self.assertIsNone(throughput["requests:sync"].ratios[2])
        self.assertEqual(
            [("environment.memory_bytes", "3")], [(found.field, found.experiment) for found in compared.differences]
        )

    def test_chosen_contenders(self):
        """Whatever they are, by their names or by as much of them as tells them apart."""
        compared = compare(Arm(experiment(id="1"), "httpx:sync"), Arm(experiment(id="2"), "requests"))

        self.assertEqual(["httpx:sync", "requests:sync"], [arm.contender for arm in compared.arms])
        self.assertAlmostEqual(0.5, compared.figures[0].ratios[1], places=1)
        self.assertEqual((), compared.pairs)

    def test_arms_of_one_experiment(self):
        """They were measured in turns, so its own verdict on them is repeated."""
        one = experiment()
        compared = compare(Arm(one, "httpx:sync"), Arm(one, "requests:sync"))

        self.assertEqual(one.pairs, compared.pairs)
        self.assertTrue(compared.pairs[0].separated)
        self.assertIn("its verdict on them holds", compared.note)

    def test_mistakes(self):
        """One arm, a mixture, and contenders that are not there, each in a line."""
        two = make_result([make_block(*(make_trial(f"httpx==0.2{n}:sync", library="httpx") for n in (5, 6)))])
        for arms, message in (
            ((experiment(),), "two arms or more"),
            ((Arm(experiment(), "httpx"), experiment(id="9")), "in each arm"),
            ((Arm(experiment(), "nemo"), experiment()), "no contender 'nemo'; choose from httpx:sync, requests:sync"),
            (
                (Arm(two, "httpx"), experiment()),
                "several contenders 'httpx'; choose from httpx==0.25:sync, httpx==0.26:sync",
            ),
        ):
            with self.subTest(message), self.assertRaisesRegex(ComparisonError, message):
                compare(*arms)

    def test_what_misleads(self):
        """A run that is not valid, for other reasons than a note; a contender that failed or did other work."""
        note = Reason(code="work-unchecked", severity="note", message="not checked")
        busy = Reason(code="machine-busy", severity="suspect", message="busy")
        suspect = Validity(verdict="suspect", reasons=(note, busy))
        failed = experiment(id="3")
        clients = (failed.clients[0].model_copy(update={"status": "errors"}), *failed.clients[1:])
        compared = compare(
            experiment(), experiment(id="2", validity=suspect), failed.model_copy(update={"clients": clients})
        )

        self.assertEqual(
            [(), ("its run is suspect (machine-busy)",), ("httpx:sync has the status 'errors'",)],
            [arm.misleading for arm in compared.arms],
        )


class TestMetrics(TestCase):
    def test_the_command_takes_every_metric(self):
        """Its list is a copy, so that --help need not load the models."""
        [option] = [one for one in command.params if one.name == "metrics"]

        self.assertEqual(METRICS, tuple(option.type.choices))


class TestPrinted(SnapshotCase):
    """What a person reads, compared with a snapshot; renewed with UPDATE_SNAPSHOTS=1."""

    def test_narrow_and_wide(self):
        """At 80 columns with a smaller drawing than at 120."""
        compared = compare(
            experiment(blocks=4, seed=1),
            experiment(
                id="91bc",
                configuration={"concurrency": 20},
                costs={"httpx:sync": 1.1, "pycurl:sync": 1.0},
                seed=2,
                name="later",
            ),
            force=True,
        )
        for width in (80, 120):
            with self.subTest(width=width):
                self.check(f"comparison_{width}", printed(print_comparison, compared, width=width), width=width)

    def test_long_names(self):
        """At 80 columns a name goes on in its next line, from the mode on, and costs neither a line nor the drawing."""
        costs = {"requestx:async": 1.0, "httpx==0.27.2:async+h2#2": 9.0}
        compared = compare(experiment(costs=costs), experiment(id="91bc", costs=costs, seed=2))
        lines = printed(print_comparison, compared).splitlines()
        table = [line for line in lines if re.search(r" [ab] +[0-9.,]+ .* ", line)]

        self.assertEqual(
            ["requestx:async", "httpx==0.27.2", ":async+h2#2"],
            [line[:16].strip() for line in table if line[:16].strip()],
        )
        self.assertEqual(16, len(table))
        self.assertTrue(all("●" in line for line in table))

    def test_arms_of_one_experiment(self):
        """Chosen contenders, their verdicts, and only the figures that were asked for."""
        one = experiment(id="3f2a91c4")
        compared = compare(Arm(one, "httpx:sync"), Arm(one, "requests:sync"))
        text = printed(lambda value, console: print_comparison(value, console, metrics=["p50"]), compared, width=100)

        self.check("comparison_arms", text, width=100)
