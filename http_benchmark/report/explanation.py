"""Why one contender costs more CPU than another, for the terminal."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from http_benchmark.models.explanation import Explanation, PlaceDifference, Profiled
from http_benchmark.report import parts
from http_benchmark.report.plain import Plain

_MOST = 10
_LEAST_SHARE = 0.02  # of the difference; less is not worth a line


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Print the answer in sentences, then the figures of a request, and where its CPU time goes."""
    both = (explanation.dearer, explanation.cheaper)
    shown: list[RenderableType] = [Text(explanation.sentences[0], style="bold")]
    shown += [Text(sentence) for sentence in explanation.sentences[1:]]
    headings = ("per request", *(one.contender for one in both))
    shown += [Text(), parts.table(headings, figures(both), width=console.width, left={"per request"})]
    for title, heading, places in (
        ("CPU per request by whose code it is, µs:", "package", explanation.packages),
        ("CPU per request through a file and all that it calls, µs:", "file", files(explanation)),
        ("In that file, through a function and all that it calls, µs:", "function", explanation.functions),
    ):
        rows = cells(explanation, places)
        if rows:
            names = (heading, *(one.contender for one in both), "difference")
            shown += [Text(), Text(title)]
            shown.append(parts.table(names, rows, width=console.width, left={heading}, wraps=(heading,)))
    notes = [note for one in both for note in one.not_told]
    shown += [Text(), *(parts.item(note) for note in dict.fromkeys(notes))] if notes else []
    console.print(Plain(Group(*shown)))


def figures(both: Sequence[Profiled]) -> list[list[str]]:
    """What is known of a request, a row for each figure that one of both has."""
    rows: tuple[tuple[str, list[float | None]], ...] = (
        ("CPU in the experiment, µs", [one.cpu_us for one in both]),
        ("CPU now, µs", [one.cpu_now_us for one in both]),
        ("system calls", [one.syscalls for one in both]),
        ("context switches", [one.context_switches for one in both]),
        ("allocations", [one.allocations for one in both]),
        ("allocated, KiB", [one.allocated_bytes and one.allocated_bytes / 1024 for one in both]),
    )
    return [[name, *map(parts.figure, values)] for name, values in rows if any(value is not None for value in values)]


def files(explanation: Explanation) -> list[PlaceDifference]:
    """Those of packages that the dearer contender goes through, outermost first as their times are."""
    known = {place.name for place in explanation.packages}
    return [place for place in explanation.files if place.name.partition("/")[0].removesuffix(".py") in known]


def cells(explanation: Explanation, places: Sequence[PlaceDifference]) -> list[list[str]]:
    """Name, both times and the difference; of those that make a difference, the greatest first."""
    least = _LEAST_SHARE * abs(explanation.difference_us)
    found = [place for place in places if abs(place.difference_us) >= least][:_MOST]
    return [
        [
            place.name,
            parts.figure(place.dearer_us),
            parts.figure(place.cheaper_us),
            f"{'+' if place.difference_us > 0 else '−'}{parts.figure(abs(place.difference_us))}",
        ]
        for place in found
    ]
