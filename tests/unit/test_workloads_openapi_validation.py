"""What is said of malformed OpenAPI documents: a line for each fault, with its place, and without long values."""

import copy
import json
import random
import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.openapi.validation import faults_of
from tests.unit.openapi_documents import OK, document, rich_document, rich_swagger, swagger
from tests.unit.workload_case import WorkloadCase

DOCUMENTS = (rich_document("3.0.3"), rich_document("3.1.0"), rich_document("3.2.0"), rich_swagger())
VERSIONS = 'it must say "openapi": "3.0.x" to "3.2.x" or "swagger": "2.0", got '

KEYS = (
    *("$ref", "allOf", "oneOf", "anyOf", "properties", "items", "minItems", "required", "readOnly"),
    *("example", "examples", "default", "enum", "const", "schema", "content", "encoding", "contentType"),
    *("in", "name", "type", "style", "explode", "allowReserved", "collectionFormat", "parameters", "servers", "url"),
)
VALUES = (
    *(None, True, 0, -1, 10**9, float("inf"), "", "x", "a\nb", "\ud800", "..", "{id}", "#", "ws://h", "http://[::1"),
    *([], {}, [[]], [{}], {"a": None}, {"a": [{"b": 1}]}, "multipart/form-data", "*/*", "text/plain; charset=zip"),
    *("object", "array", "query", "path", "label", "matrix", "deepObject", "spaceDelimited", {"$ref": "#"}),
)


def with_parameter(parameter: object) -> dict[str, object]:
    return document({"/x": {"get": OK | {"parameters": [parameter]}}})


def places(node, place=()):
    yield place
    for key, value in node.items() if isinstance(node, dict) else enumerate(node if isinstance(node, list) else ()):
        yield from places(value, (*place, key))


def at(node, place):
    for key in place:
        node = node[key]
    return node


def pointer(place) -> str:
    return "#" + "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in place)


def mutated(described, chance: random.Random):
    """A copy of the document with one to three changes: values, keys and references from anywhere to anywhere."""
    described = copy.deepcopy(described)
    for _ in range(chance.randint(1, 3)):
        everywhere = list(places(described))
        place = chance.choice(everywhere[1:])
        other = chance.choice([chance.choice(VALUES), at(described, chance.choice(everywhere))])
        value = copy.deepcopy(chance.choice([other, {"$ref": pointer(chance.choice(everywhere))}]))
        node = at(described, place)
        if isinstance(node, dict) and chance.random() < 0.5:
            node[chance.choice(KEYS)] = value
        elif chance.random() < 0.2:
            del at(described, place[:-1])[place[-1]]
        else:
            at(described, place[:-1])[place[-1]] = value
    return described


class ValidationTest(WorkloadCase):
    def test_faults(self):
        """The version first, then references, then what the schema of the version says."""
        for described, expected in (
            ([], ["it must be an object, got a list; is this an OpenAPI document?"]),
            ({}, [VERSIONS + "null"]),
            ({"openapi": 3.0}, [VERSIONS + "3.0"]),
            ({"openapi": "3.0.3"}, ["document: 'info' and 'paths' are missing; add them"]),
            (document({"/x": None}), ["paths./x: must be an object, got null; correct it"]),
            (document({"x": {}}), ["paths: 'x' is not known here; correct or remove it"]),
            (document({"/x": {"get": {}}}), ["paths./x.get: 'responses' is missing; add it"]),
            (
                document({"/x": {"get": {"responses": {}}}}),
                ["paths./x.get.responses: must not be empty; fill it or remove it"],
            ),
            (
                document({"/x": {"get": {"responses": {"200": None}}}}),
                ["paths./x.get.responses.200: must be an object, got null; correct it"],
            ),
            (with_parameter({"name": "a", "in": "query"}), ["paths./x.get.parameters.0: 'schema' is missing; add it"]),
            (
                with_parameter({"name": "a", "in": "body", "schema": {}}),
                ["paths./x.get.parameters.0.in: must be 'path', 'query', 'header' or 'cookie', got 'body'"],
            ),
            (
                with_parameter({"name": "a", "in": "query", "schema": {"type": "float"}}),
                [
                    (
                        "paths./x.get.parameters.0.schema.type: must be 'array', 'boolean', 'integer', 'number', "
                        "'object' or 'string', got 'float'"
                    )
                ],
            ),
            (
                swagger({"/x": {"get": OK | {"parameters": [{"name": "a", "in": "query"}]}}}),
                ["paths./x.get.parameters.0: 'type' is missing; add it"],
            ),
            (
                document({"/x": {"get": OK | {"operationId": "a"}, "put": OK | {"operationId": "a"}}}),
                ["paths./x.put.operationId: 'a' is the name of GET /x, too; give each its own"],
            ),
        ):
            with self.subTest(described=described):
                self.assertEqual(expected, faults_of(described))

    def test_references(self):
        """Those that lead nowhere, into other files, and back to themselves."""
        for reference, words in (
            ("#/components/responses/No", "leads nowhere; correct it"),
            ("#/info/title/0", "leads nowhere; correct it"),
            ("#/paths/~1x/get/parameters/first", "leads nowhere; correct it"),
            ("#anchor", "leads nowhere; correct it"),
            ("other.yaml#/a", "is in another file, which is not read; put everything into one document"),
            ("#/paths/~1x/get/parameters/0", "leads back to itself; let it lead to what is meant"),
        ):
            with self.subTest(reference):
                self.assertEqual(
                    [f"paths./x.get.parameters.0.$ref: '{reference}' {words}"],
                    faults_of(with_parameter({"$ref": reference})),
                )
        circle = {"/x": {"$ref": "#/paths/~1y"}, "/y": {"$ref": "#/paths/~1x"}}
        self.assertEqual(
            [
                "paths./x.$ref: '#/paths/~1y' leads back to itself; let it lead to what is meant",
                "paths./y.$ref: '#/paths/~1x' leads back to itself; let it lead to what is meant",
            ],
            faults_of(document(circle)),
        )

    def test_long_values_are_not_shown(self):
        """Neither of values nor of names."""
        long = "x" * 10_000
        for described in (
            {"openapi": long},
            with_parameter({"$ref": long}),
            with_parameter({"name": "a", "in": long, "schema": {}}),
            document({f"/{long}": None}),
            document({"/x": {"get": OK | {long: 1}}}),
            document({"/x": {"get": OK | {"tags": {"a": [long] * 100}}}}),
        ):
            (fault,) = faults_of(described)
            self.assertLess(len(fault), 500)

    def test_references_of_the_wrong_kind(self):
        """They lead somewhere, but to nothing that can be sent: the operation is left out."""
        paths = {"/x": {"get": OK | {"parameters": [{"$ref": "#/info"}]}, "put": OK}}
        workload = self.read("api.json", json.dumps(document(paths)))
        self.assertEqual(("left out: GET /x: {'$ref': '#/info'} is no parameter",), workload.notes)

    def test_the_deepest_document_that_is_parsed(self):
        """The validator has room enough for it."""
        for version in ("3.0.3", "3.1.0"):
            schema: dict[str, object] = {"type": "string"}
            for _ in range(46):
                schema = {"properties": {"a": schema}}
            described = document({"/x": {"get": OK}}, openapi=version, components={"schemas": {"A": schema}})
            self.read("api.json", json.dumps(described))

    @settings(deadline=None, max_examples=60)
    @given(described=st.sampled_from(DOCUMENTS), chance=st.randoms(use_true_random=False))
    def test_a_document_that_is_changed_anywhere(self, described, chance):
        """It becomes a workload, or is refused in short lines."""
        try:
            lines = self.read("api.json", json.dumps(mutated(described, chance))).notes
        except ConfigurationError as error:
            lines = error.faults
        self.assertLess(max(map(len, lines), default=0), 2_000)


if __name__ == "__main__":
    unittest.main()
