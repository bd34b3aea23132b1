"""Draw the pictures of the documents: `make pictures`.

Each is drawn from figures in `docs/pictures/*.json`, which `scripts/picture_data.py` measures, so that drawing again
gives the same files. Backgrounds are transparent and colours are of middle brightness: they are read on light and on
dark pages.
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Path2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from http_benchmark.clients import known_clients
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.plan import Arm
from http_benchmark.planning import make_plan
from http_benchmark.stats.intervals import hl_interval

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"

TEXT = "#7d828a"
BLUE = "#2f7fe0"
ORANGE = "#d9730d"
GREEN = "#2d9a4b"
FAINT = "#7d828a40"

STYLE: dict[Any, Any] = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": TEXT,
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "axes.titlecolor": TEXT,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": TEXT,
    "svg.fonttype": "none",  # text stays text: smaller files, and readers of screens can read it
    "svg.hashsalt": "http-benchmark",  # the same names of elements each time
}

_LONG_FRACTION = re.compile(r"\d+\.\d{3,}")

type Data = dict[str, Any]


def main(folder: Path = FOLDER) -> None:
    """Draw them all."""
    for name, draw in PICTURES.items():
        source = folder / f"{name}.json"
        data = json.loads(source.read_text(encoding="utf-8")) if source.exists() else {}
        with mpl.rc_context(STYLE):
            figure = draw(data)
            save(figure, folder / f"{name}.svg")
            plt.close(figure)


def save(figure: Figure, path: Path) -> None:
    """Write the picture without the date, so that nothing but its content changes it, and to a hundredth of a point."""
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    text = _LONG_FRACTION.sub(lambda number: f"{float(number[0]):.2f}", path.read_text(encoding="utf-8"))
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")  # readers need not have the first one
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


def draw_stall(data: Data) -> Figure:
    """One stall of the server, seen through both models: each request over time, and the quantiles."""
    figure, axes = plt.subplot_mosaic(
        [["closed", "quantiles"], ["open", "quantiles"]],
        figsize=(8.6, 3.9),
        width_ratios=(1.25, 1),
        layout="constrained",
    )
    for model, colour in (("closed", ORANGE), ("open", BLUE)):
        ax, part = axes[model], data[model]
        due_s, response_ms = zip(*part["points"], strict=True)
        _plot_dots(ax, due_s, response_ms, colour)
        ax.set(title=part["title"], xlim=(0, data["duration_s"]), ylim=(-40, 1100), ylabel="response time, ms")
        ax.yaxis.set_major_locator(FixedLocator([0, 500, 1000]))
    axes["open"].set_xlabel("moment at which a request was due, s")
    axes["closed"].tick_params(labelbottom=False)
    oracle_s, oracle_ms = zip(*data["oracle"]["points"], strict=True)
    axes["open"].plot(
        oracle_s, oracle_ms, color=GREEN, linewidth=1.2, linestyle=(0, (4, 2)), label="Lindley's recursion"
    )
    axes["open"].legend(loc="upper right")

    ax = axes["quantiles"]
    for model, colour in (("closed", ORANGE), ("open", BLUE)):
        _plot_quantiles(ax, data[model]["quantiles"], color=colour, linewidth=2, label=f"{model} model")
        ax.plot([100], [part_p99 := data[model]["p99_ms"]], "o", color=colour, markersize=5)
        ax.annotate(f"{part_p99:,.0f} ms", (100, part_p99), (0, -13), textcoords="offset points", ha="center")
    _plot_quantiles(
        ax, data["oracle"]["quantiles"], color=GREEN, linewidth=1.2, linestyle=(0, (4, 2)), label="Lindley's recursion"
    )
    ax.set(yscale="log", ylim=(1, 2000), title="quantiles of the same requests", xlabel="quantile")
    _scale_quantiles(ax)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.legend(loc="center right", bbox_to_anchor=(1.0, 0.55))
    return figure


def draw_turns(_: Data) -> Figure:
    """How contenders take turns: two blocks of three contenders, in the order that the plan draws from its seed."""
    names = ("aiohttp:async", "httpx:sync", "urllib3:sync")
    colours = dict(zip(names, (BLUE, ORANGE, GREEN), strict=True))
    rounds, start, warm_up, width = 5, 0.5, 1.6, 0.62
    configuration = ExperimentConfiguration(contenders=names, slices=rounds)
    arms = [Arm(contender := Contender.parse(name), known_clients()[contender.library], None) for name in names]
    plan = make_plan(configuration, arms, seed=7)
    figure, ax = plt.subplots(figsize=(8.6, 2.3), layout="constrained")
    now = 0.0
    for block in range(2):
        begin = now
        for name in (arm.name for arm in plan.start_order(block)):
            row = names.index(name)
            ax.barh(row, start, left=begin, height=0.55, color="none", edgecolor=colours[name], linewidth=0.8)
            now = max(now, begin + start)
        for name in (arm.name for arm in plan.start_order(block)):
            ax.barh(names.index(name), warm_up, left=now, height=0.55, color=colours[name], alpha=0.3, linewidth=0)
            now += warm_up
        for number in range(rounds):
            ax.axvline(now, color=FAINT, linewidth=0.8, zorder=0)
            for name in (arm.name for arm in plan.round_order(block, number)):
                ax.barh(names.index(name), width * 0.92, left=now, height=0.55, color=colours[name], linewidth=0)
                now += width
        ax.axvline(now, color=FAINT, linewidth=0.8, zorder=0)
        ax.annotate("", (now, 2.62), (begin, 2.62), arrowprops={"arrowstyle": "<->", "color": TEXT, "linewidth": 0.8})
        ax.text((begin + now) / 2, 2.7, f"block {block + 1}: fresh processes", ha="center", va="bottom")
        first_slice = now - rounds * len(names) * width
        ax.text(begin + start + (first_slice - begin - start) / 2, -0.62, "warm-up, in turn", ha="center", va="top")
        ax.text((first_slice + now) / 2, -0.62, f"{rounds} rounds of one slice each", ha="center", va="top")
        now += 0.9
    ax.set(yticks=range(3), yticklabels=names, xticks=[], ylim=(-1.15, 3.2), xlim=(-0.2, now - 0.7))
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(left=False)
    return figure


def draw_noise(data: Data) -> Figure:
    """What blocks do to noise: the figures of each block, and their ratios with the interval."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.0), width_ratios=(1.2, 1), layout="constrained")
    labels = (f"{data['client']}, called A", "A again", "A again, made 5 % slower")
    for (_, values), label, (marker, colour) in zip(
        data["throughput_rps"].items(), labels, (("o", BLUE), ("s", ORANGE), ("^", GREEN)), strict=True
    ):
        blocks = range(1, len(values) + 1)
        left.plot(blocks, values, marker=marker, markersize=3.5, linewidth=1, color=colour, label=label)
    left.set(
        title="requests per second, median of each block", xlabel="block", xlim=(0.5, len(blocks) + 0.5), ylim=(0, None)
    )
    left.xaxis.set_major_locator(FixedLocator([1, 5, 10, 15]))
    left.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    left.legend(loc="lower left", fontsize=8)
    for row, (name, colour) in enumerate(zip(data["log_ratios"], (ORANGE, GREEN), strict=True)):
        _draw_interval(right, 1 - row, data["log_ratios"][name], colour)
        right.plot([100 * data["expected"][name]] * 2, [0.68 - row, 1.32 - row], ":", color=TEXT, linewidth=1.2)
    right.axvline(0, color=TEXT, linewidth=0.8)
    right.set(
        yticks=[1, 0],
        yticklabels=["A again\n÷ A", "slower\n÷ A"],
        ylim=(-0.6, 1.6),
        xlabel="more cost, log ratio × 100",
    )
    right.set_title("compared block by block")
    right.grid(visible=False, axis="y")
    right.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    return figure


def _draw_interval(ax: Axes, row: float, log_ratios: Sequence[float], colour: str) -> None:
    """A dot per block, and below the Hodges–Lehmann estimate with its 95 % interval."""
    percents = [100 * ratio for ratio in log_ratios]
    ax.plot(percents, [row + 0.2] * len(percents), "o", markersize=3.5, color=colour, alpha=0.6, markeredgewidth=0)
    estimate, low, high = (100 * (value or 0.0) for value in hl_interval(log_ratios))
    ax.plot([low, high], [row] * 2, color=colour, linewidth=2.5)
    ax.plot([estimate], [row], "D", color=colour, markersize=4.5)
    text = f"{estimate:+.1f}, 95 %: {low:+.1f} to {high:+.1f}".replace("-", "−")
    ax.text(estimate, row - 0.14, text, va="top", ha="center", fontsize=8)


def draw_pacing(data: Data) -> Figure:
    """How late requests are sent, by the way in which the sender waits."""
    figure, ax = plt.subplots(figsize=(8.6, 2.8), layout="constrained")
    for way, (colour, line) in zip(data["ways"], ((BLUE, "-"), (GREEN, "-"), (ORANGE, "--"), (TEXT, ":")), strict=True):
        shares, lags_us = zip(*way["quantiles"], strict=True)
        ax.plot(
            lags_us, [100 * share for share in shares], color=colour, linestyle=line, linewidth=2, label=way["label"]
        )
    ax.set(
        xlim=(-700, 1500),
        ylim=(0, 100),
        xlabel="sent − due, µs; left of 0 is too early",
        ylabel="requests up to there, %",
    )
    ax.xaxis.set_major_locator(FixedLocator([*range(-500, 1501, 500), 200]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}".replace("-", "−")))
    ax.axvline(0, color=TEXT, linewidth=0.8)
    ax.set_title(f"{data['rate_rps']:,} requests per second, when each was sent")
    ax.legend(loc="lower right")
    return figure


def _plot_dots(ax: Axes, x: Sequence[float], y: Sequence[float], colour: str) -> None:
    """Many dots as a single path of lines that are hardly longer than wide: a fifth of the size of markers."""
    corners = [corner for at, height in zip(x, y, strict=True) for corner in ((at, height), (at + 0.01, height))]
    dots = Path2D(corners, [Path2D.MOVETO, Path2D.LINETO] * len(x))
    ax.add_patch(PathPatch(dots, edgecolor=colour, facecolor="none", linewidth=2.4, capstyle="round"))


def _plot_quantiles(ax: Axes, quantiles: Sequence[Sequence[float]], **style: Any) -> None:
    shares, values = zip(*quantiles, strict=True)
    ax.plot([1 / (1 - share) for share in shares], values, **style)


def _scale_quantiles(ax: Axes) -> None:
    """An axis on which each further nine takes as much room as the one before."""
    ax.set_xscale("log")
    ax.set_xlim(1, 1000)
    ax.xaxis.set_major_locator(FixedLocator([2, 10, 100, 1000]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"p{100 - 100 / value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())


PICTURES: dict[str, Callable[[Data], Figure]] = {
    "stall": draw_stall,
    "turns": draw_turns,
    "noise": draw_noise,
    "pacing": draw_pacing,
}

if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
