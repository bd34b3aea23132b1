"""Texts of which a part is secret: typed once at the border, shown masked everywhere, revealed where they are sent.

A text may name where a secret is: `${env:NAME}`, `${file:PATH}`, `${keyring:SERVICE/USER}`; `$${env:NAME}` stands for
itself. `***` that is read back stands for a secret that is lost, and is never sent.

URLs are in `secret_url`, where the values come from in `utils.vault`, how what was revealed is kept out of other texts
in `redaction`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import scrypt
from typing import Any, Literal, NamedTuple, NoReturn, Self, cast, get_args

from http_benchmark.errors import ConfigurationError
from http_benchmark.redaction import MASK, know

type Kind = Literal["env", "file", "keyring"]
KINDS: tuple[str, ...] = get_args(Kind.__value__)

type Escape = Callable[[str], str]

_REFERENCE = re.compile(r"(\$?)\$\{([a-z]+):([^{}]*)\}")
_LOOKS_LIKE_ONE = re.compile(r"\$\{(?=[a-z]+:[^{}]*\})")
_NAME_OF_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_HARMLESS_HEADERS = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "dnt",
        "expect",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "keep-alive",
        "max-forwards",
        "origin",
        "pragma",
        "prefer",
        "priority",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "upgrade-insecure-requests",
        "user-agent",
        "vary",
    }
)
"""Headers whose values are shown; any other may carry a credential, whatever it is called."""


class Reference(NamedTuple):
    """Where a secret is to be found.

    Attributes:
        kind: A variable of the environment, a file, or an entry of the system's keyring.
        name: The variable, the path, or "SERVICE/USER".
    """

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"


@dataclass(frozen=True, slots=True, repr=False)
class Hidden:
    """A piece of text that is not shown.

    Attributes:
        text: The piece; None where only what stands in its place was stored.
        shown: What stands in its place.
    """

    text: str | None
    shown: str = MASK

    def __repr__(self) -> str:
        return self.shown


type Piece = str | Hidden | Reference


@dataclass(frozen=True, slots=True, repr=False)
class SecretText:
    """A text with secrets in it; as text it is what may be stored and shown, and read back.

    Attributes:
        pieces: In order: what is shown, what is hidden, and where the rest is to be found.
    """

    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        return "".join(map(_shown, self.pieces))

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, form: str) -> str:
        return format(str(self), form)

    @property
    def references(self) -> tuple[Reference, ...]:
        """What must be looked up before it can be revealed."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Reference))

    @property
    def is_lost(self) -> bool:
        """Whether a piece was typed as text and is not known any more."""
        return any(isinstance(piece, Hidden) and piece.text is None for piece in self.pieces)

    @property
    def has_typed_secret(self) -> bool:
        """Whether a piece that is hidden was typed as text."""
        return any(isinstance(piece, Hidden) and piece.text for piece in self.pieces)

    def reveal(self, values: Mapping[Reference, str], escape: Escape = str) -> str:
        """The text itself; from now on its secrets are taken out of whatever is printed.

        Args:
            values: Of its references.
            escape: How a value is written in this text.

        Raises:
            ConfigurationError: A piece is not known any more.
        """
        return "".join(_revealed(piece, values, escape) for piece in self.pieces)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> Any:
        """References and what is shown may be sent elsewhere; what was typed stays in this process."""
        if self.has_typed_secret:
            _refuse_to_pickle()
        return (type(self), (self.pieces,))


def _refuse_to_pickle() -> NoReturn:
    raise TypeError("a secret that was typed as text is not sent elsewhere; write ${env:NAME}")


def _shown(piece: Piece) -> str:
    return _LOOKS_LIKE_ONE.sub("$${", piece) if isinstance(piece, str) else str(piece)


def _revealed(piece: Piece, values: Mapping[Reference, str], escape: Escape) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Reference):
        know(values[piece])
        return escape(values[piece])
    if piece.text is None:
        raise ConfigurationError(f"{piece.shown} stands for a secret that was typed and is not stored; give it again")
    know(piece.text)
    return piece.text


def parse(text: str) -> tuple[Piece, ...]:
    """Split a text at its references.

    Raises:
        ValueError: A reference is none; says so without the rest of the text.
    """
    pieces: list[Piece] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        escaped, kind, name = match.groups()
        before = text[end : match.start()]
        pieces += [before + match[0][1:]] if escaped else [before, _reference(kind, name)]
        end = match.end()
    pieces.append(text[end:])
    return merged(pieces)


def _reference(kind: str, name: str) -> Reference:
    if kind not in KINDS:
        offered = ", ".join(f"${{{other}:…}}" for other in KINDS)
        raise ValueError(f"${{{kind}:…}} is no kind of secret; write {offered}, or $${{{kind}:…}} for the text itself")
    if kind == "env" and not _NAME_OF_VARIABLE.fullmatch(name):
        raise ValueError(f"${{env:{name}}} must name a variable, such as ${{env:API_TOKEN}}")
    if kind == "file" and not name:
        raise ValueError("${file:} must name a file, such as ${file:/run/secrets/token}")
    if kind == "keyring" and not all(name.rpartition("/")[::2]):
        raise ValueError(f"${{keyring:{name}}} must name a service and a user, such as ${{keyring:shop/me}}")
    return Reference(cast("Kind", kind), name)


def merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The same without empty texts, and with texts that follow each other as one."""
    whole: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and whole and isinstance(whole[-1], str):
            whole[-1] += piece
        elif piece != "":
            whole.append(piece)
    return tuple(whole)


def parse_header(name: str, text: str) -> SecretText:
    """Read a header's value: hidden unless the header is a harmless one, or names where its secret is.

    Raises:
        ValueError: A reference is none.
    """
    pieces = parse(text)
    if name.lower() in _HARMLESS_HEADERS:
        return SecretText(pieces)
    return _hidden_unless_referring(text, pieces)


def _hidden_unless_referring(text: str, pieces: tuple[Piece, ...]) -> SecretText:
    """What stands beside a reference is shown, since whoever uses one keeps the secret out of the text."""
    if not text or any(isinstance(piece, Reference) for piece in pieces):
        return SecretText(pieces)
    return SecretText((Hidden(None if text == MASK else "".join(map(str, pieces))),))


def parse_body(text: str) -> SecretText:
    """Read a body: hidden behind its size and a fingerprint, unless it names where its secrets are.

    Raises:
        ValueError: A reference is none.
    """
    if text.startswith(f"{MASK} "):
        return SecretText((Hidden(None, text),))
    body = _hidden_unless_referring(text, parse(text))
    return SecretText(tuple(map(_with_fingerprint, body.pieces)))


def _with_fingerprint(piece: Piece) -> Piece:
    if isinstance(piece, Hidden) and piece.text is not None:
        return Hidden(piece.text, described_body(piece.text.encode()))
    return piece


@lru_cache(maxsize=8)
def described_body(body: bytes) -> str:
    """Size and fingerprint: they say "the same body", and not even a short password inside can be guessed quickly."""
    digest = scrypt(body, salt=b"http-benchmark/body", n=2**14, r=8, p=1, dklen=16)
    return f"{MASK} {len(body)} bytes, scrypt {digest.hex()}"
