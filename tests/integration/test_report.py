"""The command `report`, and its page in a real browser without a network."""

import shutil
import unittest
from itertools import product
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from http_benchmark.report.html import html_report
from http_benchmark.storage import ResultStorage
from tests.integration.command_case import PATIENCE_S, CommandCase
from tests.records import large_experiment, store_levels

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MOST_BYTES = 3_000_000
CUT = """[...document.querySelectorAll("figure svg.marks")].flatMap((svg) => {
  const whole = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < whole.left - 1 || box.right > whole.right + 1;
  }).map((text) => text.textContent);
})"""
"""What stands partly outside of its picture."""


@unittest.skipUnless(CHROMIUM, "no Chromium is installed, in which the page could be opened")
class BrowserTest(CommandCase):
    def open(self, page: str, **options):
        path = self.folder / "report.html"
        path.write_text(page, encoding="utf-8")
        playwright = self.enterContext(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        self.addCleanup(browser.close)
        tab = browser.new_context(offline=True, **options).new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("request", lambda request: self.requests.append(request.url.partition(":")[0]))
        tab.goto(path.as_uri(), timeout=1000 * PATIENCE_S)
        return tab

    def wait_for_pictures(self, tab) -> None:
        tab.wait_for_function("document.querySelectorAll('figure:not(.drawn)').length === 0", timeout=1000 * PATIENCE_S)

    def test_it_opens_without_a_network(self):
        """Every picture is drawn, nothing is asked for, nothing is complained of, and it is not large."""
        page = html_report(*large_experiment())
        tab = self.open(page)
        self.wait_for_pictures(tab)

        self.assertEqual(5, tab.locator("figure svg.marks").count())
        self.assertEqual([], self.complaints)
        self.assertEqual(["file"], self.requests)
        self.assertLess(len(page.encode()), MOST_BYTES)

    def test_it_fits_a_telephone(self):
        """Nothing but tables and wide pictures is scrolled sideways, and those in their own frames."""
        tab = self.open(html_report(*large_experiment()), viewport={"width": 360, "height": 800}, color_scheme="dark")
        self.wait_for_pictures(tab)

        self.assertEqual(360, tab.evaluate("document.documentElement.scrollWidth"))
        self.assertEqual("rgb(20, 23, 28)", tab.evaluate("getComputedStyle(document.body).backgroundColor"))

    def test_nothing_stands_in_the_way_of_anybody(self):
        """No serious barrier (axe) in either scheme of colours, at both widths."""
        tab = self.open(html_report(*large_experiment()))
        for scheme, width in product(("light", "dark"), (1200, 360)):
            with self.subTest(scheme=scheme, width=width):
                tab.emulate_media(color_scheme=scheme)
                tab.set_viewport_size({"width": width, "height": 900})
                self.wait_for_pictures(tab)
                barriers = [
                    f"{found['id']}: {node['html'][:200]}"
                    for found in Axe().run(tab).response["violations"]
                    if found["impact"] in {"serious", "critical"}
                    for node in found["nodes"]
                ]
                self.assertEqual([], barriers)

    def test_no_label_is_cut(self):
        """All text of a picture lies inside of it."""
        tab = self.open(html_report(*large_experiment()))
        self.wait_for_pictures(tab)

        self.assertEqual([], tab.evaluate(CUT))

    def test_no_label_is_cut_on_a_telephone(self):
        tab = self.open(html_report(*large_experiment()), viewport={"width": 360, "height": 800})
        self.wait_for_pictures(tab)

        self.assertEqual([], tab.evaluate(CUT))

    def test_without_scripts_still_images_stand_there(self):
        tab = self.open(html_report(*large_experiment()), java_script_enabled=False)

        self.assertEqual(5, tab.locator("img.still:visible").count())

    def test_paper_gets_the_still_images(self):
        tab = self.open(html_report(*large_experiment()))
        self.wait_for_pictures(tab)
        tab.emulate_media(media="print")

        expect(tab.locator("img.still:visible")).to_have_count(5, timeout=1000 * PATIENCE_S)
        self.assertEqual(0, tab.locator(".live:visible").count())

    def test_hostile_names_run_nothing(self):
        evil = "</script><img src=x onerror=alert(1)>"
        experiment, blocks = large_experiment([evil, "<svg onload=alert(1)>:sync"])
        tab = self.open(html_report(experiment.model_copy(update={"name": evil}), blocks))
        tab.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.wait_for_pictures(tab)
        tab.locator("figure svg.marks path").first.hover(force=True)

        self.assertEqual(evil, tab.title())
        self.assertEqual(0, tab.locator("img:not(.still)").count())
        self.assertEqual([], self.complaints)


class CommandTest(CommandCase):
    def setUp(self):
        super().setUp()
        self.experiment, blocks = large_experiment(["httpx:sync", "aiohttp:async"])
        with ResultStorage(f"sqlite:///{self.folder / 'results.db'}") as storage:
            storage.start_experiment(self.experiment)
            for block in blocks:
                storage.save_block(self.experiment.id, block)
            storage.finish_experiment(self.experiment)

    def report(self, *arguments: str):
        return self.run_command("report", "3f2a", "--database", "results.db", *arguments)

    def test_the_page(self):
        """By default in the current folder, under the ID."""
        done = self.report()

        self.assertEqual((0, "wrote report-3f2a91c4.html\n"), (done.returncode, done.stderr))
        self.assertTrue(
            (self.folder / "report-3f2a91c4.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        )

    def test_a_picture_by_the_ending_of_its_file(self):
        done = self.report("--chart", "ranking", "--output", "ranking.svg")

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("aiohttp:async", (self.folder / "ranking.svg").read_text(encoding="utf-8"))

    def test_all_pictures_into_a_folder(self):
        self.report("--format", "png", "--output", "pictures")

        self.assertEqual(
            ["effects.png", "latency-curve.png", "latency-over-time.png", "ranking.png", "resources.png"],
            sorted(path.name for path in (self.folder / "pictures").iterdir()),
        )

    def test_several_concurrencies(self):
        """A picture of all of them, and on the page of each."""
        with ResultStorage(self.folder / "results.db") as storage:
            store_levels(storage, {1: {"httpx:sync": 2.0}, 8: {"httpx:sync": 1.0}}, "scaling-0123abcd")
        arguments = ("report", "c-8", "--database", "results.db", "--output")
        for file, *more in (("scaling.svg", "--chart", "scaling"), ("page.html",)):
            done = self.run_command(*arguments, file, *more)
            self.assertEqual((0, f"wrote {file}\n"), (done.returncode, done.stderr))

        self.assertIn("concurrency", (self.folder / "scaling.svg").read_text(encoding="utf-8"))
        self.assertIn("Figures by concurrency", (self.folder / "page.html").read_text(encoding="utf-8"))

    def test_markdown(self):
        self.assertIn("## nightly", self.report("--format", "markdown", "--output", "-").stdout)

    def test_mistakes(self):
        """One line that says what to do."""
        for arguments, advice in (
            (["--output", "report.pdf"], "ends in none of .html, .md, .svg, .png"),
            (["--chart", "rates"], "has no figures for the picture rates"),
            (["--chart", "scaling"], "has no figures for the picture scaling"),
            (["--chart", "ranking", "--format", "html"], "--chart is for --format svg or png"),
            (["--output", "all.png"], "is for one picture; name a folder"),
            (["--output", str(Path("nowhere") / "report.html")], "choose another file"),
        ):
            with self.subTest(arguments):
                done = self.report(*arguments)

                self.assertEqual((2, 1), (done.returncode, len(done.stderr.splitlines())), done.stderr)
                self.assertIn(advice, done.stderr)
