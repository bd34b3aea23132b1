"""K11 to K14 and AA: are equal clients called equal, and unequal ones told apart, on this machine?

Everything runs through `Experiment` as `http-benchmark run` does: fresh processes, slices in random order, exact
signed-rank test, Holm. Only K13's client and K14's fixed order are put into its plan from outside.
"""

import math
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from urllib.parse import urlsplit

import numpy as np

from http_benchmark.benchmark import Experiment as Comparison
from http_benchmark.benchmark import ExperimentConfiguration, Observer
from http_benchmark.models.experiment import ExperimentResult, Metric, PairResult
from http_benchmark.models.measurement import BlockRecord, SliceRecord, TrialRecord
from http_benchmark.plan import Arm, Plan
from http_benchmark.stats.pairs import FAMILY_ERROR, block_values, compare_pairs, log_ratios
from proof import spinning_adapter
from proof.experiments import Check, Experiment, Setting

CLIENT = "urllib3:sync"
SLOWDOWN = 1.05
MOST_NOISE = 0.06
"""Standard deviation of the blocks' log ratios up to which 5 % must be found."""

_BIAS = 0.02
_SLOWED_METRICS: tuple[Metric, ...] = ("cpu_s_per_1k", "p50")


class Progress(Observer):
    """Says how far an experiment has come, five times in all."""

    def __init__(self, setting: Setting, what: str) -> None:
        self._setting = setting
        self._what = what
        self._planned = 0

    def started(self, result: ExperimentResult, plan: Plan) -> None:  # noqa: ARG002 - part of the interface
        self._planned = plan.blocks

    def block_done(self, block: BlockRecord) -> None:
        if (block.number + 1) % max(1, self._planned // 5) == 0:
            self._setting.say(f"{self._what}: block {block.number + 1} of {self._planned}")


def compared(setting: Setting, what: str, contenders: Sequence[str], **options: object) -> Comparison:
    """A comparison, ready to run: short warm-up, and half the usual slices unless everything is asked for."""
    usual = {"warmup": 0.3, "slices": 12 if setting.full else 6, "floor": False, "concurrency": 4}
    configuration = ExperimentConfiguration.model_validate(usual | {"contenders": tuple(contenders)} | options)
    return Comparison(configuration, observer=Progress(setting, what))


def separated(pairs: Sequence[PairResult], metric: Metric) -> int:
    """How many pairs were told apart."""
    return sum(pair.separated for pair in pairs if pair.metric == metric)


# K11


def equal_arms(setting: Setting) -> Iterator[Check]:
    """K11: one client under five names, ten pairs."""
    experiments = 3 if setting.full else 1
    found = []
    for number in range(experiments):
        what = f"five times {CLIENT}, experiment {number + 1} of {experiments}"
        result = compared(setting, what, [CLIENT] * 5, blocks=15, seed=number).run()
        found.append(separated(result.pairs, result.primary_metric))
    yield Check(
        f"pairs told apart, of {10 * experiments}",
        sum(found),
        high=1,
        expected=0,
        note=f"by experiment: {', '.join(map(str, found))}",
    )


# K12


@dataclass(frozen=True, slots=True)
class Twins:
    """An A/A run by one metric, as it was and with one client slowed down.

    Attributes:
        noise: Standard deviation of the blocks' log ratios.
        as_measured: The verdict on the twins.
        slowed: The verdict after the slowdown.
    """

    noise: float
    as_measured: PairResult
    slowed: PairResult


def virtual_slowdown(setting: Setting) -> Iterator[Check]:
    """K12: A/A runs in which one client's recorded times are multiplied."""
    experiments = 10 if setting.full else 1
    runs = [_twins(setting, number, experiments) for number in range(experiments)]
    for metric in _SLOWED_METRICS:
        quiet = [run[metric] for run in runs if run[metric].noise <= MOST_NOISE]
        yield from _found(metric, quiet)
        if len(quiet) > 1:
            alarms = sum(twins.as_measured.separated for twins in quiet)
            yield Check(f"{metric}: the same without the slowdown, told apart", alarms, high=2, expected=0)


def _found(metric: Metric, quiet: Sequence[Twins]) -> Iterator[Check]:
    if not quiet:
        yield Check(f"{metric}: +5 % found", 0, low=1, excuse="the machine is too noisy")
        return
    found = sum(twins.slowed.separated for twins in quiet)
    estimate = float(np.median([twins.slowed.effect_percent for twins in quiet]))
    noise = float(np.median([twins.noise for twins in quiet]))
    yield Check(
        f"{metric}: +5 % found, of {len(quiet)}",
        found,
        low=math.ceil(0.8 * len(quiet)),
        expected=len(quiet),
        note=f"median estimate {estimate:+.1f} %, noise {noise:.3f}",
    )


def _twins(setting: Setting, number: int, of: int) -> dict[Metric, Twins]:
    """One A/A run by metric; of more blocks where the machine is noisy."""
    twins: dict[Metric, Twins] = {}
    for blocks in (20, 30):
        what = f"experiment {number + 1} of {of}"
        comparison = compared(setting, what, [CLIENT] * 2, blocks=blocks, seed=number, concurrency=1)
        comparison.run()
        twins = {metric: _judge(comparison, metric) for metric in _SLOWED_METRICS}
        if all(each.noise <= MOST_NOISE for each in twins.values()):
            break
    return twins


def _judge(comparison: Comparison, metric: Metric) -> Twins:
    names = [arm.name for arm in comparison.plan.arms]
    slowed = [slowed_down(block, names[1], SLOWDOWN) for block in comparison.blocks]
    before, after = (block_values(blocks, metric) for blocks in (comparison.blocks, slowed))
    return Twins(
        noise=float(np.std(log_ratios(before, *names, metric=metric), ddof=1)),
        as_measured=compare_pairs(before, names, metric=metric)[0],
        slowed=compare_pairs(after, names, metric=metric)[0],
    )


def slowed_down(block: BlockRecord, contender: str, factor: float) -> BlockRecord:
    """The block as if every request of a contender had taken so much longer, and its CPU time with it."""

    def slower(measured: SliceRecord) -> SliceRecord:
        times = {"cpu_s": measured.cpu_s * factor}
        times |= {name: value * factor for name in ("mean_s", "p50_s", "max_s") if (value := getattr(measured, name))}
        return measured.model_copy(update=times)

    def as_recorded_or_slower(trial: TrialRecord) -> TrialRecord:
        if trial.contender != contender:
            return trial
        return trial.model_copy(update={"slices": tuple(map(slower, trial.slices))})

    return block.model_copy(update={"trials": tuple(map(as_recorded_or_slower, block.trials))})


# K13


def physical_slowdown(setting: Setting) -> Iterator[Check]:
    """K13: the same client with a spin of 5 % after each request."""
    comparison = compared(
        setting, "urllib3 and its slower self", [CLIENT] * 2, blocks=20 if setting.full else 15, concurrency=1
    )
    plain, twin = comparison.plan.arms
    comparison.plan = replace(comparison.plan, arms=(plain, _spinning(twin)))
    pairs = comparison.run().pairs
    (pair,) = (pair for pair in pairs if pair.metric == "throughput_rps")
    effect_percent = pair.effect_percent if pair.a == plain.name else -pair.effect_percent
    interval = "" if pair.low_percent is None else f"95 % interval {pair.low_percent:.1f}..{pair.high_percent:.1f} %"
    yield Check("told apart by throughput", float(pair.separated), low=1, expected=1, note=interval)
    yield Check("cost of a request", effect_percent, low=4, expected=100 * spinning_adapter.SLOWER_BY, unit="% more")


def _spinning(arm: Arm) -> Arm:
    module, client = spinning_adapter.__name__, spinning_adapter.SpinningClient.__name__
    return replace(arm, capabilities=replace(arm.capabilities, module=module, modes={"sync": client}))


# K14


class FixedOrder(Plan):
    """A plan that never shuffles the order within a round: the mistake that random order protects from."""

    def round_order(self, block: int, round_number: int) -> list[Arm]:  # noqa: ARG002 - that is the mistake
        return list(self.arms)


class Favouritism(Progress):
    """Has the origin slow down for whoever comes second in a round.

    Each slice's end sets the dial for the next one: by 2 % of the time that a request took, or to nothing.
    """

    DIAL = "second"

    def started(self, result: ExperimentResult, plan: Plan) -> None:
        super().started(result, plan)
        url = urlsplit(result.target.url)
        self._dial = f"{url.scheme}://{url.netloc}/busy/dial/{self.DIAL}"

    def slice_done(self, block: int, contender: str, record: SliceRecord) -> None:  # noqa: ARG002 - the interface
        more_s = _BIAS * (record.p50_s or 0.0) if record.position == 0 else 0.0
        with urllib.request.urlopen(f"{self._dial}/{more_s:.9f}", timeout=10) as answer:
            answer.read()


def favoured_order(setting: Setting) -> Iterator[Check]:
    """K14: an A/A run against a server that favours whoever comes first in a round."""
    fixed = _favoured_pair(setting, fixed=True)
    yield Check(
        "fixed order: told apart", float(_differs(fixed)), low=1, expected=1, note=f"{fixed.effect_percent:+.1f} %"
    )
    shuffled = _favoured_pair(setting, fixed=False)
    again = _favoured_pair(setting, fixed=False) if _differs(shuffled) else None
    yield Check(
        "random order: told apart",
        float(_differs(again or shuffled)),
        high=0,
        expected=0,
        note=f"{shuffled.effect_percent:+.1f} %" + (f", once more: {again.effect_percent:+.1f} %" if again else ""),
    )


def _differs(pair: PairResult) -> bool:
    """What the test says, whatever the verdict takes back: here the server is meant to set part of the speed."""
    return pair.p_value is not None and pair.p_value <= FAMILY_ERROR


def _favoured_pair(setting: Setting, *, fixed: bool) -> PairResult:
    what = f"{'fixed' if fixed else 'random'} order"
    comparison = compared(
        setting,
        what,
        [CLIENT] * 2,
        blocks=20 if setting.full else 15,
        url=f"/busy/0.001?dial={Favouritism.DIAL}",
        concurrency=1,
    )
    comparison = Comparison(comparison.configuration, observer=Favouritism(setting, what))
    if fixed:
        plan = comparison.plan
        comparison.plan = FixedOrder(**{field.name: getattr(plan, field.name) for field in fields(plan)})
    result = comparison.run()
    (pair,) = (pair for pair in result.pairs if pair.metric == "p50")  # what the server adds, without rare stalls
    return pair


# AA


def acceptance(setting: Setting) -> Iterator[Check]:
    """AA: what `http-benchmark run httpx:sync httpx:sync --blocks 15` says, twenty times."""
    found = []
    for seed in range(1, 21):
        configuration = ExperimentConfiguration(contenders=("httpx:sync", "httpx:sync"), blocks=15, seed=seed)
        result = Comparison(configuration).run()
        found.append(separated(result.pairs, result.primary_metric))
        setting.say(
            f"seed {seed}: {'separated' if found[-1] else 'not separated'}, {sum(found)} of {len(found)} so far"
        )
    seeds = ", ".join(str(seed) for seed, count in enumerate(found, 1) if count)
    yield Check(
        "seeds of 20 that separate a client from itself",
        sum(found),
        high=3,
        expected=1,
        note=f"seeds {seeds or 'none'}",
    )


EXPERIMENTS = (
    Experiment(
        "K11",
        "Five times the same client: are they called equal?",
        "Holm: any pair of equals is told apart in at most 5 % of the experiments",
        equal_arms,
    ),
    Experiment(
        "K12",
        "The same client twice, the recorded times of one multiplied by 1.05: is it found?",
        f"with N = 20 and a noise of up to {MOST_NOISE}, more than 90 % of the time",
        virtual_slowdown,
    ),
    Experiment(
        "K13",
        "The same client twice, one of which spins for 5 % of each request: is it found?",
        "the cost of a request is 1.05 times as high, or a little more",
        physical_slowdown,
    ),
    Experiment(
        "K14",
        "The server is 2 % slower for whoever comes second in a round: does random order protect from that?",
        "in random order each is second as often as the other; in fixed order one of them always is",
        favoured_order,
    ),
    Experiment(
        "AA",
        "run httpx:sync httpx:sync --blocks 15 with 20 seeds: how often are they told apart?",
        "5 % of the time: more than 3 of 20 has a probability of 1.6 %",
        acceptance,
    ),
)
