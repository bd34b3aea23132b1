"""The conformance matrix in the terminal and as Markdown, compared with snapshots that a person has read.

After a wanted change: `UPDATE_SNAPSHOTS=1 python -m tests tests.unit.test_report_conformance`, then read what differs.
"""

from datetime import timedelta

from http_benchmark.models.conformance import CheckOutcome, ConformanceCheck, ConformanceResult, ContenderConformance
from http_benchmark.report.conformance import markdown, notes, print_checks, print_conformance, sentence
from tests.records import START
from tests.snapshot_case import SnapshotCase, printed

CHECKS = (
    ConformanceCheck(id="upload", subject="what is carried", question="Do uploads arrive?", witness="length and hash"),
    ConformanceCheck(id="gzip", subject="what is carried", question="Is gzip decoded?", witness="length and hash"),
    ConformanceCheck(id="retry-get-reused", subject="failures", question="Is a GET sent once?", witness="one request"),
)
RETRIES = "libcurl sends it again, and there is no option against it."
SEVEN = ("aiohttp:async", "floor:async", "httpx:async", "httpx:sync", "pycurl:async", "pycurl:sync", "requests:sync")
NINE = (*SEVEN, "requestx:async", "urllib3:sync")


def a_contender(name: str, *changed: CheckOutcome, message: str | None = None) -> ContenderConformance:
    outcomes = {
        check.id: CheckOutcome(check=check.id, outcome="conforms", seen="as it is", expected=True) for check in CHECKS
    }
    outcomes |= {outcome.check: outcome for outcome in changed}
    library, _, mode = name.removesuffix("+h2").partition(":")
    return ContenderConformance(
        contender=name,
        library=library,
        version=None if message else "1.0",
        mode=mode,
        outcomes=() if message else tuple(outcomes.values()),
        message=message,
    )


def retried(name: str) -> ContenderConformance:
    return a_contender(
        name,
        CheckOutcome(
            check="retry-get-reused", outcome="deviates", seen="sent 2 times", expected=True, explanation=RETRIES
        ),
    )


def a_result(*contenders: ContenderConformance) -> ConformanceResult:
    return ConformanceResult(
        started_at=START,
        finished_at=START + timedelta(seconds=20),
        http_benchmark="0.1.0",
        python="3.12.1",
        system="Linux",
        as_expected=all(outcome.expected for contender in contenders for outcome in contender.outcomes),
        checks=CHECKS,
        contenders=contenders,
    )


REFUSED = CheckOutcome(check="gzip", outcome="not-offered", seen="hands it over as it came", expected=True)
LOST = CheckOutcome(check="upload", outcome="deviates", seen="length: 10 instead of 1024", expected=False)
GONE = CheckOutcome(check="retry-get-reused", outcome="conforms", seen="sent once", expected=False, explanation=RETRIES)
ORDINARY = a_result(
    *(
        retried(name) if name.startswith("pycurl") else a_contender(name, *[REFUSED] * name.startswith("floor"))
        for name in NINE
    )
)
NO_FAULTS = CheckOutcome(check="retry-get-reused", outcome="not-applicable", seen="nothing breaks there", expected=True)
BOTH_VERSIONS = a_result(a_contender("httpx:async", REFUSED), a_contender("httpx:async+h2", REFUSED, NO_FAULTS))
SURPRISING = a_result(
    a_contender("foo:sync", LOST),
    a_contender("pycurl:sync", GONE),
    a_contender("bar:sync", message="bar is not installed; pip install bar"),
)


class MatrixTest(SnapshotCase):
    def test_nine_contenders_at_80_columns(self):
        """Letters stand for them; marks, notes, refusals, the answer."""
        self.check("conformance_80", printed(print_conformance, ORDINARY))

    def test_nine_contenders_at_140_columns(self):
        """Their names stand above."""
        self.check("conformance_140", printed(print_conformance, ORDINARY, width=140), width=140)

    def test_nine_contenders_at_40_columns(self):
        """Several tables one below the other; neither the letters' names nor the marks' are broken."""
        self.check("conformance_40", printed(print_conformance, ORDINARY, width=40), width=40)

    def test_what_is_not_expected(self):
        """A new deviation, a known one that is gone, and a client that is not here."""
        self.check("conformance_unexpected", printed(print_conformance, SURPRISING))

    def test_over_http2(self):
        """What is not asked there is told apart from what a client does not offer."""
        self.check("conformance_http2", printed(print_conformance, BOTH_VERSIONS))

    def test_ascii(self):
        """Where the console knows no more."""
        self.check("conformance_ascii", printed(print_conformance, ORDINARY, encoding="ascii"))

    def test_markdown(self):
        """The same, with the questions."""
        self.check("conformance_markdown", markdown(ORDINARY) + "\n", width=200)

    def test_the_list_of_checks(self):
        """One line each."""
        self.check("conformance_checks", printed(print_checks, CHECKS))

    def test_a_single_answer(self):
        """Is no plural."""
        contender = a_contender("foo:sync")
        one = a_result(contender.model_copy(update={"outcomes": contender.outcomes[:1]}))

        self.assertEqual("As expected: 1 answer, 0 known deviations.", sentence(one))

    def test_interrupted(self):
        """Says so, and leaves the cells empty that have no answer."""
        whole, part = a_contender("foo:sync"), a_contender("bar:sync")
        part = part.model_copy(update={"outcomes": part.outcomes[:1]})
        result = a_result(whole, part).model_copy(update={"status": "interrupted"})

        self.assertEqual(
            "Interrupted before all was asked. As expected: 4 answers, 0 known deviations.", sentence(result)
        )
        self.assertIn("| gzip | ✓ |  |\n", markdown(result))
        self.assertRegex(printed(print_conformance, result), r"gzip +✓ *\n")

    def test_equal_explanations_are_one_note(self):
        """With all contenders and checks that they are about."""
        self.assertEqual({RETRIES: "pycurl:async, pycurl:sync (retry-get-reused)"}, notes(ORDINARY))
