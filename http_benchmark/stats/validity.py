"""Is a run to be trusted? Each reason against it with its figure, its limit and what to do.

`RULES` is the closed list: what is found (`reasons`), in one sentence for all contenders that it concerns.
"""

from collections.abc import Iterable, Sequence

from http_benchmark.models.experiment import ExperimentResult, Reason, Validity
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.stats import reasons
from http_benchmark.stats.evidence import Evidence
from http_benchmark.stats.intervals import MIN_BLOCKS_95
from http_benchmark.stats.limits import Limits
from http_benchmark.stats.rules import Rule, count, verdict
from http_benchmark.stats.work_rules import WORK_RULES
from http_benchmark.units import format_duration

LIMITING = ("server-limited", "floor-limited", "pacing-late")
"""What makes a contender look slower than it is without being its own work: verdicts that rest on it are taken back."""


def _signed_percent(percent: float) -> str:
    return f"{percent:+.1f} %"


def _times(factor: float) -> str:
    return f"{factor:.1f}×"


def _processors(number: float) -> str:
    return f"{number:.2g}"


def judge(result: ExperimentResult, blocks: Sequence[BlockRecord]) -> Validity:
    """Weigh a run.

    Args:
        result: The run with its clients summed up; what was found out beforehand (pacing, floor) is in it.
        blocks: Its finished blocks.
    """
    evidence = Evidence(result, blocks)
    given = [reason for rule in RULES if (reason := rule.reason(evidence)) is not None]
    return verdict(given)


def limited_clients(given: Iterable[Reason]) -> Limits:
    """Who was limited by something that is not its own work: contender → the codes."""
    limits: dict[str, tuple[str, ...]] = {}
    for reason in given:
        if reason.code in LIMITING:
            for name in reason.contenders:
                limits[name] = (*limits.get(name, ()), reason.code)
    return limits


RULES: tuple[Rule[Evidence], ...] = (
    Rule(
        "server-limited",
        reasons.server_saturated,
        reasons.MOST_SERVER_SATURATED,
        "the origin could not answer faster ({who} of what it can do), so the ranking is the origin's; "
        "compare by CPU time (--primary cpu_s_per_1k), or lower --concurrency",
        severity="invalid",
    ),
    Rule(
        "server-limited",
        reasons.server_busy,
        reasons.MOST_SERVER_BUSY,
        "the origin used more than {limit} of its core ({who}), so its speed is part of the result; "
        "compare by CPU time (--primary cpu_s_per_1k)",
    ),
    Rule(
        "server-ceiling",
        reasons.server_ceiling,
        reasons.LEAST_CEILING,
        "the origin can answer less than {limit} of what the fastest contenders ask for ({who}), so they may be "
        "faster than shown; compare by CPU time, too (--primary cpu_s_per_1k)",
        _times,
    ),
    Rule(
        "floor-limited",
        reasons.floor_for_all,
        reasons.MOST_OF_FLOOR,
        "no contender is slower than a bare socket on this machine ({who} of it), so the ranking is that of target and "
        "machine; compare by CPU time (--primary cpu_s_per_1k)",
        severity="invalid",
    ),
    Rule(
        "floor-limited",
        reasons.floor_limited,
        reasons.MOST_OF_FLOOR,
        "as fast as a bare socket on this machine ({who} of it), so it is not the client that sets the speed; "
        "compare by CPU time (--primary cpu_s_per_1k)",
    ),
    Rule(
        "client-idle",
        reasons.idle_without_cause,
        reasons.LEAST_CLIENT_BUSY,
        "used less than {limit} of a core ({who}), though neither origin nor machine made it wait; something else "
        "holds requests back: look for a lock, a small pool, or packets that wait",
    ),
    Rule(
        "client-idle",
        reasons.idle_by_design,
        reasons.LEAST_CLIENT_BUSY,
        "used less than {limit} of a core ({who}): waiting for answers sets everybody's speed; "
        "compare by CPU time (--primary cpu_s_per_1k), or raise --concurrency",
    ),
    Rule(
        "client-limited",
        reasons.client_limited,
        reasons.MOST_CLIENT_BUSY,
        "used more than {limit} of a core ({who}): requests wait for the client, and response times say how close "
        "this rate is to its capacity; lower --rate to compare them otherwise",
    ),
    Rule(
        "littles-law",
        reasons.too_few_in_flight,
        reasons.LEAST_IN_FLIGHT,
        "fewer requests in flight than --concurrency ({who} of it): time passed between requests that is in no "
        "response time; lower --concurrency, or use a machine with more processors",
    ),
    Rule(
        "littles-law",
        reasons.too_many_in_flight,
        reasons.MOST_IN_FLIGHT,
        "more requests in flight than --concurrency ({who} of it), which cannot be; please report it",
    ),
    *WORK_RULES,
    Rule(
        "pacing-late",
        reasons.pacing_median,
        reasons.MOST_LAG_S,
        "this machine sends late even where no answer is waited for (median lag {who}, limit {limit}); "
        "http-benchmark doctor says why; lower --rate, or compare by CPU time",
        format_duration,
    ),
    Rule(
        "pacing-late",
        reasons.pacing_tail,
        reasons.MOST_LAG_P99_S,
        "this machine sends late at times even where no answer is waited for (p99 of the lag {who}, limit {limit}), "
        "so high quantiles are its own; http-benchmark doctor says why",
        format_duration,
    ),
    Rule(
        "pacing-late",
        reasons.pacing_rate,
        reasons.MOST_RATE_ERROR,
        "this machine misses the rate even where no answer is waited for (by {who}, limit {limit}); "
        "http-benchmark doctor says why; lower --rate",
    ),
    Rule(
        "pacing-late",
        reasons.late_on_a_busy_machine,
        reasons.MOST_LAG_S,
        "requests were sent late (median lag {who}), since others had the processors; response times include it: "
        "end other work, and measure again",
        format_duration,
    ),
    Rule(
        "pacing-late",
        reasons.late_by_itself,
        reasons.MOST_LAG_S,
        "requests were sent late (median lag {who}) though neither processor time nor threads or tasks were short: "
        "something held up the client's own loop or threads, such as a call that waits, or requests due at about the "
        "same time; response times include it, so look at lag and service time apart",
        format_duration,
    ),
    Rule(
        "workers-exhausted",
        reasons.exhausted,
        reasons.MOST_EXHAUSTED,
        "requests were due while all of --concurrency was busy ({who} of them): raise it, or, where client or "
        "server are not fast enough, lower --rate",
    ),
    Rule(
        "machine-busy",
        reasons.stolen,
        reasons.MOST_STEAL,
        "the hypervisor gave {value} of the processors' time to others (limit {limit}); "
        "use a machine, or an hour, with fewer neighbours",
    ),
    Rule(
        "machine-busy",
        reasons.others_busy,
        reasons.MOST_OTHER_CPU,
        "other processes used {value} of a processor (limit {limit}); end them, and measure again",
    ),
    Rule(
        "not-steady",
        reasons.not_steady,
        reasons.MOST_DRIFT_PERCENT,
        "response times changed while measuring ({who} from the first third of a trial to its last): warm up longer "
        "(--warmup), and look for a processor that slows down when hot",
        _signed_percent,
    ),
    Rule(
        "delayed-ack",
        reasons.delayed_acks,
        reasons.MOST_DELAYED_ACKS,
        "answers came 40 ms late ({who} of them), as TCP's delayed acknowledgement makes them: client or server "
        "sends small pieces without TCP_NODELAY",
    ),
    Rule(
        "busy-while-waiting",
        reasons.busy_while_waiting,
        reasons.MOST_IDLE_CPU,
        "used processor time while others were measured ({who} of a core), which disturbs them; measure it apart",
    ),
    Rule(
        "ports-near",
        reasons.ports_near,
        reasons.MOST_PORTS_USED,
        "up to {value} of the ephemeral ports are in use (limit {limit}), so connecting may fail; "
        "widen net.ipv4.ip_local_port_range, or wait for old connections to go",
    ),
    Rule(
        "files-near",
        reasons.files_near,
        reasons.MOST_FILES_USED,
        "connections take {value} of the files that a process may open (limit {limit}); "
        "raise ulimit -n, or lower --concurrency",
    ),
    Rule(
        "clock-coarse",
        reasons.clock_coarse,
        reasons.MOST_CLOCK_STEP_S,
        "the clock moves in steps of {value} (limit {limit}), too coarse for fast requests; "
        "use the clock source tsc, or another machine",
        format_duration,
    ),
    Rule(
        "shared-processor",
        reasons.shared_processor,
        None,
        "clients and origin share one processor, so each slows the other; use a machine with two or more",
    ),
    Rule(
        "throttled",
        reasons.throttled,
        reasons.processors,
        "control groups allow the time of {value} of the {limit} processors that clients and origin have; whoever has "
        "used it up stands still for up to 0.1 s: take off the limit, or allow processors instead (cpuset, taskset)",
        _processors,
    ),
    Rule(
        "too-few-blocks",
        reasons.too_few_blocks,
        MIN_BLOCKS_95,
        "no 95 % interval below {limit} blocks, got {value}; run more (--blocks)",
        count,
    ),
    Rule(
        "too-few-blocks",
        reasons.too_few_blocks_for_all,
        reasons.blocks_for_all,
        "{value} blocks cannot tell so many contenders apart, whatever they say (it takes {limit}); "
        "run more (--blocks), or name fewer",
        count,
    ),
    Rule(
        "resumed",
        reasons.forced_sessions,
        None,
        "it was resumed under other circumstances, by force, so its blocks are not all alike; measure it anew",
    ),
    Rule("quick", reasons.quick, None, "a quick run finds large differences only; leave out --quick"),
)
"""All reasons; in a verdict they stand in this order, what changes the ranking first."""

REASON_CODES: tuple[str, ...] = tuple(dict.fromkeys(rule.code for rule in RULES))
"""The closed list."""
