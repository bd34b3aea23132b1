"""Two contenders side by side: the answer in words, for the terminal, as a page."""

from unittest import TestCase

from http_benchmark.errors import ConfigurationError
from http_benchmark.explaining import chosen
from http_benchmark.models.experiment import Estimate
from http_benchmark.models.explanation import Explanation, Profiled, ProfiledStack, SyscallRate
from http_benchmark.report.charts.flames import flames
from http_benchmark.report.explanation import print_explanation
from http_benchmark.report.explanation_html import html_explanation
from http_benchmark.stats.explanation import explain, overlap
from http_benchmark.stats.stacks import Profile, folded, unfolded
from tests.records import make_blocks, make_result
from tests.snapshot_case import SnapshotCase, printed
from tests.unit.test_stacks import A, B

WHERE = (
    "89 % of the difference goes through slow/pool.py, and 89 % through take in it; no single function that this "
    "one calls explains half."
)
EVIL = "</script><img src=x onerror=alert(1)>"


def profiled(contender, profile, **fields):
    figures = {
        "version": "1.2.3",
        "version_then": "1.2.3",
        "cpu_us": profile.cpu_us,
        "cpu_now_us": profile.cpu_us * 1.1,
        "throughput_rps": 0.95e6 / profile.cpu_us,
        "context_switches": 0.5,
        "syscalls": 2.0,
        "syscalls_by_name": (SyscallRate(name="sendto", per_request=1), SyscallRate(name="recvfrom", per_request=1)),
        "allocations": profile.cpu_us / 2,
        "allocated_bytes": 1024 * profile.cpu_us,
        "samples": profile.total,
        "stacks": tuple(ProfiledStack(stack=text, samples=count) for text, count in unfolded(profile.samples)),
    }
    return Profiled(contender=contender, **figures | fields), profile.samples


def explained(slow=None, fast=None, **fields) -> Explanation:
    both = [fast or profiled("fast:async", B), slow or profiled("slow:async", A)]
    return explain("3f2a", both, **{"concurrency": 64, "processes": 1, "rate": 200, "native": False} | fields)


def rows(drawn):
    """The boxes of a picture."""
    return drawn.spec["datasets"][drawn.spec["data"]["name"]]


class ExplainTest(TestCase):
    def test_the_dearer_one_is_explained(self):
        """Whoever was named first."""
        found = explained()

        self.assertEqual(("slow:async", "fast:async"), (found.dearer.contender, found.cheaper.contender))
        self.assertAlmostEqual(900, found.difference_us)
        self.assertEqual(("take", "slow/pool.py"), (found.place.name, found.file.name))
        self.assertEqual(
            (
                "slow:async spends 900 µs more CPU per request than fast:async: 1,000 µs against 100 µs.",
                WHERE,
            ),
            found.sentences[:2],
        )

    def test_another_version_is_explained_by_what_is_measured_now(self):
        """The experiment has no figure of it."""
        found = explained(profiled("slow:async", A, cpu_us=None))

        self.assertAlmostEqual(1100 - 100, found.difference_us)

    def test_who_waits_is_told(self):
        """CPU time of 100 µs and 2,000 requests per second are a fifth of the time; two processes share the load."""
        found = explained(fast=profiled("fast:async", B, throughput_rps=2_000.0))

        self.assertIn("fast:async was on a processor for 20 % of the time only", found.sentences[-1])
        self.assertNotIn("processor", " ".join(explained().sentences))
        self.assertIn("slow:async was on a processor for 48 %", " ".join(explained(processes=2).sentences))

    def test_nothing_is_named_without_evidence(self):
        """Two that are alike."""
        found = explained(profiled("slow:async", A), profiled("slow:async#2", A))

        self.assertIsNone(found.place)
        self.assertIn("No function of a package explains half", found.sentences[1])

    def test_two_that_the_experiment_does_not_tell_apart(self):
        """A difference that may be chance is called that, before anything is said of it."""
        self.assertIn("that difference may be chance", explained(alike=True).sentences[1])
        self.assertNotIn("chance", " ".join(explained().sentences))
        wide, apart = Estimate(estimate=2, low=1, high=3), Estimate(estimate=5, low=4, high=6)
        self.assertTrue(overlap(wide, Estimate(estimate=3.5, low=3, high=4)))
        self.assertFalse(overlap(wide, apart) or overlap(apart, wide))
        self.assertFalse(overlap(wide, Estimate(estimate=2)) or overlap(None, wide))

    def test_what_comes_to_nothing_is_left_out(self):
        """One sample of 400 is 0.25 % of what goes through the file."""
        text = (
            "take (a/pool.py:1) 299\ntake (a/pool.py:1);send (b/wire.py:1) 100\ntake (a/pool.py:1);log (c/log.py:1) 1"
        )
        slow = Profile(folded(text), 1000.0)
        sentence = explained(profiled("slow:async", slow)).sentences[2]

        self.assertIn("spent in a/pool.py 75 %, b/wire.py 25 %, each", sentence)

    def test_what_both_go_through_is_told(self):
        """One is built on the other: 200 of its 300 µs are what the other takes by itself."""
        text = "send (outer/api.py:1) 100\nsend (outer/api.py:2);urlopen (inner/pool.py:1) 200"
        outer, inner = (
            Profile(folded(lines), us) for lines, us in ((text, 300.0), ("urlopen (inner/pool.py:1) 200", 200.0))
        )
        found = explained(profiled("outer:sync", outer), profiled("inner:sync", inner))

        self.assertEqual("outer/api.py", found.file.name)
        self.assertEqual(
            "Of these, inner:sync goes through inner/pool.py, too; the tables show how much they differ.",
            found.sentences[3],
        )
        self.assertNotIn("Of these", " ".join(explained().sentences))

    def test_there_and_back(self):
        """The document holds what the page is drawn of."""
        found = explained()

        self.assertEqual(found, Explanation.model_validate(found.to_dict()))


class ChosenTest(TestCase):
    RESULT = make_result(make_blocks({"aiohttp:async": [1.0] * 8, "httpx:async": [3.0] * 8, "httpx:sync": [2.0] * 8}))

    def names(self, *named):
        return tuple(one.contender for one in chosen(self.RESULT, named))

    def test_the_slowest_and_the_best(self):
        self.assertEqual(("httpx:async", "aiohttp:async"), self.names())

    def test_named(self):
        """In full, or by the library where that is enough."""
        self.assertEqual(("httpx:sync", "aiohttp:async"), self.names("httpx:sync", "aiohttp"))

    def test_wrong_names(self):
        """Nobody of that name, several, one alone, one twice, three; the fault names those that there are."""
        for named in (("requests", "aiohttp"), ("httpx", "aiohttp"), ("aiohttp",), ("aiohttp", "aiohttp:async")):
            with self.subTest(named), self.assertRaises(ConfigurationError):
                self.names(*named)
        with self.assertRaisesRegex(ConfigurationError, "choose from aiohttp:async, httpx:sync, httpx:async"):
            self.names("requests", "aiohttp")


class TerminalTest(SnapshotCase):
    def test_snapshot(self):
        """Sentences, figures, tables, and what could not be told."""
        untold = {
            "syscalls": None,
            "syscalls_by_name": (),
            "not_told": ("system calls are not told: strace is not here",),
        }
        found = explained(fast=profiled("fast:async", B, **untold))

        self.check("explanation_80", printed(print_explanation, found))


class FlamesTest(TestCase):
    def test_boxes_hang_below_their_callers(self):
        """The pool hangs below the client, begins where it does, and has 800 of its 900 µs."""
        difference, slow, fast = flames(explained())
        boxes = {row["function"] + row["file"]: row for row in rows(slow)}
        client, pool = boxes["requestslow/client.py"], boxes["takeslow/pool.py"]

        self.assertEqual(
            ["slow:async against fast:async", "slow:async", "fast:async"],
            [one.title for one in (difference, slow, fast)],
        )
        self.assertEqual((0, 900), (client["left"], client["right"]))
        self.assertEqual((0, 800, client["bottom"]), (pool["left"], pool["right"], pool["top"]))
        self.assertEqual(("800 µs", "80.0 %"), (pool["time"], pool["share"]))

    def test_the_difference_has_both_signs(self):
        """1 is more of the dearer contender alone, −1 of the cheaper one."""
        more = {row["file"]: row["more"] for row in rows(flames(explained())[0])}

        self.assertEqual((1, -1), (more["slow/pool.py"], more["fast.py"]))


class PageTest(TestCase):
    def test_the_page_holds_all(self):
        """Sentences and figures; names come from outside and are escaped."""
        page = html_explanation(explained(profiled(f"slow:async{EVIL}", A)))

        self.assertIn("900 µs more CPU per request than fast:async", page)
        self.assertIn("slow/pool.py", page)
        self.assertNotIn(EVIL, page)
