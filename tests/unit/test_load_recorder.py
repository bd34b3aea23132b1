"""Samples go through a lane into the file, complete and in order."""

import tempfile
import unittest

import numpy as np

from http_benchmark.load.recorder import Lane, lanes


class LaneTest(unittest.TestCase):
    def setUp(self):
        self.file = self.enterContext(tempfile.TemporaryFile(mode="a+b"))

    def read(self) -> np.ndarray:
        self.file.seek(0)
        return np.frombuffer(self.file.read(), dtype=np.int64).reshape(-1, 4)

    def test_a_sample_is_three_times_and_a_code(self):
        """Sent 30 ns late, done after 500 ns, status 404."""
        lane = Lane(10, self.file.fileno())
        lane.record(1000, 1030, 1530, 404)
        lane.flush()

        self.assertEqual([[1000, 1030, 1530, 404]], self.read().tolist())

    def test_a_full_lane_is_written_and_goes_on(self):
        """More samples than the lane holds arrive all, in order."""
        lane = Lane(4, self.file.fileno())
        for number in range(11):
            lane.record(number, number, number + 1, 200)

        self.assertEqual(8, len(self.read()), "two full lanes are written before the end")
        lane.flush()
        self.assertEqual(list(range(11)), self.read()[:, 0].tolist())

    def test_flushing_twice_writes_nothing_twice(self):
        """A lane is empty after it was written out."""
        lane = Lane(4, self.file.fileno())
        lane.record(1, 1, 2, 200)
        lane.flush()
        lane.flush()

        self.assertEqual(1, len(self.read()))

    def test_lanes_share_the_buffer(self):
        """Many threads do not mean much memory: each gets its part, but not next to nothing."""
        self.assertEqual(3, len(lanes(3, self.file.fileno())))
        many = lanes(512, self.file.fileno())
        for number in range(256):
            many[0].record(number, number, number, 200)

        self.assertEqual(256, len(self.read()))
