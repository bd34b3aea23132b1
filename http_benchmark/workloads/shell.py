"""Commands as a POSIX shell would split them into words; nothing is run, so what a shell would put in is a fault.

Understood are the three kinds of quotation, `$'…'` among them, backslashes, comments and lines that go on. Where the
output goes (redirections, a pipe) is left out, since it does not change the command.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      (?P<newline> \r?\n )
    | (?P<blank> [ \t]++ | \r )
    | (?P<joined> \\ \r?\n )
    | \\ (?P<escaped> . )
    | ' (?P<single> [^']*+ ) '
    | \$' (?P<ansi> (?: [^'\\]++ | \\. )*+ ) '
    | " (?P<double> (?: [^"\\]++ | \\. )*+ ) "
    | (?P<unclosed> ['"] | \$' )
    | (?P<expansion> \$ (?= (?: \\ \r?\n )*+ [\w"{(@*\#?$!-] ) | ` )
    | (?P<output> &>>? | >> | >\| | >& | > )
    | (?P<input> < )
    | (?P<operator> \|\| | && | \|& | [|;&()] )
    | (?P<caret> \^ \r?\n )
    | (?P<hash> \# )
    | (?P<plain> [^\s\\'"$`<>|;&()^\#]++ | . )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_IN_DOUBLE = re.compile(
    r"\\(?P<joined>\r?\n)|\\(?P<escaped>.)|(?P<expansion>\$(?=(?:\\\r?\n)*+[\w{(@*#?$!-])|`)", re.DOTALL | re.ASCII
)
_IN_ANSI = re.compile(
    r"\\(?:x(?P<byte>[0-9A-Fa-f]{1,2})|(?P<octal>[0-7]{1,3})"
    r"|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})|(?P<control>c)|(?P<letter>.))",
    re.DOTALL,
)
_LETTERS = dict(zip("abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v", strict=True)) | {mark: mark for mark in "\\'\"?"}
_BRACES = re.compile(r"\{[^{}]*+\}")

_NO_SHELL = "no shell runs, so nothing is put in for $… and `…`; write the value, or '$' if it is meant, or use TOML"
_CMD = "^ at the end of a line is Windows' cmd; copy the command for bash"


@dataclass(slots=True)
class Command:
    """A command line.

    Attributes:
        number: Of the line on which it begins, from 1.
        words: What the program would be given, its own name first; bytes that are no UTF-8 are surrogate escapes.
        fault: What is wrong with it; None for nothing. The words are then of no use.
    """

    number: int
    words: list[str] = field(default_factory=list)
    fault: str | None = None


@dataclass(slots=True)
class _Word:
    """A word in the making: its text, that part of it which is not quoted, and what is wrong with it."""

    text: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    fault: str | None = None


def commands(text: str) -> Iterator[Command]:
    """Split a text into commands, one per line at most."""
    splitter = _Splitter()
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        kind = str(match.lastgroup)
        if kind == "hash" and not splitter.in_word:
            position = text.find("\n", position)
            if position < 0:
                break
            continue
        if kind == "unclosed":
            yield splitter.unclosed()
            return
        splitter.take(kind, match[kind])
        splitter.line += match[0].count("\n")
        if kind == "newline" and not splitter.goes_on:
            yield from splitter.finished()
    yield from splitter.finished()


class _Splitter:
    """Puts tokens together.

    Attributes:
        line: Number of the line that is being read, from 1.
        goes_on: The end of a line does not end the command now, since an operator stands before it.
    """

    def __init__(self) -> None:
        self.line = 1
        self._begin()

    def _begin(self) -> None:
        self.goes_on = False
        self._command: Command | None = None
        self._word: _Word | None = None
        self._operator = ""  # behind the command; what follows is no part of it
        self._unused = False  # the next word says where the output goes

    @property
    def in_word(self) -> bool:
        """Whether the next token may be part of a word that has begun."""
        return self._word is not None

    def finished(self) -> Iterator[Command]:
        """The command that is complete, if there is one."""
        self._end_word()
        if self._command is not None:
            yield self._command
        self._begin()

    def unclosed(self) -> Command:
        """What to say of a quotation without an end."""
        line = self._command.number if self._command else self.line
        return Command(line, fault="a quotation that begins here does not end; close it")

    def take(self, kind: str, text: str) -> None:
        """Take a token."""
        match kind:
            case "newline" | "blank":
                self._end_word()
            case "joined":
                pass
            case "output":
                self._redirect()
            case "input":
                self._add("", fault="< is not understood; name a file with @ in place of standard input")
            case "operator":
                self._end_word()
                self._operate(text)
            case "caret":
                self._add("", fault=_CMD)
            case "expansion":
                self._add("", fault=_NO_SHELL)
            case "double":
                self._double(text)
            case "ansi":
                self._ansi(text)
            case "single" | "escaped":
                self._add(text)
            case _:
                self._add(text, bare=True)

    def _end_word(self) -> None:
        word, self._word = self._word, None
        if word is None:
            return
        self.goes_on = False
        if self._unused:
            self._unused = False
        elif not self._operator:
            self._keep(word)
        elif self._operator in {";", "&"}:
            self._fault(f"another command follows {self._operator}; write each on a line of its own")

    def _keep(self, word: _Word) -> None:
        text = "".join(word.text)
        self._begun.words.append(text)
        if word.fault:
            self._fault(word.fault)
        if any("," in braces or ".." in braces for braces in _BRACES.findall("".join(word.bare))):
            self._fault("a shell makes several words of {…} outside quotation marks; quote them")
        if "\0" in text:
            self._fault("a NUL cannot be part of a command; put the body into a file and give --data-binary @FILE")

    @property
    def _begun(self) -> Command:
        if self._command is None:
            self._command = Command(self.line)
        return self._command

    def _fault(self, fault: str) -> None:
        self._begun.fault = self._begun.fault or fault

    def _redirect(self) -> None:
        """The word that follows says where the output goes; a number before it says which output."""
        if self._word and self._word.bare == self._word.text and "".join(self._word.text).isdecimal():
            self._word = None
        self._end_word()
        self._unused = True

    def _operate(self, operator: str) -> None:
        if self._command is None:
            self._fault(f"{operator} stands before a command; take it out")
        elif operator in {"&&", "||"}:
            self._fault(f"another command follows {operator}; write each on a line of its own")
        elif operator in {"(", ")"} and not self._operator:
            self._fault("brackets outside quotation marks are not understood; quote them")
        self._operator = operator
        self.goes_on = operator not in {";", "&", ")"}

    def _add(self, text: str, *, bare: bool = False, fault: str | None = None) -> None:
        if self._word is None:
            self._word = _Word()
        self._word.text.append(text)
        if bare:
            self._word.bare.append(text)
        self._word.fault = self._word.fault or fault

    def _double(self, text: str) -> None:
        def meant(match: re.Match[str]) -> str:
            if match["joined"]:
                return ""
            if match["expansion"]:
                self._add("", fault=_NO_SHELL)
                return ""
            return match["escaped"] if match["escaped"] in '$`"\\' else match[0]

        self._add(_IN_DOUBLE.sub(meant, text))

    def _ansi(self, text: str) -> None:
        try:
            self._add(_IN_ANSI.sub(_character, text))
        except ValueError as error:
            self._add("", fault=str(error))


def _character(match: re.Match[str]) -> str:
    r"""What an escape in `$'…'` stands for; a byte above 0x7f is a surrogate escape.

    Raises:
        ValueError: It stands for nothing that can be sent.
    """
    kind = str(match.lastgroup)
    value = match[kind]
    if kind == "letter":
        return _LETTERS.get(value, match[0])
    if kind in {"byte", "octal"}:
        return bytes([int(value, 16 if kind == "byte" else 8) & 0xFF]).decode(errors="surrogateescape")
    code = int(value, 16) if kind != "control" else 0xD800
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise ValueError(rf"{match[0]} in $'…' is no character; correct it")
    return chr(code)
