"""Whole experiments as one portable file: a ZIP of JSON that any database of this program takes in.

The file holds a manifest with the sizes and SHA-256 digests of all else, and for each experiment its document and its
blocks, one per line. The same experiments give the same bytes. Nothing in it is believed before it is checked: it may
come from anywhere.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import Field, ValidationError

from http_benchmark import __version__
from http_benchmark.errors import ArchiveError
from http_benchmark.models.base import Model
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.tags import tag_fault

MOST_BYTES = 2**30
"""Of all that a file holds, unpacked: more is neither written nor read, since a few bytes can unpack to any number."""

MOST_MANIFEST_BYTES = 2**24
"""Of the manifest; some 43,000 experiments."""

_LONGEST_ID = 200  # characters; our own have 36, and indexes bound them

_TOO_LARGE = "the bundle would be too large to be read again; split it, for example by --since and --until"
_MANIFEST = "manifest.json"
_SCHEMA = "http-benchmark/bundle/1"
_LEVEL = 6  # of zlib
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,  # cut off
    NotImplementedError,  # another compression
    RuntimeError,  # encrypted
    OSError,  # a position that does not exist
    ValueError,  # names that are no text, numbers out of range
)
"""What reading a damaged or foreign ZIP may raise."""


class StoredExperiment(Model):
    """An experiment with all that is stored of it.

    Attributes:
        experiment: The answer; of one that was killed, as it was when it started.
        blocks: By number.
        tags: As they are now, which need not be those of its configuration.
    """

    experiment: ExperimentResult
    blocks: tuple[BlockRecord, ...]
    tags: tuple[str, ...] = ()


class _Member(Model):
    sha256: str
    bytes: Annotated[int, Field(ge=0)]


class _Entry(Model):
    """An experiment in the manifest; its files stand in the folder of its number."""

    id: str
    tags: tuple[str, ...]
    document: _Member
    blocks: _Member


class _Manifest(Model):
    schema_: Annotated[Literal["http-benchmark/bundle/1"], Field(alias="schema")] = "http-benchmark/bundle/1"
    program: str
    experiments: tuple[_Entry, ...]


def write_archive(experiments: Iterable[StoredExperiment], file: BinaryIO) -> None:
    """Write experiments, in this order; the file is complete when this returns.

    Whether they were imported is a fact of the database, and not written.

    Raises:
        ArchiveError: It would be a file that `read_archive` refuses; what was written of it is useless.
    """
    entries: list[_Entry] = []
    size = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for number, stored in enumerate(experiments):
            entry = _add_experiment(archive, number, stored)
            entries.append(entry)
            size += _unpacked(entry)
            if size > MOST_BYTES:
                raise ArchiveError(f"{_TOO_LARGE}: with the first {number + 1:,} it holds {size:,} bytes, unpacked")
        manifest = _Manifest(program=__version__, experiments=tuple(entries))
        text = json.dumps(manifest.model_dump(mode="json", by_alias=True), indent=2).encode()
        if len(text) > MOST_MANIFEST_BYTES:
            raise ArchiveError(f"{_TOO_LARGE}: {len(entries):,} experiments have too long a manifest")
        archive.writestr(_info(_MANIFEST), text)


def require_portable(stored: StoredExperiment) -> None:
    """Refuse an experiment that `write_archive` refuses for what it is called.

    Raises:
        ArchiveError: Its ID or a tag would not be read again.
    """
    identifier = stored.experiment.id
    if fault := _fault(identifier, stored.tags):
        raise ArchiveError(f"experiment {identifier[:40]!r}: {fault}")


def read_archive(file: BinaryIO) -> list[StoredExperiment]:
    """Read what `write_archive` wrote, in its order.

    Args:
        file: Open for reading, and seekable.

    Raises:
        ArchiveError: It is damaged, or no such file; all experiments that are damaged are named.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _read(archive)
    except ArchiveError:
        raise
    except _BROKEN as error:
        raise ArchiveError(f"it is damaged, or `results export --format bundle` did not write it ({error})") from error


def _read(archive: zipfile.ZipFile) -> list[StoredExperiment]:
    manifest = _manifest(archive)
    expected = Counter([_MANIFEST, *(name for number in range(len(manifest.experiments)) for name in _names(number))])
    if Counter(archive.namelist()) != expected:
        raise ArchiveError("the files in it are not those that its manifest names; it is damaged or was changed")
    if sum(map(_unpacked, manifest.experiments)) > MOST_BYTES:
        raise ArchiveError(f"it holds more than {MOST_BYTES:,} bytes, unpacked; export fewer experiments into a file")
    faults: list[str] = []
    experiments = []
    for number, entry in enumerate(manifest.experiments):
        try:
            experiments.append(_experiment(archive, number, entry))
        except ArchiveError as error:
            faults += [f"experiment {entry.id}: {fault}" for fault in error.faults]
        except ValidationError:
            faults.append(f"experiment {entry.id}: {_of_another_version(manifest.program)}")
    if faults:
        raise ArchiveError(faults)
    return experiments


def _manifest(archive: zipfile.ZipFile) -> _Manifest:
    if _MANIFEST not in archive.namelist():
        raise ArchiveError(
            "it has no manifest.json; `results export --format bundle` writes files that can be imported"
        )
    with archive.open(_MANIFEST) as member:
        content = _decoded(member.read(MOST_MANIFEST_BYTES))
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != _SCHEMA:
        raise ArchiveError(f"its manifest has the schema {str(schema)[:40]!r}, and this program reads {_SCHEMA!r}")
    try:
        return _Manifest.from_dict(content)
    except ValidationError as error:
        raise ArchiveError("its manifest is damaged, or was changed") from error


def _experiment(archive: zipfile.ZipFile, number: int, entry: _Entry) -> StoredExperiment:
    """One experiment, checked.

    Raises:
        ArchiveError: It is damaged.
        ValidationError: It is not as this version writes them.
    """
    document, blocks = _names(number)
    experiment = ExperimentResult.from_dict(_decoded(_content(archive, document, entry.document)))
    lines = _content(archive, blocks, entry.blocks).splitlines()
    records = tuple(BlockRecord.from_dict(_decoded(line)) for line in lines)
    if fault := _fault(entry.id, entry.tags):
        raise ArchiveError(fault)
    if experiment.id != entry.id:
        raise ArchiveError(f"its document is that of {experiment.id[:40]!r}")
    if len({record.number for record in records}) < len(records):
        raise ArchiveError("two of its blocks have the same number")
    return StoredExperiment(experiment=experiment, blocks=records, tags=entry.tags)


def _content(archive: zipfile.ZipFile, name: str, member: _Member) -> bytes:
    """The bytes of a file, which are as many and those that the manifest says."""
    with archive.open(name) as file:
        content = file.read(member.bytes + 1)  # no more, whatever it unpacks to
    if len(content) != member.bytes or hashlib.sha256(content).hexdigest() != member.sha256:
        raise ArchiveError(f"{name} is not what was exported; it is damaged or was changed")
    return content


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArchiveError("it holds text that is no JSON; it is damaged or was changed") from error


def _of_another_version(program: str) -> str:
    return (
        f"cannot be read by version {__version__}: http-benchmark {program[:40]} wrote it; import it with that version"
    )


def _add_experiment(archive: zipfile.ZipFile, number: int, stored: StoredExperiment) -> _Entry:
    """Write an experiment.

    Raises:
        ArchiveError: It would not be read.
    """
    require_portable(stored)
    document, blocks = _names(number)
    experiment = stored.experiment.model_copy(update={"imported": False})
    return _Entry(
        id=experiment.id,
        tags=stored.tags,
        document=_add(archive, document, _line(experiment)),
        blocks=_add(archive, blocks, b"".join(map(_line, stored.blocks))),
    )


def _fault(identifier: str, tags: Iterable[str]) -> str | None:
    """What is wrong with what an experiment is called, or None."""
    if not (1 <= len(identifier) <= _LONGEST_ID and identifier.isprintable()):
        return f"its ID {identifier[:40]!r} must have 1 to {_LONGEST_ID} printable characters"
    tag = next(filter(None, map(tag_fault, tags)), None)
    return tag and f"{tag}; take it away where it comes from: results tag {identifier} --remove"


def _unpacked(entry: _Entry) -> int:
    return entry.document.bytes + entry.blocks.bytes


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> _Member:
    archive.writestr(_info(name), content)
    return _Member(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


def _info(name: str) -> zipfile.ZipInfo:
    """A file without a date of its own, so that the same content gives the same bytes."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _line(model: Model) -> bytes:
    return json.dumps(model.to_dict(), separators=(",", ":")).encode() + b"\n"


def _names(number: int) -> tuple[str, str]:
    """Of an experiment's document and blocks; by number, since an ID from outside is no name for a file."""
    return f"experiments/{number}/document.json", f"experiments/{number}/blocks.jsonl"
