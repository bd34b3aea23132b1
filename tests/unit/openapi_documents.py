"""OpenAPI and Swagger documents for tests: one of each kind that has most of what is read."""

from typing import Any

OK = {"responses": {"200": {"description": "ok"}}}


def document(paths: object, **fields: object) -> dict[str, Any]:
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths} | fields


def swagger(paths: object, **fields: object) -> dict[str, Any]:
    return {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": paths} | fields


def rich_document(version: str) -> dict[str, Any]:
    """References, styles, servers, composed schemas, forms."""
    parameters = [
        {"$ref": "#/components/parameters/id"},
        {"name": "tags", "in": "query", "explode": False, "schema": {"type": "array"}, "example": ["a", "b"]},
        {"name": "f", "in": "query", "style": "deepObject", "schema": {"example": {"a": 1}}},
        {"name": "X-A", "in": "header", "schema": {"type": "integer", "default": 1}},
        {"name": "c", "in": "cookie", "content": {"application/json": {"example": {"a": [1]}}}},
    ]
    node = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True, "example": 7},
            "name": {"type": "string", "example": "n"},
            "left": {"$ref": "#/components/schemas/Node"},
            "right": {"$ref": "#/components/schemas/Node"},
        },
    }
    special = {
        "allOf": [{"$ref": "#/components/schemas/Node"}],
        "oneOf": [{"required": ["kind"]}, {"required": ["other"]}],
        "properties": {"kind": {"enum": ["k"]}},
    }
    form = {"type": "object", "properties": {"a": {"type": "array", "items": {"example": 1}}, "b": {"default": {}}}}
    return document(
        {
            "/p/{id}": {
                "parameters": parameters,
                "servers": [{"url": "/v2"}],
                "get": {
                    "operationId": "show",
                    "responses": {"200": {"description": "ok", "content": {"application/json": {}}}},
                },
                "post": OK
                | {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}}},
                "put": OK
                | {
                    "requestBody": {
                        "required": True,
                        "content": {
                            "multipart/form-data": {"schema": form, "encoding": {"a": {"contentType": "text/plain"}}}
                        },
                    }
                },
            }
        },
        openapi=version,
        servers=[{"url": "https://{host}/v1", "variables": {"host": {"default": "api.example"}}}],
        components={
            "schemas": {"Node": node, "S": special},
            "parameters": {"id": {"name": "id", "in": "path", "required": True, "schema": {"enum": [1, 2]}}},
        },
    )


def rich_swagger() -> dict[str, Any]:
    """Collection formats, forms and bodies, definitions."""
    ids = {"name": "ids", "in": "query", "type": "array", "items": {"type": "integer", "default": 1}}
    file = {"name": "f", "in": "formData", "type": "file", "x-example": "content"}
    body = {"name": "b", "in": "body", "required": True, "schema": {"$ref": "#/definitions/A"}}
    return swagger(
        {
            "/x": {
                "parameters": [ids | {"collectionFormat": "pipes"}],
                "get": OK | {"produces": ["application/json"]},
                "post": OK | {"parameters": [body], "consumes": ["application/json"]},
                "put": OK | {"parameters": [file], "consumes": ["multipart/form-data"]},
            }
        },
        host="api.example",
        basePath="/v1",
        schemes=["https"],
        definitions={"A": {"type": "object", "properties": {"a": {"type": "string", "example": "x"}}}},
    )
