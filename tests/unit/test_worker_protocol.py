"""Messages arrive as they were sent."""

import json
import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.load.schedule import Stop
from http_benchmark.worker.protocol import Broken, Finish, Finished, Open, Opened, Ran, Run, decode, encode

numbers = st.integers(min_value=0, max_value=2**62)
texts = st.text(max_size=20)
messages = st.one_of(
    st.builds(
        Open,
        texts,
        texts,
        st.builds(ClientOptions, st.integers(1, 10_000), st.floats(0.1, 60)),
        st.builds(Request, texts, texts, st.lists(st.tuples(texts, texts)).map(tuple), st.binary(), st.booleans()),
        st.lists(st.floats(0, 5)).map(tuple),
        st.floats(0, 5),
    ),
    st.builds(Opened, st.floats(0, 60), st.none() | numbers),
    st.builds(Run, st.builds(Stop, st.none() | numbers, st.floats(0, 60), numbers), st.booleans(), st.booleans()),
    st.builds(Ran, numbers, numbers, numbers, numbers, numbers, st.none() | numbers, st.dictionaries(texts, texts)),
    st.just(Finish()),
    st.builds(Finished, st.none() | numbers),
    st.builds(Broken, texts, texts),
)


class ProtocolTest(unittest.TestCase):
    @given(messages)
    def test_there_and_back(self, message):
        """Any message survives the way through JSON, binary bodies included."""
        self.assertEqual(message, decode(json.loads(json.dumps(encode(message)))))

    def test_what_is_no_message_is_refused(self):
        """An unknown type is an error, not a guess."""
        with self.assertRaisesRegex(ValueError, "no message of this protocol"):
            decode({"type": "Dance"})
