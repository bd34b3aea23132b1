"""Tests that need the package index, and are skipped where it cannot be reached."""

import socket
from collections.abc import Callable
from functools import cache
from unittest import skipUnless

_PATIENCE_S = 2.0


@cache
def _reaches_pypi() -> bool:
    try:
        socket.create_connection(("pypi.org", 443), _PATIENCE_S).close()
    except OSError:
        return False
    return True


def needs_pypi[Test: Callable[..., object]](test: Test) -> Test:
    """Skip a test without the package index."""
    return skipUnless(_reaches_pypi(), "PyPI cannot be reached")(test)
