"""Benchmarks of this project's own parts; each is run with `python -m bench.NAME`."""
