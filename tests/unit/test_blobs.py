import unittest
import zlib
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.database import blobs
from http_benchmark.database.blobs import pack, unpack
from http_benchmark.errors import StorageError

plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=9,
)


class BlobTest(unittest.TestCase):
    @given(plain_values)
    def test_values_come_back_as_packed(self, value: object) -> None:
        """Numbers of any size, infinite ones too, and every text: NUL, half a pair of surrogates."""
        self.assertEqual(value, unpack(pack(value), "it"))
        self.assertEqual(value, unpack(pack([value, "\x00\ud800"]), "it")[0])

    def test_any_damage_is_noticed(self) -> None:
        """One changed byte, wherever it is, a missing end, or something behind it."""
        blob = pack({"slices": list(range(50))})
        changed = [blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :] for place in range(len(blob))]
        for damaged in (*changed, blob[:-1], blob[:9], blob + b"x", b"", b"{}", zlib.compress(b"[1")):
            with self.assertRaisesRegex(StorageError, "^block 3 is damaged; restore the database from a copy$"):
                unpack(damaged, "block 3")

    def test_what_unpacks_to_too_much_is_refused(self) -> None:
        """A few bytes can unpack to any number."""
        with mock.patch.object(blobs, "MOST_BYTES", 100):
            self.assertEqual("a" * 98, unpack(pack("a" * 98), "it"))
            with self.assertRaisesRegex(StorageError, "it is damaged"):
                unpack(pack("a" * 99), "it")
