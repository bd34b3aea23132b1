"""Does the bundled origin survive anything that clients do? Sound, damaged, slow, half-closed and broken connections.

Run it with `python -m bench.fuzz_origin --cpu 1h`. A round is some hundred connections, each decided by the seed, in
three parts: all that is sent is sound and all answers are read; anything is sent and all answers are read; anything is
sent, and many leave in the middle. After each part the origin's counters are held against what the connections know:
in the first two that is everything, but for the bytes of clients that went on sending after a refusal. Then, with
nobody connected, the origin must have given back every descriptor, not use the processor, have said nothing on its
standard error, and answer the next round. Its memory must not grow over the rounds. Findings are printed with what
plays them again; the exit code is 1 if there are any.
"""

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterable

from bench.fuzzing.http2 import Http2Fuzzer
from bench.fuzzing.orders import unknown_routes
from bench.fuzzing.rounds import Fuzzer, Report
from http_benchmark.faults import AMOUNTS, FaultKind
from http_benchmark.lifeline import raise_file_limit
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess
from http_benchmark.units import parse_duration

PROGRESS_S = 60.0
_AMOUNTS = {"bandwidth": "=1MiB/s", "idle-close": "=200ms"}  # of others that need one: short
FAULTS = tuple(f"{kind}{_AMOUNTS.get(kind, '=20ms' if kind in AMOUNTS else '')}:4%" for kind in FaultKind)


def fuzz(
    *,
    seed: int,
    rounds: Iterable[int],
    cpu_s: float = math.inf,
    connections: int = 150,
    faults: bool = False,
    tls: bool = False,
    http2: bool = False,
    tell: Callable[[str], object] = print,
) -> Report:
    """Play rounds against an origin of its own.

    Args:
        seed: What all choices follow from.
        rounds: Their numbers.
        cpu_s: No further round is begun when so much CPU time was used, the origin's included.
        connections: Per part of a round, of which there are three.
        faults: Play against an origin that goes wrong itself, in every way that can be ordered.
        tls: Over TLS, with broken handshakes in between.
        http2: Against the HTTP/2 listener, over TLS or by prior knowledge.
        tell: Told findings as they come, and how far it is now and then.
    """
    raise_file_limit()
    options = OriginOptions(seed=seed, tls=tls, http2=http2, faults=FAULTS if faults else ())
    with OriginProcess(options=options) as origin:
        fuzzer = (Http2Fuzzer if http2 else Fuzzer)(seed, connections, origin, trusts=not faults)
        report, told, next_s = fuzzer.report, 0, time.monotonic() + PROGRESS_S
        for number in rounds:
            alive = fuzzer.play(number)
            for finding in report.findings[told:]:
                tell(finding)
            told = len(report.findings)
            if not alive or report.cpu_s >= cpu_s:
                break
            if time.monotonic() > next_s:
                tell(report.summary())
                next_s = time.monotonic() + PROGRESS_S
    return report


def main() -> int:
    """Run it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz_origin", description=__doc__.partition("\n")[0])
    parser.add_argument("--cpu", type=parse_duration, default=60.0, help="CPU time to use, the origin's included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, metavar="K", help="play only this one, to see a finding again")
    parser.add_argument("--connections", type=int, default=150, help="per part of a round, of which there are three")
    parser.add_argument("--faults", action="store_true", help="have the origin go wrong itself, in every way it can")
    parser.add_argument("--tls", action="store_true", help="over TLS, with broken handshakes in between")
    parser.add_argument("--http2", action="store_true", help="against HTTP/2, over TLS or by prior knowledge")
    arguments = parser.parse_args()
    if unknown := unknown_routes():
        print(f"asked for now and then only, since nothing is known of their answers: {', '.join(unknown)}")
    report = fuzz(
        seed=arguments.seed,
        rounds=itertools.count() if arguments.round is None else [arguments.round],
        cpu_s=arguments.cpu,
        connections=arguments.connections,
        faults=arguments.faults,
        tls=arguments.tls,
        http2=arguments.http2,
    )
    print(report.summary())
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
