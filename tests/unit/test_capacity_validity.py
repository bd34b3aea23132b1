"""The verdict over a capacity search: each reason with its figure, and none where all is well."""

from typing import Any
from unittest import TestCase

from http_benchmark.models.capacity import CapacitySearch, ContenderCapacity
from http_benchmark.models.experiment import PacingCheck, Validity
from http_benchmark.models.measurement import MachineLoad
from http_benchmark.models.work import Deviation, Work
from http_benchmark.stats.capacity_validity import judge_capacity
from tests.unit.test_capacity_stats import a_probe, a_search

NAME = "httpx:async"


def pacing(*, valid: bool) -> PacingCheck:
    return PacingCheck(
        mode="async",
        rate_rps=900,
        achieved_ratio=0.998,
        lag_p50_s=3e-4,
        lag_p99_s=5e-3,
        cpu_s_per_1k=0.01,
        valid=valid,
    )


def judged(searches: list[CapacitySearch], *limited: str, check: PacingCheck | None = None, **changes: Any) -> Validity:
    contender = ContenderCapacity(contender=NAME, library="httpx", mode="async", status="ok", limited_by=limited)
    values: dict[str, Any] = {"blocks": 7, "concurrency": 64, "shared_cpus": False}
    return judge_capacity([contender], searches, [check or pacing(valid=True)], **values | changes)


def at_edge(**changes: Any) -> list[CapacitySearch]:
    failed = a_probe(1030.0, passed=False, **changes)
    return [a_search(900.0, 1030.0, probes=(a_probe(900.0), failed), limited_by=("client-limited",))]


class VerdictTest(TestCase):
    def test_all_is_well(self):
        """That the client's own processor is busy is no reason: it is what a capacity is made of."""
        self.assertEqual(Validity(), judged(at_edge(cpu_ratio=0.99), "client-limited"))

    def test_each_reason(self):
        """Its code, its severity, the figure and what it names."""
        busy = MachineLoad(other_cpu_ratio=0.5, steal_ratio=0.05)
        for validity, code, severity, value, text in (
            (judged(at_edge(), blocks=5), "too-few-blocks", "suspect", 5, "5"),
            (judged(at_edge(), shared_cpus=True), "shared-processor", "suspect", None, "one processor"),
            (judged(at_edge(server_cpu_ratio=0.8), "server-limited"), "server-limited", "suspect", 0.8, "80 %"),
            (judged(at_edge(server_cpu_ratio=0.95), "server-limited"), "server-limited", "invalid", 0.95, NAME),
            (judged(at_edge(exhausted_ratio=0.3), "workers-exhausted"), "workers-exhausted", "suspect", 0.3, "all 64"),
            (judged(at_edge(), pacing_failure="signal 9"), "pacing-unknown", "suspect", None, "signal 9"),
            (judged(at_edge(), check=pacing(valid=False)), "pacing-late", "suspect", 5e-3, "5.00 ms"),
        ):
            with self.subTest(code, severity=severity):
                [reason] = validity.reasons
                self.assertEqual((code, severity, value), (reason.code, reason.severity, reason.value))
                self.assertEqual(severity, validity.verdict)
                self.assertIn(text, reason.message)
        machine = judged([a_search(900.0, 1030.0, probes=(a_probe(machine=busy),))])
        self.assertEqual([("machine-busy", 0.5), ("machine-busy", 0.05)], [(r.code, r.value) for r in machine.reasons])

    def test_other_work(self):
        """Has the same reasons as in a run, with all contenders that it concerns."""
        repeated = Deviation(code="retries-hidden", what="", ordered=9, seen=10, severity="shown")
        work = Work(deviations=(repeated,))
        contender = ContenderCapacity(contender=NAME, library="httpx", mode="async", status="ok", work=work)
        [reason] = judge_capacity([contender], [], [], blocks=7, concurrency=64, shared_cpus=False).reasons

        self.assertEqual(("unequal-work", (NAME,), 10, 9), (reason.code, reason.contenders, reason.value, reason.limit))
        self.assertIn(f"{NAME} 10; the first sent 9", reason.message)

    def test_the_machine_is_judged_over_all_probes(self):
        """Single figures are coarse and may be negative: their mean, weighted by time, is what counts."""
        loads = [(0.4, 1.0), (-0.4, 1.0), (0.05, 8.0)]
        probes = tuple(
            a_probe(duration_s=seconds, machine=MachineLoad(other_cpu_ratio=ratio)) for ratio, seconds in loads
        )

        self.assertEqual((), judged([a_search(900.0, 1030.0, probes=probes)]).reasons)

    def test_what_a_system_does_not_tell(self):
        """Is no reason."""
        self.assertEqual("valid", judged([]).verdict)
