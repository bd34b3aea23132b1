"""Is this machine fit to measure on? What its facts mean, each with what was found and what to do.

A finding is "fit", "limits" (it can be measured on, with less to be seen or to be believed) or "unfit" (what is
measured is something else). What the system does not tell has no such word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from http_benchmark.models.experiment import PacingCheck
from http_benchmark.models.measurement import MachineLoad
from http_benchmark.units import format_duration, format_rate
from http_benchmark.utils.machine import Ports

type Word = Literal["fit", "limits", "unfit"]

PREDECESSOR = "http-client-benchmarker"

MOST_OTHER_CPU = 0.10
HARMFUL_OTHER_CPU = 0.50
MOST_STEAL = 0.02
HARMFUL_STEAL = 0.10
MOST_PORTS = 0.50
HARMFUL_PORTS = 0.80
LEAST_FILES = 4096
LEAST_FREE_MEMORY_BYTES = 1024**3
MOST_CLOCK_STEP_S = 1e-6
MOST_TIMER_SLACK_NS = 50_000  # Linux's default

_QUICK_CLOCKS = ("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "mach_absolute_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a machine; None where its system does not tell.

    Attributes:
        system: As `uname` calls it.
        cpus, client_cpus, origin_cpus: Processors that a run may use, and how it would share them.
        shared_cores: The clients' processors that share a core with the origin's.
        governors, turbo, smt: As in `utils.machine`.
        cpu_limit, memory_bytes: Allowed to this process; memory by its machine or its control groups.
        load, busy: What others did while the machine was watched, and how many processors were in use in all.
        file_limit: Files that a process may open; None for any number.
        ports: Ephemeral ports.
        timer_slack_ns, clock_source, clock_step_s, hypervisor: As in `utils.machine`.
        pacing: How well an open schedule is kept, by mode.
        python: Version of the interpreter.
        python_faults: As in `utils.machine`.
        predecessor: Version of the earlier distribution of this name, where it is installed.
        extras: Optional parts by what they are for, each with its version; None where it is not installed.
    """

    system: str
    cpus: tuple[int, ...]
    client_cpus: tuple[int, ...]
    origin_cpus: tuple[int, ...]
    shared_cores: tuple[int, ...] = ()
    governors: tuple[str, ...] = ()
    turbo: bool | None = None
    smt: bool | None = None
    cpu_limit: float | None = None
    memory_bytes: int | None = None
    load: MachineLoad = field(default_factory=MachineLoad)
    file_limit: int | None = None
    ports: Ports | None = None
    timer_slack_ns: int | None = None
    clock_source: str | None = None
    clock_step_s: float | None = None
    hypervisor: str | None = None
    pacing: tuple[PacingCheck, ...] = ()
    python: str = ""
    python_faults: tuple[str, ...] = ()
    predecessor: str | None = None
    extras: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer.

    Attributes:
        code: For programs.
        what: For people.
        found: The fact.
        word: What it makes of the machine; None where the fact is not known.
        advice: What to do; empty where nothing is to be done.
    """

    code: str
    what: str
    found: str
    word: Word | None
    advice: str = ""


def findings(facts: Facts) -> list[Finding]:
    """Weigh every fact, in an order that goes from the machine to the interpreter."""
    return [
        *(check(facts) for check in _CHECKS),
        *(_pacing(check) for check in facts.pacing),
    ]


def verdict(found: Sequence[Finding]) -> Word:
    """The gravest of all words."""
    words = {finding.word for finding in found}
    return "unfit" if "unfit" in words else "limits" if "limits" in words else "fit"


def _system(facts: Facts) -> Finding:
    what = "operating system"
    if facts.system == "Linux":
        return Finding("system", what, facts.system, "fit")
    if facts.system == "Darwin":
        advice = "processors cannot be pinned, and some figures are missing; measure on Linux"
        return Finding("system", what, facts.system, "limits", advice)
    return Finding("system", what, facts.system, "unfit", "measure on Linux")


def _processors(facts: Facts) -> Finding:
    count = len(facts.cpus)
    found = f"{count} (clients {_list(facts.client_cpus)}, origin {_list(facts.origin_cpus)})"
    if count < 2:
        return Finding(
            "processors", "processors", found, "unfit", "clients and origin need one each; allow two or more"
        )
    if count == 2:
        return Finding("processors", "processors", found, "limits", "controller and system take from both; allow three")
    return Finding("processors", "processors", found, "fit")


def _smt(facts: Facts) -> Finding:
    what = "cores of clients and origin"
    if facts.smt is None:
        return _unknown("smt", what)
    if facts.shared_cores:
        found = f"shared (processors {_list(facts.shared_cores)})"
        advice = "two threads of one core slow each other; switch SMT off, or allow other processors (taskset)"
        return Finding("smt", what, found, "limits", advice)
    return Finding("smt", what, "apart" if facts.smt else "apart, no SMT", "fit")


def _governor(facts: Facts) -> Finding:
    what = "frequency governor"
    if not facts.governors:
        return _unknown("governor", what)
    found = ", ".join(facts.governors)
    if set(facts.governors) == {"performance"}:
        return Finding("governor", what, found, "fit")
    return Finding("governor", what, found, "limits", "cpupower frequency-set -g performance")


def _turbo(facts: Facts) -> Finding:
    what = "turbo"
    if facts.turbo is None:
        return _unknown("turbo", what)
    if facts.turbo:
        advice = "the clock depends on heat and neighbours; switch it off (intel_pstate/no_turbo, cpufreq/boost)"
        return Finding("turbo", what, "on", "limits", advice)
    return Finding("turbo", what, "off", "fit")


def _cpu_limit(facts: Facts) -> Finding:
    what = "processor time allowed"
    if facts.cpu_limit is None or facts.cpu_limit >= len(facts.cpus):
        return Finding("cpu-limit", what, "all", "fit")
    found = f"{facts.cpu_limit:.2g} of {len(facts.cpus)} processors"
    advice = "a process that has used its share is stopped for up to 0.1 s; take off the limit, or pin instead (cpuset)"
    return Finding("cpu-limit", what, found, "limits" if facts.cpu_limit >= 2 else "unfit", advice)


def _memory(facts: Facts) -> Finding:
    what = "memory allowed"
    if facts.memory_bytes is None:
        return _unknown("memory", what)
    found = f"{facts.memory_bytes / 1024**3:.1f} GiB"
    if facts.memory_bytes < LEAST_FREE_MEMORY_BYTES:
        return Finding("memory", what, found, "limits", "measure few contenders at a time; each is a process")
    return Finding("memory", what, found, "fit")


def _load(facts: Facts) -> Finding:
    what, average = "load average", facts.load.load_average
    if average is None:
        return _unknown("load", what)
    found = f"{average:.2f} over the last minute"
    if average > len(facts.cpus):
        return Finding("load", what, found, "limits", "wait until it has gone down; others may still be at work")
    return Finding("load", what, found, "fit")


def _others(facts: Facts) -> Finding:
    advice = "end them (top shows them), and measure again"
    return _share(
        "other-processes", "other processes", facts.load.other_cpu_ratio, (MOST_OTHER_CPU, HARMFUL_OTHER_CPU), advice,
        of="of a processor",
    )  # fmt: skip


def _steal(facts: Facts) -> Finding:
    advice = "the host is crowded; use another machine, or another hour"
    return _share(
        "steal", "taken by other guests", facts.load.steal_ratio, (MOST_STEAL, HARMFUL_STEAL), advice,
        of="of the processors",
    )  # fmt: skip


def _hypervisor(facts: Facts) -> Finding:
    what = "virtual machine"
    if facts.hypervisor is None:
        return Finding("virtual-machine", what, "not seen", "fit")
    found = "yes" if facts.hypervisor == "unknown" else f"yes, {facts.hypervisor}"
    return Finding("virtual-machine", what, found, "limits", "neighbours cannot be seen; small differences need metal")


def _files(facts: Facts) -> Finding:
    what = "open files (ulimit -n)"
    if facts.file_limit is None:
        return Finding("files", what, "any number", "fit")
    if facts.file_limit < LEAST_FILES:
        advice = "each connection is one, at the origin for all contenders; raise the hard limit"
        return Finding("files", what, f"{facts.file_limit:,}", "limits", advice)
    return Finding("files", what, f"{facts.file_limit:,}", "fit")


def _ports(facts: Facts) -> Finding:
    what, ports = "ephemeral ports", facts.ports
    if ports is None:
        return _unknown("ports", what)
    found = f"{ports.in_use:,} of {ports.range:,} in use, {ports.waiting:,} in TIME_WAIT"
    share = ports.in_use / ports.range
    advice = "wait a minute for old connections to go, or widen net.ipv4.ip_local_port_range"
    word: Word = "unfit" if share > HARMFUL_PORTS else "limits" if share > MOST_PORTS else "fit"
    return Finding("ports", what, found, word, "" if word == "fit" else advice)


def _timer_slack(facts: Facts) -> Finding:
    what, slack_ns = "timer slack", facts.timer_slack_ns
    if slack_ns is None:
        return _unknown("timer-slack", what)
    found = f"{slack_ns / 1000:,.0f} µs (workers set their own)"
    if slack_ns > MOST_TIMER_SLACK_NS:
        return Finding(
            "timer-slack", what, found, "limits", "whatever starts the command raised it; start it from a shell"
        )
    return Finding("timer-slack", what, found, "fit")


def _clock(facts: Facts) -> Finding:
    what = "clock"
    if facts.clock_step_s is None:
        return Finding("clock", what, "stands still", "unfit", "measure on another machine")
    found = f"{facts.clock_source or 'not named'}, steps of {1e9 * facts.clock_step_s:,.0f} ns"
    if facts.clock_step_s > MOST_CLOCK_STEP_S:
        return Finding("clock", what, found, "unfit", "too coarse for fast requests; use the clock source tsc")
    if facts.clock_source and facts.clock_source not in _QUICK_CLOCKS:
        return Finding("clock", what, found, "limits", "slow to read; use the clock source tsc where it is offered")
    return Finding("clock", what, found, "fit")


def _python(facts: Facts) -> Finding:
    what = "Python"
    found = ", ".join((facts.python, *facts.python_faults))
    if {"debug", "free-threaded"} & set(facts.python_faults):
        return Finding("python", what, found, "unfit", "measure with the usual build of CPython")
    if facts.python_faults:
        advice = "slower than the builds of distributions and python.org; build with --enable-optimizations"
        return Finding("python", what, found, "limits", advice)
    return Finding("python", what, found, "fit")


def _predecessor(facts: Facts) -> Finding:
    what = "earlier distribution"
    if facts.predecessor is None:
        return Finding("predecessor", what, "not installed", "fit")
    advice = (
        f"it installs the same package and command; pip uninstall {PREDECESSOR}, then install http-benchmark again "
        "with --force-reinstall"
    )
    return Finding("predecessor", what, f"{PREDECESSOR} {facts.predecessor}", "unfit", advice)


def _extras(facts: Facts) -> Finding:
    found = "; ".join(f"{name}: {version or 'no'}" for name, version in facts.extras.items())
    return Finding("extras", "optional parts", found or "none", "fit")  # nobody has to have them


def _pacing(check: PacingCheck) -> Finding:
    p50, p99 = format_duration(check.lag_p50_s), format_duration(check.lag_p99_s)
    found = f"lag p50 {p50}, p99 {p99} at {format_rate(check.rate_rps)}, {100 * check.achieved_ratio:.1f} % of it kept"
    advice = "the open model (--rate) needs a quieter machine, or a lower rate"
    what = f"pacing, {check.mode}"
    if check.valid:
        return Finding(f"pacing-{check.mode}", what, found, "fit")
    return Finding(f"pacing-{check.mode}", what, found, "limits", advice)


def _share(code: str, what: str, share: float | None, limits: tuple[float, float], advice: str, *, of: str) -> Finding:
    """A share of processor time against what it should, and what it must not pass."""
    if share is None:
        return _unknown(code, what)
    word: Word = "unfit" if share > limits[1] else "limits" if share > limits[0] else "fit"
    return Finding(code, what, f"{100 * max(0.0, share):.1f} % {of}", word, "" if word == "fit" else advice)


def _unknown(code: str, what: str) -> Finding:
    return Finding(code, what, "not told by this system", None)


def _list(cpus: Sequence[int]) -> str:
    return ", ".join(map(str, cpus)) or "none"


_CHECKS: tuple[Callable[[Facts], Finding], ...] = (
    _system, _processors, _smt, _governor, _turbo, _hypervisor, _cpu_limit, _memory, _load, _others, _steal, _files,
    _ports, _timer_slack, _clock, _python, _predecessor, _extras,
)  # fmt: skip
