"""How a trial is cut into slices."""

import unittest

from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.slicing import asked_delay_s, plan_slices


class ClosedModelTest(unittest.TestCase):
    def slices(self, **configuration) -> tuple[Stop, ...]:
        return plan_slices(ExperimentConfiguration(**configuration))

    def test_by_default_a_slice_has_its_least_time_and_requests(self):
        """Twelve slices of 100 ms, 100 requests and ten per connection at least."""
        self.assertEqual((Stop(duration_s=0.1, least_requests=100),) * 12, self.slices(concurrency=10))
        self.assertEqual((Stop(duration_s=0.1, least_requests=640),) * 12, self.slices(concurrency=64))

    def test_a_quick_run_has_three(self):
        """Quick means fewer slices, not shorter ones."""
        self.assertEqual((Stop(duration_s=0.1, least_requests=100),) * 3, self.slices(quick=True))

    def test_a_number_of_requests_is_kept_to_the_last_one(self):
        """1000 requests over ten slices of 100; 1003 over ten, three of them with one more; 5 over one."""
        self.assertEqual((Stop(requests=100),) * 10, self.slices(requests=1000))
        self.assertEqual([101, 101, 101, *[100] * 7], [stop.requests for stop in self.slices(requests=1003)])
        self.assertEqual((Stop(requests=5),), self.slices(requests=5))
        self.assertEqual([2, 2, 1], [stop.requests for stop in self.slices(requests=5, slices=3)])
        self.assertEqual((Stop(requests=1),) * 2, self.slices(requests=2, slices=3))

    def test_a_duration_is_shared_out(self):
        """10 s are twelve slices below a second each, 30 s four long ones, 50 ms one."""
        self.assertEqual((Stop(duration_s=0.5),) * 12, self.slices(duration=6))
        self.assertEqual((Stop(duration_s=7.5),) * 4, self.slices(duration=30))
        self.assertEqual((Stop(duration_s=0.05),), self.slices(duration=0.05))

    def test_a_slice_has_ten_answers_of_each_connection_however_late_they_come(self):
        """Where each takes a second, 10 s are one slice and 25 s two; a delay of 10 ms changes nothing."""
        self.assertEqual((Stop(duration_s=10.0),), self.slices(duration=10, url="/delay/1"))
        self.assertEqual((Stop(duration_s=12.5),) * 2, self.slices(duration=25, url="/delay/1"))
        self.assertEqual((Stop(duration_s=0.5),) * 12, self.slices(duration=6, url="/delay/0.01"))
        self.assertEqual((Stop(duration_s=0.5),) * 12, self.slices(duration=6, url="http://127.0.0.1:1/delay/1"))

    def test_very_many_connections_have_few_long_slices(self):
        """Each contender alone, so all of them need the same number of slices beforehand."""
        self.assertEqual((Stop(duration_s=0.1, least_requests=100_000),) * 4, self.slices(concurrency=10_000))
        self.assertEqual((Stop(duration_s=1.5),) * 4, self.slices(concurrency=10_000, duration=6))
        self.assertEqual((Stop(duration_s=1.0),) * 6, self.slices(concurrency=10_000, duration=6, slices=6))
        self.assertEqual((Stop(requests=100_000),) * 3, self.slices(concurrency=10_000, requests=300_000))
        self.assertEqual(3, len(self.slices(concurrency=10_000, quick=True)))


class DelayTest(unittest.TestCase):
    def test_only_the_bundled_origin_says_how_long_it_waits(self):
        """Its path does; elsewhere, and with what is no number, nobody knows."""
        for url, expected in (
            ("/delay/1", 1.0),
            ("/delay/0.25?a=/delay/3", 0.25),
            ("/delay/soon", 0.0),
            ("/bytes/1024", 0.0),
            ("http://127.0.0.1:1/delay/1", 0.0),
            (None, 0.0),
        ):
            with self.subTest(url):
                self.assertEqual(expected, asked_delay_s(ExperimentConfiguration(url=url)))


class OpenModelTest(unittest.TestCase):
    def slices(self, **configuration) -> tuple[Arrivals, ...]:
        return plan_slices(ExperimentConfiguration(**configuration))

    def test_by_default_four_slices_of_two_seconds(self):
        """Up to five seconds where 100 requests take longer; a quick run has two of one second."""
        self.assertEqual((Arrivals(500, 500, 2.0),) * 4, self.slices(rate="500/s"))
        self.assertEqual((Arrivals(25, 25, 4.0),) * 4, self.slices(rate="25/s"))
        self.assertEqual((Arrivals(1, 1, 5.0),) * 4, self.slices(rate="1/s"))
        self.assertEqual((Arrivals(500, 500, 1.0),) * 2, self.slices(rate="500/s", quick=True))

    def test_a_ramp_goes_over_the_whole_trial(self):
        """From 100 to 500 in four slices: each takes a quarter of the way."""
        cuts = [(part.start_rps, part.end_rps) for part in self.slices(rate="100..500/s")]

        self.assertEqual([(100, 200), (200, 300), (300, 400), (400, 500)], cuts)

    def test_every_step_has_the_same_number_of_slices(self):
        """Three steps take two slices each, six one each, and `slices` is rounded up."""
        rates = [part.start_rps for part in self.slices(rate="10,20,30/s")]
        self.assertEqual([10, 10, 20, 20, 30, 30], rates)
        self.assertEqual([1, 2, 3, 4, 5, 6], [part.start_rps for part in self.slices(rate="1,2,3,4,5,6/s")])
        self.assertEqual(6, len(self.slices(rate="10,20,30/s", slices=5)))

    def test_a_duration_is_shared_out(self):
        """10 s are four slices of 2.5 s at 500/s; at 50/s no slice has less than 100 requests."""
        self.assertEqual((Arrivals(500, 500, 2.5),) * 4, self.slices(rate="500/s", duration=10))
        self.assertEqual((Arrivals(50, 50, 2.5),) * 2, self.slices(rate="50/s", duration=5))
        self.assertEqual((Arrivals(500, 500, 0.5),), self.slices(rate="500/s", duration=0.5))

    def test_a_number_of_requests_is_kept_to_the_last_one(self):
        """1001 requests in four slices, one of them with one more; the rate says how long they take."""
        parts = self.slices(rate="500/s", requests=1001)

        self.assertEqual([251, 250, 250, 250], [part.requests for part in parts])
        self.assertAlmostEqual(2.002, sum(part.duration_s for part in parts))
        self.assertEqual([3], [part.requests for part in self.slices(rate="500/s", requests=3)])
        self.assertEqual([1, 1], [part.requests for part in self.slices(rate="500/s", requests=2, slices=3)])

    def test_a_number_of_requests_is_shared_out_by_the_rate(self):
        """Slices last as long as each other: of 4040 requests 10/s gets 20 per slice, 1000/s gets 2000."""
        parts = self.slices(rate="10,1000/s", requests=4040)

        self.assertEqual([20, 20, 2000, 2000], [part.requests for part in parts])
        self.assertEqual([2.0] * 4, [part.duration_s for part in parts])
        ramp = self.slices(rate="100..900/s", requests=1001)
        self.assertEqual([101, 200, 300, 400], [part.requests for part in ramp])

    def test_unsent_requests_are_waited_for_as_long_as_a_timeout(self):
        """But for five seconds at most."""
        self.assertEqual([5.0, 1.5], [self.slices(rate=9, timeout=limit)[0].grace_s for limit in (30, 1.5)])

    def test_poisson(self):
        """The arrivals that were asked for."""
        self.assertEqual({True}, {part.poisson for part in self.slices(rate=9, arrivals="poisson")})
