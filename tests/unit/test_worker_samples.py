"""The samples file hands over each run's samples once."""

import unittest

from http_benchmark.load.recorder import Lane
from http_benchmark.worker.samples import SamplesFile


class SamplesFileTest(unittest.TestCase):
    def test_each_run_is_taken_once(self):
        """Emptying the file moves the writer too: the second run holds no trace of the first."""
        file = SamplesFile()
        self.addCleanup(file.close)
        lane = Lane(4, file.descriptor)
        for started_ns, requests in ((1000, 6), (5000, 2), (9000, 0)):
            for number in range(requests):
                lane.record(started_ns + number, started_ns + number, started_ns + number + 1, 200)
            lane.flush()

            samples = file.take(started_ns)

            self.assertEqual((requests, 3), samples.shape)
            self.assertEqual(list(range(requests)), samples[:, 0].tolist())
