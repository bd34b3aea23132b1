"""How contenders went, slice by slice: the height of each bar is known beforehand."""

from collections.abc import Sequence
from unittest import TestCase

from rich.console import Console

from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.report.terminal import print_experiment
from tests.records import make_block, make_result, make_slice, make_trial
from tests.snapshot_case import SnapshotCase, printed

STEPS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
"""Of a line with one bar of each height."""


def measured(figures: dict[str, Sequence[float | None]], *, load_model: str = "closed") -> list[BlockRecord]:
    """A block with these figures in its slices: hundreds of requests per second, or in the open model p99 in ms."""
    name, scale = ("p99_s", 1e-3) if load_model == "open" else ("throughput_rps", 100)
    trials = [
        make_trial(contender, [make_slice(**{name: None if value is None else scale * value}) for value in values])
        for contender, values in figures.items()
    ]
    return [make_block(*trials)]


def shown(
    blocks: Sequence[BlockRecord], *, width: int = 80, encoding: str = "utf-8", load_model: str = "closed"
) -> str:
    result = make_result(blocks, load_model=load_model)

    def report(experiment: ExperimentResult, console: Console) -> None:
        print_experiment(experiment, console, blocks=blocks)

    return printed(report, result, width=width, encoding=encoding)


class CourseTest(TestCase):
    def test_height_is_the_figure(self):
        """From 0 to the contender's own greatest, eight heights; beside it the least and the greatest."""
        text = shown(measured({"a:sync": STEPS[1:] + STEPS[:0:-1], "b:sync": [20.0, 10.0]}))

        self.assertRegex(text, r"(?m)^a:sync +▂▃▄▅▆▇██▇▆▅▄▃▂ +100 +700$")
        self.assertRegex(text, r"(?m)^b:sync +█▄ +1,000 +2,000$")

    def test_blocks_in_order(self):
        """One after the other."""
        [first], [second] = measured({"a:sync": [7.0, 6.0]}), measured({"a:sync": [1.0, 2.0]})

        self.assertIn("█▇▂▃", shown([first, second]))

    def test_p99_where_the_rate_is_given(self):
        """In ms; a slice with too few requests for it leaves a gap."""
        text = shown(measured({"a:sync": [7.0, None, 1.0]}, load_model="open"), load_model="open")

        self.assertRegex(text, r"p99 ms +slice by slice")
        self.assertRegex(text, r"(?m)^a:sync +█ ▂ +1\.00 +7\.00$")

    def test_a_stall_is_not_lost_among_many(self):
        """Of 400 slices ten share each of the forty bars: the slowest is seen, in both models."""
        quick, slow = [7.0] * 400, [1.0] * 400
        quick[123], slow[123] = 1.0, 7.0
        bars = "█" * 12 + "▂" + "█" * 27

        self.assertIn(f" {bars} ", shown(measured({"a:sync": quick})))
        text = shown(measured({"a:sync": slow}, load_model="open"), load_model="open")
        self.assertIn(f" {bars.translate(str.maketrans('█▂', '▂█'))} ", text)

    def test_nothing_where_nothing_is_to_be_seen(self):
        """One slice has no course, ASCII no such bars, and a narrow window no room."""
        blocks = measured({"a:sync": STEPS})
        self.assertIn("slice by slice", shown(blocks))
        self.assertIn("slice by slice", shown(blocks, width=50))

        for text in (
            shown(measured({"a:sync": [7.0]})),
            shown(measured({"a:sync": [None, None, 1.0]}, load_model="open"), load_model="open"),
            shown(blocks, encoding="ascii"),
            shown(blocks, width=49),
            printed(print_experiment, make_result(blocks)),
        ):
            self.assertNotIn("slice by slice", text)


class SnapshotTest(SnapshotCase):
    def test_eighty_columns(self):
        """Below the ranking; long names keep their line where there is room."""
        course = [4.0, 6.0, *[7.0, 6.8] * 40, 2.0, *[7.0] * 40]
        blocks = measured({"httpx==0.27.2:async+h2#2": course, "aiohttp:async": [value * 3 for value in course]})

        self.check("experiment_course", shown(blocks))
