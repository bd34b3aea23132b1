"""The REST API keeps what its OpenAPI document promises, whatever it is asked: every operation, by Schemathesis.

Requests that fit the document and requests that do not, each with made-up IDs and with those of what is stored.
"""

import tempfile
import unittest
import uuid
import warnings
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from http_benchmark.api.app import PREFIX, ROUTERS, create_app, shared_of
from http_benchmark.api.settings import ServerSettings
from http_benchmark.models.job import Job
from tests.unit.records import a_block, an_experiment
from tests.unit.test_models import a_result

EXAMPLES = 25
TOKEN = "token-for-a-test-4711"
ALWAYS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LIMITS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)


class ApiContractTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.enterClassContext(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # Schemathesis' own
        unlimited = {"requests_per_s": 1e9, "burst": 10**9}
        database = str(Path(folder) / "api.db")
        cls.app = create_app(ServerSettings(database=database, token=TOKEN, allowed_hosts=["testserver"], **unlimited))
        cls.shared = shared_of(cls.app)
        cls.addClassCleanup(cls.shared.close)
        cls.headers = {"Authorization": f"Bearer {TOKEN}"}
        cls.schema = schemathesis.openapi.from_asgi("/openapi.json", cls.app, headers=cls.headers)

    def setUp(self):
        self.result = a_result()
        self.shared.storage.save_result(self.result)
        self.experiment = an_experiment(str(uuid.uuid4()))
        self.shared.storage.start_experiment(self.experiment)
        self.shared.storage.save_block(self.experiment.id, a_block())
        self.job = self.ended_job()

    def ended_job(self) -> Job:
        """One that nobody could wait for."""
        job_id = str(uuid.uuid4())
        self.shared.queue.add(job_id, {"contenders": ["null:sync"]})
        job = self.shared.queue.end(job_id, "cancelled")
        assert job is not None
        return job

    def known(self, operation: schemathesis.schemas.APIOperation) -> dict[str, str]:
        """IDs of what is stored, for the parameters of an operation's path."""
        ids = {"experiment_id": self.experiment.id, "result_id": self.result.id, "job_id": self.job.id}
        return {name: value for name, value in ids.items() if f"{{{name}}}" in operation.path}

    def test_every_operation(self):
        """No error of the server, and no answer that the document does not describe."""
        operations = [found.ok() for found in self.schema.get_all_operations()]

        self.assertGreaterEqual(len(operations), 18)
        for operation in operations:
            given = operation.definition.raw.keys() & {"parameters", "requestBody"}
            modes = [*GenerationMode] if given else [GenerationMode.POSITIVE]  # nothing given can be wrong
            known = self.known(operation)
            for mode in modes:
                for ids in [{}, known] if known else [{}]:
                    with self.subTest(operation=operation.label, mode=mode.value, ids=ids):
                        self.exercise(operation, mode, ids)

    def exercise(self, operation, mode: GenerationMode, ids: dict[str, str]) -> None:
        checks = ALWAYS if mode is GenerationMode.POSITIVE else [*ALWAYS, negative_data_rejection]
        if operation.definition.raw.get("security"):
            checks = [*checks, ignored_auth]

        @LIMITS
        @given(case=operation.as_strategy(mode, **({"path_parameters": ids} if ids else {})))
        def run(case):
            case.call_and_validate(headers=self.headers, checks=checks)

        run()

    def test_the_document_lists_every_route(self):
        """What can be called is described, so that all of it is tested here."""
        described = {
            (path, method.upper()) for path, methods in self.app.openapi()["paths"].items() for method in methods
        }
        routes = {
            (f"{PREFIX}{route.path}", method)
            for router in ROUTERS
            for route in router.routes
            for method in route.methods
        }

        self.assertEqual(routes, described)
