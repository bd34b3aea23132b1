"""Where a contender's library comes from, if it is not the installed one."""

from typing import Literal

from http_benchmark.models.base import Model


class ContenderSource(Model):
    """A version, or a source tree, that was measured in an environment of its own.

    Attributes:
        kind: Which of both.
        path: Of the tree, as typed; None for a version.
        revision: The commit that the tree was at, abbreviated; None where git does not know it.
        changed: Whether the tree differed from that commit.
        packages: Everything in the environment, with its version.
    """

    kind: Literal["version", "tree"]
    path: str | None = None
    revision: str | None = None
    changed: bool | None = None
    packages: dict[str, str] = {}
