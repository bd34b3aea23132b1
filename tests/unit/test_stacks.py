"""Sampled stacks, with answers worked out by hand."""

from dataclasses import replace
from unittest import TestCase

from http_benchmark.stats.stacks import (
    HARNESS,
    STANDARD_LIBRARY,
    Frame,
    Profile,
    difference_tree,
    files,
    folded,
    functions,
    innermost,
    inside,
    packages,
    shared_beginning,
    tree,
    unfolded,
)

START = "main (http_benchmark/worker/main.py:41);_run_once (asyncio/base_events.py:1971)"

SLOW = f"""{START};request (slow/client.py:10);take (slow/pool.py:20) 10
{START};request (slow/client.py:11);take (slow/pool.py:21);alive (slow/check.py:5);poll (select.py:1) 30
{START};request (slow/client.py:11);take (slow/pool.py:22);alive (slow/check.py:5) 10
{START};request (slow/client.py:12);take (slow/pool.py:23);send (wire/http.py:5) 30
{START};request (slow/client.py:13) 10
{START} 10
"""
FAST = f"""{START};request (fast.py:10) 60
{START};request (fast.py:10);send (wire/http.py:5) 20
main (http_benchmark/worker/main.py:41) 20
"""

A = Profile(folded(SLOW), cpu_us=1000.0)
B = Profile(folded(FAST), cpu_us=100.0)


def by_name(places):
    return {place.name: place for place in places}


class FoldedTest(TestCase):
    def test_lines_become_stacks_without_line_numbers(self):
        """Two lines of one function are one frame; a name may have blanks and brackets."""
        text = (
            "f (a/b.py:1);<module> (<frozen x>:2) 3\nf (a/b.py:9);<module> (<frozen x>:2) 4\npoll (libc.so.6) 1\n 5\n"
        )

        self.assertEqual(
            {
                (Frame("a/b.py", "f"), Frame("<frozen x>", "<module>")): 7,
                (Frame("libc.so.6", "poll"),): 1,
            },
            folded(text),
        )

    def test_what_is_no_stack_is_refused(self):
        for text in ("f (a.py:1);g (a.py:2)", "nothing"):
            with self.subTest(text), self.assertRaises(ValueError):
                folded(text)

    def test_there_and_back(self):
        """Most frequent first."""
        lines = list(unfolded(A.samples))

        self.assertEqual(A.samples, folded("\n".join(f"{stack} {count}" for stack, count in lines)))
        self.assertEqual(sorted((count for _, count in lines), reverse=True), [count for _, count in lines])

    def test_whose_code_it_is(self):
        for file, package in (
            ("httpcore/_async/pool.py", "httpcore"),
            ("burning.py", "burning"),
            ("asyncio/events.py", None),
            ("contextlib.py", None),
            ("<frozen importlib._bootstrap>", None),
            ("libc.so.6", None),
            ("http_benchmark/clients/httpx_adapter.py", None),
        ):
            with self.subTest(file):
                self.assertEqual(package, Frame(file, "f").package)


class PlacesTest(TestCase):
    def test_through_a_file_and_in_itself(self):
        """A hundred samples share out 1,000 µs; what the standard library does for a file is the file's own."""
        found = by_name(files(A, B))

        self.assertAlmostEqual(800, found["slow/pool.py"].a_us)
        self.assertAlmostEqual(100, found["slow/pool.py"].a_own_us)
        self.assertAlmostEqual(400, found["slow/check.py"].a_own_us)
        self.assertAlmostEqual(300 - 20, found["wire/http.py"].difference_us)
        self.assertAlmostEqual(-80, found["fast.py"].difference_us)

    def test_recursion_counts_once(self):
        """However often a function is on a stack."""
        profile = Profile(folded("f (a/b.py:1);f (a/b.py:2);f (a/b.py:2) 5"), cpu_us=10.0)

        self.assertAlmostEqual(10, by_name(files(profile, profile))["a/b.py"].a_us)

    def test_packages_share_out_all(self):
        """Each microsecond has one owner: the innermost package, or who is there without one."""
        found = by_name(packages(A, B))

        self.assertEqual({"slow", "wire", "fast", STANDARD_LIBRARY, HARNESS}, found.keys())
        self.assertAlmostEqual(600, found["slow"].a_us)
        self.assertAlmostEqual(100, found[STANDARD_LIBRARY].a_us)
        self.assertAlmostEqual(20, found[HARNESS].b_us)
        self.assertAlmostEqual(1000, sum(place.a_us for place in found.values()))
        self.assertAlmostEqual(100, sum(place.b_us for place in found.values()))

    def test_functions_of_one_file(self):
        self.assertEqual(["take"], [place.name for place in functions(A, B, "slow/pool.py")])

    def test_the_standard_error_is_that_of_two_shares(self):
        """Of 100 samples each, 80 % and none: 1000 · √(0.8 · 0.2 / 100) µs."""
        self.assertAlmostEqual(40, by_name(files(A, B))["slow/pool.py"].error_us)


class InnermostTest(TestCase):
    def test_the_innermost_function_that_explains_half(self):
        """The client's function has more, and the check inside of the pool less than half of 900 µs."""
        frame, place = innermost(A, B)

        self.assertEqual(Frame("slow/pool.py", "take"), frame)
        self.assertAlmostEqual(800, place.difference_us)

    def test_a_file_with_two_errands_is_no_place(self):
        """What is called for two reasons: each function has less than half, though their file has all but a third."""
        text = (
            "take (a/pool.py:1);alive (a/wire.py:1) 35\ntake (a/pool.py:2);send (a/wire.py:9) 35\ntake (a/pool.py:3) 30"
        )
        frame, _ = innermost(Profile(folded(text), 100.0), Profile(folded("f (b.py:1) 100"), 1.0))

        self.assertEqual("a/pool.py", frame.file)

    def test_nothing_explains_what_costs_no_more(self):
        self.assertIsNone(innermost(B, A))
        self.assertIsNone(innermost(A, A))

    def test_too_few_samples_name_nothing(self):
        """Two of three samples are no answer."""
        few = Profile(folded("f (a/b.py:1) 2\ng (c/d.py:1) 1"), cpu_us=101.0)
        other = Profile(folded("f (a/b.py:1) 1\ng (c/d.py:1) 2"), cpu_us=100.0)

        self.assertIsNone(innermost(few, other))

    def test_a_difference_of_few_samples_names_nothing(self):
        """8 µs of 100 are eight samples of 100, though 50 of them, surely, are of a function that one has alone."""
        rest = "\ng (c/d.py:1) 50"
        a, b = (Profile(folded(f"f (a/{name}.py:1) 50{rest}"), 100.0) for name in ("new", "old"))

        self.assertIsNone(innermost(a, replace(b, cpu_us=92.0)))
        self.assertIsNotNone(innermost(a, replace(b, cpu_us=90.0)))

    def test_what_it_is_spent_on(self):
        """The next files of packages, and what is left to itself; they add up to what goes through it."""
        self.assertEqual(
            [("slow/check.py", 400), ("wire/http.py", 300), ("slow/pool.py", 100)],
            [(name, round(us)) for name, us in inside(A, "slow/pool.py")],
        )


class TreeTest(TestCase):
    def test_what_all_have_in_common(self):
        """Up to the first frame in which two stacks differ, or at which one ends."""
        self.assertEqual(1, shared_beginning(A, B))
        self.assertEqual(2, shared_beginning(A))
        self.assertEqual(0, shared_beginning(Profile(folded("f (a.py) 1\ng (a.py) 1"), 1.0)))

    def test_a_tree_adds_up(self):
        root = tree(A, skipping=2)
        client = root.children[Frame("slow/client.py", "request")]

        self.assertAlmostEqual(1000, root.weight_us)
        self.assertAlmostEqual(900, client.weight_us)
        self.assertAlmostEqual(800, client.children[Frame("slow/pool.py", "take")].a_us)

    def test_a_difference_is_as_wide_as_both_differ(self):
        """900 µs that only one has, 80 that only the other has, 20 that only its harness has, and 100 against none."""
        root = difference_tree(A, B, skipping=1)
        loop = root.children[Frame("asyncio/base_events.py", "_run_once")]

        self.assertAlmostEqual(1100, root.weight_us)
        self.assertAlmostEqual(1080, loop.weight_us)
        self.assertAlmostEqual(80, loop.children[Frame("fast.py", "request")].b_us)

    def test_what_is_alike_has_no_width(self):
        self.assertEqual(0, difference_tree(A, A).weight_us)
