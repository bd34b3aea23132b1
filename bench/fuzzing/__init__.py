"""The parts of the origin's fuzzer, which is started as `python -m bench.fuzz_origin`."""
