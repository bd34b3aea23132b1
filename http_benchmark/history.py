"""One figure of one contender over many stored experiments: which of them are one series, and where it shifted."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from http_benchmark.errors import ComparisonError, ConfigurationError
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import ClientResult, Estimate, ExperimentResult, Metric
from http_benchmark.models.history import History, HistoryPoint, HistoryShift, OtherSeries
from http_benchmark.stats.comparability import between, circumstances, software
from http_benchmark.stats.figures import figures_of
from http_benchmark.stats.history import LEAST_POINTS, change_points, searchable


class _Found(NamedTuple):
    """A contender in one experiment."""

    experiment: ExperimentResult
    client: ClientResult
    figure: Estimate


def history(
    experiments: Sequence[ExperimentResult], contender: str, metric: Metric, *, like: str | None = None
) -> History:
    """Line up a contender's figures.

    Circumstances decide what belongs together: machine, target, load and settings. Versions of the library, the
    interpreter and the kernel change from point to point, and are noted where they do.

    Args:
        experiments: Candidates, in any order.
        contender: `NAME:sync` or `NAME:async`, with `+h2` for HTTP/2; with `==VERSION` only that one.
        metric: The figure.
        like: ID of an experiment whose series is meant; the newest one's for None.

    Raises:
        ConfigurationError: The contender is not of the documented form, or names no mode.
        ComparisonError: No experiment has a figure of it.
    """
    wanted = Contender.parse(contender)
    if wanted.mode is None:
        raise ConfigurationError(f"a history is that of one mode; name it, such as {contender}:sync")
    found, invalid = [], 0
    for experiment in sorted(experiments, key=lambda experiment: experiment.started_at):
        for client in _of(wanted, experiment):
            figure = figures_of(client).get(metric)
            if experiment.validity.verdict == "invalid" or client.status != "ok" or figure is None:
                invalid += 1
            else:
                found.append(_Found(experiment, client, figure))
    series = _series(found)
    shown = next((one for one in series if like is None or _has(one, like)), None)
    if shown is None:
        among = f" among those like {like}" if like else ""
        raise ComparisonError(f"no stored experiment{among} has figures of {contender} that are valid")
    return History(
        contender=contender,
        metric=metric,
        points=tuple(_points(shown)),
        shifts=_shifts(shown) if len(shown) >= 2 * LEAST_POINTS and searchable() else None,
        invalid=invalid,
        others=tuple(_other(one, shown) for one in series if one is not shown),
    )


def _of(wanted: Contender, experiment: ExperimentResult) -> Iterator[ClientResult]:
    """The first arm of an experiment that is meant; of equal arms, as in an A/A run, one is enough."""
    for client in experiment.clients:
        try:
            arm = Contender.parse(client.contender.partition("#")[0])
        except ConfigurationError:
            continue  # of an older version, which named them otherwise
        same_kind = (arm.library, arm.mode, arm.http2, arm.path) == (
            wanted.library,
            wanted.mode,
            wanted.http2,
            wanted.path,
        )
        if same_kind and (wanted.version is None or client.version == wanted.version):
            yield client
            return


def _series(found: Sequence[_Found]) -> list[list[_Found]]:
    """Those with equal circumstances together, the series with the newest point first."""
    series: dict[str, list[_Found]] = {}
    for one in found:
        series.setdefault(repr(sorted(circumstances(one.experiment).items())), []).append(one)
    return sorted(series.values(), key=lambda points: points[-1].experiment.started_at, reverse=True)


def _has(series: Sequence[_Found], experiment_id: str) -> bool:
    return any(one.experiment.id == experiment_id for one in series)


def _points(series: Sequence[_Found]) -> Iterator[HistoryPoint]:
    versions = [software(one.experiment, one.client) for one in series]
    changes = [[], *(between(before, after, "noted") for before, after in pairwise(versions))]
    for one, changed in zip(series, changes, strict=True):
        yield HistoryPoint(
            experiment=one.experiment.id,
            started_at=one.experiment.started_at,
            version=one.client.version,
            figure=one.figure,
            verdict="valid" if one.experiment.validity.verdict == "valid" else "suspect",
            changed=tuple(changed),
        )


def _shifts(series: Sequence[_Found]) -> tuple[HistoryShift, ...]:
    points = [*_points(series)]
    return tuple(
        HistoryShift(
            after=points[change.index].experiment,
            started_at=points[change.index].started_at,
            before_median=change.before,
            after_median=change.after,
            effect_percent=change.effect_percent,
            p_value=change.p_value,
            changed=points[change.index].changed,
        )
        for change in change_points([one.figure.estimate for one in series])
    )


def _other(series: Sequence[_Found], shown: Sequence[_Found]) -> OtherSeries:
    newest = series[-1].experiment
    differences = between(circumstances(shown[-1].experiment), circumstances(newest), "matters")
    return OtherSeries(like=newest.id, points=len(series), differences=tuple(differences))
