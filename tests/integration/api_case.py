"""The REST application on a database of its own, called in this process; it measures nothing."""

import asyncio
import tempfile
import unittest
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from http_benchmark.api.app import create_app, shared_of
from http_benchmark.api.settings import ServerSettings


class ApiClient:
    """Calls an application, and keeps its cookies.

    Attributes:
        app: The application.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")

    def request(self, method: str, path: str, **rest: Any) -> httpx.Response:
        return asyncio.run(self._client.request(method, path, **rest))

    def get(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("POST", path, **rest)

    def put(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("PUT", path, **rest)

    def delete(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("DELETE", path, **rest)

    def options(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("OPTIONS", path, **rest)


class ApiCase(unittest.TestCase):
    """An application that nobody else uses.

    Attributes:
        database: Its database.
        client: Calls it.
    """

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.database = str(Path(folder) / "api.db")
        self.client = self.opened()

    def opened(self, **settings: Any) -> ApiClient:
        app = create_app(ServerSettings(database=self.database, **settings))
        self.addCleanup(shared_of(app).close)
        return ApiClient(app)
