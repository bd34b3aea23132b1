"""Which requests were sent over a trial, and which of them came, with which headers, whoever counted them.

Clients write a target in several ways: `~` or `%7E`, `/b` or `/a/../b`, `?` or nothing. All are brought to one form
before they are compared, which is coarser than any client: what is a plus to one and a space to another is a space, and
what is encoded counts as what it stands for. What is made of a difference is in `deviations`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import unquote_to_bytes

import numpy as np

from http_benchmark.clients.base import Request
from http_benchmark.dot_segments import without_dots
from http_benchmark.header_marks import header_marks, mark_name
from http_benchmark.models.measurement import Requested
from http_benchmark.stats.raw import Integers, added

_UNKNOWN = ""  # what the origin counts under no method and target
_SCHEME_AND_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_FRAMING = frozenset(
    "connection content-length host keep-alive proxy-connection te transfer-encoding upgrade".split()  # noqa: SIM905
)
"""Headers of which each client and version of HTTP makes its own."""

_MOST_DECODINGS = 8  # nobody encodes so often; it bounds the time that a hostile target takes
_LONGEST_EXAMPLE = 80  # characters of a request that are shown


class RequestTally:
    """Adds up what was sent and what came, in memory that does not grow with requests that nobody ordered.

    Args:
        requests: All that the worker was given: those of a mix, by their places, or the only one.
        shown: Makes a text that may be stored.
    """

    def __init__(self, requests: Sequence[Request], shown: Callable[[str], str]) -> None:
        self._shown = shown
        self._lines = [f"{request.method} {_target(request.url)}" for request in requests]
        forms = [one_form(line) for line in self._lines]
        self._same = {
            _slashless(form): form for line, form in zip(self._lines, forms, strict=True) if _ends_dotted(line)
        }
        self._forms = [self._same.get(form, form) for form in forms]
        self._form_of = dict(zip(self._lines, self._forms, strict=True))  # and of all other ways in which they came
        self._body_bytes = np.array([len(request.body) for request in requests], dtype=np.int64)
        self._closes = np.array([request.asks_to_close for request in requests], dtype=np.int64)
        self._sent = np.zeros(len(requests), dtype=np.int64)
        self._marks = [_marks(request) for request in requests]
        self._marks_of: defaultdict[str, set[str]] = defaultdict(set)  # form → marks of its requests' headers
        for form, marks in zip(self._forms, self._marks, strict=True):
            self._marks_of[form] |= marks
        self._seen: Counter[str] = Counter()  # by form
        self._seen_headers: Counter[tuple[str, str]] = Counter()  # by form and mark
        self._unknown = self._unordered = self._most_unordered = 0
        self._example_unordered: str | None = None

    def add(self, sent: Integers, opening: Iterable[tuple[int, int]], seen: Mapping[str, int]) -> None:
        """Add what came of an order.

        Args:
            sent: How often each request was sent, by its place; shorter where the last ones were not.
            opening: (place, times) of those that opened connections.
            seen: Request as in `origin.requested` → how often it came; "" for those of which no more is known.
        """
        self._sent = added(self._sent, sent)
        for place, times in opening:
            self._sent[place] += times
        self._unknown += seen.get(_UNKNOWN, 0)
        for entry, times in seen.items():
            line, _, marks = entry.partition("\n")
            form = self._form_of.get(line) or self._form_as_ordered(line)
            if form in self._marks_of:
                self._form_of[line] = form
                self._seen[form] += times
                for mark in self._marks_of[form].intersection(marks.split(" ")):
                    self._seen_headers[form, mark] += times
            elif line != _UNKNOWN:
                self._note_unordered(line, times)

    def result(self) -> Requested:
        """What the two have in common, and what not."""
        sent: Counter[str] = Counter()
        for form, times in zip(self._forms, self._sent, strict=True):
            sent[form] += int(times)
        missing = sent - self._seen
        lacking = self._lacking(missing)
        most_missing = self._lines[self._forms.index(max(missing, key=missing.__getitem__))] if missing else None
        return Requested(
            missing=missing.total(),
            unordered=self._unordered,
            unknown=self._unknown,
            closes=int(self._sent @ self._closes),
            headers=lacking.total(),
            example_header=self._example(max(lacking, key=lacking.__getitem__)) if lacking else None,
            example_missing=self._example(most_missing),
            example_unordered=self._example(self._example_unordered),
            body_bytes=int(self._sent @ self._body_bytes),
            longest_body_bytes=int(self._body_bytes[self._sent > 0].max(initial=0)),
        )

    def _form_as_ordered(self, line: str) -> str:
        """A path that ends in dots may come without the slash that they leave."""
        form = one_form(line)
        return self._same.get(form, form)

    def _lacking(self, missing: Counter[str]) -> Counter[str]:
        """Name of a header → how many requests came without it as ordered, but for those that may never have come."""
        ordered: Counter[tuple[str, str]] = Counter()
        for form, marks, sent in zip(self._forms, self._marks, self._sent, strict=True):
            ordered.update(dict.fromkeys(((form, mark) for mark in marks), int(sent)))
        lacking: Counter[str] = Counter()
        for (form, mark), times in ordered.items():
            lacking[mark_name(mark)] += max(0, times - self._seen_headers[form, mark] - missing[form])
        return +lacking

    def _note_unordered(self, line: str, times: int) -> None:
        self._unordered += times
        if times > self._most_unordered:
            self._most_unordered, self._example_unordered = times, line

    def _example(self, line: str | None) -> str | None:
        if line is None:
            return None
        shown = self._shown(line)
        return shown if len(shown) <= _LONGEST_EXAMPLE else shown[: _LONGEST_EXAMPLE - 1] + "…"


def one_form(line: str) -> str:
    """Bring the ways to write a method and a target to one.

    Args:
        line: "GET /a%20b?c=d"; the target may have scheme and host, as proxies are asked, and characters that a client
            left as they are, each byte as a character.
    """
    method, _, target = line.partition(" ")
    path, _, query = _target(target).partition("#")[0].partition("?")
    path = without_dots(_decoded(without_dots(path.replace("\\", "/"))).replace("\\", "/"))
    query = _decoded(query).replace("+", " ")
    return f"{method.upper()} {path}" + (f"?{query}" if query else "")


def _marks(request: Request) -> set[str]:
    """Of the headers that everybody shows as they came: HTTP/2 servers keep those beyond ASCII to themselves."""
    hidden = _FRAMING | {name.lower() for name, value in request.headers if not value.isascii()}
    return {mark for mark in header_marks(request.headers).split() if mark_name(mark) not in hidden}


def _ends_dotted(line: str) -> bool:
    return line.partition("?")[0].endswith(("/.", "/.."))


def _slashless(form: str) -> str:
    path, mark, query = form.partition("?")
    return path.removesuffix("/") + mark + query


def _target(url: str) -> str:
    """Path and query of a URL; of a path, the same."""
    server = _SCHEME_AND_HOST.match(url)
    target = url[server.end() :] if server else url
    return target if target.startswith("/") else f"/{target}"


def _decoded(text: str) -> str:
    """Decode what is percent-encoded, more than once: some encode each % where one of them encodes nothing."""
    for _ in range(_MOST_DECODINGS):
        text, encoded = unquote_to_bytes(text.encode("latin-1", "replace")).decode("latin-1"), text
        if text == encoded:
            break
    return text
