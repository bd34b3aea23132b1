"""Portable files: what was written is read, and nothing that is damaged, changed or made up."""

import hashlib
import io
import json
import random
import zipfile
from unittest import TestCase
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from http_benchmark import archive
from http_benchmark.archive import StoredExperiment, read_archive, write_archive
from http_benchmark.errors import ArchiveError
from http_benchmark.models.tags import tag_fault
from tests.unit.records import a_block, an_experiment, blocks

STORED = [
    StoredExperiment(experiment=an_experiment("first"), blocks=(a_block(0), a_block(1)), tags=("nightly", "ä")),
    StoredExperiment(experiment=an_experiment("second", status="interrupted"), blocks=()),
]


def written(stored=tuple(STORED)):
    file = io.BytesIO()
    write_archive(stored, file)
    return file.getvalue()


def read(content):
    return read_archive(io.BytesIO(content))


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return file.getvalue()


def with_document(**changes):
    """A file whose first document was changed by somebody who knows how to write the manifest."""
    files = members(written())
    document = json.loads(files["experiments/0/document.json"]) | changes
    return signed(files, "experiments/0/document.json", json.dumps(document).encode(), "document")


def signed(files, name, content, role):
    manifest = json.loads(files["manifest.json"])
    manifest["experiments"][0][role] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    return zipped(files | {name: content, "manifest.json": json.dumps(manifest)})


class TestArchive(TestCase):
    def test_round_trip(self):
        """Documents, blocks and tags come back in their order."""
        self.assertEqual(STORED, read(written()))
        self.assertEqual([], read(written([])))

    @settings(max_examples=30)
    @given(
        st.lists(blocks, max_size=3, unique_by=lambda block: block.number),
        st.lists(st.text(max_size=9).filter(lambda tag: tag_fault(tag) is None), max_size=3),
    )
    def test_round_trip_of_anything(self, some_blocks, tags):
        """Whatever a block holds, infinite figures and odd texts included."""
        stored = [StoredExperiment(experiment=an_experiment(), blocks=tuple(some_blocks), tags=tuple(tags))]

        self.assertEqual(stored, read(written(stored)))

    def test_nothing_is_written_that_is_not_read(self):
        """What has too many bytes, too long a manifest, or tags that are none; the reader refuses the same."""
        size = sum(len(content) for name, content in members(written()).items() if name.startswith("experiments"))
        manifest = len(members(written())["manifest.json"])
        for limit, enough in (("MOST_BYTES", size), ("MOST_MANIFEST_BYTES", manifest)):
            with self.subTest(limit):
                with patch.object(archive, limit, enough):
                    self.assertEqual(STORED, read(written()))
                refused = self.assertRaisesRegex(ArchiveError, "too large to be read again; split it")
                with patch.object(archive, limit, enough - 1), refused:
                    written()
        whole = written()
        with patch.object(archive, "MOST_BYTES", size - 1), self.assertRaisesRegex(ArchiveError, "holds more than"):
            read(whole)

    def test_tags_that_are_none(self):
        """Neither written nor read."""
        with self.assertRaisesRegex(ArchiveError, "experiment 'first': tag '' must .* results tag first --remove"):
            written([STORED[0].model_copy(update={"tags": ("",)})])
        files = members(written())
        changed = files["manifest.json"].replace(b'"nightly"', b'"a\\nb"')
        with self.assertRaisesRegex(ArchiveError, r"experiment first: tag 'a\\nb' must"):
            read(zipped(files | {"manifest.json": changed}))

    def test_same_experiments_same_bytes(self):
        """No date, no name of a machine: files can be compared by their digests."""
        self.assertEqual(written(), written())

    def test_any_tool_opens_it(self):
        """It is a ZIP of JSON, with the manifest last."""
        files = members(written())

        self.assertEqual("http-benchmark/bundle/1", json.loads(files["manifest.json"])["schema"])
        self.assertEqual("first", json.loads(files["experiments/0/document.json"])["id"])
        self.assertEqual(
            [0, 1], [json.loads(line)["number"] for line in files["experiments/0/blocks.jsonl"].splitlines()]
        )


class TestDamage(TestCase):
    def check(self, content, message):
        with self.assertRaisesRegex(ArchiveError, message):
            read(content)

    def test_flipped_bits(self):
        """A flipped bit is refused, or it stands where it says nothing, such as a date."""
        content = written()
        generator = random.Random(1)
        refused = 0
        for place in range(len(content)):
            damaged = bytearray(content)
            damaged[place] ^= 1 << generator.randrange(8)
            with self.subTest(place):
                try:
                    self.assertEqual(STORED, read(bytes(damaged)))
                except ArchiveError:
                    refused += 1
        self.assertGreater(refused, len(content) * 0.8)

    def test_cut_off(self):
        """A file that ends early is refused, wherever it ends."""
        content = written()
        for length in range(0, len(content), 7):
            with self.subTest(length):
                self.check(content[:length], "damaged")

    def test_what_is_none_of_ours(self):
        """Other files and other archives, told in a line."""
        for content, message in (
            (b"", "did not write it"),
            (b"SQLite format 3\0" * 100, "did not write it"),
            (zipped({"a": b"b"}), "no manifest.json"),
            (zipped({"manifest.json": b"no"}), "no JSON"),
            (zipped({"manifest.json": b"[" * 100_000}), "no JSON"),
            (zipped({"manifest.json": b"[]"}), "schema 'None'"),
            (zipped({"manifest.json": b'{"schema": "http-benchmark/bundle/2"}'}), "schema 'http-benchmark/bundle/2'"),
            (zipped({"manifest.json": b'{"schema": "http-benchmark/bundle/1"}'}), "manifest is damaged"),
        ):
            with self.subTest(content[:40]):
                self.check(content, message)

    def test_files_that_the_manifest_does_not_name(self):
        """One too many, one too few, and one twice."""
        files = members(written())
        few = {name: content for name, content in files.items() if name != "experiments/1/blocks.jsonl"}
        for changed in (files | {"../evil": b""}, few):
            with self.subTest(sorted(changed)):
                self.check(zipped(changed), "not those that its manifest names")
        with self.assertWarns(UserWarning):
            twice = zipped([*files.items(), ("experiments/0/blocks.jsonl", b"")])
        self.check(twice, "not those that its manifest names")

    def test_changed_content(self):
        """The digest tells, and every experiment is named that was changed."""
        files = members(written())
        changed = files | {name: content + b" " for name, content in files.items() if name.endswith("document.json")}
        with self.assertRaises(ArchiveError) as caught:
            read(zipped(changed))

        self.assertEqual(2, len(caught.exception.faults))
        self.assertRegex(caught.exception.faults[1], "^experiment second: .*document.json is not what was exported")

    def test_what_unpacks_to_too_much(self):
        """Neither what the manifest says nor what the archive holds is unpacked beyond the bound."""
        files = members(written())
        manifest = json.loads(files["manifest.json"])
        manifest["experiments"][0]["document"]["bytes"] = 2**31
        self.check(zipped(files | {"manifest.json": json.dumps(manifest)}), "more than 1,073,741,824 bytes")
        self.check(zipped(files | {"experiments/0/blocks.jsonl": b"0" * 50_000_000}), "not what was exported")
        manifest["experiments"][0]["document"]["bytes"] = -2  # a size that is none bounds nothing
        self.check(zipped(files | {"manifest.json": json.dumps(manifest)}), "manifest is damaged")

    def test_an_id_by_which_nothing_is_found(self):
        """Nobody could show or delete what is stored under no ID, nor could PostgreSQL find a very long one."""
        for identifier in ("", "a" * 201):
            files = members(with_document(id=identifier))
            manifest = json.loads(files["manifest.json"])
            manifest["experiments"][0]["id"] = identifier
            self.check(zipped(files | {"manifest.json": json.dumps(manifest)}), "must have 1 to 200 printable")

    def test_what_does_not_fit_together(self):
        """Another experiment's document, blocks that are there twice, and what another version wrote."""
        self.check(with_document(id="other"), "experiment first: its document is that of 'other'")
        self.check(with_document(colour="red"), "experiment first: cannot be read by version .* wrote it")
        files = members(written())
        lines = files["experiments/0/blocks.jsonl"]
        twice = signed(files, "experiments/0/blocks.jsonl", lines + lines, "blocks")
        self.check(twice, "experiment first: two of its blocks have the same number")
