"""Log lines for people: quiet unless asked, and without secrets.

What is logged about a request is its description from `redaction`: names of headers and sizes. Passwords in URLs are
taken out of everything that is written, error messages and tracebacks of other libraries included.
"""

import sys
from pathlib import Path
from typing import TextIO

from loguru import logger

from http_benchmark.errors import ConfigurationError
from http_benchmark.redaction import cleared

_LEVELS = ("WARNING", "INFO", "DEBUG")
_TERMINAL_FORMAT = "<level>{level: <8}</level> {message}"
_FILE_FORMAT = "{time:YYYY-MM-DDTHH:mm:ss.SSS!UTC}Z {level: <8} {process} {name}: {message}"


class _MaskingSink:
    """Where log lines go after the secrets have been taken out."""

    def __init__(self, stream: TextIO, *, owned: bool) -> None:
        self._stream = stream
        self._owned = owned

    def write(self, line: str) -> None:
        self._stream.write(cleared(line))

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        """Asked by loguru, which colours for terminals only."""
        return self._stream.isatty()

    def stop(self) -> None:
        """Called by loguru when the sink is replaced."""
        if self._owned:
            self._stream.close()


def configure(verbosity: int = 0, log_file: Path | None = None) -> None:
    """Send log lines to standard error and, where asked, to a file; replaces what was configured before.

    Args:
        verbosity: 0 for warnings and errors, 1 for information, 2 and above for everything.
        log_file: Is appended to; gets information and above, or everything where `verbosity` asks for it.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    stream = _opened(log_file) if log_file else None
    logger.remove()
    _add(sys.stderr, verbosity, _TERMINAL_FORMAT, owned=False)
    if stream:
        _add(stream, max(1, verbosity), _FILE_FORMAT, owned=True)


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise ConfigurationError(
            f"log file {str(path)!r} cannot be written ({error.strerror}); name a file in a writable folder"
        ) from None


def _add(stream: TextIO, verbosity: int, line_format: str, *, owned: bool) -> None:
    logger.add(
        _MaskingSink(stream, owned=owned),
        level=_LEVELS[min(verbosity, len(_LEVELS) - 1)],
        format=line_format,
        backtrace=False,
        diagnose=False,  # would print the values of variables, secrets among them
    )
