"""Flame graphs of an explanation: where each of two contenders spends its CPU, and where the two differ.

They hang from the top: each box is a function, below the one that called it, and as wide as the CPU time of a request
that goes through it. In the difference a box is as wide as the two differ in it.
"""

from collections.abc import Callable, Iterator, Mapping
from math import floor

import altair as alt

from http_benchmark.models.explanation import Explanation, Profiled
from http_benchmark.report.charts.drawing import WIDTH, Drawn, Picture, Row, Tips, data_of, finished
from http_benchmark.stats.explanation import microseconds
from http_benchmark.stats.stacks import (
    HARNESS,
    STANDARD_LIBRARY,
    Node,
    Profile,
    difference_tree,
    folded,
    shared_beginning,
    tree,
)

_ROW = 17  # pixels
_LETTER = 5.6  # pixels
_NARROWEST = 0.003  # of the whole; narrower boxes are left out, with what they called
_MOST_PACKAGES = 7
_FILLS = (
    "#f0a35e",
    "#7fb6e6",
    "#8fcf9b",
    "#e3c95b",
    "#d79ac4",
    "#9fd3d0",
    "#e8927c",
)  # light: black stands out from all
_OTHERS = "#c9ced6"
_SHADES = ("#1d5a9c", "#6f9cc6", "#7a808a", "#c08a4a", "#974803")  # less … as much … more; white stands out from all
_INK = "#14171c"


def flames(explanation: Explanation) -> list[Drawn]:
    """The difference, and both contenders."""
    dearer, cheaper = (_profile(one) for one in (explanation.dearer, explanation.cheaper))
    skipping = shared_beginning(dearer, cheaper)
    names = explanation.dearer.contender, explanation.cheaper.contender
    colours = _colours(explanation)
    drawn = [finished("difference", f"{names[0]} against {names[1]}", _difference(dearer, cheaper, skipping, names))]
    for place, profile in ((explanation.dearer, dearer), (explanation.cheaper, cheaper)):
        picture = _flame(tree(profile, skipping=skipping), place.contender, colours)
        drawn.append(finished(f"flame-{place.contender}", place.contender, picture))
    return drawn


def _profile(one: Profiled) -> Profile:
    text = "\n".join(f"{stack.stack} {stack.samples}" for stack in one.stacks)
    return Profile(folded(text), one.shared_us)


def _colours(explanation: Explanation) -> Mapping[str, str]:
    """Of the packages that cost most; the same in both pictures."""
    by_cost = sorted(explanation.packages, key=lambda place: -max(place.dearer_us, place.cheaper_us))
    names = [place.name for place in by_cost if place.name not in {HARNESS, STANDARD_LIBRARY}][:_MOST_PACKAGES]
    return dict(zip(names, _FILLS, strict=False))


def _flame(root: Node, contender: str, colours: Mapping[str, str]) -> Picture:
    def looks(node: Node) -> Row:
        package = node.frame.package if node.frame else None
        package = package if package in colours else "others"
        return {"package": package, "time": microseconds(node.a_us), "share": f"{100 * node.a_us / root.a_us:.1f} %"}

    rows = list(_boxes(root, looks))
    used = [*(name for name in colours if any(row["package"] == name for row in rows)), "others"]
    scale = alt.Scale(domain=used, range=[colours.get(name, _OTHERS) for name in used])
    fill = alt.Fill("package:N", scale=scale, legend=alt.Legend(title=None))
    tips: Tips = [alt.Tooltip("time:N", title="CPU per request"), alt.Tooltip("share:N", title="of all")]
    caption = (
        "CPU time of a request: a box is a function, below the one that called it, and as wide as the time that goes "
        "through it. Boxes of one package have one colour; the standard library and the harness are among the others."
    )
    described = f"Flame graph of {contender}: {microseconds(root.a_us)} of CPU per request."
    return Picture(_plot(rows, root, fill, tips, _INK), described, caption)


def _difference(a: Profile, b: Profile, skipping: int, names: tuple[str, str]) -> Picture:
    root = difference_tree(a, b, skipping=skipping)

    def looks(node: Node) -> Row:
        return {
            "more": (node.a_us - node.b_us) / node.weight_us,
            "mine": microseconds(node.a_us),
            "other": microseconds(node.b_us),
        }

    rows = list(_boxes(root, looks))
    fill = alt.Fill("more:Q", scale=alt.Scale(domain=[-1, -0.5, 0, 0.5, 1], range=list(_SHADES)), legend=None)
    tips: Tips = [alt.Tooltip("mine:N", title=names[0]), alt.Tooltip("other:N", title=names[1])]
    caption = (
        f"Where the two differ: a box is as wide as the CPU time by which they do. Brown is what {names[0]} spends "
        f"more, blue what {names[1]} does; what costs both the same has no width."
    )
    described = (
        f"Difference of two flame graphs: {names[0]} spends {microseconds(a.cpu_us)} per request, {names[1]} "
        f"{microseconds(b.cpu_us)}."
    )
    return Picture(_plot(rows, root, fill, tips, "#ffffff"), described, caption)


def _boxes(root: Node, looks: Callable[[Node], Row]) -> Iterator[Row]:
    """A row for each function that can be seen, caller before called, the widest first among those of one caller."""
    waiting = [(root, 0.0, -1)]
    while waiting:
        node, left, depth = waiting.pop()
        if node.frame is not None:
            letters = floor(WIDTH * node.weight_us / root.weight_us / _LETTER) - 1
            function = node.frame.function.rpartition("<locals>.")[2]
            yield {
                "left": left,
                "right": left + node.weight_us,
                "top": depth,
                "bottom": depth + 1,
                "label": _shortened(function, letters),
                "function": node.frame.function,
                "file": node.frame.file,
                **looks(node),
            }
        for child in sorted(node.children.values(), key=lambda one: (-one.weight_us, one.frame)):
            if child.weight_us >= _NARROWEST * root.weight_us:
                waiting.append((child, left, depth + 1))
            left += child.weight_us


def _shortened(text: str, letters: int) -> str:
    """The end of a dotted name says most; "" where there is no room to say anything."""
    if len(text) <= letters:
        return text
    last = text.rpartition(".")[2]
    if len(last) <= letters:
        return last
    return f"{last[: letters - 1]}…" if letters > 3 else ""


def _plot(rows: list[Row], root: Node, fill: alt.Fill, tips: Tips, ink: str) -> alt.TopLevelMixin:
    deepest = max((row["bottom"] for row in rows), default=1)
    axis = alt.Axis(title="CPU per request, µs", orient="top", grid=False, tickCount=6)
    x = alt.X("left:Q", scale=alt.Scale(domain=[0, root.weight_us], nice=False), axis=axis)
    y = alt.Y("top:Q", scale=alt.Scale(domain=[0, deepest], reverse=True, nice=False), axis=None)
    shared: Tips = [alt.Tooltip("function:N", title="function"), alt.Tooltip("file:N", title="file"), *tips]
    base = alt.Chart(data_of(rows))
    boxes = base.mark_rect(stroke="#ffffff", strokeWidth=0.5, clip=True).encode(
        x=x, x2="right:Q", y=y, y2="bottom:Q", fill=fill, tooltip=shared
    )
    room = f"(datum.right - datum.left) / {root.weight_us} * width"  # on narrow pages less than they were made for
    shown = alt.condition(f"length(datum.label) * {_LETTER} <= {room}", alt.value(1), alt.value(0))
    labels = base.mark_text(align="left", baseline="top", dx=3, dy=3, fontSize=10.5, color=ink, clip=True).encode(
        x=x, y=y, text="label:N", opacity=shown, tooltip=shared
    )
    return alt.layer(boxes, labels).properties(height=_ROW * deepest)
