"""The command `http-benchmark`, also called as `python -m http_benchmark`: imports nothing until `main` is called."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C while it is still being imported ends it as quietly as afterwards."""
    try:
        from http_benchmark.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)  # EXIT_INTERRUPTED, which could not be imported
    run()


if __name__ == "__main__":
    main()
