"""An experiment as one HTML file: the answer, the verdict, the ranking, pictures, the work, how to measure it again.

The file needs no network and no other file. Its pictures are drawn twice: as SVG for paper and where no script runs,
and by Vega in the browser, where they answer to the pointer and to the page's colours. Names and messages come from
outside; the template escapes each of them, and the page allows no script but its own two.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from http_benchmark import __version__
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.redaction import cleared_document
from http_benchmark.report import faults, parts, ranking, wording, work
from http_benchmark.report.images import VEGA_LITE, svg
from http_benchmark.stats.sentences import sentences

if TYPE_CHECKING:
    from http_benchmark.report.charts import Drawn

_SNIPPET = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"
_PLACES = re.compile(r' (?:d|transform)="[^"]*"')
_LONG_FRACTION = re.compile(r"-?\d+\.\d{2,}")
_NEEDLESS = re.compile(r' (?:class|role|aria-[a-z]+|pointer-events|opacity)="(?:[a-z -]+_[a-z0-9_]+|[a-z -]+|1)"')

_LEFT = {"contender", "grp.", "per request", "package", "file", "function"}


def html_report(
    experiment: ExperimentResult, blocks: Sequence[BlockRecord], *, scaling: ScalingResult | None = None
) -> str:
    """The whole page.

    Args:
        experiment: The result.
        blocks: What it was concluded from; without them there are fewer pictures.
        scaling: The several concurrencies that it is one of; None for none.
    """
    from http_benchmark.report.charts import charts_of

    return rendered("report.html.j2", described(experiment), charts_of(experiment, blocks, scaling=scaling))


def rendered(template: str, values: Mapping[str, Any], pictures: Iterable["Drawn"]) -> str:
    """A page that needs no other file: a template of ours with its values, pictures, scripts and style."""
    bundle, script = javascript_bundle(), asset("report.js")
    return (
        environment("http_benchmark.report")
        .get_template(template)
        .render(
            values,
            pictures=[{**pictured(drawn), "image": _still(drawn)} for drawn in pictures],
            themes=themes(),
            bundle=Markup(bundle),  # noqa: S704 - Vega's own code, which holds nothing of the experiment
            script=Markup(script),  # noqa: S704 - ours, likewise
            style=Markup(asset("report.css")),  # noqa: S704 - likewise
            policy=policy(),
            version=__version__,
        )
    )


def described(experiment: ExperimentResult) -> dict[str, Any]:
    """What the templates `findings` and `background` tell of an experiment."""
    seen = [client for client in experiment.clients if client.work.requests.seen is not None]
    is_ranked = bool(ranking.ranked(experiment))
    return {
        "experiment": experiment,
        "aim": parts.aim(experiment.configuration, experiment.target),
        "size": wording.size(experiment),
        "answer": sentences(
            experiment.clients, experiment.pairs, primary_metric=experiment.primary_metric, blocks=experiment.blocks
        ),
        "no_ranking": wording.no_ranking(experiment),
        "ranking": table(ranking.headings(experiment), ranking.rows(experiment, in_one_line=False))
        if is_ranked
        else None,
        "under_faults": _faults(experiment.clients),
        "unranked": wording.unranked(experiment),
        "work": _work(seen) if seen else None,
        "only_shown": work.only_shown(experiment.clients),
        "notes": wording.notes(experiment),
        "circumstances": _facts(experiment.environment),
        "configuration": _facts(experiment.configuration),
        "command": experiment.provenance.command if experiment.provenance else None,
    }


def pictured(drawn: "Drawn") -> dict[str, Any]:
    """What the template of a figure takes, but for the image that stands in its place where no script runs."""
    spec = cleared_document(drawn.spec)  # before it is encoded, since nothing is found in it afterwards
    return {
        "name": drawn.name,
        "title": drawn.title,
        "caption": drawn.caption,
        "description": drawn.description,
        "spec": _json(spec),
    }


def themes() -> Markup:
    """The settings of the themes between which a page chooses, as JSON."""
    from http_benchmark.report.charts.themes import config

    return _json({theme: config(theme) for theme in ("light", "dark")})


def policy() -> str:
    """The content security policy of a report: its two scripts, and nothing from anywhere else."""
    digests = (hashlib.sha256(one.encode()).digest() for one in (javascript_bundle(), asset("report.js")))
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


def javascript_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, made once per version, since that takes seconds."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = home / "http-benchmark" / f"vega-{VEGA_LITE}-{version('vl-convert-python')}.js"
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    import vl_convert

    bundle = vl_convert.javascript_bundle(snippet=_SNIPPET, vl_version=VEGA_LITE).replace("</script", "<\\/script")
    with suppress(OSError):  # a report is made as well without a cache
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as file:
            file.write(bundle)
        Path(file.name).replace(path)
    return bundle


def _still(drawn: "Drawn") -> str:
    """The picture as the address of an image that needs no other file."""
    from http_benchmark.report.charts.drawing import WIDTH
    from http_benchmark.report.charts.themes import sized, themed

    spec = themed(sized(cleared_document(drawn.spec), WIDTH), "print")
    spec["config"]["aria"] = False  # the image has a text of its own
    return f"data:image/svg+xml;base64,{base64.b64encode(_shortened(svg(spec)).encode()).decode('ascii')}"


def _shortened(image: str) -> str:
    """An SVG of half the length: places to a tenth of a pixel, and without what only scripts and styles would use."""
    return _PLACES.sub(lambda place: _LONG_FRACTION.sub(_rounded, place[0]), _NEEDLESS.sub("", image))


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What the template makes a table of: headings, whether words stand below, and the lines of each cell."""
    columns = [(" ".join(heading.split()), heading in _LEFT) for heading in headings]
    return {"columns": columns, "bars": None, "rows": [[cell.split("\n") for cell in row] for row in rows]}


def _faults(clients: Sequence[ClientResult]) -> dict[str, Any] | None:
    headings, rows = faults.cells(clients, in_one_line=True)
    return table(headings, rows) if rows else None


def _work(clients: Sequence[ClientResult]) -> dict[str, Any]:
    headings, rows = work.cells(clients)
    return table(headings, [[cell.replace("\n", ", ") for cell in row] for row in rows])


def _facts(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values, without those that nobody knows."""
    known = [(name, value) for name, value in values.items() if value not in (None, "", [], {}, ())]
    return [(name.replace("_", " "), _shown(value)) for name, value in known]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items() if one is not None)
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def _json(document: Any) -> Markup:
    """JSON that cannot end the element in which it stands."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - escaped


@cache
def environment(*packages: str) -> Environment:
    """Templates of these packages, in which everything is escaped."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """The text of a style or a script that stands beside the templates."""
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
