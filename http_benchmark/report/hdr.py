"""A whole experiment as a histogram log, the text format of HdrHistogram's own tools: a line per contender and block.

The values are µs; the tools take ns for granted when they print ms, so they want to be told (for Java's
HistogramLogProcessor: `-outputValueUnitRatio 1000`, and `-tag CONTENDER` to choose one).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord, TrialRecord
from http_benchmark.stats.hdr import greatest_us
from http_benchmark.units import counted

type TimesName = Literal["response", "service"]

_HEAD = """\
#[Histogram log format version 1.3]
#[http-benchmark experiment {id}: {times} times in microseconds; to print milliseconds, divide by 1000]
#[StartTime: {seconds:.3f} (seconds since epoch), {at}]
#[BaseTime: {seconds:.3f} (seconds since epoch)]
"""
_LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'


def histogram_log(experiment: ExperimentResult, blocks: Sequence[BlockRecord], times: TimesName = "response") -> str:
    """The log's text, in order of time; trials without a histogram are left out.

    The start of a line is in seconds since the experiment started, its length lasts from the first of the trial's
    slices to the end of the last (other contenders took turns meanwhile), and its maximum is in ms.
    """
    started = experiment.started_at
    trials = [(block.number, trial) for block in blocks for trial in block.trials if trial.slices]
    trials.sort(key=lambda entry: entry[1].slices[0].started_s)  # readers expect ascending times
    lines = [line for number, trial in trials for line in _lines(number, trial, times)]
    return _HEAD.format(id=experiment.id, times=times, seconds=started.timestamp(), at=started.isoformat(" ")) + (
        "".join([_LEGEND, *lines])
    )


def _lines(block: int, trial: TrialRecord, times: TimesName) -> Iterator[str]:
    payload = trial.response_histogram if times == "response" else trial.service_histogram
    if payload is None:
        return
    censored = trial.response_time_s.censored
    if censored and times == "response":
        yield f"#[{trial.contender}, block {block}: without {counted(censored, 'request')} never sent]\n"
    start_s = trial.slices[0].started_s
    length_s = trial.slices[-1].started_s + trial.slices[-1].duration_s - start_s
    max_ms = greatest_us(payload) / 1000
    yield f"Tag={_tag(trial.contender)},{start_s:.3f},{length_s:.3f},{max_ms:.3f},{payload}\n"


def _tag(contender: str) -> str:
    """A tag may hold neither commas nor blanks, which only a path in a contender's name can bring."""
    return re.sub(r"[\s,]", "_", contender)
