"""Made-up experiments and blocks, by hand and by Hypothesis."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from http_benchmark.models.experiment import ClientResult, ExperimentResult, Target
from http_benchmark.models.measurement import BlockRecord, Distribution, ServerCounts, SliceRecord, TrialRecord

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def an_experiment(experiment_id: str = "e-1", **changes: Any) -> ExperimentResult:
    values: dict[str, Any] = {
        "id": experiment_id,
        "name": "nightly",
        "started_at": NOON,
        "finished_at": None,
        "seed": 7,
        "blocks": 15,
        "primary_metric": "throughput_rps",
        "configuration": {"concurrency": 10, "tag": ["a", "b"]},
        "environment": {"python": "3.12"},
        "target": Target(kind="bundled", url="http://127.0.0.1:1/"),
        "clients": (ClientResult(contender="httpx:sync", library="httpx", mode="sync", status="ok"),),
    }
    return ExperimentResult(**values | changes)


def a_block(number: int = 0, trials: int = 2, slices: int = 3) -> BlockRecord:
    return BlockRecord(
        number=number,
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=5),
        trials=tuple(a_trial(f"httpx:sync#{trial}", slices) for trial in range(trials)),
    )


def a_trial(contender: str, slices: int) -> TrialRecord:
    distribution = Distribution(count=100, mean=0.1)
    return TrialRecord(
        contender=contender,
        library="httpx",
        version="1.0",
        mode="sync",
        slices=tuple(a_slice(number) for number in range(slices)),
        response_time_s=distribution,
        service_time_s=distribution,
        lag_s=distribution,
        server=ServerCounts(requests=100, statuses={200: 99, 503: 1}),
        messages={"timeout": "timed out"},
    )


def a_slice(number: int) -> SliceRecord:
    return SliceRecord(
        round=number,
        position=0,
        started_s=number * 0.1,
        duration_s=0.1,
        requests=100,
        errors={"timeout": 1},
        throughput_rps=1000.0,
        cpu_s=0.05,
        mean_s=0.001,
        p50_s=None,
        max_s=0.002,
        server=ServerCounts(requests=101, cpu_s=0.01),
    )


_counts = st.integers(min_value=0, max_value=2**63 - 1)
_figures = st.floats(allow_nan=False)
_zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=3))])
_moments = st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=_zones)
_server = st.none() | st.builds(
    ServerCounts,
    requests=_counts,
    connections=_counts,
    bytes_received=_counts,
    bytes_sent=_counts,
    statuses=st.dictionaries(st.integers(100, 599), _counts, max_size=3),
    cpu_s=_figures,
)
_distributions = st.builds(
    Distribution,
    count=_counts,
    **{name: st.none() | _figures for name in ("mean", "min", "p50", "p90", "p95", "p99", "p999", "max")},
)
_slices = st.builds(
    SliceRecord,
    round=st.integers(0, 1000),
    position=st.integers(0, 1000),
    started_s=_figures,
    duration_s=_figures,
    requests=_counts,
    opening_requests=_counts,
    errors=st.dictionaries(st.text(max_size=9), _counts, max_size=3),
    retries=_counts,
    throughput_rps=st.none() | _figures,
    cpu_s=_figures,
    mean_s=st.none() | _figures,
    p50_s=st.none() | _figures,
    max_s=st.none() | _figures,
    server=_server,
)
_trials = st.builds(
    TrialRecord,
    contender=st.text(max_size=9),
    library=st.text(max_size=9),
    version=st.none() | st.text(max_size=9),
    mode=st.sampled_from(["sync", "async"]),
    slices=st.lists(_slices, max_size=3).map(tuple),
    response_time_s=_distributions,
    service_time_s=_distributions,
    lag_s=_distributions,
    peak_memory_bytes=st.none() | _counts,
    base_memory_bytes=st.none() | _counts,
    import_s=st.none() | _figures,
    server=_server,
    sent=_counts,
    messages=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
)
blocks = st.builds(
    BlockRecord,
    number=st.integers(0, 1000),
    started_at=_moments,
    finished_at=_moments,
    trials=st.lists(_trials, max_size=3).map(tuple),
)
"""Blocks of every shape, with figures of every size."""
