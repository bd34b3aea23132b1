"""What the origin can answer over TLS and HTTP/2, as ratios to HTTP/1.1 in the clear.

Run it with `python -m bench.protocols`. pycurl sends GET 1 KiB with 64 requests in flight: in threads, each with a
connection of its own, and as tasks, which over HTTP/2 share one. It cannot keep every server busy, so the figure is
requests per CPU second of the server, which is what a whole processor could answer. The ways take turns.
"""

import argparse
import statistics

from http_benchmark.benchmark import Experiment, ExperimentConfiguration

WAYS: dict[str, tuple[str, bool]] = {  # name → contender's HTTP version, TLS
    "HTTP/1.1": ("1.1", False),
    "HTTP/1.1 over TLS": ("1.1", True),
    "HTTP/2, prior knowledge": ("2", False),
    "HTTP/2 over TLS": ("2", True),
}


def ceiling_rps(client: str, http: str, tls: bool, seconds: float) -> float:
    """Requests per CPU second of the origin, while one client asks as fast as it can."""
    experiment = Experiment(
        ExperimentConfiguration(
            contenders=(client,),
            http=http,
            tls=tls,
            concurrency=64,
            duration=seconds,
            warmup=0.3,
            slices=1,
            blocks=1,
            floor=False,
        )
    )
    result = experiment.run()
    assert result.clients[0].status == "ok", result.clients[0].message
    server = experiment.blocks[0].trials[0].slices[0].server
    assert server is not None
    return server.requests / server.cpu_s


def spread(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} (min {min(values):{form}}, max {max(values):{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.protocols", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement")
    arguments = parser.parse_args()
    for client, connections in (("pycurl:sync", "64 connections"), ("pycurl:async", "over HTTP/2 one connection")):
        print(f"{client}, {connections}, {arguments.rounds} rounds")
        seen: dict[str, list[float]] = {way: [] for way in WAYS}
        for number in range(arguments.rounds):
            for way in sorted(WAYS, reverse=bool(number % 2)):
                seen[way].append(ceiling_rps(client, *WAYS[way], arguments.seconds))
        for way, rates in seen.items():
            ratios = [rate / plain for rate, plain in zip(rates, seen["HTTP/1.1"], strict=True)]
            print(f"  {way}: {spread(rates, ',.0f')} requests per CPU second; {spread(ratios, '.2f')} of HTTP/1.1")


if __name__ == "__main__":
    main()
