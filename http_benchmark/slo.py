"""Service level objectives: "p99<20ms,errors<0.1%" read, printed, and held against what was measured. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import did_you_mean
from http_benchmark.models.measurement import Distribution
from http_benchmark.stats.quantiles import samples_needed
from http_benchmark.units import parse_duration

Statistic = Literal["p50", "p90", "p95", "p99", "p99.9", "mean", "max", "errors"]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)

EXAMPLE = "p99<20ms,errors<0.1%"
DEFAULT_ERRORS = 0.001
"""Share of failed requests that is let pass where no objective speaks of errors: failing can be fast."""

_QUANTILES: dict[Statistic, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
_FIGURES: dict[Statistic, Callable[[Distribution], float | None]] = {
    "p50": lambda times: times.p50,
    "p90": lambda times: times.p90,
    "p95": lambda times: times.p95,
    "p99": lambda times: times.p99,
    "p99.9": lambda times: times.p999,
    "mean": lambda times: times.mean,
    "max": lambda times: times.max,
}
_FORM = re.compile(r"(?P<statistic>[^<>=≤≥\s]+)\s*(?P<relation><=|≤|<)\s*(?P<limit>[^<>=≤≥]+)")
_RATIO = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)\s*(?P<percent>%)?")
_UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}


@dataclass(frozen=True, slots=True)
class Objective:
    """One condition: a statistic of the response time, or the share of failed requests, below a limit.

    Attributes:
        statistic: What is limited.
        limit: Seconds, or for "errors" a ratio from 0 to 1.
        inclusive: "≤" instead of "<".
    """

    statistic: Statistic
    limit: float
    inclusive: bool = False

    @classmethod
    def parse(cls, text: str) -> "Objective":
        """Read "p99<20ms" or "errors<=0.1%".

        Raises:
            ValueError: It is no objective.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"objective must look like STATISTIC<LIMIT, got {text.strip()!r}; for example {EXAMPLE}")
        statistic = _statistic(match["statistic"])
        read = _read_ratio if statistic == "errors" else _read_time
        inclusive = match["relation"] != "<"
        limit = read(match["limit"].strip(), text.strip())
        if limit == 0 and not (inclusive and statistic == "errors"):
            raise ValueError(f"objective {text.strip()!r} cannot be met; give a limit above 0")
        return cls(statistic, limit, inclusive)

    @property
    def is_latency(self) -> bool:
        """Whether it limits response times."""
        return self.statistic != "errors"

    @property
    def samples_needed(self) -> int:
        """How many successful requests it takes before the statistic says something."""
        return samples_needed(_QUANTILES[self.statistic]) if self.statistic in _QUANTILES else 1

    def is_met(self, times_s: Distribution, error_ratio: float) -> bool:
        """Whether a measurement keeps the objective; what was measured too little to tell does not.

        Requests that were never sent stand behind all others: they break `mean` and `max`, and each quantile that
        lands on one of them, which is None then.
        """
        if self.statistic == "errors":
            return self._holds(error_ratio)
        if times_s.count + times_s.censored < self.samples_needed:
            return False
        if times_s.censored and self.statistic not in _QUANTILES:
            return False
        figure = self.figure(times_s)
        return figure is not None and self._holds(figure)

    def figure(self, times_s: Distribution) -> float | None:
        """The statistic's value in a distribution; None for "errors" and where it has none."""
        return _FIGURES[self.statistic](times_s) if self.is_latency else None

    def described(self) -> str:
        """For a sentence: "p99 < 20 ms"."""
        number, unit = self._limit_as_written()
        return f"{self.statistic} {'≤' if self.inclusive else '<'} {number} {unit}".rstrip()

    def __str__(self) -> str:
        """As `parse` reads it: "p99<20ms"."""
        return f"{self.statistic}{'<=' if self.inclusive else '<'}{''.join(self._limit_as_written())}"

    def _holds(self, figure: float) -> bool:
        return figure <= self.limit if self.inclusive else figure < self.limit

    def _limit_as_written(self) -> tuple[str, str]:
        """The limit's number and unit, such that reading them gives the very same limit."""
        units = {"%": 0.01} if self.statistic == "errors" else _UNITS
        for unit, size in units.items():
            number = f"{Decimal(f'{self.limit / size:.12g}'):f}"
            if float(number) >= 1 or unit in {"%", "µs"}:
                read = float(number) / 100 if unit == "%" else parse_duration(number + unit)
                if read == self.limit:
                    return number, unit
        return f"{Decimal(repr(self.limit)):f}", "" if self.statistic == "errors" else "s"


@dataclass(frozen=True, slots=True)
class Slo:
    """Several objectives that must all be met.

    Attributes:
        objectives: Each statistic at most once, at least one of them on response times.
    """

    objectives: tuple[Objective, ...]

    @classmethod
    def parse(cls, text: str) -> "Slo":
        """Read objectives separated by commas; without one on errors, `DEFAULT_ERRORS` is added.

        Raises:
            ConfigurationError: With one line for each fault.
        """
        faults: list[str] = []
        objectives: list[Objective] = []
        for part in filter(None, map(str.strip, text.split(","))):
            try:
                objectives.append(Objective.parse(part))
            except ValueError as error:
                faults.append(str(error))
        faults += _faults_of_all(objectives, text, others=bool(faults))
        if faults:
            raise ConfigurationError(faults)
        if all(objective.is_latency for objective in objectives):
            objectives.append(Objective("errors", DEFAULT_ERRORS))
        return cls(tuple(objectives))

    @property
    def samples_needed(self) -> int:
        """How many successful requests it takes to judge all of them."""
        return max(objective.samples_needed for objective in self.objectives)

    @property
    def latencies(self) -> tuple[Objective, ...]:
        """The objectives on response times."""
        return tuple(objective for objective in self.objectives if objective.is_latency)

    @property
    def longest_s(self) -> float:
        """The largest limit on response times."""
        return max(objective.limit for objective in self.latencies)

    def violated(self, times_s: Distribution, error_ratio: float) -> tuple[Objective, ...]:
        """Which objectives a measurement does not keep.

        Args:
            times_s: Response times of the successful requests, with those that were never sent as `censored`.
            error_ratio: Failed requests, never sent ones included, as a part of all.
        """
        return tuple(objective for objective in self.objectives if not objective.is_met(times_s, error_ratio))

    def described(self) -> str:
        """For a sentence: "p99 < 20 ms and errors < 0.1 %"."""
        return " and ".join(objective.described() for objective in self.objectives)

    def __str__(self) -> str:
        """As `parse` reads it."""
        return ",".join(map(str, self.objectives))


def _statistic(word: str) -> Statistic:
    name = {"p999": "p99.9", "error": "errors"}.get(word.lower(), word.lower())
    if name not in STATISTICS:
        raise ValueError(f"unknown statistic {word!r} in an objective; {did_you_mean(name, STATISTICS)}")
    return name


def _read_time(limit: str, objective: str) -> float:
    if re.fullmatch(r"[\d._]+", limit):
        raise ValueError(f"objective {objective!r} needs a unit; write for example {limit}ms")
    try:
        return parse_duration(limit)
    except ValueError as error:
        raise ValueError(f"objective {objective!r}: {error}") from None


def _read_ratio(limit: str, objective: str) -> float:
    match = _RATIO.fullmatch(limit)
    if match is None:
        raise ValueError(f"objective {objective!r}: not a share of the requests: {limit!r}; write 0.1% or 0.001")
    ratio = float(match["number"]) / 100 if match["percent"] else float(match["number"])
    if ratio > 1:
        raise ValueError(f"objective {objective!r}: errors cannot be above 100 %; write for example 0.1%")
    return ratio


def _faults_of_all(objectives: list[Objective], text: str, *, others: bool) -> list[str]:
    """What is wrong with the objectives together; `others` says that some of them could not be read."""
    statistics = [objective.statistic for objective in objectives]
    faults = [
        f"objective on {statistic} is given twice, got {text!r}; give it once"
        for statistic in STATISTICS
        if statistics.count(statistic) > 1
    ]
    if not others and all(statistic == "errors" for statistic in statistics):
        faults.append(f"slo needs an objective on response times, got {text!r}; for example {EXAMPLE}")
    return faults
