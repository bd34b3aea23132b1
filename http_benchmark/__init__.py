"""HTTP client performance benchmark framework.

Importing this package loads no HTTP client and starts nothing. The public names are
`http_benchmark.benchmark.BenchmarkRunner`, `Experiment`, `BenchmarkConfiguration` and
`http_benchmark.storage.ResultStorage`.
"""

__version__ = "0.1.0"
