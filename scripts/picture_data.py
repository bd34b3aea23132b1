"""Measure what the pictures of the documents show: `.venv/bin/python -m scripts.picture_data [NAME]...`.

Two to three minutes for all, on a machine that does nothing else. Each answer is written to `docs/pictures/NAME.json`,
from which `make pictures` draws.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.clock import monotonic_ns
from http_benchmark.load.schedule import Stop
from http_benchmark.planning import share_processors
from http_benchmark.stats.pairs import block_values, log_ratios
from http_benchmark.utils.host import available_cpus
from http_benchmark.worker.protocol import Run
from proof import live, oracles

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"

CLIENT = "urllib3:sync"
SERVICE_S, STALL_S, STALL_AFTER_S, RUN_S = 0.002, 1.0, 4.0, 12.0
OPEN_RPS, OPEN_THREADS, CLOSED_USERS = 100, 160, 4
NOISE_CLIENT, SLOWER = "httpx:sync", 1.05
PACED_RPS, PACED_S = 2000, 5.0


def stall() -> dict[str, Any]:
    """One stall of the server, as four users and as a steady stream of requests meet it."""
    closed, _ = _stalled(Run(Stop(duration_s=RUN_S), opening=True), CLOSED_USERS)
    opened, expected_s = _stalled(live.open_run(OPEN_RPS, duration_s=RUN_S), OPEN_THREADS)
    start_s = opened.due_s[0]
    slow = int(np.count_nonzero(closed.response_s > 0.2))
    return {
        "client": CLIENT,
        "duration_s": RUN_S,
        "closed": {
            "title": f"closed model: {CLOSED_USERS} users, {closed.due_s.size:,} requests, {slow} above 200 ms",
            "points": _points(closed.due_s - closed.due_s[0], closed.response_s),
            "quantiles": _quantiles_ms(closed.response_s),
            "p99_ms": _ms(oracles.quantile(closed.response_s, 0.99)),
        },
        "open": {
            "title": f"open model: {OPEN_RPS} per second, {opened.due_s.size:,} requests, "
            f"{np.count_nonzero(opened.response_s > 0.2)} above 200 ms",
            "points": _points(opened.due_s - start_s, opened.response_s),
            "quantiles": _quantiles_ms(opened.response_s),
            "p99_ms": _ms(oracles.quantile(opened.response_s, 0.99)),
            "cpu": round(opened.cpu, 3),
        },
        "oracle": {
            "points": [(round(at, 2), _ms(time)) for at, time in zip(opened.due_s - start_s, expected_s, strict=True)],
            "quantiles": _quantiles_ms(expected_s),
            "p99_ms": _ms(oracles.quantile(expected_s, 0.99)),
        },
    }


def _stalled(order: Run, concurrency: int) -> tuple[live.Measured, oracles.Floats]:
    with live.origin() as server:
        url = f"{server.url}/fifo/{SERVICE_S}/stall/{STALL_AFTER_S}/{STALL_S}?{live.new_queue()}"
        queue_started_s = live.start_queue(url)
        measured = live.measure(CLIENT, url, order, concurrency=concurrency)
    stall_at = (queue_started_s + STALL_AFTER_S, STALL_S)
    return measured, oracles.lindley_s(measured.due_s, SERVICE_S, stall=stall_at)


def noise() -> dict[str, Any]:
    """The same client three times over; the figures of the third one made 5 % worse."""
    experiment = Experiment(ExperimentConfiguration(contenders=(NOISE_CLIENT,) * 3, warmup=0.3, floor=False, blocks=15))
    experiment.run()
    values = block_values(experiment.blocks, "throughput_rps")
    first, second, third = (arm.name for arm in experiment.plan.arms)
    slower = {third: {block: {i: x / SLOWER for i, x in rounds.items()} for block, rounds in values[third].items()}}
    values = {**values, **slower}
    return {
        "client": NOISE_CLIENT,
        "throughput_rps": {
            name: [round(float(np.median([*rounds.values()])), 1) for rounds in values[name].values()]
            for name in (first, second, third)
        },
        "log_ratios": {
            name: [round(ratio, 5) for ratio in log_ratios(values, first, name, metric="throughput_rps").tolist()]
            for name in (second, third)
        },
        "expected": {second: 0.0, third: round(log(SLOWER), 5)},
    }


def pacing() -> dict[str, Any]:
    """How late requests of the null client are sent, and ticks of event loops that wait by their own timers."""
    order = live.open_run(PACED_RPS, duration_s=PACED_S)
    paced = {
        mode: live.measure(f"null:{mode}", "http://127.0.0.1:9/", order, concurrency=64) for mode in ("sync", "async")
    }
    _, client_cpus = share_processors(available_cpus())
    os.sched_setaffinity(0, client_cpus)
    return {
        "rate_rps": PACED_RPS,
        "ways": [
            {"label": "threads that sleep (sync)", "quantiles": _quantiles_us(paced["sync"].lag_s)},
            {"label": "timerfd (async)", "quantiles": _quantiles_us(paced["async"].lag_s)},
            {"label": "asyncio.sleep", "quantiles": _quantiles_us(asyncio.run(_ticks_s()))},
            {"label": "asyncio.sleep on uvloop", "quantiles": _quantiles_us(uvloop.run(_ticks_s()))},
        ],
    }


async def _ticks_s() -> Sequence[float]:
    """What a simple load generator does: sleep until the next request is due."""
    start_ns, late_s = monotonic_ns(), []
    for number in range(round(PACED_RPS * PACED_S)):
        due_ns = start_ns + round(number / PACED_RPS * 1e9)
        if (left_ns := due_ns - monotonic_ns()) > 0:
            await asyncio.sleep(left_ns / 1e9)
        late_s.append((monotonic_ns() - due_ns) / 1e9)
    return late_s


def _points(moments_s: oracles.Floats, times_s: oracles.Floats) -> list[tuple[float, int]]:
    """What can be told apart in the picture: moments to 20 ms, times to 5 ms."""
    pairs = zip(moments_s.tolist(), times_s.tolist(), strict=True)
    return sorted({(round(0.02 * round(at / 0.02), 2), 5 * round(time / 0.005)) for at, time in pairs})


def _quantiles_ms(times_s: oracles.Floats) -> list[tuple[float, float]]:
    """By nearest rank, at shares that lie evenly between 0 and three nines."""
    shares = [1 - 10 ** (-3 * step / 90) for step in range(1, 91)]
    return [(round(share, 6), _ms(oracles.quantile(times_s, share))) for share in shares]


def _quantiles_us(times_s: Sequence[float] | oracles.Floats) -> list[tuple[float, float]]:
    return [(step / 100, round(1e6 * oracles.quantile(times_s, step / 100), 1)) for step in range(1, 100)]


def _ms(time_s: float) -> float:
    return round(1000 * float(time_s), 2)


MEASUREMENTS: dict[str, Callable[[], dict[str, Any]]] = {"stall": stall, "noise": noise, "pacing": pacing}


def main(names: Sequence[str]) -> None:
    """Measure these, or all."""
    for name in names or MEASUREMENTS:
        text = json.dumps(MEASUREMENTS[name](), ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
