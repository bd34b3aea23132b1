"""Known deviations: what a library does by itself and cannot be told not to, each with its reason.

A deviation that is not here, and one that is here and does not show, are unexpected. `docs/conformance.md` has the
same explanations beside the matrix.
"""

from dataclasses import dataclass

from http_benchmark.models.contender import Contender


@dataclass(frozen=True, slots=True)
class Known:
    """One known deviation.

    Attributes:
        contenders: "name" for a library in every mode, "name:mode" for one, "name:mode+h2" for one over HTTP/2.
        checks: The ids of the checks in which it shows.
        explanation: Why, and what follows from it.
        sometimes: It does not show each time.
    """

    contenders: tuple[str, ...]
    checks: tuple[str, ...]
    explanation: str
    sometimes: bool = False


KNOWN: tuple[Known, ...] = (
    Known(
        ("pycurl",),
        ("retry-get-reused", "retry-post-reused"),
        "libcurl sends a request again, POST too, when a reused connection ends before the first byte of an answer; "
        "there is no option against it. The origin counts it, so that a run shows it.",
    ),
    Known(
        ("aiohttp",),
        ("retry-get-fresh", "retry-get-reused"),
        "aiohttp sends a request with an idempotent method again, once, when the connection ends before an answer; "
        "there is no public option against it. The origin counts it, so that a run shows it.",
    ),
    Known(
        ("requests", "urllib3", "httpx:sync", "floor:sync"),
        ("trickle",),
        "Its timeout is that of each read, so that a body that keeps trickling outlives it. A run counts whatever "
        "ends after the deadline as a timeout.",
    ),
    Known(
        ("requestx",),
        ("slow-connect",),
        "It says WriteTimeout, whether it is the connection or the answer that does not come: told as timeout.",
    ),
    Known(
        ("httpx:async+h2", "pycurl:async+h2"),
        ("slow-connect",),
        "A second request waits for the connection that the first one opens, which would carry both, and then has no "
        "time left to open one: told as timeout.",
    ),
    Known(
        ("httpx:async+h2",),
        ("cancelling",),
        "httpcore resets no stream. The server goes on with its answer, and what comes of it still counts against the "
        "flow-control window of the connection: after 16 MiB of answers that nobody read, requests on it get none.",
    ),
    Known(
        ("requestx",),
        ("headers",),
        "hyper writes header names in lower case; in asynchronous mode the defaults keep their places besides.",
    ),
    Known(
        ("requestx",),
        ("no-more-headers",),
        "It adds Accept and Accept-Encoding, in asynchronous mode Connection and User-Agent too, and has no public way "
        "to leave them out. Runs give the first three anyway.",
    ),
    Known(
        ("requestx:sync",),
        ("cookies",),
        "It stores cookies, and has no public way to refuse them.",
    ),
    Known(
        ("requestx",),
        ("closing",),
        "Its close() keeps the connections until the object is collected as garbage.",
    ),
    Known(("floor",), ("bad-gzip",), "It decodes nothing, so that there is nothing that it could not decode."),
    Known(
        ("requestx:sync",),
        ("pool",),
        "Its pool takes no limit, so that two threads that ask at the same moment can open one connection too many.",
        sometimes=True,
    ),
    Known(
        ("requestx",),
        ("garbage", "bad-chunk", "bad-gzip", "reset-body"),
        'Its exceptions say too little: "error sending request" or "error decoding response body", and no cause.',
    ),
    Known(
        ("urllib3",),
        ("bad-chunk",),
        "Read whole, the body is read by http.client, which says IncompleteRead of a chunk without a size.",
    ),
)


def known_deviation(contender: Contender, check: str) -> Known | None:
    """What is known of this contender in this check; None where it has to conform."""
    names = {contender.library, f"{contender.library}:{contender.mode}", str(contender)}
    return next((known for known in KNOWN if check in known.checks and names & set(known.contenders)), None)
