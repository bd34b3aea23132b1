"""What the facts of a machine mean, on both sides of each limit, and how it is printed."""

import io
import unittest
from dataclasses import replace
from typing import Any

from rich.console import Console

from http_benchmark.models.experiment import PacingCheck
from http_benchmark.models.measurement import MachineLoad
from http_benchmark.report.doctor import as_json, print_findings
from http_benchmark.utils.fitness import Facts, findings, verdict
from http_benchmark.utils.machine import Ports


def pacing(mode: str = "sync", *, valid: bool = True) -> PacingCheck:
    return PacingCheck(
        mode=mode,
        rate_rps=2000,
        achieved_ratio=0.999,
        lag_p50_s=0.00015,
        lag_p99_s=0.0012,
        cpu_s_per_1k=0.03,
        valid=valid,
    )


FIT = Facts(
    system="Linux",
    cpus=(0, 1, 2, 3),
    client_cpus=(2, 3),
    origin_cpus=(1,),
    governors=("performance",),
    turbo=False,
    smt=False,
    memory_bytes=8 * 1024**3,
    load=MachineLoad(load_average=0.5, steal_ratio=0.0, other_cpu_ratio=-0.01),
    file_limit=100_000,
    ports=Ports(range=28_000, in_use=40, waiting=10),
    timer_slack_ns=50_000,
    clock_source="tsc",
    clock_step_s=40e-9,
    pacing=(pacing("sync"), pacing("async")),
    python="3.12.1",
)
"""A machine against which there is nothing to be said."""


def load(**fields: float) -> dict[str, Any]:
    return {"load": MachineLoad(**{"load_average": 0.5, "steal_ratio": 0.0, "other_cpu_ratio": 0.0} | fields)}


def ports(in_use: int) -> dict[str, Any]:
    return {"ports": Ports(range=1000, in_use=in_use, waiting=0)}


CASES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("system", {"system": "Darwin"}, "limits"),
    ("system", {"system": "Windows"}, "unfit"),
    ("processors", {"cpus": (0, 1, 2)}, "fit"),
    ("processors", {"cpus": (0, 1)}, "limits"),
    ("processors", {"cpus": (0,)}, "unfit"),
    ("smt", {"smt": True}, "fit"),
    ("smt", {"smt": True, "shared_cores": (2,)}, "limits"),
    ("governor", {"governors": ("performance", "powersave")}, "limits"),
    ("turbo", {"turbo": True}, "limits"),
    ("virtual-machine", {"hypervisor": "QEMU"}, "limits"),
    ("cpu-limit", {"cpu_limit": 4.0}, "fit"),
    ("cpu-limit", {"cpu_limit": 3.9}, "limits"),
    ("cpu-limit", {"cpu_limit": 1.9}, "unfit"),
    ("memory", {"memory_bytes": 1024**3}, "fit"),
    ("memory", {"memory_bytes": 1024**3 - 1}, "limits"),
    ("load", load(load_average=4.0), "fit"),
    ("load", load(load_average=4.1), "limits"),
    ("other-processes", load(other_cpu_ratio=0.10), "fit"),
    ("other-processes", load(other_cpu_ratio=0.11), "limits"),
    ("other-processes", load(other_cpu_ratio=0.50), "limits"),
    ("other-processes", load(other_cpu_ratio=0.51), "unfit"),
    ("steal", load(steal_ratio=0.02), "fit"),
    ("steal", load(steal_ratio=0.021), "limits"),
    ("steal", load(steal_ratio=0.10), "limits"),
    ("steal", load(steal_ratio=0.11), "unfit"),
    ("files", {"file_limit": None}, "fit"),
    ("files", {"file_limit": 4096}, "fit"),
    ("files", {"file_limit": 4095}, "limits"),
    ("ports", ports(500), "fit"),
    ("ports", ports(501), "limits"),
    ("ports", ports(800), "limits"),
    ("ports", ports(801), "unfit"),
    ("timer-slack", {"timer_slack_ns": 50_001}, "limits"),
    ("clock", {"clock_step_s": 1e-6}, "fit"),
    ("clock", {"clock_step_s": 1.1e-6}, "unfit"),
    ("clock", {"clock_step_s": None}, "unfit"),
    ("clock", {"clock_source": "hpet"}, "limits"),
    ("python", {"python_faults": ("not optimised",)}, "limits"),
    ("python", {"python_faults": ("debug", "not optimised")}, "unfit"),
    ("python", {"python_faults": ("free-threaded",)}, "unfit"),
    ("predecessor", {"predecessor": "0.1.4"}, "unfit"),
    ("extras", {"extras": {"valgrind": None}}, "fit"),
    ("pacing-async", {"pacing": (pacing("async", valid=False),)}, "limits"),
)
"""Code of the finding, what differs from a machine that is fit, the word for it."""

UNTOLD = {
    "smt": {"smt": None},
    "governor": {"governors": ()},
    "turbo": {"turbo": None},
    "memory": {"memory_bytes": None},
    "load": {"load": MachineLoad()},
    "other-processes": {"load": MachineLoad()},
    "steal": {"load": MachineLoad()},
    "ports": {"ports": None},
    "timer-slack": {"timer_slack_ns": None},
}


class FindingsTest(unittest.TestCase):
    def test_a_machine_that_is_fit(self):
        """Every fact is fit, and nothing is advised."""
        found = findings(FIT)

        self.assertEqual({("fit", "")}, {(finding.word, finding.advice) for finding in found})
        self.assertEqual("fit", verdict(found))

    def test_each_fact(self):
        """It has its word, alone decides the verdict, and comes with advice unless it is fit."""
        for code, changes, word in CASES:
            with self.subTest(code, changes=changes):
                found = findings(replace(FIT, **changes))
                (finding,) = (finding for finding in found if finding.code == code)
                self.assertEqual((word, word), (finding.word, verdict(found)))
                self.assertEqual(word != "fit", bool(finding.advice))

    def test_every_finding_is_tested(self):
        """None is missing above, but the pacing of the other mode."""
        self.assertEqual({finding.code for finding in findings(FIT)} - {"pacing-sync"}, {code for code, _, _ in CASES})

    def test_optional_parts(self):
        """Each with its version, or that it is not there."""
        found = findings(replace(FIT, extras={"valgrind (gate)": "3.19.0", "keyring (secrets)": None}))

        self.assertIn("valgrind (gate): 3.19.0; keyring (secrets): no", [finding.found for finding in found])

    def test_what_is_not_told_is_no_fault(self):
        """A system that hides a fact is not unfit for that."""
        for code, changes in UNTOLD.items():
            with self.subTest(code):
                found = findings(replace(FIT, **changes))
                (finding,) = (finding for finding in found if finding.code == code)
                self.assertEqual((None, "fit"), (finding.word, verdict(found)))


class ReportTest(unittest.TestCase):
    def printed(self, facts: Facts, *, encoding: str = "utf-8") -> str:
        output = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        print_findings(findings(facts), Console(file=output, width=80, highlight=False))
        output.seek(0)
        return output.read()

    def test_the_table(self):
        """A line per fact, the verdict, and advice for what is not fit."""
        text = self.printed(replace(FIT, turbo=True, governors=()))

        self.assertRegex(text, r"clock +tsc, steps of 40 ns +fit")
        self.assertRegex(text, r"frequency governor +not told by this system +–")
        self.assertIn("This machine can be measured on, within limits.", text)
        self.assertIn("  turbo: the clock depends on heat", text)
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()))

    def test_a_console_that_knows_ascii_only(self):
        """It is printed all the same."""
        self.assertIn("us", self.printed(FIT, encoding="ascii"))

    def test_the_json(self):
        """The same with null for what is not known and not advised."""
        document = as_json(findings(replace(FIT, turbo=None)))

        self.assertEqual(("http-benchmark/doctor/1", "fit"), (document["schema"], document["verdict"]))
        self.assertIn(
            {
                "code": "turbo",
                "what": "turbo",
                "found": "not told by this system",
                "verdict": None,
                "advice": None,
            },
            document["findings"],
        )


if __name__ == "__main__":
    unittest.main()
