"""Secrets that were typed on the command line, where every user of the machine can read them."""

import ctypes
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from loguru import logger

from http_benchmark.config import Settings
from http_benchmark.secret import SecretText
from http_benchmark.secret_url import SecretUrl

_ARGUMENTS_START, _ARGUMENTS_END = 47, 48  # fields of /proc/self/stat, counted from 0


def hide_typed_secrets(given: Mapping[str, Any], settings: Settings) -> None:
    """Take typed secrets out of what other users see of this process, and advise to write references.

    Args:
        given: Arguments of the command line, by field.
        settings: What was made of them.
    """
    secrets: dict[str, tuple[str, SecretText | SecretUrl]] = {}
    for word, (name, text) in zip(given.get("headers", ()), settings.headers, strict=False):
        secrets[f"header {name}"] = str(word), text
    for field in ("url", "body", "proxy", "database_url"):
        if given.get(field) and isinstance(text := getattr(settings, field), SecretText | SecretUrl):
            secrets[field] = str(given[field]), text
    typed = {name: word for name, (word, text) in secrets.items() if text.has_typed_secret}
    blot(typed.values())
    for name in typed.keys() - {"body"}:
        logger.warning(f"{name} was typed on the command line, where others see it; write ${{env:NAME}} for its secret")


def blot(words: Iterable[str]) -> None:
    """Overwrite words in the command line that the system shows of this process; only Linux lets us."""
    if sys.platform != "linux":
        return
    with suppress(OSError, ValueError):
        fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        start, end = (int(fields[number - 2]) for number in (_ARGUMENTS_START, _ARGUMENTS_END))
        shown = ctypes.string_at(start, end - start) if 0 < start < end else b""
        for word in words:
            secret = word.encode(errors="surrogateescape")
            while (place := shown.find(secret)) >= 0 and secret.strip(b"*"):
                ctypes.memset(start + place, ord("*"), len(secret))
                shown = ctypes.string_at(start, end - start)
