"""An explanation as one HTML file: the answer, the figures of a request, the flame graphs, the tables."""

from http_benchmark.models.explanation import Explanation
from http_benchmark.report import explanation as words
from http_benchmark.report.charts.flames import flames
from http_benchmark.report.html import rendered, table


def html_explanation(explanation: Explanation) -> str:
    """The whole page; it needs no network and no other file."""
    both = (explanation.dearer, explanation.cheaper)
    names = tuple(one.contender for one in both)
    places = (
        ("package", "By whose code it is", explanation.packages),
        ("file", "Through a file and all that it calls", words.files(explanation)),
        ("function", "In that file, through a function and all that it calls", explanation.functions),
    )
    values = {
        "explanation": explanation,
        "figures": table(("per request", *names), words.figures(both)),
        "places": [
            (title, table((heading, *names, "difference"), rows))
            for heading, title, found in places
            if (rows := words.cells(explanation, found))
        ],
        "notes": list(dict.fromkeys(note for one in both for note in one.not_told)),
    }
    return rendered("explanation.html.j2", values, flames(explanation))
