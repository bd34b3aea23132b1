"""`python -m http_benchmark` is the command `http-benchmark`."""

from http_benchmark.cli.main import main

if __name__ == "__main__":
    main()
