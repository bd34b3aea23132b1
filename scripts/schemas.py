"""Write the schemas to docs/schema: `python -m scripts.schemas`, or `make schemas`.

Those of the published documents are JSON schemas; that of the REST API is an OpenAPI document.
"""

import json
from pathlib import Path

from http_benchmark.api.app import create_app
from http_benchmark.api.settings import ServerSettings
from http_benchmark.report.json_schema import DOCUMENTS, schema_of

FOLDER = Path(__file__).parents[1] / "docs" / "schema"


API = "openapi"


def texts() -> dict[str, str]:
    """The content of each file, by its name without suffix."""
    app = create_app(ServerSettings(database=":memory:"))
    schemas = {document: schema_of(document) for document in DOCUMENTS} | {API: app.openapi()}
    return {name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
