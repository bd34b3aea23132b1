"""Hand-made trials, blocks and results for tests of what works on records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from http_benchmark.models.experiment import ExperimentResult, Metric, Target
from http_benchmark.models.measurement import BlockRecord, Distribution, ServerCounts, SliceRecord, TrialRecord
from http_benchmark.stats.hdr import encode
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.quantiles import distribution
from http_benchmark.stats.ranking import summarise
from http_benchmark.stats.work import works
from http_benchmark.storage import ResultStorage

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

LIBRARIES = ("requests", "httpx", "aiohttp", "urllib3", "pycurl", "requestx")
TWELVE = tuple(f"{library}:{mode}" for library in LIBRARIES for mode in ("sync", "async"))

COUNTED: dict[str, Any] = {
    "requests": 1000,
    "dropped": 0,
    "broken": 0,
    "statuses": {200: 1000},
    "protocols": {"1.1": 1000},
    "connections": 10,
    "closed": 0,
    "closed_on_request": 0,
    "reset_by_client": 0,
    "asked_ahead": 0,
    "tls_handshakes": 0,
    "tls_resumptions": 0,
    "bytes_received": 200_000,
    "header_bytes_received": 100_000,
    "body_bytes_received": 100_000,
    "bytes_sent": 600_000,
    "body_bytes_sent": 500_000,
}
"""What the origin counts of a contender that sends 1,000 requests of 100 bytes, ten at a time, as it was told to."""


def make_slice(number: int = 0, **fields: Any) -> SliceRecord:
    """A slice of 200 requests in 0.2 s, with 1 ms of response time and 0.1 s of CPU time, unless told otherwise."""
    figures: dict[str, Any] = {
        "round": number,
        "position": 0,
        "started_s": 0.0,
        "duration_s": 0.2,
        "requests": 200,
        "throughput_rps": 1000.0,
        "cpu_s": 0.1,
        "mean_s": 0.001,
        "p50_s": 0.001,
        "max_s": 0.004,
    }
    return SliceRecord(**(figures | fields))


def make_trial(contender: str, slices: Sequence[SliceRecord] | None = None, **fields: Any) -> TrialRecord:
    """A trial of one slice, unless told otherwise; library and mode follow from its name, failures from its slices."""
    library, _, mode = contender.partition(":")
    times = Distribution(count=190, mean=0.001, min=0.0005, p50=0.001, p90=0.002, p95=0.002, max=0.004)
    figures: dict[str, Any] = {
        "contender": contender,
        "library": library,
        "version": "1.2.3",
        "mode": "async" if mode.startswith("async") else "sync",
        "slices": tuple(slices if slices is not None else [make_slice()]),
        "response_time_s": times,
        "service_time_s": times,
        "lag_s": Distribution(count=190, mean=0.0, min=0.0, p50=0.0, max=0.0),
        "peak_memory_bytes": 30 * 1024**2,
        "server": ServerCounts(requests=210, connections=10, bytes_received=21_000, bytes_sent=210_000),
        "sent": 210,
        "body_bytes": 0,
    }
    trial = TrialRecord(**(figures | fields))
    failures = sum((Counter(measured.errors) for measured in trial.slices), Counter[str]())
    return trial if trial.failures else trial.model_copy(update={"failures": dict(failures)})


def counted_trial(
    contender: str = "a:sync", *, late: int = 0, trial: Mapping[str, Any] | None = None, **counts: Any
) -> TrialRecord:
    """A trial of 1,000 requests of 100 bytes, ten at a time, with all that the origin counts of them.

    Args:
        contender: Its name.
        late: Answers after the deadline.
        trial: Changes of the record.
        counts: Changes of what the origin counted.
    """
    fields = {"sent": 1000, "body_bytes": 100, "server": ServerCounts(**COUNTED | counts)} | dict(trial or {})
    return make_trial(contender, [make_slice(requests=1000, late=late)], **fields)


def make_block(*trials: TrialRecord, number: int = 0) -> BlockRecord:
    return BlockRecord(number=number, started_at=START, finished_at=START, trials=trials)


def make_blocks(costs: Mapping[str, Sequence[float]]) -> list[BlockRecord]:
    """Blocks of one slice per contender, in which every cost (1 / throughput, CPU, times) is 1 ms × the given factor.

    Args:
        costs: Contender → its factor in each block.
    """
    return [
        make_block(*(trial_of_cost(name, factor) for name, factor in zip(costs, factors, strict=True)), number=number)
        for number, factors in enumerate(zip(*costs.values(), strict=True))
    ]


def trial_of_cost(contender: str, factor: float) -> TrialRecord:
    cost_s = 0.001 * factor
    measured = make_slice(throughput_rps=1 / cost_s, cpu_s=200 * cost_s, mean_s=cost_s, p50_s=cost_s, max_s=4 * cost_s)
    times = Distribution(count=4000, mean=cost_s, min=cost_s / 2, p50=cost_s, p90=2 * cost_s, p95=2 * cost_s,
        p99=3 * cost_s, p999=4 * cost_s, max=5 * cost_s)  # fmt: skip
    return make_trial(contender, [measured], response_time_s=times, service_time_s=times)


def timed_trial(contender: str, times_ms: Sequence[int], *, censored: int = 0, **fields: Any) -> TrialRecord:
    """A trial that keeps all its times, beside those of some requests that were never sent."""
    times = Times(np.asarray(times_ms) * 1_000_000)
    times.censor(np.full(censored, 1_000_000_000))
    known, histogram = distribution(times), encode(times)
    kept: dict[str, Any] = {"response_histogram": histogram, "service_histogram": histogram}
    return make_trial(contender, response_time_s=known, service_time_s=known, **kept, **fields)


def large_experiment(names: Sequence[str] = TWELVE) -> tuple[ExperimentResult, list[BlockRecord]]:
    """An experiment of fifteen blocks of twelve slices each, as a usual one has."""
    blocks = []
    for number in range(15):
        trials = []
        for place, name in enumerate(names, 1):
            moments = [60.0 * number + 5 * place + n / 3 for n in range(12)]
            slices = [
                make_slice(n, started_s=at, throughput_rps=1000 / place, p99_s=0.003, memory_bytes=2**25 * place)
                for n, at in enumerate(moments)
            ]
            times_ms = [place * (1 + n % 97) for n in range(4000)]
            trials.append(timed_trial(name, times_ms, slices=slices))
        blocks.append(make_block(*trials, number=number))
    return make_result(blocks), blocks


def store_levels(storage: ResultStorage, costs: Mapping[int, Mapping[str, float]], tag: str, **fields: Any) -> None:
    """Store an experiment of six blocks for each concurrency, "c-" and it its ID, all with one tag.

    Args:
        storage: Where.
        costs: Concurrency → contender → its cost in ms.
        tag: That of the whole.
        fields: Of each experiment.
    """
    for concurrency, of in costs.items():
        blocks = make_blocks({name: [cost] * 6 for name, cost in of.items()})
        asked = {"concurrency": concurrency, "tag": [tag]}
        experiment = make_result(blocks, id=f"c-{concurrency}", configuration=asked, **fields)
        storage.start_experiment(experiment)
        for block in blocks:
            storage.save_block(experiment.id, block)
        storage.finish_experiment(experiment)


def noisy_costs(
    factors: Mapping[str, float], blocks: int, *, noise: float = 0.01, seed: int = 1
) -> dict[str, list[float]]:
    """Costs around the given factors; the noise is normal on the log scale ("quiet" is 0.01)."""
    generator = np.random.default_rng(seed)
    return {name: list(factor * np.exp(generator.normal(0, noise, blocks))) for name, factor in factors.items()}


def make_result(
    blocks: Sequence[BlockRecord], primary_metric: Metric = "throughput_rps", **fields: Any
) -> ExperimentResult:
    configuration = {"http_method": "GET", "target_url": "http://127.0.0.1:8080/get", "concurrency": 10}
    configuration = fields.get("configuration", configuration)
    clients, pairs = summarise(blocks, primary_metric, works=works(blocks, configuration, url="http://127.0.0.1/"))
    figures: dict[str, Any] = {
        "id": "3f2a91c4",
        "name": "nightly",
        "started_at": START,
        "finished_at": START,
        "seed": 42,
        "blocks": len(blocks),
        "primary_metric": primary_metric,
        "configuration": configuration,
        "environment": {},
        "target": Target(kind="bundled", url="http://127.0.0.1:8080/get"),
        "clients": tuple(clients),
        "pairs": tuple(pairs),
    }
    return ExperimentResult(**(figures | fields))
