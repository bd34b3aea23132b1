"""Measure one client, keep the results, compare them: `python examples/one_client.py`.

The bundled origin stands in for a server of yours; the results go to `benchmark_results.db` in the current folder. The
same client is measured twice: how far the two figures lie apart is what a single run does not tell. Use `Experiment` to
compare clients.
"""

from http_benchmark import BenchmarkConfiguration, BenchmarkRunner, ResultStorage
from http_benchmark.origin.process import OriginProcess

with OriginProcess() as origin, ResultStorage("benchmark_results.db") as storage:
    configuration = BenchmarkConfiguration(
        target_url=f"{origin.url}/get", total_requests=400, concurrency=4, client_library="urllib3", name="nightly"
    )
    results = [BenchmarkRunner(configuration).run() for _ in range(2)]
    for result in results:
        storage.save_result(result)

    for row in storage.compare_results([result.id for result in results]):
        print(f"{row['client_library']:10} {row['requests_per_second']:8,.0f} requests/s, {row['error_rate']} % errors")
