"""From a stored experiment back to a configuration that measures the same: what is lost is asked for, all at once.

What was typed as a secret is not stored, and neither is what stands in files; both have to be given again, and files
have to be what they were.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.tags import protects, tag_fault
from http_benchmark.planning import body_bytes, configured_workload
from http_benchmark.secret import SecretText, described_body
from http_benchmark.secret_url import SecretUrl

AGAIN = frozenset({"headers", "body", "body_file", "url", "proxy", "workload", "ca"})
"""Settings that may be given again, since what they named is not stored."""

_BODIES = frozenset({"body", "body_file"})


def restored(
    stored: ExperimentResult,
    given: Mapping[str, Any],
    *,
    same_versions: bool = False,
    force: bool = False,
    trusted: bool = False,
) -> ExperimentConfiguration:
    """The configuration of a stored experiment, with its seed and its number of blocks.

    Args:
        stored: As it was stored.
        given: Settings of `AGAIN`, by name, as a user types them; they replace what was stored.
        same_versions: Measure each library in the version that was measured then, in an environment of its own.
        force: Accept files that changed.
        trusted: Let an imported one have what it names of this machine: secrets, files, source trees.

    Raises:
        ConfigurationError: With a line for everything that is lost, or is not what it was.
    """
    values = {
        name: value for name, value in stored.configuration.items() if name in ExperimentConfiguration.model_fields
    }
    if _BODIES & given.keys():
        values = {name: value for name, value in values.items() if name not in _BODIES}
    # Earlier versions took any text; and what is measured again is no part of a gate.
    values["tag"] = [tag for tag in values.get("tag", ()) if protects(tag) and not tag_fault(tag)]
    values |= {"seed": stored.seed, "blocks": stored.planned_blocks or stored.blocks or None}
    if same_versions:
        values["contenders"] = [*_in_their_versions(stored)]
    configuration = ExperimentConfiguration(**values | _with_stored_headers(values, given))
    faults = [*_lost(configuration)]
    if stored.imported and not trusted and (taken := [*_taken_from_here(configuration, given)]):
        faults.append(
            f"experiment {stored.id} was imported, and would take {', '.join(taken)} to {_whereto(configuration)}; "
            "give them again if that is meant, or trust all of it with --trust-imported"
        )
    elif not force:
        faults += _other_files(stored, configuration)
    if faults:
        raise ConfigurationError(faults)
    return configuration


def files_of(configuration: ExperimentConfiguration) -> dict[str, str]:
    """Setting → fingerprint of the file that it names; a workload's stands in its description."""
    files = {}
    if configuration.body_file:
        files["body_file"] = described_body(body_bytes(configuration, 0))
    if configuration.ca:
        files["ca"] = described_body(Path(configuration.ca).read_bytes())
    return files


def _with_stored_headers(values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given again; a header that is given replaces the stored one of its name, the others stay."""
    again = ExperimentConfiguration(headers=given["headers"]).headers if given.get("headers") else ()
    names = {name.lower() for name, _ in again}
    kept = [pair for pair in values.get("headers", ()) if pair[0].lower() not in names]
    return {**given, "headers": (*map(tuple, kept), *again)}


def _in_their_versions(stored: ExperimentResult) -> Iterator[str]:
    """The contenders as named, those without a version or a tree with the version that was measured."""
    installed = [one for one in stored.clients if not Contender.parse(one.contender.partition("#")[0]).named_source]
    versions = {client.library: client.version for client in installed if client.version}
    for text in stored.configuration.get("contenders", ()):
        contender = Contender.parse(text)
        version = versions.get(contender.library)
        plain = contender.named_source or version is None
        yield text if plain else text.replace(contender.library, f"{contender.library}=={version}", 1)


def _taken_from_here(configuration: ExperimentConfiguration, given: Mapping[str, Any]) -> Iterator[str]:
    """What a configuration from elsewhere names of this machine, but for what was given again."""
    again = {name.lower() for name, _ in ExperimentConfiguration(headers=given.get("headers", ())).headers}
    texts: list[tuple[str, SecretText | SecretUrl | None]] = [
        *((f"header {name}", text) for name, text in configuration.headers if name.lower() not in again),
        *((name, getattr(configuration, name)) for name in ("url", "body", "proxy") if name not in given),
    ]
    for name, text in texts:
        if text is not None and text.references:
            yield f"{name} ({', '.join(map(str, text.references))})"
    for name in ("body_file", "workload", "ca"):
        if name not in given and (file := getattr(configuration, name)):
            yield f"{name} ({file})"
    yield from (f"contender {text}" for text in configuration.contenders if Contender.parse(text).path)


def _whereto(configuration: ExperimentConfiguration) -> str:
    url = configuration.url
    target = "the bundled origin" if url is None or url.is_path else str(url)
    if configuration.workload:
        target += " and where the workload says"
    return f"{target} through {configuration.proxy}" if configuration.proxy else target


def _lost(configuration: ExperimentConfiguration) -> Iterator[str]:
    for name, text in configuration.secrets.items():
        if text.is_lost:
            yield f"{name} was typed as text, and that is not stored; give it again: {_how_to_give(name)}"


def _how_to_give(name: str) -> str:
    if name.startswith("header "):
        return f"--header '{name.removeprefix('header ')}: ${{env:NAME}}'"
    return f"--{name} '…'"


def _other_files(stored: ExperimentResult, configuration: ExperimentConfiguration) -> Iterator[str]:
    """Files that are not what they were, or of which nobody knows it."""
    workload = configured_workload(configuration)
    then = stored.workload and stored.workload.sha256
    if workload and workload.sha256 != then and stored.configuration.get("workload"):
        yield f"workload {configuration.workload} is not what was measured; give that one (--workload), or use --force"
    before = stored.provenance.files if stored.provenance else {}
    for name, fingerprint in files_of(configuration).items():
        if before.get(name) != fingerprint and stored.configuration.get(name):
            file = getattr(configuration, name)
            option = "--body @FILE" if name == "body_file" else f"--{name}"
            yield f"{name} {file} is not what was sent then; give that one ({option}), or use --force"
