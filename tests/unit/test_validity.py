"""What makes a run one that is not to be trusted, on both sides of each limit, and what does not."""

import unittest
from datetime import timedelta
from math import comb
from typing import Any

from http_benchmark.models.experiment import Estimate, FloorProbe, PacingCheck, Reason, Target, Validity
from http_benchmark.models.measurement import BlockRecord, MachineLoad, Requested, ServerCounts, SliceRecord
from http_benchmark.models.provenance import Provenance, Revision, Session
from http_benchmark.stats.conclusion import conclude
from http_benchmark.stats.pairs import blocks_to_separate
from http_benchmark.stats.validity import REASON_CODES, RULES, judge, limited_clients
from tests.records import START, make_block, make_result, make_slice, make_trial

OPEN = {"load_model": "open", "primary_metric": "p99"}
"""An experiment of the open model that ranks by wall clock."""

PACED = {"rate_rps": 1000.0, "lag_p50_s": 50e-6, "lag_p99_s": 1e-3}
"""A slice of the open model that keeps its schedule."""


class Run:
    """A run of contenders against which there is nothing to be said, and changes of it.

    Each slice has 200 requests in 0.2 s, half a core used by the worker, concurrency 10, and nothing of the origin.

    Args:
        measured: Changes of every slice of the first contender.
        trial: Changes of its trials.
        environment, configuration: Changes of the experiment's.
        contenders: Their names.
        blocks: How many there are; as many as it takes, unless they are given.
        lasts_s: How long each block lasts.
        result: Other changes of the experiment.
    """

    def __init__(
        self,
        measured: dict[str, Any] | None = None,
        *,
        trial: dict[str, Any] | None = None,
        environment: dict[str, Any] | None = None,
        configuration: dict[str, Any] | None = None,
        contenders: tuple[str, ...] = ("httpx:sync", "requests:sync"),
        blocks: int | None = None,
        lasts_s: float = 10.0,
        **result: Any,
    ) -> None:
        first, *others = contenders
        slices = [make_slice(**(measured or {}))]
        block = make_block(
            make_trial(first, slices, **(trial or {})),
            *(make_trial(name, [make_slice(**PACED)] if result.get("load_model") else None) for name in others),
        )
        count = blocks_to_separate(comb(len(contenders), 2)) if blocks is None else blocks
        lasting = block.model_copy(update={"finished_at": START + timedelta(seconds=lasts_s)})
        self.blocks: list[BlockRecord] = [lasting.model_copy(update={"number": n}) for n in range(count)]
        metric = result.pop("primary_metric", "throughput_rps")
        asked = {"concurrency": 10, "quick": False, "think_time": 0.0, "url": None} | (configuration or {})
        self.result = make_result(
            self.blocks, metric, configuration=asked, environment=environment or {}, **result
        )  # clients and pairs are summed up from the blocks

    @property
    def validity(self) -> Validity:
        return judge(self.result, self.blocks)

    @property
    def codes(self) -> list[str]:
        return [reason.code for reason in self.validity.reasons]

    def with_clients(self, **fields: Any) -> "Run":
        """The same with other figures of the first contender."""
        clients = [
            client.model_copy(update=fields) if client.contender.startswith("httpx") else client
            for client in self.result.clients
        ]
        self.result = self.result.model_copy(update={"clients": tuple(clients)})
        return self


def served(busy: float, **fields: Any) -> dict[str, Any]:
    """A slice for which the origin used that share of its core, besides as much again for the requests before it."""
    return {"server": ServerCounts(requests=400, cpu_s=2 * busy * 0.2, **fields)}


def floor(throughput_rps: float, ceiling_rps: float | None = None, mode: str = "sync") -> dict[str, Any]:
    probe = FloorProbe(mode=mode, throughput_rps=throughput_rps, cpu_s_per_1k=0.1, server_ceiling_rps=ceiling_rps)
    return {"floor": (probe,)}


def pacing(lag_p50_s: float = 50e-6, lag_p99_s: float = 1e-3, achieved: float = 1.0) -> dict[str, Any]:
    check = PacingCheck(
        mode="sync", rate_rps=1000, achieved_ratio=achieved, lag_p50_s=lag_p50_s, lag_p99_s=lag_p99_s,
        cpu_s_per_1k=0.02, valid=lag_p50_s <= 200e-6 and lag_p99_s <= 2e-3,
    )  # fmt: skip
    return {"pacing": (check,)}


def counted(requests: int = 210, connections: int = 10, trial: dict[str, Any] | None = None, **counts: Any) -> Any:
    """A trial of which the origin counted this; 210 requests were sent."""
    return {"server": ServerCounts(requests=requests, connections=connections, **counts), **(trial or {})}


def machine(**fields: float) -> dict[str, Any]:
    return {"machine": MachineLoad(**fields)}


def drift(estimate: float, low: float | None, high: float | None) -> dict[str, Any]:
    return {"drift_percent": Estimate(estimate=estimate, low=low, high=high)}


FOUR = ("a:sync", "b:sync", "c:sync", "d:sync")


def resumed(forced: tuple[str, ...]) -> Provenance:
    """A run in two sessions, the second of which was forced in these ways."""
    sessions = (Session(started_at=START), Session(started_at=START, forced=forced))
    return Provenance(program=Revision(), sessions=sessions)


BOTH_SIDES: tuple[tuple[str, Run, Run], ...] = (
    ("too-few-blocks", Run(blocks=6), Run(blocks=5)),
    ("too-few-blocks", Run(blocks=8, contenders=FOUR), Run(blocks=7, contenders=FOUR)),  # for 6 pairs
    ("quick", Run(configuration={"quick": False}), Run(configuration={"quick": True})),
    ("resumed", Run(provenance=resumed(())), Run(provenance=resumed(("environment.kernel differs",)))),
    (
        "shared-processor",
        Run(environment={"client_cpus": [1], "origin_cpus": [0]}),
        Run(environment={"client_cpus": [0, 1], "origin_cpus": [0]}),
    ),
    (
        "throttled",
        Run(environment={"cpu_limit": 2.0, "client_cpus": [1], "origin_cpus": [0]}),
        Run(environment={"cpu_limit": 1.9, "client_cpus": [1], "origin_cpus": [0]}),
    ),
    ("server-limited", Run(served(0.69)), Run(served(0.71))),
    ("server-limited", Run(served(0.5), **floor(9e3, 2000.0)), Run(served(0.5), **floor(9e3, 1110.0))),
    ("server-ceiling", Run(**floor(9e3, 2000.0)), Run(**floor(9e3, 1990.0))),
    ("floor-limited", Run(**floor(1112.0)), Run(**floor(1110.0))),
    ("client-idle", Run({"cpu_s": 0.100}), Run({"cpu_s": 0.099})),
    (
        "client-idle",
        Run({"cpu_s": 0.1}, target=Target(kind="url", url="http://a/")),
        Run({"cpu_s": 0.09}, target=Target(kind="url", url="http://a/")),
    ),
    ("client-limited", Run(PACED | {"cpu_s": 0.139}, **OPEN), Run(PACED | {"cpu_s": 0.141}, **OPEN)),
    ("littles-law", Run({"in_flight": 8.96}), Run({"in_flight": 8.94})),  # 1 ms of 200 ms is allowed for the tail
    ("littles-law", Run({"in_flight": 10.19}), Run({"in_flight": 10.21})),
    ("work-unchecked", Run(trial=counted()), Run(trial={"server": None})),
    ("work-unchecked", Run(trial=counted()), Run(trial=counted() | {"requested": Requested(unknown=7)})),
    ("extra-connections", Run(trial=counted(connections=10)), Run(trial=counted(connections=11))),
    ("unequal-work", Run(trial=counted(requests=210)), Run(trial=counted(requests=211))),
    ("unequal-work", Run(trial=counted(requests=210)), Run(trial=counted(requests=209))),
    ("unequal-work", Run(trial=counted(statuses={200: 210})), Run(trial=counted(statuses={200: 209, 503: 1}))),
    ("unequal-work", Run(trial=counted(protocols={"1.1": 210})), Run(trial=counted(protocols={"1.1": 209, "1.0": 1}))),
    ("unequal-work", Run(trial=counted(tls_handshakes=0)), Run(trial=counted(tls_handshakes=1))),
    (
        "bytes-off",
        Run(trial=counted(body_bytes_received=21_000, trial={"body_bytes": 100})),
        Run(trial=counted(body_bytes_received=20_999, trial={"body_bytes": 100})),
    ),
    ("machine-busy", Run(machine(steal_ratio=0.02)), Run(machine(steal_ratio=0.021))),
    ("machine-busy", Run(machine(other_cpu_ratio=0.1)), Run(machine(other_cpu_ratio=0.101))),
    ("pacing-late", Run(PACED, **OPEN, **pacing(200e-6)), Run(PACED, **OPEN, **pacing(201e-6))),
    ("pacing-late", Run(PACED, **OPEN, **pacing(50e-6, 2e-3)), Run(PACED, **OPEN, **pacing(50e-6, 2.1e-3))),
    (
        "pacing-late",
        Run(PACED, **OPEN, **pacing(achieved=1.0049)),
        Run(PACED, **OPEN, **pacing(achieved=0.9949)),
    ),
    # 0.1 s of CPU time for 200 requests: 500 µs for each, which the one before may take.
    ("pacing-late", Run(PACED | {"lag_p50_s": 699e-6}, **OPEN), Run(PACED | {"lag_p50_s": 701e-6}, **OPEN)),
    (
        "workers-exhausted",
        Run(PACED, **OPEN).with_clients(exhausted_ratio=0.010),
        Run(PACED, **OPEN).with_clients(exhausted_ratio=0.0101),
    ),
    (
        "not-steady",
        Run().with_clients(**drift(1.9, 1.5, 2.3)),
        Run().with_clients(**drift(2.1, 1.7, 2.5)),
    ),
    (
        "delayed-ack",
        Run({"requests": 2000, "delayed_acks": 10}),
        Run({"requests": 2000, "delayed_acks": 11}),
    ),
    (
        "busy-while-waiting",
        Run({"round": 1, "idle_cpu_ratio": 0.005}),
        Run({"round": 1, "idle_cpu_ratio": 0.0051}),
    ),
    # 20 connections in each of six blocks, which last 10 s: 120 of them within a minute.
    (
        "ports-near",
        Run(environment={"ephemeral_ports": 1000, "ephemeral_ports_in_use": 680}),
        Run(environment={"ephemeral_ports": 1000, "ephemeral_ports_in_use": 681}),
    ),
    (
        "ports-near",  # half of them to each of two addresses
        Run(
            environment={"ephemeral_ports": 1000, "ephemeral_ports_in_use": 740},
            target=Target(kind="bundled", url="http://a/", addresses=2),
        ),
        Run(
            environment={"ephemeral_ports": 1000, "ephemeral_ports_in_use": 741},
            target=Target(kind="bundled", url="http://a/", addresses=2),
        ),
    ),
    ("files-near", Run(environment={"file_limit": 25}), Run(environment={"file_limit": 24})),
    (
        "files-near",  # one contender at a time
        Run(environment={"file_limit": 13}, turns="trials"),
        Run(environment={"file_limit": 12}, turns="trials"),
    ),
    (
        "files-near",  # half of the connections in each of two origins, all of them in the worker
        Run(environment={"file_limit": 13}, target=Target(kind="bundled", url="http://a/", processes=2)),
        Run(environment={"file_limit": 12}, target=Target(kind="bundled", url="http://a/", processes=2)),
    ),
    (
        "clock-coarse",
        Run(environment={"clock_resolution_s": 1e-6}),
        Run(environment={"clock_resolution_s": 1.1e-6}),
    ),
)
"""Code, a run just inside the limit, a run just beyond it."""


class LimitTest(unittest.TestCase):
    def test_inside_the_limit(self):
        """Nothing is held against a run that is just inside."""
        for number, (code, inside, _) in enumerate(BOTH_SIDES):
            with self.subTest(code, number=number):
                self.assertEqual([], inside.codes)

    def test_beyond_the_limit(self):
        """Just beyond, that reason is given and no other."""
        for number, (code, _, beyond) in enumerate(BOTH_SIDES):
            with self.subTest(code, number=number):
                self.assertEqual([code], beyond.codes)

    def test_figure_and_limit(self):
        """The figure lies beyond the limit that is published with it, and the sentence has nothing left to fill in."""
        for number, (code, _, beyond) in enumerate(BOTH_SIDES):
            with self.subTest(code, number=number):
                (reason,) = beyond.validity.reasons
                self.assertNotRegex(reason.message, r"[{}]")
                if reason.limit is not None:
                    self.assertNotEqual(reason.limit, reason.value)

    def test_every_code_is_tested(self):
        """The closed list is that of the table above."""
        self.assertEqual(set(REASON_CODES), {code for code, _, _ in BOTH_SIDES})
        self.assertEqual({rule.code for rule in RULES}, set(REASON_CODES))

    def test_an_old_run_without_the_newer_facts(self):
        """What was not recorded is held against nobody."""
        run = Run()
        run.result = run.result.model_copy(update={"configuration": {}, "environment": {}})

        self.assertEqual("valid", run.validity.verdict)


class ServerTest(unittest.TestCase):
    def test_a_saturated_origin_makes_a_ranking_by_wall_clock_invalid(self):
        """The ranking is the origin's then; by CPU time it is still the clients'."""
        for metric, verdict in (("throughput_rps", "invalid"), ("p99", "invalid"), ("cpu_s_per_1k", "suspect")):
            with self.subTest(metric):
                run = Run(served(0.91), primary_metric=metric)
                self.assertEqual((verdict, ["server-limited"]), (run.validity.verdict, run.codes))

    def test_between_the_limits_it_is_suspect(self):
        """From 70 to 90 %, whatever ranks."""
        self.assertEqual("suspect", Run(served(0.89)).validity.verdict)

    def test_it_is_judged_by_its_median_slice(self):
        """One slice that the machine disturbed does not condemn the run."""
        run = Run(served(0.1))
        run.blocks[0] = Run(served(0.95)).blocks[0]

        self.assertEqual([], run.codes)

    def test_one_of_several(self):
        """Who met a busy origin is named, the worst first; the other is not."""
        blocks = [
            make_block(
                make_trial("a:sync", [make_slice(**served(0.75))]),
                make_trial("b:sync", [make_slice(**served(0.3))]),
                make_trial("c:sync", [make_slice(**served(0.8))]),
            )
        ] * 7
        (reason,) = judge(make_result(blocks), blocks).reasons

        self.assertEqual(("c:sync", "a:sync"), reason.contenders)
        self.assertIn("c:sync 80 %, a:sync 75 %", reason.message)
        self.assertAlmostEqual(0.8, reason.value)


class ExplainedTest(unittest.TestCase):
    """What has another explanation is not given as a reason."""

    def test_who_waits_for_a_busy_origin_is_not_called_idle(self):
        """Its core is idle since the origin is not."""
        self.assertEqual(["server-limited"], Run(served(0.75) | {"cpu_s": 0.02}).codes)

    def test_processes_that_share_a_processor_share_its_time(self):
        """Four of them on one processor use 60 % of it, on four processors 15 % of each."""
        for cpus, codes in (([1], []), ([1, 2, 3, 4], ["client-idle"])):
            with self.subTest(cpus):
                run = Run({"cpu_s": 0.12}, trial={"processes": 4}, environment={"client_cpus": cpus, "origin_cpus": []})
                self.assertEqual(codes, run.codes)

    def test_who_waits_for_a_busy_machine_is_not_called_idle(self):
        """Other processes had its core."""
        self.assertEqual(["machine-busy"], Run({"cpu_s": 0.02} | machine(other_cpu_ratio=0.8)).codes)
        self.assertEqual(["machine-busy"], Run({"cpu_s": 0.02} | machine(steal_ratio=0.2)).codes)

    def test_waiting_is_natural(self):
        """One request at a time, think time, the open model, or a ranking by CPU time."""
        for changes in (
            {"configuration": {"concurrency": 1}, "trial": counted(connections=1), "contenders": ("httpx:sync",)},
            {"configuration": {"think_time": 0.1}},
            {"primary_metric": "cpu_s_per_1k"},
            OPEN,
        ):
            with self.subTest(changes):
                self.assertEqual([], Run({"cpu_s": 0.001} | (PACED if changes is OPEN else {}), **changes).codes)

    def test_a_target_that_makes_everybody_wait(self):
        """A delay, or a server somewhere else, is named as what sets the speed; an idle core without is a riddle."""
        foreign = Target(kind="url", url="http://192.0.2.1/")
        for changes, words in (
            ({"configuration": {"url": "/delay/0.1"}}, "waiting for answers sets"),
            ({"target": foreign}, "waiting for answers sets"),
            ({}, "something else holds"),
        ):
            with self.subTest(changes):
                (reason,) = Run({"cpu_s": 0.02}, **changes).validity.reasons
                self.assertIn(words, reason.message)

    def test_a_busy_origin_limits_the_floor_as_well(self):
        """Who is as fast as a bare socket there is told about the origin only."""
        self.assertEqual(["server-limited"], Run(served(0.75), contenders=("httpx:sync",), **floor(1000.0)).codes)
        self.assertEqual(["server-limited"], Run(served(0.95), contenders=("httpx:sync",), **floor(1000.0)).codes)

    def test_before_its_first_slice_nobody_has_waited(self):
        """What was used there belongs to the warm-up."""
        self.assertEqual([], Run({"round": 0, "idle_cpu_ratio": 0.5}).codes)

    def test_what_is_in_flight_when_nobody_has_to_send(self):
        """Think time and a schedule leave connections idle, and Little's law says nothing of the concurrency."""
        for in_flight in (1.0, 11.0):
            self.assertEqual([], Run({"in_flight": in_flight}, configuration={"think_time": 0.1}).codes)
            self.assertEqual([], Run(PACED | {"in_flight": in_flight}, **OPEN).codes)

    def test_several_processes_have_a_core_each(self):
        """0.26 s of CPU time in 0.2 s are 65 % of a core for each of two processes, and too much for one."""
        busy = PACED | {"cpu_s": 0.26}

        self.assertEqual([], Run(busy, trial={"processes": 2}, **OPEN).codes)
        self.assertEqual(["client-limited"], Run(busy, **OPEN).codes)

    def test_slow_answers_leave_connections_idle_at_the_end(self):
        """Of a slice of 200 ms, answers of 20 ms each may cost a tenth of the requests in flight."""
        self.assertEqual([], Run({"in_flight": 8.1, "mean_s": 0.02}).codes)
        self.assertEqual(["littles-law"], Run({"in_flight": 7.9, "mean_s": 0.02}).codes)

    def test_late_for_want_of_threads_or_time(self):
        """That is told as what it is, not as late pacing."""
        late = PACED | {"lag_p50_s": 0.01}

        self.assertEqual(["client-limited"], Run(late | {"cpu_s": 0.19}, **OPEN).codes)
        self.assertEqual(["workers-exhausted"], Run(late | {"exhausted": 20}, **OPEN).codes)

    def test_late_for_want_of_a_processor_or_by_itself(self):
        """Where others had the processors it is theirs; on a quiet machine something held up the client."""
        late = PACED | {"lag_p50_s": 0.01}
        for machine, words in (
            ({"other_cpu_ratio": 0.11}, "since others had the processors"),
            ({"steal_ratio": 0.021}, "since others had the processors"),
            ({"other_cpu_ratio": 0.10, "steal_ratio": 0.02}, "held up the client's own loop or threads"),
            ({}, "held up the client's own loop or threads"),
        ):
            with self.subTest(machine):
                given = Run(late | {"machine": MachineLoad(**machine)}, **OPEN, contenders=("httpx:async",)).validity
                (reason,) = [reason for reason in given.reasons if reason.code == "pacing-late"]
                self.assertIn(words, reason.message)

    def test_late_on_a_machine_that_is_late_is_said_once(self):
        """The machine's own lateness explains that of the contenders; a late median that of the rest."""
        run = Run(PACED | {"lag_p50_s": 0.01}, **OPEN, **pacing(0.009, 0.01, 0.9))

        self.assertEqual(["pacing-late"], run.codes)

    def test_failed_requests_may_be_missing_at_the_origin(self):
        """Who gave up once is not accused of one request less; of two, and of more, it is."""
        for requests, codes in ((209, []), (208, ["unequal-work"]), (220, ["unequal-work"])):
            with self.subTest(requests):
                run = Run({"errors": {"timeout": 1}}, trial=counted(requests=requests))
                self.assertEqual(codes, run.codes)

    def test_the_null_client_need_not_reach_the_origin(self):
        """It answers by itself; that is what it is for."""
        null = Run({"cpu_s": 0.01, "in_flight": 1.0}, trial=counted(requests=0), contenders=("null:sync", "a:sync"))

        self.assertEqual([], null.codes)

    def test_nothing_is_left_to_rank_where_nobody_is_slower_than_the_floor(self):
        """Then a ranking by wall clock is invalid; one contender above the limit, or CPU time that ranks, is not."""
        for severity, floor_rps, changes in (
            ("invalid", 1100.0, {}),
            ("suspect", 1100.0, {"primary_metric": "cpu_s_per_1k"}),
            ("suspect", 1100.0, {"measured": {"throughput_rps": 900.0}}),
        ):
            with self.subTest(changes):
                validity = Run(**changes, **floor(floor_rps)).validity
                self.assertEqual(("floor-limited", severity), (validity.reasons[0].code, validity.reasons[0].severity))
                self.assertEqual(severity, validity.verdict)

    def test_who_sent_nothing_at_all_is_found_out(self):
        """None of its requests arrived: that is a figure, too. The null client says beforehand that it sends none."""
        none = {"trial": counted(requests=0, connections=0)}
        self.assertIn("unequal-work", Run(**none).codes)
        self.assertNotIn("unequal-work", Run(**none, contenders=("null:sync",)).codes)

    def test_the_floor_is_not_held_against_itself(self):
        """It may be as fast as it is, and wait as long as it does."""
        self.assertEqual([], Run({"cpu_s": 0.01}, contenders=("floor:sync",), **floor(1000.0, 1900.0)).codes)

    def test_a_foreign_server_that_counts_nothing_accuses_nobody(self):
        """What was not counted is no deviation; that it was not is noted, and the run is valid all the same."""
        validity = Run(trial={"server": None}).validity
        (note,) = validity.reasons
        self.assertEqual(("valid", ()), (validity.verdict, validity.against))
        self.assertEqual(("work-unchecked", "note", None, ()), (note.code, note.severity, note.value, note.contenders))

    def test_the_floor_of_the_other_mode_says_nothing(self):
        """A blocking socket is no measure for asyncio."""
        self.assertEqual([], Run(**floor(1000.0, mode="async")).codes)

    def test_the_open_model_cannot_come_near_the_floor(self):
        """Its schedule sets the rate."""
        self.assertEqual([], Run(PACED, **OPEN, **floor(1000.0)).codes)


class SteadyTest(unittest.TestCase):
    def test_noise_is_no_drift(self):
        """A wide interval that contains 0 says nothing, wherever its middle lies; without an interval as well."""
        for figures in (drift(3.0, -1.0, 7.0), drift(-3.0, -7.0, 1.0), drift(9.0, None, None), drift(0.5, 0.1, 0.9)):
            with self.subTest(figures):
                self.assertEqual([], Run().with_clients(**figures).codes)

    def test_speeding_up_is_a_drift(self):
        """As much as slowing down."""
        (reason,) = Run().with_clients(**drift(-5.0, -6.0, -4.0)).validity.reasons

        self.assertEqual(("not-steady", -5.0), (reason.code, reason.value))

    def test_the_more_are_looked_at_the_clearer_it_must_be(self):
        """Of 20 contenders one drifts by chance: 5 ± 4 % is enough for one, and not for 20 (5 ± 6.2)."""
        names = tuple(f"httpx:sync#{n}" for n in range(20))

        self.assertEqual(["not-steady"], Run(contenders=names[:1]).with_clients(**drift(5.0, 1.0, 9.0)).codes)
        self.assertEqual([], Run(contenders=names).with_clients(**drift(5.0, 1.0, 9.0)).codes)


class DelayedAckTest(unittest.TestCase):
    def test_noise_around_40_ms_is_no_signature(self):
        """A few more than expected in some of the slices, as chance has it; in most of them it is TCP."""
        for excesses, codes in (((3, 0, 2, 0, 0), []), ((3, 0, 2, 4, 0), ["delayed-ack"])):
            with self.subTest(excesses):
                slices = [make_slice(n, delayed_acks=excess) for n, excess in enumerate(excesses)]
                blocks = [make_block(make_trial("a:sync", slices))] * 6
                self.assertEqual(codes, [reason.code for reason in judge(make_result(blocks), blocks).reasons])

    def test_who_takes_40_ms_anyway(self):
        """A busy client or origin, or a target that is 40 ms away, explains it; a client that waits does not."""
        late = {"delayed_acks": 100, "p50_s": 0.041, "mean_s": 0.041}
        for expected, run in (
            (True, Run(late | {"cpu_s": 0.099})),
            (False, Run(late | {"cpu_s": 0.100})),
            (False, Run(late | {"cpu_s": 0.05} | served(0.8))),
            (False, Run(late | {"cpu_s": 0.05}, configuration={"url": "/delay/0.04"})),
            (True, Run(late | {"p50_s": 0.02}, configuration={"url": "/delay/0.02"})),
        ):
            with self.subTest(run.codes):
                self.assertEqual(expected, "delayed-ack" in run.codes)

    def test_alone_nobody_is_disturbed(self):
        """A single contender may use its waiting time as it likes."""
        self.assertEqual([], Run({"idle_cpu_ratio": 0.4}, contenders=("httpx:sync",)).codes)


class MachineTest(unittest.TestCase):
    def test_the_errors_of_single_slices_cancel(self):
        """Slices of which the kernel tells a tenth too much and a tenth too little come to the truth."""
        shares = [0.25, 0.05, -0.05, 0.15]
        slices = [make_slice(n, **machine(other_cpu_ratio=share)) for n, share in enumerate(shares)]

        self.assertEqual([], self.codes(slices))

    def test_a_long_slice_weighs_more(self):
        """One of 1.8 s with 5 % and one of 0.2 s with 70 %: 11.5 % over both."""
        slices = [
            make_slice(0, duration_s=1.8, requests=1800, cpu_s=0.9, **machine(other_cpu_ratio=0.05)),
            make_slice(1, duration_s=0.2, **machine(other_cpu_ratio=0.70)),
        ]
        run_blocks = [make_block(make_trial("a:sync", slices))] * 6
        (reason,) = judge(make_result(run_blocks), run_blocks).reasons

        self.assertAlmostEqual(0.115, reason.value)

    @staticmethod
    def codes(slices: list[SliceRecord]) -> list[str]:
        blocks = [make_block(make_trial("a:sync", slices))] * 6
        return [reason.code for reason in judge(make_result(blocks), blocks).reasons]


class WordsTest(unittest.TestCase):
    def test_many_contenders(self):
        """A sentence names four; the reason lists all."""
        names = tuple(f"c{n}:sync" for n in range(7))
        run = Run(contenders=names, **floor(1000.0))
        (reason,) = run.validity.reasons

        self.assertEqual(set(names), set(reason.contenders))
        self.assertIn("100 %, 3 more", reason.message)

    def test_a_sentence_as_it_is_printed(self):
        """Figure, limit, whom, and what to do."""
        (reason,) = Run(served(0.75)).validity.reasons

        self.assertEqual(
            "the origin used more than 70 % of its core (httpx:sync 75 %), so its speed is part of the result; "
            "compare by CPU time (--primary cpu_s_per_1k)",
            reason.message,
        )


class LimitedClientsTest(unittest.TestCase):
    def test_what_is_not_the_clients_own_work(self):
        """Server, floor and pacing limit a contender; its own CPU does not."""
        reasons = [
            Reason(code=code, severity="suspect", message="", contenders=contenders)
            for code, contenders in (
                ("server-limited", ("a", "b")),
                ("floor-limited", ("b",)),
                ("client-limited", ("c",)),
                ("quick", ()),
            )
        ]

        self.assertEqual({"a": ("server-limited",), "b": ("server-limited", "floor-limited")}, limited_clients(reasons))

    def test_a_conclusion_takes_back_what_the_server_made_up(self):
        """The slower one met a busy origin: it is not called slower, and both share the first rank."""
        fast, slow = {"throughput_rps": 2000.0}, {"throughput_rps": 1000.0}
        blocks = [
            make_block(make_trial("a:sync", [make_slice(**fast)]), make_trial("b:sync", [make_slice(**slow, **server)]))
            for server in [served(0.95)] * 6
        ]
        experiment = make_result(blocks, configuration={"concurrency": 10, "quick": False}).model_copy(
            update={"clients": (), "pairs": ()}
        )
        concluded = conclude(experiment, blocks)

        self.assertEqual("invalid", concluded.validity.verdict)
        self.assertEqual({"a:sync": (1, ()), "b:sync": (1, ("server-limited",))}, {
            client.contender: (client.rank, client.limited) for client in concluded.clients
        })  # fmt: skip
        separated = {pair.metric for pair in concluded.pairs if pair.separated}
        self.assertEqual(set(), separated)


if __name__ == "__main__":
    unittest.main()
