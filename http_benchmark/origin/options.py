"""What kind of server the bundled origin is to be; travels from the plan to its process as JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class OriginOptions:
    """How the origin serves; all fields have defaults, and all fit into JSON.

    Attributes:
        seed: What everything that the origin does at random follows from.
        addresses: On how many addresses it listens, from its host on, each with a port of its own: as many connections
            as there are ephemeral ports can go to each.
        processes: How many such servers, with addresses of their own, act as one; each of them ignores it.
    """

    seed: int = 0
    addresses: int = 1
    processes: int = 1

    def to_json(self) -> str:
        """For the origin's command line; nothing in it is secret."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))


PLAIN = OriginOptions()
"""A server without anything special."""
