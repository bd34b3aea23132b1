"""The published JSON."""

import json
from unittest import TestCase

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment import ClientResult, Estimate, Reason, Validity
from http_benchmark.report.json import dump, load
from tests.records import make_blocks, make_result, noisy_costs


class TestJson(TestCase):
    def setUp(self):
        reason = Reason(code="quick", severity="suspect", message="a quick look – no more", value=3, limit=12)
        self.result = make_result(
            make_blocks(noisy_costs({"a:sync": 1.0, "b:async": 2.0}, 6)),
            validity=Validity(verdict="suspect", reasons=(reason,)),
        )

    def test_round_trip(self):
        """What was dumped loads as the same result."""
        self.assertEqual(self.result, load(dump(self.result)))

    def test_documented_keys(self):
        """The schema comes first under its own name, then the documented keys; a missing figure is null."""
        published = json.loads(dump(self.result))

        self.assertEqual("http-benchmark/experiment/1", published["schema"])
        self.assertEqual("schema", next(iter(published)))
        documented = {"id", "name", "started_at", "finished_at", "seed", "blocks", "primary_metric", "configuration",
            "environment", "target", "validity", "clients", "pairs"}  # fmt: skip
        self.assertLessEqual(documented, published.keys())
        self.assertIsNone(published["clients"][0]["message"])
        self.assertEqual("a quick look – no more", published["validity"]["reasons"][0]["message"])

    def test_same_result_same_text(self):
        """The order of the keys is stable."""
        self.assertEqual(dump(self.result), dump(load(dump(self.result))))

    def test_no_number_beyond_json(self):
        """NaN and infinities become null, wherever they stand."""
        client = ClientResult(contender="a", library="a", mode="sync", status="ok", throughput_rps=Estimate(
            estimate=1.0, low=float("nan"), high=float("inf")))  # fmt: skip
        update = {"clients": (client,), "environment": {"load": [1.0, float("-inf")]}}
        published = json.loads(dump(self.result.model_copy(update=update)), parse_constant=self.fail)

        self.assertEqual({"estimate": 1.0, "low": None, "high": None}, published["clients"][0]["throughput_rps"])
        self.assertEqual([1.0, None], published["environment"]["load"])

    def test_what_is_no_export(self):
        """A text that is no JSON, no object or of another schema is the user's mistake, in one line per fault."""
        other = dump(self.result).replace("experiment/1", "experiment/2")
        for text, message in (
            ("no", "no JSON"),
            ("[]", "^the document must be a mapping of names to values, got a list$"),
            ("{}", "id is missing"),
            (other, "schema must be "),
        ):
            with self.subTest(text=text[:20]), self.assertRaisesRegex(ConfigurationError, message):
                load(text)
