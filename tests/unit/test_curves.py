"""Curves in characters: where points stand, what is at the edges, and when there is nothing to draw."""

from unittest import TestCase, mock

from http_benchmark.report.curves import MARKERS, Axis, Series, plot

PLAIN = Axis("x", "{:g}".format)
LOG = Axis("x", "{:g}".format, logarithmic=True)


def places(text: str, marker: str) -> list[tuple[int, int]]:
    """Row and column of each marker inside the frame, from its upper left corner."""
    rows = text.splitlines()[2:]
    frame = min(row.index(edge) for row in rows for edge in "│┤└" if edge in row)
    return [
        (number, column - frame)
        for number, row in enumerate(rows)
        for column, character in enumerate(row)
        if character == marker and column > frame
    ]


class PlotTest(TestCase):
    def test_points_stand_where_they_belong(self):
        """Three points on a straight line: the middle one is in the middle, both ways."""
        text = plot([Series("a", ((0, 0), (50, 5), (100, 10)))], PLAIN, PLAIN, width=80)
        top, middle, bottom = places(text, "●")

        self.assertAlmostEqual(middle[0], (top[0] + bottom[0]) / 2, delta=0.5)
        self.assertAlmostEqual(middle[1], (top[1] + bottom[1]) / 2, delta=0.5)
        self.assertGreater(top[1], bottom[1])

    def test_logarithmic(self):
        """1, 10 and 100 are equally far from each other."""
        text = plot([Series("a", ((1, 1), (10, 10), (100, 100)))], LOG, LOG, width=80)
        top, middle, bottom = places(text, "●")

        self.assertAlmostEqual(middle[0], (top[0] + bottom[0]) / 2, delta=0.5)
        self.assertAlmostEqual(middle[1], (top[1] + bottom[1]) / 2, delta=0.5)

    def test_beyond_the_plot(self):
        """A point above the end of the axis, or one that is known to lie above everything, is at the upper edge."""
        text = plot([Series("a", ((1, 1), (2, 1000), (3, None)))], PLAIN, Axis("y", "{:g}".format, most=10), width=80)
        first, second, _ = places(text, "●")

        self.assertEqual(0, first[0])
        self.assertEqual(first[0], second[0])

    def test_legend_line_and_titles(self):
        """Each series has its marker in the legend, the level its name; no line is wider than asked for."""
        series = [Series("a", ((1, 1), (2, 2))), Series("b", ()), Series("c", ((1, 2), (2, 1)))]
        text = plot(series, Axis("rate", "{:g}".format), Axis("p99", "{:g}".format), width=60, line=(1.5, "limit"))

        self.assertEqual("p99 over rate:  ● a  ○ c  ─ limit", text.splitlines()[0])
        self.assertIn("──────", text.splitlines()[8])
        self.assertLessEqual(max(map(len, text.splitlines())), 60)
        self.assertNotIn("\x1b", text)

    def test_long_legend(self):
        """It takes as many lines as it needs, and no name is broken."""
        series = [Series(f"contender {number}", ((1, 1), (2, 2))) for number in range(4)]
        text = plot(series, PLAIN, PLAIN, width=50)

        self.assertEqual(
            ["x over x:  ● contender 0  ○ contender 1", "  ▲ contender 2  △ contender 3"], text.splitlines()[:2]
        )

    def test_ticks(self):
        """Round figures, or those that are given, each within the axis."""
        text = plot([Series("a", ((8, 1), (64, 2)))], Axis("c", "c{:g}".format, ticks=(1, 8, 64)), PLAIN, width=80)

        self.assertRegex(text.splitlines()[-1], r"^ +c8 +c64 *$")

    def test_one_point(self):
        """A single point, and equal ones, have room around them."""
        for points in (((1.0, 1.0),), ((1.0, 2.0), (2.0, 2.0)), ((3.0, 0.0),)):
            with self.subTest(points):
                self.assertIn("●", plot([Series("a", points)], PLAIN, PLAIN, width=60).partition("\n")[2])

    def test_nothing_to_draw(self):
        """Without points, without a figure, or without room, the answer is empty."""
        point = Series("a", ((1.0, 1.0),))

        self.assertEqual("", plot([], PLAIN, PLAIN, width=80))
        self.assertEqual("", plot([Series("a", ((1, None),))], PLAIN, PLAIN, width=80))
        self.assertEqual("", plot([point], PLAIN, PLAIN, width=30))

    def test_without_the_library(self):
        """Where its compiled part does not run, there are no plots, and all else is printed."""
        with mock.patch.dict("sys.modules", plotext=None):
            self.assertEqual("", plot([Series("a", ((1.0, 1.0),))], PLAIN, PLAIN, width=80))

    def test_every_marker_is_another(self):
        """So many curves can be told apart in one plot."""
        self.assertEqual(len(MARKERS), len(set(MARKERS)))
