"""Messages arrive as they were sent."""

import json
import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.load.mix import Mix
from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.worker.protocol import (
    Broken,
    Finish,
    Finished,
    Open,
    Opened,
    Ran,
    Reconnect,
    Reconnected,
    Run,
    decode,
    encode,
)

numbers = st.integers(min_value=0, max_value=2**62)
seconds = st.floats(0, 60)
texts = st.text(max_size=20)
arrivals = st.builds(Arrivals, seconds, seconds, seconds, st.none() | numbers, st.booleans(), numbers)
requests = st.builds(Request, texts, texts, st.lists(st.tuples(texts, texts)).map(tuple), st.binary(), st.booleans())
indices = st.lists(st.integers(0, 1000), max_size=5).map(tuple)
mixes = st.builds(Mix, st.lists(requests, max_size=3).map(tuple), indices, indices, st.integers(1, 9))
messages = st.one_of(
    st.builds(
        Open,
        texts,
        texts,
        st.builds(ClientOptions, st.integers(1, 10_000), st.floats(0.1, 60)),
        requests,
        st.lists(st.floats(0, 5)).map(tuple),
        st.floats(0, 5),
        st.none() | mixes,
        st.integers(0, 9),
        st.integers(1, 9),
        st.lists(texts).map(tuple),
        st.floats(1, 1e6),
    ),
    st.builds(Opened, seconds, seconds, st.none() | numbers),
    st.builds(
        Run,
        st.builds(Stop, st.none() | numbers, seconds, numbers),
        st.none() | arrivals,
        st.none() | numbers,
        st.booleans(),
        st.booleans(),
        numbers,
    ),
    st.builds(
        Ran,
        started_ns=numbers,
        ended_ns=numbers,
        user_ns=numbers,
        system_ns=numbers,
        opening_requests=numbers,
        retries=numbers,
        memory_bytes=st.none() | numbers,
        messages=st.dictionaries(texts, texts),
        gc=st.lists(st.tuples(numbers, numbers, numbers), max_size=3).map(tuple),
        opening_by_place=st.lists(st.tuples(numbers, numbers), max_size=3).map(tuple),
        first_request_s=st.none() | seconds,
        connect_all_s=st.none() | seconds,
    ),
    st.builds(Reconnect, numbers),
    st.builds(Reconnected, st.lists(seconds, max_size=3).map(tuple), numbers),
    st.just(Finish()),
    st.builds(Finished, st.none() | numbers, seconds),
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
