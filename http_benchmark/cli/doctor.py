"""`http-benchmark doctor`: is this machine fit to measure on?"""

from pathlib import Path

import click

from http_benchmark.cli.options import shared_options

_EXAMPLES = """\b
Examples:
  http-benchmark doctor
  http-benchmark doctor --strict --json doctor.json   in a job"""


@click.command(epilog=_EXAMPLES)
@click.option("--strict", is_flag=True, help="End with exit code 1 where the machine is unfit.")
@shared_options(output=True)
@click.pass_context
def command(
    context: click.Context,
    config_file: Path | None,
    json_file: str | None,
    *,
    strict: bool,
    verbose: int,
    log_file: str | None,
) -> None:
    """Is this machine fit to measure on?

    Looks at processors, clocks, limits and the interpreter, watches for a second what else is at work, and tries how
    well a schedule of 2000 requests a second is kept. Says what to do about what is found; changes nothing.
    """
    from http_benchmark.cli.common import answering, check_writable, load_settings, make_console, write_json
    from http_benchmark.cli.examining import examine
    from http_benchmark.report.doctor import as_json, print_findings
    from http_benchmark.utils.fitness import findings, verdict

    load_settings({"verbose": verbose, "log_file": log_file}, config_file)
    if json_file:
        check_writable(json_file)
    found = findings(examine(make_console(to_stderr=True)))
    with answering(saved=False):
        if json_file:
            write_json(as_json(found), json_file)
        else:
            print_findings(found, make_console())
    if strict and verdict(found) == "unfit":
        context.exit(1)
