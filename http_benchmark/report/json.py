"""The published JSON of an experiment, as `--json`, the export and the REST API share it."""

import json
from math import isfinite
from typing import Any

from pydantic import ValidationError

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import configuration_error
from http_benchmark.models.capacity import CapacityResult
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.gate import GateResult
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.models.servers import ServersResult
from http_benchmark.redaction import cleared_document


def dump(result: ExperimentResult | CapacityResult | ScalingResult | ServersResult | GateResult) -> str:
    """Write a result with its keys in the documented order; a number that is not finite becomes null."""
    return json.dumps(_finite(cleared_document(result.to_dict())), indent=2, ensure_ascii=False, allow_nan=False)


def load(text: str) -> ExperimentResult:
    """Read what `dump` wrote.

    Raises:
        ConfigurationError: It is no JSON, or not of the documented schema.
    """
    try:
        return ExperimentResult.from_dict(json.loads(text))
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"not an exported experiment: no JSON ({error})") from error
    except ValidationError as error:
        raise configuration_error(error) from error


def _finite(value: Any) -> Any:
    """The same data with None for NaN and ±Infinity, which JSON does not have."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
