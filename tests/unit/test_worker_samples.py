"""The samples file hands over each sample once and keeps no disk space."""

import os
import sys
import unittest

import numpy as np

from http_benchmark.load.recorder import SAMPLE, Lane
from http_benchmark.worker.samples import CHUNK_SAMPLES, SamplesFile


def intended(file: SamplesFile) -> list[int]:
    return [int(moment) for chunk in file.take() for moment in chunk[:, 0]]


class SamplesFileTest(unittest.TestCase):
    def setUp(self):
        self.file = SamplesFile()
        self.addCleanup(self.file.close)

    def append(self, first: int, count: int) -> None:
        samples = np.zeros((count, 4), dtype=np.int64)
        samples[:, 0] = np.arange(first, first + count)
        os.write(self.file.descriptor, samples.tobytes())

    def test_each_run_is_taken_once(self):
        """Emptying the file moves the writer too: the second run holds no trace of the first."""
        lane = Lane(4, self.file.descriptor)
        for started_ns, requests in ((1000, 6), (5000, 2), (9000, 0)):
            for number in range(requests):
                lane.record(started_ns + number, started_ns + number, started_ns + number + 1, 200)
            lane.flush()

            self.assertEqual(list(range(started_ns, started_ns + requests)), intended(self.file))
            self.file.empty()

    def test_taking_between_two_writes(self):
        """The writer goes on where it was; what was taken does not come again."""
        for first in (0, 10, 20):
            self.append(first, 10)

            self.assertEqual(10, self.file.waiting)
            self.assertEqual(list(range(first, first + 10)), intended(self.file))
        self.assertEqual((0, []), (self.file.waiting, intended(self.file)))

    def test_half_a_sample_waits_for_its_other_half(self):
        """A file may be looked at while a write is under way."""
        sample = SAMPLE.pack(7, 8, 9, 200)
        os.write(self.file.descriptor, sample + sample[:10])
        self.assertEqual([7], intended(self.file))

        os.write(self.file.descriptor, sample[10:])
        self.assertEqual([7], intended(self.file))

    def test_chunks_are_bounded(self):
        """A lot of samples comes in several parts, in the order in which they were written."""
        self.append(0, 2 * CHUNK_SAMPLES + 5)
        chunks = list(self.file.take())

        self.assertEqual([CHUNK_SAMPLES, CHUNK_SAMPLES, 5], [len(chunk) for chunk in chunks])
        self.assertEqual(list(range(2 * CHUNK_SAMPLES + 5)), np.concatenate(chunks)[:, 0].tolist())

    @unittest.skipUnless(sys.platform == "linux", "holes are punched on Linux only")
    def test_disk_space_is_given_back(self):
        """After a hundred chunks that were taken one by one, no more than a few pages are still on disk."""
        for number in range(100):
            self.append(number * CHUNK_SAMPLES, CHUNK_SAMPLES)
            list(self.file.take())

        self.assertLess(512 * os.fstat(self.file.descriptor).st_blocks, 100_000)
