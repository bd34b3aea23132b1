"""The command line: `main` and one module per subcommand.

The earlier distribution of this import name overwrites `http_benchmark/__init__.py` where it was installed last, and
takes it away where it is uninstalled. Its script and ours import this package before anything that would miss that
file, so that it is told here.
"""

import sys

import click

import http_benchmark

EARLIER_DISTRIBUTION = "http-client-benchmarker"

if "_MODULES" not in vars(http_benchmark):
    click.echo(
        "http-benchmark: files of this installation are missing or not its own; http-client-benchmarker, "
        "which has the same import name, overwrites them, and removes them when it is uninstalled. Uninstall it (pip "
        "uninstall http-client-benchmarker), then install http-benchmark again with --force-reinstall",
        err=True,
    )
    sys.exit(2)
