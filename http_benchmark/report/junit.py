"""A gate as JUnit XML: a test case for each metric, as test runners and their servers show them."""

import junitparser

from http_benchmark.models.gate import GateMetric, GateResult
from http_benchmark.report import gate_words as words


def junit(result: GateResult, *, fail_on_inconclusive: bool = False) -> str:
    """The document.

    Args:
        result: Of the gate.
        fail_on_inconclusive: What could not be told is a failure, too; otherwise it is skipped.
    """
    arms = (result.baseline, result.candidate)
    classname = " → ".join(arm.contender for arm in arms)
    seconds = (result.finished_at - result.started_at).total_seconds() if result.finished_at else 0.0
    suite = junitparser.TestSuite("http-benchmark gate")
    cases = [_case(metric, classname, result, fail_on_inconclusive=fail_on_inconclusive) for metric in result.metrics]
    if result.cause:
        cases.append(_finished("candidate", classname, junitparser.Failure(words.headline(result), "fail")))
    for case in cases:
        case.time = seconds / len(cases)
        suite.add_testcase(case)
    for name, value in (
        ("gate", result.id),
        ("seed", str(result.seed)),
        ("margin_percent", f"{result.margin_percent:g}"),
        ("baseline", f"{arms[0].contender} {arms[0].version or ''}".strip()),
        ("candidate", f"{arms[1].contender} {arms[1].version or ''}".strip()),
        ("experiments", " ".join(attempt.experiment_id for attempt in result.attempts)),
        ("verdict", result.validity.verdict),
    ):
        suite.add_property(name, value)
    document = junitparser.JUnitXml("http-benchmark")
    document.add_testsuite(suite)
    document.update_statistics()
    return str(document.tostring().decode())


def _case(
    metric: GateMetric, classname: str, result: GateResult, *, fail_on_inconclusive: bool
) -> junitparser.TestCase:
    said = words.sentence(metric, result.margin_percent)
    if metric.outcome == "fail" or (metric.outcome == "inconclusive" and fail_on_inconclusive):
        return _finished(metric.metric, classname, junitparser.Failure(said, metric.outcome))
    if metric.outcome == "inconclusive":
        return _finished(metric.metric, classname, junitparser.Skipped(said, metric.outcome))
    return junitparser.TestCase(metric.metric, classname)


def _finished(name: str, classname: str, outcome: junitparser.Failure | junitparser.Skipped) -> junitparser.TestCase:
    case = junitparser.TestCase(name, classname)
    case.result = [outcome]
    return case
