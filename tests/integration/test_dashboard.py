"""The dashboard in a real browser: a run is started, watched and compared; and what its pages say, take and refuse.

Where HTTP_BENCHMARK_TEST_SCREENSHOTS names a folder, pictures of the pages are left there.
"""

import os
import re
import unittest
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from http_benchmark.storage import ResultStorage
from tests.integration.api_case import ApiCase
from tests.integration.command_case import PATIENCE_S
from tests.integration.test_api_jobs import ServerCase
from tests.records import make_blocks, make_result, store_levels
from tests.unit.records import an_experiment

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
OWN = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
HOSTILE = "<script>alert(1)</script>\"'&"
TOKEN = "token-for-a-test-4711"
WIDTH, NARROW = 1200, 360
SERIOUS = {"serious", "critical"}


@unittest.skipUnless(CHROMIUM, "no Chromium is installed")
class BrowserCase(ServerCase):
    """Opens pages, and holds every one of them to the same demands.

    Attributes:
        errors: What pages wrote to the console.
    """

    browser: ClassVar[Browser]

    @classmethod
    def setUpClass(cls):
        playwright = cls.enterClassContext(sync_playwright())
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.errors: list[str] = []

    def tab(self, base_url: str) -> Page:
        context = self.browser.new_context(base_url=base_url, viewport={"width": WIDTH, "height": 900})
        self.addCleanup(context.close)
        context.set_default_timeout(PATIENCE_S * 1000)
        expect.set_options(timeout=PATIENCE_S * 1000)
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def assert_good(self, page: Page, name: str) -> None:
        """Nothing in the console, no serious barrier in either scheme of colours, and no scrolling aside on a phone."""
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in (WIDTH, NARROW):
                with self.subTest(name, scheme=scheme, width=width):
                    page.set_viewport_size({"width": width, "height": 900})
                    drawn = page.locator("figure.drawn svg")
                    expect(drawn).to_have_count(page.locator("figure").count())
                    barriers = [
                        f"{found['id']}: {node['html'][:200]}"
                        for found in Axe().run(page).response["violations"]
                        if found["impact"] in SERIOUS
                        for node in found["nodes"]
                    ]
                    self.assertEqual([], barriers)
                    self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
                    if folder := os.environ.get("HTTP_BENCHMARK_TEST_SCREENSHOTS"):
                        page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDTH, "height": 900})
        self.assertEqual([], self.errors)


class RunTest(BrowserCase):
    def run_one(self, page: Page, name: str) -> str:
        """Start a run by the form, and watch it until its result is there; the ID of its experiment."""
        page.goto("/start")
        for client in ("urllib3:sync", "requests:sync"):
            page.get_by_label(client.replace(":", " "), exact=True).check()
        page.get_by_label("Path or URL").fill("/bytes/1024")
        page.get_by_label("Concurrency").fill("2")
        page.get_by_label("Blocks").fill("2")
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_url(re.compile("/experiments/"))
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        return page.url.rpartition("/")[2]

    def test_from_start_to_comparison(self):
        """What is ordered in the form is shown while it is measured, then with its answer, and can be compared."""
        _, client = self.serve()
        page = self.tab(str(client.base_url.copy_with(path="/")))
        page.goto("/")
        expect(page.get_by_text("Nothing has been measured yet.")).to_be_visible()
        self.assert_good(page, "empty")

        first = self.run_one(page, "First")
        expect(page.locator("[data-live=words]")).to_contain_text(re.compile(r"block \d of 2"))
        expect(page.locator("[data-live=rates] tr").first).to_be_visible()
        expect(page.get_by_role("heading", name="Download and compare")).to_be_visible()
        expect(page.locator("table").first.locator("tbody th")).to_contain_text(["urllib3", "requests"])
        self.assertEqual("finished", client.get(f"/jobs/{first}").json()["status"])
        self.assert_good(page, "experiment")

        second = self.run_one(page, "Second")
        expect(page.get_by_role("heading", name="Download and compare")).to_be_visible()
        page.goto("/")
        for box in page.get_by_role("checkbox").all():
            box.check()
        self.assert_good(page, "overview")
        page.get_by_role("button", name="Compare the chosen").click()
        expect(page.get_by_role("heading", name="Figures")).to_be_visible()
        self.assertTrue(page.url.endswith(f"?arm={first}&arm={second}"), page.url)  # the older one is the baseline
        self.assert_good(page, "compare")

        page.goto("/history?contender=urllib3:sync&metric=p50")
        expect(page.locator("table tbody tr")).to_have_count(2)
        self.assert_good(page, "history")
        page.goto("/jobs")
        expect(page.locator("table tbody tr")).to_have_count(2)
        self.assert_good(page, "jobs")

        page.goto(f"/api/v1/experiments/{first}/report")
        expect(page.locator("figure.drawn svg").first).to_be_visible()
        self.assertEqual([], self.errors)

    def test_long_names_leave_room(self):
        """However long names and tags are, lists show their last column at any width."""
        _, client = self.serve()
        long = "averylongwordthatcannotbebroken" * 5
        experiment = an_experiment().model_copy(update={"name": f"{long} {HOSTILE}"})
        with ResultStorage(f"sqlite:///{self.folder / 'benchmark_results.db'}") as storage:
            storage.start_experiment(experiment)
            storage.finish_experiment(experiment)
            storage.tag_experiment(experiment.id, add=[long[:100]])
        page = self.tab(str(client.base_url.copy_with(path="/")))
        page.goto("/")
        for width in (WIDTH, NARROW):
            with self.subTest(width):
                page.set_viewport_size({"width": width, "height": 900})
                expect(page.get_by_role("cell", name=re.compile("valid|suspect"))).to_be_in_viewport(ratio=1)
                self.assertTrue(page.locator(".wide").evaluate("one => one.scrollWidth <= one.clientWidth"))

    def test_tag_and_delete(self):
        """With the keyboard alone, and not before it was asked whether it is meant."""
        _, client = self.serve()
        experiment = an_experiment()
        with ResultStorage(f"sqlite:///{self.folder / 'benchmark_results.db'}") as storage:
            storage.start_experiment(experiment)
            storage.finish_experiment(experiment)
        page = self.tab(str(client.base_url.copy_with(path="/")))
        page.goto(f"/experiments/{experiment.id}")
        page.get_by_role("textbox", name="Tags").fill("release, kept")
        page.keyboard.press("Enter")
        expect(page.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_text(["release", "kept"])
        page.get_by_role("link", name="Delete this experiment").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Delete this experiment?")
        self.assert_good(page, "delete")
        self.assertEqual(200, client.get(f"/experiments/{experiment.id}").status_code)
        page.get_by_role("button", name="Delete it for good").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nothing has been measured yet.")).to_be_visible()
        self.assertEqual(404, client.get(f"/experiments/{experiment.id}").status_code)

    def test_cancel_and_keyboard(self):
        """A run is cancelled with the keyboard alone, and says so."""
        _, client = self.serve()
        page = self.tab(str(client.base_url.copy_with(path="/")))
        job = self.order(client, blocks=100, duration=1, requests=None, name="Long")
        page.goto("/jobs")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        for _ in range(4):
            page.keyboard.press("Tab")
        button = page.get_by_role("button", name="Cancel Long")
        for _ in range(10):
            if button.evaluate("one => one === document.activeElement"):
                break
            page.keyboard.press("Tab")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".state.cancelled")).to_be_visible()
        self.assertEqual("cancelled", client.get(f"/jobs/{job}").json()["status"])

    def test_faults_stay_beside_their_fields(self):
        """A wrong form comes back with all that was filled in."""
        _, client = self.serve()
        page = self.tab(str(client.base_url.copy_with(path="/")))
        page.goto("/start")
        page.get_by_label("httpx async").check()
        page.get_by_label("Concurrency").fill("many")
        page.get_by_label("Path or URL").fill("http://elsewhere.example/")
        page.get_by_label("Name").fill("Mine")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_label("Concurrency")).to_have_value("many")
        expect(page.get_by_label("Concurrency")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Concurrency")).to_have_accessible_description(re.compile("whole number"))
        expect(page.get_by_label("httpx async")).to_be_checked()
        expect(page.get_by_label("Name")).to_have_value("Mine")
        self.errors.clear()  # the browser notes the status 422
        self.assert_good(page, "faults")

        page.get_by_label("Concurrency").fill("2")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_label("Path or URL")).to_have_accessible_description(re.compile("--allow-target"))
        self.assertEqual([], client.get("/jobs").json()["jobs"])

    def test_sign_in(self):
        """Where a token is asked for, every page leads to the form that takes it."""
        _, client = self.serve(HTTP_BENCHMARK_TOKEN=TOKEN)
        page = self.tab(str(client.base_url.copy_with(path="/")))
        page.goto("/jobs")
        page.get_by_label("Token").fill("wrong-token-wrong-token")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_label("Token")).to_have_accessible_description(re.compile("not the server's token"))
        self.errors.clear()  # the browser notes the status 401
        self.assert_good(page, "login")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Experiments", level=1)).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Token")).to_be_visible()


class PageTest(ApiCase):
    """What pages answer, without a browser."""

    def send(self, path: str, text: str, **headers: str):
        return self.client.post(path, content=text, headers=OWN | headers)

    def test_names_are_hostile(self):
        """What comes from outside is shown as text."""
        experiment = an_experiment().model_copy(update={"name": HOSTILE})
        with ResultStorage(self.database) as storage:
            storage.start_experiment(experiment)
            storage.finish_experiment(experiment)
        for path in ("/", f"/experiments/{experiment.id}", "/compare", f"/?name={HOSTILE}", f"/compare?arm={HOSTILE}"):
            with self.subTest(path):
                self.assertNotIn("<script>alert", self.client.get(path).text)

    def test_forms_of_others(self):
        """A form is taken from pages of this server only, and has to be one."""
        cases = [
            ({"sec-fetch-site": "cross-site"}, 403),
            ({"sec-fetch-site": "same-site"}, 403),
            ({"origin": "https://evil.example"}, 403),
            ({"origin": "null"}, 403),
            ({"content-type": "text/plain"}, 415),
            ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ]
        for headers, status in cases:
            with self.subTest(headers):
                self.assertEqual(status, self.send("/start", "contenders=null:sync", **headers).status_code)
        bare = self.client.post("/start", content="contenders=null:sync", headers={"content-type": OWN["content-type"]})
        self.assertEqual(403, bare.status_code)
        self.assertEqual([], self.client.get("/api/v1/jobs").json()["jobs"])
        self.assertEqual(415, self.send("/api/v1/jobs", "contenders=null:sync").status_code)

    def test_start_and_cancel(self):
        """The form queues a job with what was filled in."""
        answer = self.send("/start", "contenders=null:sync&load=open&rate=50&concurrency=&blocks=3&tag=a,+b&quick=on")

        self.assertEqual(303, answer.status_code, answer.text)
        job = self.client.get("/api/v1/jobs").json()["jobs"][0]
        self.assertEqual(f"/experiments/{job['id']}", answer.headers["location"])
        ordered = {name: job["configuration"][name] for name in ("rate", "blocks", "tag", "quick")}
        self.assertEqual({"rate": [[50.0, 50.0]], "blocks": 3, "tag": ["a", "b"], "quick": True}, ordered)
        self.assertIn("waits for those before it", self.client.get(answer.headers["location"]).text)
        self.assertEqual(303, self.send(f"/jobs/{job['id']}/cancel", "").status_code)
        self.assertEqual("cancelled", self.client.get("/api/v1/jobs").json()["jobs"][0]["status"])

    def keep(self, *ids: str) -> None:
        """Store experiments with these IDs, each a day older than the one before."""
        with ResultStorage(self.database) as storage:
            for number, experiment_id in enumerate(ids):
                made = an_experiment()
                started_at = made.started_at - timedelta(days=number)
                experiment = made.model_copy(update={"id": experiment_id, "started_at": started_at})
                storage.start_experiment(experiment)
                storage.finish_experiment(experiment)

    def test_the_older_one_is_the_baseline(self):
        """Two that were ticked in a list of the newest first are compared the other way round."""
        self.keep("e-new", "e-old")
        answer = self.client.get("/compare?order=time&arm=e-new&arm=e-old&metric=p50")

        self.assertEqual(
            (303, "/compare?metric=p50&arm=e-old&arm=e-new"), (answer.status_code, answer.headers["location"])
        )
        self.assertEqual(404, self.client.get("/compare?order=time&arm=e-new&arm=e-404").status_code)

    def test_one_to_be_compared(self):
        """It stands in the form, the baseline is still to be chosen, and nothing is called wrong."""
        self.keep("e-new", "e-old")
        answer = self.client.get("/compare?arm=e-new")

        self.assertEqual(200, answer.status_code)
        self.assertEqual(["", "e-new"], re.findall(r'name="arm" value="([^"]*)"', answer.text))
        self.assertNotIn('role="alert"', answer.text)

    def test_tags(self):
        """Those of the form are those of the experiment; what is none stands in the form with what is wrong."""
        self.keep("e-1")
        self.assertEqual(303, self.send("/experiments/e-1/tags", "tags=a,+b+c,,").status_code)
        self.assertEqual(["a", "b c"], self.client.get("/api/v1/experiments/e-1/tags").json()["tags"])
        wrong = self.send("/experiments/e-1/tags", f"tags={'x' * 101}")
        self.assertEqual(422, wrong.status_code)
        self.assertIn(f'value="{"x" * 101}"', wrong.text)
        self.assertIn('aria-invalid="true"', wrong.text)
        self.assertEqual(
            403, self.send("/experiments/e-1/tags", "tags=z", **{"sec-fetch-site": "cross-site"}).status_code
        )
        self.assertEqual(["a", "b c"], self.client.get("/api/v1/experiments/e-1/tags").json()["tags"])
        self.assertEqual(303, self.send("/experiments/e-1/tags", "tags=").status_code)
        self.assertEqual([], self.client.get("/api/v1/experiments/e-1/tags").json()["tags"])
        self.assertEqual(404, self.send("/experiments/e-404/tags", "tags=a").status_code)

    def test_deletion(self):
        """It takes a form of this server's own page, and what is gone is not there any more."""
        self.keep("e-1", "e-2")
        self.assertEqual(200, self.client.get("/experiments/e-1/delete").status_code)
        self.assertEqual(403, self.send("/experiments/e-1/delete", "", origin="https://evil.example").status_code)
        self.assertEqual(200, self.client.get("/experiments/e-1").status_code)
        answer = self.send("/experiments/e-1/delete", "")
        self.assertEqual((303, "/"), (answer.status_code, answer.headers["location"]))
        self.assertEqual(404, self.client.get("/experiments/e-1").status_code)
        self.assertEqual(404, self.client.get("/experiments/e-1/delete").status_code)
        self.assertEqual(404, self.send("/experiments/e-1/delete", "").status_code)
        self.assertEqual(200, self.client.get("/experiments/e-2").status_code)

    def test_wrong_orders(self):
        """Each fault is told, and nothing is queued."""
        for text, words in (
            ("load=open", "rate must be a number"),
            ("blocks=0", "blocks: input should be greater"),
            ("contenders=nothing:sync", "nothing"),
            ("url=http://elsewhere.example/", "--allow-target"),
            ("name=%24%7Benv:HOME%7D&url=/%24%7Benv:HOME%7D", "secrets of the server"),
        ):
            with self.subTest(text):
                answer = self.send("/start", text)
                self.assertEqual(422, answer.status_code)
                self.assertIn(words, answer.text)
        self.assertEqual([], self.client.get("/api/v1/jobs").json()["jobs"])

    def test_filters_and_pages(self):
        """A list goes on where the page before ended, and keeps its filters."""
        with ResultStorage(self.database) as storage:
            for number in range(30):
                experiment = an_experiment().model_copy(
                    update={"id": f"e-{number:02}", "name": "even" if number % 2 == 0 else "odd"}
                )
                storage.start_experiment(experiment)
                storage.finish_experiment(experiment)
        first = self.client.get("/").text
        older = re.search(r'href="(/\?before=[^"]+)"', first)[1]
        second = self.client.get(older).text
        shown = [re.findall(r"/experiments/(e-\d\d)", text) for text in (first, second)]
        self.assertEqual([25, 5], [len(some) for some in shown])
        self.assertEqual(30, len({*shown[0], *shown[1]}))
        self.assertEqual(
            15, len(re.findall(r"/experiments/e-\d\d", self.client.get("/?name=odd&since=2020-01-01").text))
        )
        self.assertEqual(422, self.client.get("/?since=yesterday").status_code)
        self.assertEqual(422, self.client.get("/?before=x").status_code)

    def test_what_is_not_there(self):
        """It is said on a page."""
        for path in ("/experiments/e-404", "/jobs?status=x"):
            with self.subTest(path):
                answer = self.client.get(path)
                self.assertIn(answer.status_code, {404, 422})
        self.assertIn("there is no experiment e-404", self.client.get("/experiments/e-404").text)
        for path, kind in (
            ("/nothing<b>", "text/html; charset=utf-8"),
            ("/api/v1/nothing", "application/problem+json"),
        ):
            answer = self.client.get(path)
            self.assertEqual((404, kind), (answer.status_code, answer.headers["content-type"]))
            self.assertNotIn("<b>", answer.text)
        self.assertEqual(404, self.client.get("/static/..%2f__init__.py").status_code)
        self.assertEqual(404, self.client.get("/static/__init__.py").status_code)

    def test_to_the_sign_in(self):
        """Readers of pages are led there, programs get the problem."""
        self.client = self.opened(token=TOKEN)
        led = self.client.get("/jobs", headers={"accept": "text/html"})
        self.assertEqual((303, "/login"), (led.status_code, led.headers["location"]))
        self.assertEqual(401, self.client.get("/api/v1/jobs", headers={"accept": "text/html"}).status_code)
        self.assertEqual(401, self.send("/start", "contenders=null:sync").status_code)
        self.assertEqual(200, self.client.get("/static/dashboard.css").status_code)

    def test_report_and_charts(self):
        """The report is kept from everything of the server; a picture is an image, and a specification."""
        blocks = make_blocks({"aiohttp:async": [1.0] * 8, "httpx:sync": [2.0] * 8})
        experiment = make_result(blocks)
        with ResultStorage(self.database) as storage:
            storage.start_experiment(experiment)
            storage.finish_experiment(experiment)
        at = f"/api/v1/experiments/{experiment.id}"
        report = self.client.get(f"{at}/report")
        self.assertEqual(200, report.status_code)
        self.assertTrue(
            report.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
        )
        self.assertNotIn("script-src 'unsafe", report.headers["content-security-policy"])
        image = self.client.get(f"{at}/charts/ranking.svg?theme=dark")
        self.assertEqual((200, "image/svg+xml"), (image.status_code, image.headers["content-type"]))
        self.assertIn("<svg", image.text)
        self.assertIn("$schema", self.client.get(f"{at}/charts/ranking.json").json())
        for path in (f"{at}/charts/nothing.svg", f"{at}/charts/scaling.svg", "/api/v1/experiments/e-404/report"):
            self.assertEqual(404, self.client.get(path).status_code)

    def test_several_concurrencies(self):
        """Their picture stands on the page of each, is to be had by itself, and is in the report."""
        with ResultStorage(self.database) as storage:
            store_levels(storage, {1: {"httpx:sync": 2.0}, 8: {"httpx:sync": 1.0}}, "scaling-0123abcd")
        at = "/api/v1/experiments/c-1"
        for path, said in (
            ("/experiments/c-8", f"{at.replace('c-1', 'c-8')}/charts/scaling.svg"),
            (f"{at}/report", "Figures by concurrency"),
            (f"{at}/charts/scaling.svg", "concurrency"),
        ):
            self.assertIn(said, self.client.get(path).text)
