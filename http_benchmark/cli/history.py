"""`http-benchmark results history`: one figure of one contender over time."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.filtering import filter_options, filters_of
from http_benchmark.cli.options import METRICS, picture_options, shared_options

if TYPE_CHECKING:
    from http_benchmark.models.experiment import Metric
    from http_benchmark.report.charts import Theme


@click.command(
    "history",
    epilog="Example: http-benchmark results history httpx:async --metric cpu_s_per_1k --since 90d --picture cpu.png",
)
@click.argument("contender", metavar="CONTENDER")
@click.option(
    "--metric",
    envvar="HTTP_BENCHMARK_METRIC",
    type=click.Choice(METRICS),
    default="throughput_rps",
    show_default=True,
    help="Which figure.",
)
@click.option(
    "--like",
    metavar="ID",
    envvar="HTTP_BENCHMARK_LIKE",
    help="The series that this experiment is part of.  [default: the newest one]",
)
@click.option(
    "--limit",
    envvar="HTTP_BENCHMARK_LIMIT",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="Look at so many experiments, the newest.",
)
@filter_options
@picture_options
@shared_options(database=True, output=True)
def history(
    config_file: Path | None,
    json_file: str | None,
    *,
    contender: str,
    metric: "Metric",
    like: str | None,
    limit: int,
    picture: Path | None,
    theme: "Theme",
    **arguments: Any,
) -> int:
    """Show how a figure of CONTENDER went over time, and where it shifted for longer.

    CONTENDER names a mode: httpx:async, httpx:async+h2, httpx==0.28.1:sync. Experiments with equal machine, target,
    load and settings are one series; versions of libraries, interpreter and kernel may change, and are named where they
    do. There is no verdict: to know whether one version is slower, measure both in one job (gate). What is damaged is
    left out, named, and makes the exit code 1.
    """
    from http_benchmark.cli.common import (
        answering,
        load_settings,
        make_console,
        open_storage,
        readable,
        stored,
        write_json,
    )
    from http_benchmark.history import history as line_up
    from http_benchmark.report.history import print_history

    filters = filters_of(arguments)
    filters = filters.model_copy(update={"client": (*filters.client, contender)})
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        likened = stored(storage, like).id if like else None
        found = storage.list_experiments(limit=limit, filters=filters)
        damaged: list[str] = []
        experiments = [*readable((summary.id for summary in found), lambda id_: stored(storage, id_), damaged)]
    lined_up = line_up(experiments, contender, metric, like=likened)
    with answering(saved=False):
        if json_file:
            write_json(lined_up.to_dict(), json_file)
        else:
            print_history(lined_up, make_console())
    if picture:
        from http_benchmark.cli.pictures import write_picture
        from http_benchmark.report.charts import history_chart

        write_picture(history_chart(lined_up), picture, theme=theme)
    return int(bool(damaged))
