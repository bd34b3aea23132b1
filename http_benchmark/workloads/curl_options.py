"""curl's options: which are understood, and how a command line is read, as curl reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

OF_THE_RUN = {
    "insecure": "--no-verify",
    "location": "--follow-redirects",
    "cacert": "--ca",
    "http2": "--http 2",
}
"""Options that hold for the whole run here, and what they are called."""

_SHORT = {
    "X": "request",
    "H": "header",
    "A": "user-agent",
    "e": "referer",
    "b": "cookie",
    "u": "user",
    "r": "range",
    "d": "data",
    "T": "upload-file",
    "G": "get",
    "I": "head",
    "g": "globoff",
    "k": "insecure",
    "L": "location",
    "s": "silent",
    "S": "show-error",
    "v": "verbose",
    "i": "include",
    "f": "fail",
    "N": "no-buffer",
    "O": "remote-name",
    "#": "progress-bar",
    "4": "ipv4",
    "6": "ipv6",
    "o": "output",
    "w": "write-out",
    "m": "max-time",
    "D": "dump-header",
    "c": "cookie-jar",
}
_WITH_VALUE = frozenset(
    {
        *("url", "request", "header", "user-agent", "referer", "cookie", "user", "range", "upload-file"),
        *("data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "cacert"),
        *("output", "write-out", "max-time", "connect-timeout", "dump-header", "retry", "cookie-jar"),
    }
)
_FLAGS = frozenset(
    {
        *("get", "head", "globoff", "insecure", "location", "http2"),
        *("silent", "show-error", "no-progress-meter", "progress-bar", "verbose", "include", "fail", "fail-with-body"),
        *("no-buffer", "remote-name", "compressed", "http1.1", "ipv4", "ipv6"),
    }
)
_ADVICE = {
    **dict.fromkeys(("-x", "--proxy"), "give --proxy for the whole run"),
    **dict.fromkeys(("-F", "--form"), "put the body into a file and give --data-binary @FILE"),
    **dict.fromkeys(("-:", "--next"), "write each command on a line of its own"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command line, or one of its URLs.

    Attributes:
        spelled: As it stands there, without its value; "" for a URL that stands alone.
        name: Its long name without hyphens.
        value: What it is given; "" for a flag.
    """

    spelled: str
    name: str
    value: str = ""


def options(words: Sequence[str]) -> list[Option]:
    """Read a command line, without the program's name.

    Raises:
        ValueError: An option is not understood, or lacks its value; the message has no values.
    """
    found: list[Option] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            found += [Option("", "url", url) for url in remaining]
        elif word.startswith("--"):
            name = word[2:]
            found.append(Option(word, name, _value(word, name, "", remaining)))
        elif word.startswith("-"):
            found += _cluster(word[1:], remaining)
        else:
            found.append(Option("", "url", word))
    return found


def _cluster(letters: str, remaining: Iterator[str]) -> Iterator[Option]:
    """Options of a letter each behind one hyphen, the last of which may have its value attached."""
    for place, letter in list(enumerate(letters)) or [(0, "")]:
        name = _SHORT.get(letter, "")
        yield Option(f"-{letter}", name, _value(f"-{letter}", name, letters[place + 1 :], remaining))
        if name in _WITH_VALUE:
            return


def _value(spelled: str, name: str, attached: str, remaining: Iterator[str]) -> str:
    if name in _FLAGS:
        return ""
    if name not in _WITH_VALUE:
        shown = spelled.partition("=")[0]
        raise ValueError(
            f"{shown} is not understood; {_ADVICE.get(shown, 'leave it out, or write the request in TOML')}"
        )
    if attached:
        return attached
    value = next(remaining, None)
    if value is None:
        raise ValueError(f"{spelled} has no value; give one")
    return value
