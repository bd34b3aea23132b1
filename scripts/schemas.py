"""Write the JSON schemas of the published documents to docs/schema: `python -m scripts.schemas`, or `make schemas`."""

import json
from pathlib import Path

from http_benchmark.report.json_schema import DOCUMENTS, schema_of

FOLDER = Path(__file__).parents[1] / "docs" / "schema"


def text_of(document: str) -> str:
    """The content of a document's file."""
    return json.dumps(schema_of(document), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for document in DOCUMENTS:
        (FOLDER / f"{document}.json").write_text(text_of(document), encoding="utf-8")


if __name__ == "__main__":
    main()
