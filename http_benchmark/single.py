"""One benchmark of one client, as library users ask for it, as an experiment of one block, and back."""

from http_benchmark.models.benchmark_configuration import BenchmarkConfiguration
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import TrialRecord
from http_benchmark.secret_url import parse_url, shareable


def as_experiment(config: BenchmarkConfiguration) -> ExperimentConfiguration:
    """One contender, one block, one slice; without a warm-up where the number of requests is to be exact."""
    exact = config.total_requests is not None
    return ExperimentConfiguration(
        contenders=(f"{config.client_library}:{'async' if config.is_async else 'sync'}",),
        url=config.target_url,
        method=config.http_method,
        headers=tuple(config.headers.items()),
        body=config.body if isinstance(config.body, str) and config.body else None,
        concurrency=config.concurrency,
        duration=None if exact else config.duration_seconds,
        requests=config.total_requests,
        warmup=0,
        slices=1,
        blocks=1,
        timeout=config.timeout,
        retries=config.retry_attempts,
        think_time=config.delay_between_requests,
        verify=config.verify_ssl,
        floor=False,
        name=config.name,
    )


def benchmark_result(config: BenchmarkConfiguration, result: ExperimentResult, trial: TrialRecord) -> BenchmarkResult:
    """What library users read of the experiment's one trial."""
    measured = trial.slices[0]
    times = trial.response_time_s
    errors = sum(measured.errors.values())
    return BenchmarkResult(
        name=config.name,
        client_library=config.client_library,
        client_type=trial.mode,
        http_method=config.http_method,
        url=str(parse_url(config.target_url)),
        start_time=result.started_at,
        end_time=result.finished_at or result.started_at,
        duration=measured.duration_s,
        requests_count=measured.requests,
        requests_per_second=measured.requests / measured.duration_s if measured.duration_s else 0.0,
        avg_response_time=times.mean,
        min_response_time=times.min,
        max_response_time=times.max,
        p50_response_time=times.p50,
        p95_response_time=times.p95,
        p99_response_time=times.p99,
        cpu_usage_avg=100 * measured.cpu_s / measured.duration_s if measured.duration_s else None,
        memory_usage_avg=None if measured.memory_bytes is None else measured.memory_bytes / 1024**2,
        network_io={
            "bytes_sent": measured.server.bytes_received if measured.server else None,
            "bytes_recv": measured.server.bytes_sent if measured.server else None,
        },
        error_count=errors,
        error_rate=100 * errors / measured.requests if measured.requests else 0.0,
        concurrency_level=config.concurrency,
        config_snapshot=shareable(config.to_dict()),
    )
