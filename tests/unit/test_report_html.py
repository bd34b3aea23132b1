"""The page: what stands in it, and that nothing from outside becomes a part of it."""

import re
import unittest
from html.parser import HTMLParser

from http_benchmark.models.experiment import FaultScore, Reason, Validity
from http_benchmark.report.html import html_report
from tests.records import make_blocks, make_result

EVIL = "</script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """Every element with its attributes, and all text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.found and self.found[-1][0] not in {"script", "style"}:
            self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.blocks = make_blocks({"aiohttp:async": [1.0] * 8, "httpx:sync": [2.0] * 8})
        cls.page = html_report(make_result(cls.blocks), cls.blocks)
        cls.elements = Elements(cls.page)

    def test_it_begins_with_the_answer(self):
        """The sentence, then the verdict, then the ranking."""
        text = self.elements.text
        places = [
            text.index(part) for part in ("aiohttp:async is 2.0", "Verdict on the run: valid", "Contenders, best")
        ]

        self.assertEqual(sorted(places), places)

    def test_intervals_stand_below_their_figures(self):
        """So that figures of several contenders stand below each other."""
        self.assertIn('<td>1,000<br><span class="detail">1,000–1,000</span></td>', self.page)
        self.assertIn('>aiohttp:async<br><span class="detail">1.2.3</span></th>', self.page)

    def test_faults_have_their_table(self):
        """Where the server did wrong as ordered, it is told how each bore it; elsewhere there is no such table."""
        result = make_result(self.blocks)
        scored = result.clients[0].model_copy(update={"faults": FaultScore(met={"drop": 12}, unexplained=3)})
        page = html_report(result.model_copy(update={"clients": (scored, *result.clients[1:])}), [])

        self.assertIn("Under faults", page)
        self.assertRegex(page, r"<td>12</td><td>0</td><td>3</td>")
        self.assertNotIn("Under faults", self.page)

    def test_it_asks_for_nothing_from_elsewhere(self):
        """No element names another file, and the policy would forbid it."""
        links = [
            value
            for _, attributes in self.elements.found
            for name, value in attributes.items()
            if name in {"src", "href", "srcset", "action"} and not str(value).startswith("data:")
        ]
        policy = next(one["content"] for one in self.elements.named("meta") if one.get("http-equiv"))

        self.assertEqual([], links)
        self.assertIn("default-src 'none'", str(policy))
        self.assertNotIn("unsafe-eval", str(policy))

    def test_readers_of_screens_are_served(self):
        """One top heading, a scope for each head of a table, a text for each picture."""
        self.assertEqual(1, len(self.elements.named("h1")))
        self.assertTrue(all(one.get("scope") for one in self.elements.named("th")))
        self.assertTrue(all(one.get("alt") for one in self.elements.named("img")))
        self.assertEqual("en", self.elements.named("html")[0]["lang"])

    def test_hostile_names_stay_text(self):
        """In the experiment's name, its contenders, versions, messages, configuration and environment."""
        result = make_result(self.blocks)
        client = result.clients[0].model_copy(update={"contender": EVIL, "version": EVIL})
        lost = result.clients[1].model_copy(update={"rank": None, "status": "failed", "message": EVIL})
        reason = Reason(code=EVIL, severity="suspect", message=EVIL)
        hostile = result.model_copy(
            update={
                "name": EVIL,
                "clients": (client, lost),
                "validity": Validity(verdict="suspect", reasons=(reason,)),
                "configuration": {EVIL: EVIL},
                "environment": {"libraries": {EVIL: EVIL}},
            }
        )
        trials = [one.model_copy(update={"contender": EVIL}) for block in self.blocks for one in block.trials]
        blocks = [block.model_copy(update={"trials": tuple(trials)}) for block in self.blocks]
        elements = Elements(html_report(hostile, blocks))

        self.assertEqual([], [one for one in elements.named("img") if not str(one["src"]).startswith("data:")])
        self.assertEqual([], [one for _, one in elements.found if "onerror" in one])
        self.assertIn(EVIL, elements.text)

    def test_data_cannot_end_its_element(self):
        """No angle bracket stands in what scripts read, however it would be completed."""
        blocks = make_blocks({"</script x": [1.0] * 8, "<!--<script>&": [2.0] * 8})
        page = html_report(make_result(blocks), blocks)
        data = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)

        self.assertGreater(len(data), 4)
        self.assertEqual([], [one for one in data if set("<>&") & set(one)])

    def test_a_page_without_blocks_is_a_page(self):
        """Nothing was measured, and it says so."""
        page = html_report(make_result([]), [])

        self.assertIn("No block was finished.", Elements(page).text)
        self.assertNotIn("vegaEmbed", page)
