"""OpenAPI and Swagger documents: which operations become requests, and what is said where a document is malformed."""

import json

from tests.unit.workload_case import WorkloadCase

OK = {"responses": {"200": {"description": "ok"}}}


def document(paths: object, **fields: object) -> dict[str, object]:
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths} | fields


class OpenApiTest(WorkloadCase):
    def requests(self, described: object) -> list[tuple[object, ...]]:
        """Method, URL, headers and body of each request."""
        self.workload = self.read("api.json", json.dumps(described))
        return [(one.method, one.url, one.headers, one.body) for one in self.workload.templates]

    def body(self, schema: object, version: str = "3.0.3", **media: object) -> bytes:
        content = {"application/json": {"schema": schema} | media}
        operation = OK | {"requestBody": {"required": True, "content": content}}
        ((_, _, headers, body),) = self.requests(document({"/": {"post": operation}}, openapi=version))
        self.assertEqual((("Content-Type", "application/json"),), headers)
        return body

    def test_parameters_get_their_examples(self):
        """In path, query, header and cookie; lists value by value; one that is not required may have none."""
        parameters = [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "example": "a/b"}},
            {
                "name": "tag",
                "in": "query",
                "schema": {"type": "array", "items": {"type": "string"}},
                "example": ["x", "y"],
            },
            {"name": "on", "in": "query", "schema": {"type": "boolean", "default": True}},
            {"name": "kind", "in": "query", "schema": {"enum": ["k1", "k2"]}},
            {"name": "X-A", "in": "header", "schema": {"type": "integer"}, "examples": {"one": {"value": 1}}},
            {"name": "session", "in": "cookie", "schema": {"type": "string"}, "example": "s"},
            {"name": "none", "in": "query", "schema": {"type": "string"}},
        ]
        path = {"parameters": parameters[:1], "get": OK | {"operationId": "show", "parameters": parameters[1:]}}

        self.assertEqual(
            [("GET", "/v1/p/a%2Fb?tag=x&tag=y&on=true&kind=k1", (("X-A", "1"), ("Cookie", "session=s")), b"")],
            self.requests(document({"/p/{id}": path}, servers=[{"url": "/v1/"}])),
        )
        self.assertEqual(("show",), self.workload.names)

    def test_bodies_get_their_examples(self):
        """Of the media type, of the schema, or put together from its properties."""
        pet = {
            "type": "object",
            "properties": {"name": {"type": "string", "example": "Rex"}, "age": {"type": "integer"}},
        }
        self.assertEqual(b'{"a": 1}', self.body({}, example={"a": 1}))
        self.assertEqual(b'"x"', self.body({"type": "string", "example": "x"}))
        self.assertEqual(b'{"name": "Rex"}', self.body(pet))
        self.assertEqual(b'[{"name": "Rex"}]', self.body({"type": "array", "items": pet}))
        self.assertEqual(b'{"name": "Rex", "b": 2}', self.body({"allOf": [pet, {"properties": {"b": {"default": 2}}}]}))
        self.assertEqual(b'"first"', self.body({"type": "string", "examples": ["first"]}, version="3.1.0"))

    def test_what_cannot_be_sent_is_left_out(self):
        """With the reason: an operation whose required parameter or body has no example."""
        needs_id = OK | {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}
        node = {"type": "object", "required": ["child"], "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
        needs_body = OK | {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}},
            }
        }
        requests = self.requests(
            document(
                {"/a/{id}": {"get": needs_id}, "/b": {"post": needs_body, "get": OK}},
                components={"schemas": {"Node": node}},
            )
        )

        self.assertEqual([("GET", "/b", (), b"")], requests)
        self.assertEqual("left out: GET /a/{id}: no example for the path parameter 'id'", self.workload.notes[0])
        self.assertTrue(
            self.workload.notes[1].startswith("left out: POST /b: no example for the body, property 'child'")
        )

    def test_servers(self):
        """The first one, with the defaults of its variables; a relative one is a path."""
        for servers, expected in (
            ([], "/x"),
            ([{"url": "v2"}], "/v2/x"),
            (
                [{"url": "https://{host}/v1", "variables": {"host": {"default": "api.example"}}}],
                "https://api.example/v1/x",
            ),
        ):
            with self.subTest(servers=servers):
                ((_, url, _, _),) = self.requests(document({"/x": {"get": OK}}, servers=servers))
                self.assertEqual(expected, url)

    def test_swagger(self):
        """Host and base path; bodies and forms are parameters there."""
        body = {"name": "pet", "in": "body", "schema": {"type": "object", "example": {"a": 1}}}
        form = {"name": "q", "in": "formData", "type": "string", "default": "a b"}
        described = {
            "swagger": "2.0",
            "info": {"title": "t", "version": "1"},
            "host": "api.example:8080",
            "basePath": "/v1",
            "schemes": ["https"],
            "paths": {"/x": {"post": OK | {"parameters": [body]}, "put": OK | {"parameters": [form]}}},
        }

        self.assertCountEqual(
            [
                ("POST", "https://api.example:8080/v1/x", (("Content-Type", "application/json"),), b'{"a": 1}'),
                (
                    "PUT",
                    "https://api.example:8080/v1/x",
                    (("Content-Type", "application/x-www-form-urlencoded"),),
                    b"q=a+b",
                ),
            ],
            self.requests(described),
        )

    def test_yaml(self):
        """Statuses that are numbers, and dates that stay text."""
        workload = self.read(
            "api.yaml",
            "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /x:\n    get:\n      parameters:\n"
            "        - {name: day, in: query, schema: {type: string}, example: 2026-11-25}\n"
            "      responses: {200: {description: ok}}\n",
        )

        self.assertEqual("/x?day=2026-11-25", workload.templates[0].url)

    def test_a_malformed_document(self):
        """One line per fault, with its place in the document."""
        reference = {"get": {"responses": {"200": {"$ref": "#/components/responses/No"}}}}
        elsewhere = {"get": {"responses": {"200": {"$ref": "http://127.0.0.1:9/x.json#/a"}}}}
        for described, expected in (
            ({}, ['it must say "openapi": "3.0.x" to "3.2.x" or "swagger": "2.0", got None']),
            ({"openapi": 3.0}, ['it must say "openapi"']),
            ({"openapi": "3.0.3", "paths": {}}, ["document: 'info' is a required property"]),
            (document({"/x": {"get": {}}}), ["paths./x.get: 'responses' is a required property"]),
            (
                document({"/x": reference}),
                ["paths./x.get.responses.200.$ref: '#/components/responses/No' leads nowhere; correct it"],
            ),
            (
                document({"/x": elsewhere}),
                ["paths./x.get.responses.200.$ref: 'http://127.0.0.1:9/x.json#/a' is in another file"],
            ),
            (document({}), ["no operation can be sent: it has no operations; add examples"]),
        ):
            with self.subTest(described=described):
                faults = self.faults("api.json", json.dumps(described))
                self.assertEqual(len(expected), len(faults), faults)
                for words, fault in zip(expected, faults, strict=True):
                    self.assertTrue(fault.startswith(f"api.json: {words}"), fault)

    def test_malformed_yaml(self):
        """Where in the file it is."""
        for content in ("a: [", "- 1\n"):
            with self.subTest(content):
                (fault,) = self.faults("api.yaml", content)
                self.assertTrue(fault.startswith("api.yaml"), fault)
        self.assertIn("line 2, column 1", self.faults("api.yaml", "a: [")[0])
