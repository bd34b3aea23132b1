"""The JSON schemas (draft 2020-12) of the published documents, derived from the models that write them.

A document of a later version may have fields beyond these: readers are to take what they know.
"""

from typing import Any

from http_benchmark.models.base import Model
from http_benchmark.models.capacity import CapacityResult
from http_benchmark.models.comparison import Comparison
from http_benchmark.models.conformance import ConformanceResult
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.explanation import Explanation
from http_benchmark.models.gate import GateResult
from http_benchmark.models.history import History
from http_benchmark.models.reproduction import Reproduction
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.models.servers import ServersResult

DOCUMENTS: dict[str, type[Model]] = {
    "experiment": ExperimentResult,
    "scaling": ScalingResult,
    "servers": ServersResult,
    "capacity": CapacityResult,
    "gate": GateResult,
    "comparison": Comparison,
    "conformance": ConformanceResult,
    "history": History,
    "reproduction": Reproduction,
    "explanation": Explanation,
}
"""By what the value of their key `schema` is called."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(document: str) -> dict[str, Any]:
    """The schema of a document as this version writes it, with all its fields required.

    Args:
        document: A key of `DOCUMENTS`.
    """
    model = DOCUMENTS[document]
    generated = model.model_json_schema(mode="serialization")
    name = model.model_fields["schema_"].default
    return {"$schema": _DIALECT, "$id": f"urn:{name.replace('/', ':')}", **_published(generated)}


def _published(schema: Any) -> Any:
    """The same without what is ours alone: unknown fields are allowed, and every field of an object is always there."""
    if isinstance(schema, list):
        return [_published(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    published = {key: _published(value) for key, value in schema.items() if key != "additionalProperties"}
    if schema.get("additionalProperties"):  # the values of a mapping
        published["additionalProperties"] = _published(schema["additionalProperties"])
    if "properties" in schema:
        published["required"] = [*schema["properties"]]
    return published
