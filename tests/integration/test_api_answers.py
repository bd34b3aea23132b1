"""What the REST API answers where it is asked oddly: by other methods, for what is not there, with what cannot be."""

import sqlite3
import subprocess
import sys
import unittest
from contextlib import closing
from unittest import mock

from http_benchmark.api.app import shared_of
from http_benchmark.stats.conclusion import conclude
from http_benchmark.storage import ResultStorage
from tests.integration.api_case import ApiCase
from tests.records import make_blocks, make_result
from tests.unit.records import a_block, an_experiment

EXPERIMENTS, JOBS = "/api/v1/experiments", "/api/v1/jobs"


class MethodTest(ApiCase):
    def test_head(self):
        """It is answered like GET, as RFC 9110 asks of every server; a stream would have no end."""
        for path in ("/", "/api/v1/health", EXPERIMENTS, f"{EXPERIMENTS}/e-404", "/nowhere", "/static/icon.svg"):
            with self.subTest(path):
                asked, got = self.client.request("HEAD", path), self.client.get(path)
                self.assertEqual(got.status_code, asked.status_code)
                self.assertEqual(got.headers["content-type"], asked.headers["content-type"])
        self.assertEqual(405, self.client.request("HEAD", f"{JOBS}/j-1/events").status_code)

    def test_methods_that_are_not_there(self):
        """The answer names all that an address has, be they of one route or of several."""
        for path, allowed in (
            (f"{EXPERIMENTS}/e-1", "DELETE, GET"),
            (JOBS, "GET, POST"),
            ("/api/v1/session", "DELETE, POST"),
            (f"{JOBS}/j-1/events", "GET"),
        ):
            with self.subTest(path):
                answer = self.client.put(path, json={})
                self.assertEqual((405, allowed), (answer.status_code, answer.headers["allow"]))


class QueryTest(ApiCase):
    def test_moments_that_are_none_in_utc(self):
        """Their zone takes them out of the calendar, which is the caller's mistake."""
        for moment in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00"):
            for name in ("since", "until"):
                with self.subTest(moment=moment, name=name):
                    answer = self.client.get(EXPERIMENTS, params={name: moment})
                    self.assertEqual(422, answer.status_code, answer.text)
                    self.assertIn("is before the year 1 or after 9999 in UTC", answer.json()["detail"])

    def test_unknown_names(self):
        """They are named, with what to do."""
        answer = self.client.get(EXPERIMENTS, params={"nothing": "1"})
        self.assertEqual(
            (422, "unknown setting 'nothing'; leave it out"), (answer.status_code, answer.json()["detail"])
        )

    def test_bodies_that_are_no_object(self):
        """Whatever they are, or where there is none."""
        for body in (b"", b"[]", b"null", b"1", b'"x"', b"{", b"\xff"):
            with self.subTest(body):
                answer = self.client.post(JOBS, content=body, headers={"content-type": "application/json"})
                self.assertEqual(422, answer.status_code)
                self.assertEqual("the body must be a JSON object", answer.json()["detail"])


class OthersTest(ApiCase):
    """What others do to the same database."""

    def test_measured_by_another_server(self):
        """What any server on the database measures cannot be deleted."""
        shared = shared_of(self.client.app)
        shared.queue.add("e-1", {})
        self.assertIsNotNone(shared.queue.claim())
        shared.storage.start_experiment(an_experiment("e-1"))

        self.assertEqual(409, self.client.delete(f"{EXPERIMENTS}/e-1").status_code)
        shared.queue.end("e-1", "cancelled")
        self.assertEqual(204, self.client.delete(f"{EXPERIMENTS}/e-1").status_code)

    def test_histories_with_damage(self):
        """What is damaged is left out, so that one row does not hide a year."""
        with ResultStorage(self.database) as storage:
            for identifier in ("e-1", "e-2"):
                experiment = make_result(make_blocks({"aiohttp:async": [1.0] * 8}), id=identifier)
                storage.start_experiment(experiment)
                storage.finish_experiment(experiment)
        address = "/api/v1/history?contender=aiohttp:async"
        before = self.client.get(address)
        with closing(sqlite3.connect(self.database)) as database, database:
            database.execute("UPDATE experiment_documents SET document = x'00' WHERE experiment_id = 'e-1'")
        after = self.client.get(address)

        self.assertEqual([200, 200], [before.status_code, after.status_code], after.text)
        self.assertEqual([2, 1], [len(answer.json()["points"]) for answer in (before, after)])


class ExperimentTest(ApiCase):
    def test_beginnings_of_several(self):
        """An ID is whole: what several begin with is nobody's, and no error of the server."""
        with ResultStorage(self.database) as storage:
            for identifier in ("e-1", "e-2"):
                storage.start_experiment(an_experiment(identifier))
        for path in ("", "/tags", "/report", "/export?format=json"):
            with self.subTest(path):
                self.assertEqual(404, self.client.get(f"{EXPERIMENTS}/e{path}").status_code)
        self.assertEqual(404, self.client.delete(f"{EXPERIMENTS}/e").status_code)
        self.assertEqual(404, self.client.get("/experiments/e").status_code)

    def test_concluded_once_for_each_block(self):
        """However many look at an experiment that runs, its answer is computed when there is something new."""
        with (
            ResultStorage(self.database) as storage,
            mock.patch("http_benchmark.api.shared.conclude", wraps=conclude) as counted,
        ):
            storage.start_experiment(an_experiment("e-1"))
            for number in range(2):
                storage.save_block("e-1", a_block(number))
                answers = [self.client.get(f"{EXPERIMENTS}/e-1").json() for _ in range(3)]
                self.assertEqual([number + 1] * 3, [answer["blocks"] for answer in answers])
                self.assertEqual(number + 1, counted.call_count)

    def test_exported_while_it_runs(self):
        """With what its blocks say so far."""
        with ResultStorage(self.database) as storage:
            storage.start_experiment(an_experiment("e-1"))
            storage.save_block("e-1", a_block())
        exported = self.client.get(f"{EXPERIMENTS}/e-1/export?format=json").json()
        self.assertEqual(self.client.get(f"{EXPERIMENTS}/e-1").json(), exported)


class StartTest(unittest.TestCase):
    def test_what_draws_is_loaded_when_it_draws(self):
        """A server is there at once, and jobs that nobody looks at need no pictures."""
        program = (
            "import sys, http_benchmark.api.serving; print(*{'altair', 'vl_convert', 'scipy.stats'} & {*sys.modules})"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        self.assertEqual("\n", done.stdout)
