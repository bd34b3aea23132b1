"""Which variables of the environment a child process gets: none that may hold a secret.

What a process was started with stands in `/proc` for as long as it runs, and a client library in a worker has no use
for the user's other credentials.
"""

import re
from collections.abc import Mapping

from http_benchmark.redaction import cleared, tells

_OWN_PREFIX = "HTTP_BENCHMARK_"
_USER_INFO = re.compile(r"://[^/\s]*@")

_withheld: set[str] = set()


def withhold(name: str) -> None:
    """Keep a variable from all children that are started from now on."""
    _withheld.add(name)


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without this program's own, those with telling names, and those with secrets in their values."""
    return {name: value for name, value in environ.items() if not _may_hold_secret(name, value)}


def _may_hold_secret(name: str, value: str) -> bool:
    if name.startswith(_OWN_PREFIX) or name in _withheld or tells(name):
        return True
    return bool(_USER_INFO.search(value)) or cleared(value) != value
