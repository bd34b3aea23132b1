"""Is a run to be trusted? Each reason against it with its figure, its limit and what to do.

`RULES` is the closed list: what is found (`reasons`), in one sentence for all contenders that it concerns.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from http_benchmark.models.experiment import ExperimentResult, Reason, Validity
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.work import DeviationCode
from http_benchmark.stats import reasons
from http_benchmark.stats.evidence import Evidence, Figures
from http_benchmark.stats.intervals import MIN_BLOCKS_95
from http_benchmark.stats.limits import Limits
from http_benchmark.units import format_duration

LIMITING = ("server-limited", "floor-limited", "pacing-late")
"""What makes a contender look slower than it is without being its own work: verdicts that rest on it are taken back."""

_SHOWN = 4  # contenders that a sentence names; the reason lists all of them


def _percent(share: float) -> str:
    """As many digits as tell it from its limit."""
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def _signed_percent(percent: float) -> str:
    return f"{percent:+.1f} %"


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _times(factor: float) -> str:
    return f"{factor:.1f}×"


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which a run is not to be trusted; several rules may share a code.

    Attributes:
        code: In the closed list of docs/json.md.
        find: The figures beyond the limit, the worst first.
        limit: What figures are held against; a function where the limit is the worst contender's own; None for what
            has no figure.
        message: The sentence. `{who}` stands for contenders with their figures, `{value}` for the worst figure,
            `{limit}` for the limit.
        shown: How a figure is written.
        severity: What the reason makes of the run.
    """

    code: str
    find: Callable[[Evidence], Figures]
    limit: float | Callable[[Evidence, str], float] | None
    message: str
    shown: Callable[[float], str] = _percent
    severity: Literal["suspect", "invalid"] = "suspect"

    def reason(self, evidence: Evidence) -> Reason | None:
        """What this rule holds against a run, if anything."""
        figures = self.find(evidence)
        if not figures:
            return None
        worst, value = next(iter(figures.items()))
        limit = self.limit(evidence, worst) if callable(self.limit) else self.limit
        return Reason(
            code=self.code,
            severity=self.severity,
            message=self.message.format(
                who=self._named(figures), value=self.shown(value), limit="" if limit is None else self.shown(limit)
            ),
            value=None if limit is None else value,
            limit=limit,
            contenders=tuple(name for name in figures if name),
        )

    def _named(self, figures: Figures) -> str:
        named = [f"{name} {self.shown(figure)}" for name, figure in list(figures.items())[:_SHOWN]]
        return ", ".join(named + ([f"{len(figures) - _SHOWN} more"] if len(figures) > _SHOWN else []))


def judge(result: ExperimentResult, blocks: Sequence[BlockRecord]) -> Validity:
    """Weigh a run.

    Args:
        result: The run with its clients summed up; what was found out beforehand (pacing, floor) is in it.
        blocks: Its finished blocks.
    """
    evidence = Evidence(result, blocks)
    given = [reason for rule in RULES if (reason := rule.reason(evidence)) is not None]
    severities = {reason.severity for reason in given}
    verdict = "invalid" if "invalid" in severities else "suspect" if severities else "valid"
    return Validity(verdict=verdict, reasons=tuple(given))


def limited_clients(given: Iterable[Reason]) -> Limits:
    """Who was limited by something that is not its own work: contender → the codes."""
    limits: dict[str, tuple[str, ...]] = {}
    for reason in given:
        if reason.code in LIMITING:
            for name in reason.contenders:
                limits[name] = (*limits.get(name, ()), reason.code)
    return limits


def _work_rule(code: str, message: str, *deviations: DeviationCode) -> Rule:
    """A rule for what `deviations` has found; what it does not name there is shown and gives no reason."""
    return Rule(code, reasons.deviating(*deviations), reasons.ordered(*deviations), message, _count)


RULES: tuple[Rule, ...] = (
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
    _work_rule(
        "extra-connections",
        "more connections in a trial than the {limit} that were needed ({who}): opened without need, or not kept alive",
        *("no-reuse", "extra-connections"),
    ),
    _work_rule(
        "unequal-work",
        "the origin saw another number of requests than was sent ({who}; the first sent {limit}): "
        "a client did not send some, or repeated some by itself",
        *("requests-missing", "retries-hidden"),
    ),
    _work_rule(
        "unequal-work",
        "the origin saw more failures ({who}) than were reported ({limit} by the first): a client hides them",
        "errors-swallowed",
    ),
    _work_rule(
        "unequal-work",
        "clients reset their connections ({who} times), which they do where answers are left unread",
        "body-unread",
    ),
    _work_rule(
        "unequal-work",
        "not all requests were made in the version of HTTP that was ordered ({who} of {limit})",
        "protocol",
    ),
    _work_rule(
        "unequal-work",
        "requests went to a server with a certificate of an unknown authority ({who}): nobody checked it",
        "certificate-unchecked",
    ),
    _work_rule(
        "unequal-work",
        "more TLS handshakes ({who}) than connections that need one ({limit} for the first)",
        "tls-handshakes",
    ),
    _work_rule(
        "bytes-off",
        "answers differ in size from what the others were sent (bytes of body: {who}; {limit} is usual), so the work "
        "was not the same; look at the request headers that each client sends",
        "answers-differ",
    ),
    _work_rule(
        "bytes-off",
        "bodies were not uploaded as ordered (bytes: {who}; {limit} for the first), so the work was not the same",
        "upload-differs",
    ),
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
        reasons.late,
        reasons.MOST_LAG_S,
        "requests were sent late (median lag {who}) though the client had time; response times include it, "
        "so look at lag and service time, and for other work on the machine",
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
        "too-few-blocks",
        reasons.too_few_blocks,
        MIN_BLOCKS_95,
        "no 95 % interval below {limit} blocks, got {value}; run more (--blocks)",
        _count,
    ),
    Rule(
        "too-few-blocks",
        reasons.too_few_blocks_for_all,
        reasons.blocks_for_all,
        "{value} blocks cannot tell so many contenders apart, whatever they say (it takes {limit}); "
        "run more (--blocks), or name fewer",
        _count,
    ),
    Rule("quick", reasons.quick, None, "a quick run finds large differences only; leave out --quick"),
)
"""All reasons; in a verdict they stand in this order, what changes the ranking first."""

REASON_CODES: tuple[str, ...] = tuple(dict.fromkeys(rule.code for rule in RULES))
"""The closed list."""
