"""An experiment as Markdown (GitHub's), for pull requests, issues and documents: what the terminal shows."""

from collections.abc import Collection, Iterable, Sequence

from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.report import faults, parts, ranking, wording, work
from http_benchmark.stats.sentences import sentences

_SPECIAL = str.maketrans({character: f"\\{character}" for character in r"\`*_[]<>|#~"})
_WORDS = {"contender", "grp."}  # headings above words, not above figures


def markdown(result: ExperimentResult) -> str:
    """The verdict, the ranking, who is not ranked, faults, the work, what can be quoted, and what figures mean."""
    quotable = sentences(result.clients, result.pairs, primary_metric=result.primary_metric, blocks=result.blocks)
    reasons = [f"{reason.code}: {reason.message}" for reason in result.validity.reasons]
    sections = [
        f"## {escaped(result.name)}",
        f"{escaped(parts.aim(result.configuration, result.target))}, {escaped(wording.size(result))} (`{result.id}`)",
        f"**Verdict: {result.validity.verdict}**",
        _items(reasons),
        _ranking(result),
        _listed("Not ranked", wording.unranked(result)),
        _faults(result),
        _work(result),
        _listed("Not as ordered, but only shown", work.only_shown(result.clients)),
        *(f"**{escaped(sentence)}**" for sentence in quotable),
        _items(wording.notes(result)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: Collection[str] = ()) -> str:
    """A table with each cell in one line; what is `left` of the headings stands above words, the rest above figures."""
    named = [_in_one_line(heading) for heading in headings]
    lines = [named, ["---" if heading in left else "--:" for heading in named]]
    lines += [[_in_one_line(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def escaped(text: str) -> str:
    """The text, with nothing in it that Markdown reads as its own."""
    return text.translate(_SPECIAL)


def _in_one_line(cell: str) -> str:
    return escaped(" ".join(cell.split()))


def _ranking(result: ExperimentResult) -> str:
    if not ranking.ranked(result):
        return wording.no_ranking(result)
    return table(ranking.headings(result), ranking.rows(result, in_one_line=True), left=_WORDS)


def _faults(result: ExperimentResult) -> str:
    headings, rows = faults.cells(result.clients, in_one_line=True)
    return f"Under faults:\n\n{table(headings, rows, left=_WORDS)}" if rows else ""


def _work(result: ExperimentResult) -> str:
    seen = [client for client in result.clients if client.work.requests.seen is not None]
    if not seen:
        return ""
    headings, rows = work.cells(seen)
    title = "Equal work, as the origin saw it (bytes are those of a request: head + body):"
    return f"{title}\n\n{table(headings, rows, left=_WORDS)}"


def _listed(title: str, texts: Sequence[str]) -> str:
    return f"{title}:\n\n{_items(texts)}" if texts else ""


def _items(texts: Iterable[str]) -> str:
    return "\n".join(f"- {escaped(text)}" for text in texts)
