"""How pictures look on light pages, on dark ones, and on paper: settings for Vega-Lite, and none of the figures."""

from typing import Any, Literal

from http_benchmark.report.charts.drawing import WIDTH, Drawn, Spec

type Theme = Literal["light", "dark", "print"]

_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # vl-convert measures with the first, which is as wide as Arial
_INK = {"light": "#2b3038", "dark": "#d5d9e0", "print": "#000000"}
_FAINT = {"light": "#e3e6ea", "dark": "#343a44", "print": "#d0d0d0"}
_PAPER = {"light": "#ffffff", "dark": "#14171c", "print": "#ffffff"}


def themed(spec: Spec, theme: Theme) -> Spec:
    """The specification with the settings of a theme, on a transparent background."""
    return {**spec, "background": "transparent", "config": config(theme)}


def for_image(drawn: Drawn, theme: Theme, *, subtitle: str = "") -> Spec:
    """A specification that is understood alone: with its title, and an opaque background."""
    title = {"text": drawn.title, "subtitle": subtitle, "anchor": "start", "offset": 14}
    return {**sized(drawn.spec, WIDTH), "title": title, "background": _PAPER[theme], "config": config(theme)}


def sized(spec: Spec, width: int) -> Spec:
    """The specification with that width; panels share it."""
    if "spec" in spec:
        columns = spec.get("columns", 1)
        return {**spec, "spec": {**spec["spec"], "width": width // columns - (20 if columns > 1 else 0)}}
    return spec if isinstance(spec.get("width"), dict) else {**spec, "width": width}


def config(theme: Theme) -> dict[str, Any]:
    """Colours, sizes and fonts of everything that is no contender."""
    ink, faint = _INK[theme], _FAINT[theme]
    return {
        "font": _FONT,
        "view": {"stroke": None},
        "axis": {
            "domainColor": ink,
            "gridColor": faint,
            "labelColor": ink,
            "labelFontSize": 12,
            "labelLimit": 220,
            "labelOverlap": "greedy",
            "labelSeparation": 6,
            "tickColor": ink,
            "titleColor": ink,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "titlePadding": 8,
        },
        "header": {"labelColor": ink, "labelFontSize": 13, "labelLimit": 260, "titleColor": ink},
        "legend": {
            "columns": 4,
            "labelColor": ink,
            "labelFontSize": 12,
            "labelLimit": 240,
            "orient": "top",
            "symbolSize": 70,
            "symbolStrokeWidth": 2,
            "titleColor": ink,
        },
        "title": {"color": ink, "fontSize": 15, "subtitleColor": ink, "subtitleFontSize": 12, "subtitlePadding": 5},
        "style": {"ink": {"color": ink, "fill": ink, "fontSize": 12}, "faint": {"color": ink, "opacity": 0.5}},
        "point": {"size": 60, "strokeWidth": 2},
    }
