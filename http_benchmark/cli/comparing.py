"""`http-benchmark results compare`: stored experiments, or contenders of theirs, side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.options import METRICS, picture_options, shared_options

if TYPE_CHECKING:
    from http_benchmark.models.experiment import Metric
    from http_benchmark.report.charts import Theme

_EXAMPLES = """\b
Examples:
  http-benchmark results compare 3f2a 9b07
  http-benchmark results compare 3f2a:httpx:async 9b07:aiohttp:async
  http-benchmark results compare 3f2a 9b07 --metric p99 --picture p99.svg"""


@click.command("compare", epilog=_EXAMPLES)
@click.argument("arms", metavar="ARM ARM...", nargs=-1, required=True)
@click.option(
    "--metric",
    "metrics",
    envvar="HTTP_BENCHMARK_METRIC",
    type=click.Choice(METRICS),
    multiple=True,
    help="Show this figure; repeatable. By default throughput, CPU time, p50 and p99; --json has all.",
)
@click.option(
    "--force",
    envvar="HTTP_BENCHMARK_FORCE",
    is_flag=True,
    help="Compare even where machine, versions or workload differ; what misleads is marked.",
)
@picture_options
@shared_options(database=True, output=True)
def compare(
    config_file: Path | None,
    json_file: str | None,
    *,
    arms: tuple[str, ...],
    metrics: "tuple[Metric, ...]",
    force: bool,
    picture: Path | None,
    theme: "Theme",
    **arguments: Any,
) -> None:
    """Set stored experiments side by side, each against the first.

    ARM is the ID of an experiment, of which the first characters will do, or ID:CONTENDER for one contender of it.
    Refuses where they differ in what matters, such as the machine, the interpreter or the workload. Versions of the
    clients may differ. There is no verdict on arms of several experiments: for that, measure them in one. A picture is
    of the first --metric.
    """
    from http_benchmark import comparison
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, stored, write_json
    from http_benchmark.report.comparison import DEFAULT_METRICS, print_comparison

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        chosen = []
        for identifier, contender in map(comparison.parse_arm, arms):
            experiment = stored(storage, identifier)
            chosen.append(comparison.Arm(experiment, contender, storage.get_blocks(experiment.id)))
    compared = comparison.compare(*chosen, force=force)
    with answering(saved=False):
        if json_file:
            write_json(compared.to_dict(), json_file)
        else:
            print_comparison(compared, make_console(), metrics=metrics or DEFAULT_METRICS)
    if picture:
        from http_benchmark.cli.pictures import write_picture
        from http_benchmark.report.charts import comparison_chart

        write_picture(comparison_chart(compared, (metrics or DEFAULT_METRICS)[0]), picture, theme=theme)
