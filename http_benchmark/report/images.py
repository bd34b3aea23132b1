"""Specifications of pictures as SVG and PNG files, drawn by vl-convert without a browser or a network."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http_benchmark.report.charts.drawing import Spec

VEGA_LITE = "6.4"
"""The version that specifications are drawn with, in images and in pages."""


def svg(spec: "Spec") -> str:
    """The picture as SVG."""
    import vl_convert

    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)


def png(spec: "Spec", scale: float = 2.0) -> bytes:
    """The picture as PNG, with that many pixels to a pixel of CSS."""
    import vl_convert

    return vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=scale)
