"""OpenAPI 3 and Swagger 2 documents: each operation that has what it takes to be sent becomes a request.

What it takes is a value for each required parameter and for a required body. An operation without is left out, and said
so.
"""

import hashlib
from pathlib import Path
from typing import Any

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.bounded_yaml import parse_yaml
from http_benchmark.workloads.openapi.operations import Operations
from http_benchmark.workloads.openapi.validation import faults_of
from http_benchmark.workloads.workload import Workload

_MOST_FAULTS = 20


def read(path: Path, content: bytes, document: Any = None) -> Workload:
    """Read a workload from a document.

    Args:
        path: The file.
        content: Its bytes.
        document: The JSON in it; None for YAML.

    Raises:
        ConfigurationError: With one line for each fault, and where in the document it is.
    """
    if document is None:
        document = parse_yaml(content, path.name)
    if faults := faults_of(document):
        shown = faults[:_MOST_FAULTS]
        more = [f"and {len(faults) - len(shown)} more"] if len(faults) > len(shown) else []
        raise ConfigurationError([f"{path.name}: {fault}" for fault in [*shown, *more]])
    operations = Operations(document)
    templates = tuple(operations.templates())
    notes = tuple(f"left out: {line}" for line in operations.left_out)
    if not templates:
        missing = "; ".join(operations.left_out) or "it has no operations"
        raise ConfigurationError(f"{path.name}: no operation can be sent: {missing}; add examples")
    return Workload(
        path=path,
        format="openapi",
        sha256=hashlib.sha256(content).hexdigest(),
        templates=templates,
        notes=notes,
    )
