"""OpenAPI and Swagger documents: which operations become requests, and what is said where a document is malformed."""

import json

from tests.unit.openapi_documents import OK, document, swagger
from tests.unit.workload_case import WorkloadCase


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
            ([{"url": "http://b\u00fccher.example/\u00fc"}], "http://xn--bcher-kva.example/%C3%BC/x"),
            (
                [{"url": "https://{host}/v1", "variables": {"host": {"default": "api.example"}}}],
                "https://api.example/v1/x",
            ),
        ):
            with self.subTest(servers=servers):
                ((_, url, _, _),) = self.requests(document({"/x": {"get": OK}}, servers=servers))
                self.assertEqual(expected, url)

    def test_servers_of_an_operation_come_first(self):
        """Then those of its path, then the document's; relative ones are to the document's own place."""
        paths = {
            "/x": {"servers": [{"url": "../v2"}], "get": OK, "put": OK | {"servers": [{"url": "http://o.example"}]}}
        }
        urls = [
            url
            for _, url, _, _ in self.requests(
                document(paths | {"/y": {"get": OK, "servers": []}}, servers=[{"url": "/d"}])
            )
        ]

        self.assertEqual(["/v2/x", "http://o.example/x", "/d/y"], urls)

    def test_servers_that_no_request_can_be_sent_to(self):
        """Their operations are left out, and their passwords not shown."""
        for url, words in (
            ("ws://a.example", "server 'ws://a.example' is not http:// or https://"),
            ("ftp://user:secret@a.example", "server 'ftp://***@a.example' is not http:// or https://"),
            ("//a.example", "server '//a.example' does not say http:// or https://"),
            ("https://{host}", "server 'https://{host}' must have no ?, # or variable without a default"),
            ("/a?b", "server '/a?b' must have no ?, # or variable without a default"),
            (
                "http://\u00fc .example",
                "server 'http://ü .example' has a host or a port that cannot be",
            ),
            ("http://a.example:99999", "server 'http://a.example:99999' has a host or a port that cannot be"),
            ("http://[::1", "server 'http://[::1' has a host or a port that cannot be"),
        ):
            with self.subTest(url):
                (fault,) = self.faults("api.json", json.dumps(document({"/x": {"get": OK}}, servers=[{"url": url}])))
                self.assertEqual(f"api.json: no operation can be sent: GET /x: {words}; add examples", fault)

    def test_paths(self):
        """What their author wrote stays, with what no URL can hold percent-encoded; a value for each variable."""
        parameters = [{"name": "b", "in": "query", "schema": {"default": 1}}]
        paths = {"/a b?x=1": {"get": OK | {"parameters": parameters}}, "/f#g": {"get": OK}, "/{id}": {"get": OK}}

        self.assertEqual([("GET", "/a%20b?x=1&b=1", (), b"")], self.requests(document(paths)))
        self.assertEqual(
            (
                "left out: GET /f#g: its path has a #, behind which nothing is sent",
                "left out: GET /{id}: no path parameter 'id'",
            ),
            self.workload.notes,
        )

    def test_names_can_be_printed(self):
        """Whatever stands in the document."""
        self.requests(
            document({"/x": {"get": OK | {"operationId": "a\n\ud800 b"}, "put": OK | {"operationId": "x" * 300}}})
        )
        self.assertEqual({"a ? b", "x" * 200 + "…"}, set(self.workload.names))

    def test_headers_that_the_document_describes_elsewhere(self):
        """Such parameters are ignored; Accept has what answers of success may be."""
        ignored = [
            {"name": name, "in": "header", "required": True, "schema": {"example": "x"}}
            for name in ("Accept", "content-type", "AUTHORIZATION")
        ]
        answers = {
            "200": {"description": "ok", "content": {"application/json": {}, "text/csv": {}}},
            "201": {"$ref": "#/components/responses/Made"},
            "404": {"description": "no", "content": {"text/html": {}}},
        }
        described = document(
            {"/x": {"get": {"parameters": ignored, "responses": answers}}},
            components={"responses": {"Made": {"description": "made", "content": {"text/csv": {}, "text/xml": {}}}}},
        )

        ((_, _, headers, _),) = self.requests(described)
        self.assertEqual((("Accept", "application/json, text/csv, text/xml"),), headers)

    def test_what_is_not_required_and_cannot_be_sent_is_said(self):
        """The request goes without it."""
        parameters = [
            {"name": "q", "in": "query", "style": "deepObject", "schema": {"example": {"a": [1]}}},
            {"name": "Host", "in": "header", "schema": {"example": "x"}},
            {"name": "j", "in": "query", "content": {"application/json": {"example": {"a": 1}}}},
            {"name": "none", "in": "query", "schema": {}},
        ]
        xml = {"content": {"application/xml": {"example": {"a": 1}}}}
        paths = {"/x": {"parameters": parameters, "post": OK | {"requestBody": xml}, "trace": OK}}

        self.assertEqual([("POST", "/x?j=%7B%22a%22%3A%201%7D", (), b"")], self.requests(document(paths)))
        self.assertEqual(
            (
                "left out: TRACE /x: the method is not sent",
                "left out: POST /x: query parameter 'q': there is no way to write [1] as a single value",
                "left out: POST /x: header parameter 'Host': the client decides it",
                "left out: POST /x: its body: a body of 'application/xml' is not put together",
            ),
            self.workload.notes,
        )

    def test_what_is_required_and_cannot_be_sent_leaves_its_operation_out(self):
        """Parameters and bodies alike; header values that HTTP cannot carry, too."""
        style = {"name": "q", "in": "query", "required": True, "style": "deepObject", "schema": {"example": "x"}}
        header = {"name": "X-A", "in": "header", "schema": {"example": "a\nb"}}
        body = {"required": True, "content": {"text/*": {"example": 1}, "text/xml": {"example": {}}}}
        lone = {"name": "q", "in": "query", "schema": {"example": "\ud800"}}
        paths = {
            "/a": {"get": OK | {"parameters": [style]}},
            "/b": {"get": OK | {"parameters": [header]}},
            "/c": {
                "post": OK | {"requestBody": body},
                "get": OK | {"requestBody": body | {"content": {"text/plain": {"example": "x"}}}},
            },
            "/d": {"get": OK | {"parameters": [lone]}},
            "/e": {"get": OK},
        }

        self.assertEqual([("GET", "/e", (), b"")], self.requests(document(paths)))
        self.assertEqual(
            (
                "left out: GET /a: query parameter 'q': style deepObject has no way to write 'x'",
                "left out: GET /b: header 'X-A' must not contain a line break; remove it, a header is one line",
                "left out: GET /c: a body with GET is not sent",
                "left out: POST /c: 'text/*' does not say what to send; a body of 'text/xml' is not put together",
                "left out: GET /d: an example has half a character (a lone surrogate), which is no text",
            ),
            self.workload.notes,
        )

    def test_path_items_of_components(self):
        """A path that is a reference has what it leads to, and what stands beside it."""
        paths = {"/x": {"$ref": "#/paths/~1y", "put": OK}, "/y": {"get": OK}}
        self.assertEqual(["GET", "PUT", "GET"], [method for method, _, _, _ in self.requests(document(paths))])

    def test_swagger(self):
        """Host and base path; bodies and forms are parameters there."""
        body = {"name": "pet", "in": "body", "schema": {"type": "object", "example": {"a": 1}}}
        form = {"name": "q", "in": "formData", "type": "string", "default": "a b"}
        described = swagger(
            {
                "/x": {
                    "post": OK | {"parameters": [body]},
                    "put": OK | {"parameters": [form], "schemes": ["wss", "http"]},
                }
            },
            host="api.example:8080",
            basePath="/v1",
            schemes=["https"],
            produces=["application/json", "text/csv"],
        )
        accept = ("Accept", "application/json, text/csv")
        url = "api.example:8080/v1/x"

        self.assertCountEqual(
            [
                ("POST", f"https://{url}", (("Content-Type", "application/json"), accept), b'{"a": 1}'),
                ("PUT", f"http://{url}", (("Content-Type", "application/x-www-form-urlencoded"), accept), b"q=a+b"),
            ],
            self.requests(described),
        )

    def test_forms_of_swagger(self):
        """In parts where there is a file or nothing else is taken; lists in their collection format."""
        ids = {"name": "i", "in": "formData", "type": "array", "items": {"type": "integer"}, "default": [1, 2]}
        file = {"name": "f", "in": "formData", "type": "file", "x-example": "content"}
        for fields, operation, kind, contained in (
            ([ids], {}, "application/x-www-form-urlencoded", b"i=1,2"),
            ([ids | {"collectionFormat": "multi"}], {}, "application/x-www-form-urlencoded", b"i=1&i=2"),
            ([ids | {"collectionFormat": "pipes"}], {}, "application/x-www-form-urlencoded", b"i=1%7C2"),
            ([ids], {"consumes": ["multipart/form-data"]}, "multipart/form-data", b'name="i"\r\n\r\n1,2\r\n'),
            (
                [file],
                {},
                "multipart/form-data",
                b'filename="f"\r\nContent-Type: application/octet-stream\r\n\r\ncontent',
            ),
        ):
            with self.subTest(fields=fields, operation=operation):
                ((_, _, headers, body),) = self.requests(
                    swagger({"/x": {"post": OK | {"parameters": fields} | operation}})
                )
                self.assertEqual(kind, dict(headers)["Content-Type"].partition(";")[0])
                self.assertIn(contained, body)
        required = {"name": "f", "in": "formData", "type": "file", "required": True}
        (fault,) = self.faults("api.json", json.dumps(swagger({"/x": {"post": OK | {"parameters": [required]}}})))
        self.assertIn("POST /x: no example for the form field 'f'", fault)

    def test_yaml(self):
        """Statuses that are numbers, and dates that stay text."""
        workload = self.read(
            "api.yaml",
            "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /x:\n    get:\n      parameters:\n"
            "        - {name: day, in: query, schema: {type: string}, example: 2026-11-25}\n"
            "      responses: {200: {description: ok}}\n",
        )

        self.assertEqual("/x?day=2026-11-25", workload.templates[0].url)

    def test_malformed_yaml(self):
        """Where in the file it is."""
        for content in ("a: [", "- 1\n"):
            with self.subTest(content):
                (fault,) = self.faults("api.yaml", content)
                self.assertTrue(fault.startswith("api.yaml"), fault)
        self.assertIn("line 2, column 1", self.faults("api.yaml", "a: [")[0])
