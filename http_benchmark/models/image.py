"""Which image a container to be measured is started of."""

from dataclasses import dataclass, field
from typing import Self

from http_benchmark.errors import ConfigurationError

BUNDLED = "bundled"
"""What `--target` calls the bundled origin, which is the usual one."""

_PREFIX = "docker:"


@dataclass(frozen=True, slots=True)
class Image:
    """What a container is started of.

    Attributes:
        name: As the engine knows it, with its tag where it has one.
        port: Where the server listens inside; None for the only port that the image exposes.
        wait_s: How long its server may take until it answers; says nothing of what is measured.
    """

    name: str
    port: int | None = None
    wait_s: float = field(default=60.0, repr=False)

    @classmethod
    def parse(cls, target: str, port: int | None = None, wait_s: float = 60.0) -> Self:
        """Read `docker:IMAGE[:TAG]`.

        Raises:
            ConfigurationError: It is something else.
        """
        name = target.removeprefix(_PREFIX)
        if name == target or not name or any(character.isspace() for character in name):
            raise ConfigurationError(
                f"target must be bundled or docker:IMAGE[:TAG], got {target!r}; a server that runs has a url"
            )
        return cls(name, port, wait_s)
