"""Where secrets are kept: variables of the environment, files, the system's keyring. Looks up what a text names.

The keyring's library is an extra, imported when it is needed.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from threading import Thread

from loguru import logger

from http_benchmark.errors import ConfigurationError
from http_benchmark.redaction import is_plain, tells
from http_benchmark.secret import Hidden, Piece, Reference, SecretText
from http_benchmark.secret_url import SecretUrl
from http_benchmark.utils.inheritance import withhold

_MOST_BYTES = 65536
_KEYRING_PATIENCE_S = 10.0  # for the dialogue that unlocks it
_READABLE_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
_PLAIN = (
    "is shorter than 6 characters, or a word or number shorter than 12: it is hidden where it was given, but not found "
    "in messages that others write, such as those of clients; use a longer or less plain one"
)
_UNENCRYPTED = ("keyrings.alt.", "plaintext")


class Secrets(Mapping[Reference, str]):
    """Secrets by where they were found; as text it is their places alone."""

    def __init__(self, values: Mapping[Reference, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, reference: Reference) -> str:
        return self._values[reference]

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(map(str, self._values))})"


def resolve(references: Iterable[Reference], environ: Mapping[str, str] = os.environ) -> Secrets:
    """Look secrets up.

    Args:
        references: Where they are.
        environ: The environment's variables.

    Raises:
        ConfigurationError: With one line for each that is not there; none says a value.
    """
    values: dict[Reference, str] = {}
    faults: list[str] = []
    for reference in dict.fromkeys(references):
        try:
            values[reference] = _checked(reference, _look_up(reference, environ))
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(faults)
    return Secrets(values)


def _look_up(reference: Reference, environ: Mapping[str, str]) -> str:
    if reference.kind == "env":
        withhold(reference.name)
        if reference.name not in environ:
            raise ConfigurationError(f"{reference}: the variable {reference.name} is not set; set it")
        return environ[reference.name]
    return _in_file(reference) if reference.kind == "file" else _in_keyring(reference)


def _checked(reference: Reference, value: str) -> str:
    if not value:
        raise ConfigurationError(f"{reference} is empty; put the secret there")
    if "\0" in value:
        raise ConfigurationError(f"{reference} holds the character NUL, which nothing can send; correct it")
    if is_plain(value):
        warn_once(f"{reference} {_PLAIN}")
    return value


def warn_of_plain(named: Mapping[str, SecretText | SecretUrl]) -> None:
    """Warn of typed passwords and the like that are kept where they were typed, but not found in other texts.

    Args:
        named: By what messages call it; headers whose names do not speak of credentials, and bodies, are passed over.
    """
    for name, text in named.items():
        if name != "body" and (isinstance(text, SecretUrl) or tells(name.removeprefix("header "))):
            typed = [piece.text for piece in _passwords(text) if isinstance(piece, Hidden) and piece.text]
            if any(map(is_plain, typed)):
                warn_once(f"{name}: a secret in it {_PLAIN}")


def _passwords(text: SecretText | SecretUrl) -> tuple[Piece, ...]:
    """The pieces of which some may be secret; the user of a URL is none."""
    if isinstance(text, SecretText):
        return text.pieces
    return (*text.address.pieces, *(text.credentials.password.pieces if text.credentials else ()))


@cache
def warn_once(message: str) -> None:
    """Log a warning, unless it was logged before."""
    logger.warning(message)


def _in_file(reference: Reference) -> str:
    path = Path(reference.name).expanduser()
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise ConfigurationError(f"{reference} cannot be read ({error.strerror}); name a readable file") from None
    except ValueError:
        raise ConfigurationError(f"{reference} is not UTF-8 text; correct it") from None
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(
            f"{reference} is larger than {_MOST_BYTES // 1024} KiB; name a file with the secret alone"
        )
    if mode & _READABLE_BY_OTHERS and stat.S_ISREG(mode):
        warn_once(f"{reference} can be read by other users; chmod 600 {path}")
    return text.removesuffix("\n").removesuffix("\r")


def _in_keyring(reference: Reference) -> str:
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise ConfigurationError(
            f"{reference} needs more: pip install 'http-benchmark[keyring]'; or use ${{env:…}} or ${{file:…}}"
        ) from None
    backend = type(keyring.get_keyring())
    if any(part in f"{backend.__module__}.{backend.__name__}".lower() for part in _UNENCRYPTED):
        warn_once(f"{reference}: the keyring {backend.__module__} is a file that is not encrypted")
    service, _, user = reference.name.rpartition("/")
    try:
        value = _within(_KEYRING_PATIENCE_S, lambda: keyring.get_password(service, user))
    except TimeoutError:
        raise ConfigurationError(
            f"{reference}: the keyring gave no answer within {_KEYRING_PATIENCE_S:.0f} s; unlock it"
        ) from None
    except keyring.errors.NoKeyringError:
        raise ConfigurationError(
            f"{reference}: there is no system keyring here; use ${{env:…}} or ${{file:…}}"
        ) from None
    except keyring.errors.KeyringError as error:
        raise ConfigurationError(f"{reference}: the keyring refuses ({type(error).__name__}); unlock it") from None
    if value is None:
        raise ConfigurationError(
            f"{reference}: the keyring has no password of {user!r} for {service!r}; store it there"
        )
    return value


def _within[Answer](patience_s: float, ask: Callable[[], Answer]) -> Answer:
    """The answer, or what asking raises; the process does not wait for it any longer, not even at its end.

    Raises:
        TimeoutError: There was none within so many seconds.
    """
    answer: Future[Answer] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # noqa: BLE001 - is raised where it is waited for
            answer.set_exception(error)

    Thread(target=work, name="keyring", daemon=True).start()
    return answer.result(patience_s)
