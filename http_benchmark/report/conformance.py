"""The conformance matrix, check by contender, with its notes: for the terminal and as Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import batched

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from http_benchmark.models.conformance import (
    CheckOutcome,
    ConformanceCheck,
    ConformanceResult,
    ContenderConformance,
    Outcome,
)
from http_benchmark.report import parts
from http_benchmark.report.plain import Plain
from http_benchmark.units import counted

MARKS = {"conforms": "✓", "deviates": "✗", "not-offered": "–", "not-applicable": "·", "failed": "?"}
_MEANINGS = {
    "conforms": "yes",
    "deviates": "no",
    "not-offered": "not offered",
    "not-applicable": "not applicable",
    "failed": "could not be asked",
}

_STYLES = {"conforms": "green", "deviates": "yellow", "not-offered": "dim", "not-applicable": "dim", "failed": "red"}
_INDENT = "  "
_GAP = 3  # between two columns
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def print_conformance(result: ConformanceResult, console: Console) -> None:
    """Print the matrix, what the marks mean, the notes, and the answer."""
    asked = [contender for contender in result.contenders if contender.outcomes]
    found = notes(result)
    shown: list[RenderableType] = []
    if asked:
        marks = parts.filled(legend(result), console.width, between="   ", indent="")
        shown += [
            *_matrix(result, asked, found, width=console.width),
            Text(),
            *(Text(line, style="dim") for line in marks),
        ]
    for title, items in (
        ("Notes:", [f"{_superscript(n)} {where}: {words}" for n, (words, where) in enumerate(found.items(), 1)]),
        ("Not offered:", without(result, "not-offered")),
        ("Not applicable:", without(result, "not-applicable")),
        ("Not expected:", unexpected(asked)),
        ("Not asked:", [contender.message for contender in result.contenders if contender.message]),
    ):
        listed = [parts.item(item) for item in items]
        shown += [Text(), Text(title, style="bold"), *listed] if listed else []
    shown += [Text(), Text(sentence(result), style="bold green" if result.as_expected else "bold red")]
    console.print(Plain(Group(*shown)))


def print_checks(checks: Sequence[ConformanceCheck], console: Console) -> None:
    """Print what is asked, one check per line."""
    headings = ("check", "question", "witness")
    table = parts.table(
        headings,
        [(check.id, check.question, check.witness) for check in checks],
        width=console.width,
        left=headings,
        wraps=headings[1:],
        dispensable=("witness",),
        between=2,
    )
    console.print(Plain(table))


def markdown(result: ConformanceResult) -> str:
    """The same for documents, with the questions."""
    asked = [contender for contender in result.contenders if contender.outcomes]
    found = notes(result)
    names = [contender.contender for contender in asked]
    lines = [f"| check | {' | '.join(names)} |", f"|---|{':-:|' * len(names)}"]
    for subject, ids in _by_subject(result).items():
        lines.append(f"| **{subject}** |{' |' * len(names)}")
        lines += [f"| {name} | {' | '.join(_mark(cell, found) for cell in _row(name, asked))} |" for name in ids]
    lines += ["", f"{'; '.join(legend(result))}.", ""]
    versions = dict.fromkeys(f"{contender.library} {contender.version}" for contender in asked)
    lines += [f"{', '.join(versions)}; Python {result.python}; http-benchmark {result.http_benchmark}.", ""]
    lines += [f"{number}. {where}: {words}" for number, (words, where) in enumerate(found.items(), 1)]
    for title, items in (
        ("Not offered", without(result, "not-offered")),
        ("Not applicable", without(result, "not-applicable")),
        ("Not expected", unexpected(asked)),
    ):
        listed = [f"- {item}" for item in items]
        lines += ["", f"{title}:", "", *listed] if listed else []
    lines += _seen(result, "timeouts", asked)
    lines += ["", "| check | question | witness |", "|---|---|---|"]
    lines += [f"| {check.id} | {check.question} | {check.witness} |" for check in result.checks]
    return "\n".join(lines)


def sentence(result: ConformanceResult) -> str:
    """The answer in one line."""
    outcomes = [outcome for contender in result.contenders for outcome in contender.outcomes]
    asked = sum(outcome.outcome != "not-applicable" for outcome in outcomes)
    ended = "Interrupted before all was asked. " if result.status == "interrupted" else ""
    known = sum(outcome.outcome == "deviates" and outcome.expected for outcome in outcomes)
    surprises = sum(not outcome.expected for outcome in outcomes)
    counts = f"{counted(asked, 'answer')}, {counted(known, 'known deviation')}"
    answer = f"Not as expected: {counts}, {surprises} not expected." if surprises else f"As expected: {counts}."
    return ended + answer


def notes(result: ConformanceResult) -> dict[str, str]:
    """The known deviations that show, in the order of the matrix: explanation → who and where."""
    return _gathered(result, lambda outcome: outcome.explanation if outcome.outcome == "deviates" else None)


def legend(result: ConformanceResult) -> list[str]:
    """What the marks mean, of those that are there."""
    there = {outcome.outcome for contender in result.contenders for outcome in contender.outcomes}
    meanings = [f"{mark} {_MEANINGS[outcome]}" for outcome, mark in MARKS.items() if outcome in there]
    return meanings if result.as_expected else [*meanings, "! not expected"]


def without(result: ConformanceResult, outcome: Outcome) -> list[str]:
    """Who was not examined where, and why: in the client's own words, or in ours."""
    gathered = _gathered(result, lambda found: found.seen if found.outcome == outcome else None)
    return [f"{where}: {words}" for words, where in gathered.items()]


def _gathered(result: ConformanceResult, words_of: Callable[[CheckOutcome], str | None]) -> dict[str, str]:
    """Equal words once, with all that they are about: "pycurl:sync, pycurl:async (pool, leaks)"."""
    places: dict[str, tuple[dict[str, None], dict[str, None]]] = {}  # dictionaries keep order, and each name once
    for check in result.checks:
        for contender in result.contenders:
            for outcome in contender.outcomes:
                if outcome.check == check.id and (words := words_of(outcome)):
                    names, ids = places.setdefault(words, ({}, {}))
                    names[contender.contender] = ids[check.id] = None
    return {words: f"{', '.join(names)} ({', '.join(ids)})" for words, (names, ids) in places.items()}


def unexpected(contenders: Sequence[ContenderConformance]) -> Iterable[str]:
    """What nobody knew of."""
    for contender in contenders:
        for outcome in contender.outcomes:
            if not outcome.expected:
                gone = " (a known deviation that does not show)" if outcome.explanation else ""
                yield f"{contender.contender} ({outcome.check}) {outcome.outcome}{gone}: {outcome.seen}"


def _seen(result: ConformanceResult, subject: str, contenders: Sequence[ContenderConformance]) -> list[str]:
    """What was seen in the checks of one subject, as a table of Markdown; empty where none of them was asked."""
    ids = _by_subject(result).get(subject, [])
    if not ids:
        return []
    lines = ["", f"What was seen of {subject}:", "", f"| contender | {' | '.join(ids)} |", f"|---|{'---|' * len(ids)}"]
    for contender in contenders:
        seen = [outcome.seen if outcome else "" for outcome in (_row(name, [contender])[0] for name in ids)]
        lines.append(f"| {contender.contender} | {' | '.join(seen)} |")
    return lines


def _matrix(
    result: ConformanceResult, contenders: Sequence[ContenderConformance], found: Mapping[str, str], *, width: int
) -> list[RenderableType]:
    """A table, or where the contenders do not go side by side, letters that stand for them, and several."""
    first = max(len(check.id) for check in result.checks) + len(_INDENT)
    headings = [contender.contender.replace(":", "\n") for contender in contenders]
    names = [max(map(len, heading.split("\n"))) for heading in headings]
    if first + sum(name + _GAP for name in names) <= width:
        return [_table(result, contenders, headings, found, width=width)]
    letters = [chr(ord("A") + number) for number in range(len(contenders))]
    pairs = [f"{letter} {contender.contender}" for letter, contender in zip(letters, contenders, strict=True)]
    shown: list[RenderableType] = [Text(line) for line in parts.filled(pairs, width, between="   ", indent="")]
    widest = max(len(_mark(outcome, found)) for contender in contenders for outcome in contender.outcomes)
    for some in batched(zip(letters, contenders, strict=True), max(1, (width - first) // (widest + _GAP))):
        some_letters, some_contenders = zip(*some, strict=True)
        shown += [Text(), _table(result, some_contenders, some_letters, found, width=width)]
    return shown


def _table(
    result: ConformanceResult,
    contenders: Sequence[ContenderConformance],
    headings: Sequence[str],
    found: Mapping[str, str],
    *,
    width: int,
) -> Table:
    rows: list[list[str | Text]] = []
    for subject, ids in _by_subject(result).items():
        rows.append([Text(subject, style="bold"), *[""] * len(contenders)])
        for name in ids:
            marks = [Text(_mark(cell, found), style=_style(cell)) for cell in _row(name, contenders)]
            rows.append([f"{_INDENT}{name}", *marks])
    return parts.table(["", *headings], rows, width=width, left={"", *headings}, between=_GAP - 1)


def _by_subject(result: ConformanceResult) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for check in result.checks:
        groups.setdefault(check.subject, []).append(check.id)
    return groups


def _row(check: str, contenders: Sequence[ContenderConformance]) -> list[CheckOutcome | None]:
    """Each contender's outcome, None where it was not asked any more."""
    return [next((one for one in contender.outcomes if one.check == check), None) for contender in contenders]


def _mark(outcome: CheckOutcome | None, found: Mapping[str, str]) -> str:
    if outcome is None:
        return ""
    number = ""
    if outcome.outcome == "deviates" and outcome.explanation:
        number = _superscript([*found].index(outcome.explanation) + 1)
    return MARKS[outcome.outcome] + number + ("" if outcome.expected else "!")


def _style(outcome: CheckOutcome | None) -> str:
    if outcome is None:
        return ""
    return _STYLES[outcome.outcome] if outcome.expected else "bold red"


def _superscript(number: int) -> str:
    return str(number).translate(_SUPERSCRIPTS)
