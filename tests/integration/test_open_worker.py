"""The open model in real worker processes: every arrival of the schedule, once, at its time or later."""

import unittest

import numpy as np

from http_benchmark.clients import known_clients
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.clock import monotonic_ns
from http_benchmark.errors import ErrorKind
from http_benchmark.load.schedule import Arrivals, Schedule, Stop
from http_benchmark.origin.process import OriginProcess
from http_benchmark.worker.protocol import Open, Ran, Run
from http_benchmark.worker.team import Team

PATIENCE_S = 30.0


def order(library: str = "null", mode: str = "sync", url: str = "http://127.0.0.1:1/", concurrency: int = 4) -> Open:
    client = known_clients()[library]
    return Open(
        client.module,
        client.modes[mode],
        options=ClientOptions(concurrency=concurrency),
        request=Request("GET", url),
    )


class OpenModelTest(unittest.TestCase):
    def start(self, opening: Open, processes: int = 1) -> Team:
        team = self.enterContext(Team("a contender", processes=processes))
        team.open(opening)
        team.opened()
        return team

    def run_order(self, team: Team, order: Run) -> tuple[Ran, np.ndarray]:
        chunks = [np.empty((0, 4), dtype=np.int64)]
        ran = team.run(order, PATIENCE_S, chunks.append)
        samples = np.concatenate(chunks)
        return ran, samples[np.argsort(samples[:, 0], kind="stable")]

    def test_every_arrival_is_sent_once_and_never_early(self):
        """Constant and random arrivals, from threads and tasks, in one process and in three."""
        for mode in ("sync", "async"):
            for processes in (1, 3):
                team = self.start(order(mode=mode), processes)
                for arrivals in (Arrivals(1000, 1000, 0.2), Arrivals(0, 2000, 0.2, poisson=True, seed=4)):
                    with self.subTest(mode=mode, processes=processes, arrivals=arrivals):
                        ran, samples = self.run_order(team, Run(arrivals=arrivals))

                        self.assertEqual(
                            list(Schedule(arrivals, ran.started_ns).turns()), sorted(samples[:, 0].tolist())
                        )
                        self.assertGreaterEqual((samples[:, 1] - samples[:, 0]).min(), 0)
                        self.assertEqual({200}, set(samples[:, 3].tolist()))
                        self.assertGreaterEqual(ran.ended_ns, samples[:, 2].max())

    def test_a_schedule_starts_when_it_is_told(self):
        """At a moment that several processes can share; so does the closed model."""
        for mode in ("sync", "async"):
            with self.subTest(mode=mode):
                team = self.start(order(mode=mode))
                starts_at_ns = monotonic_ns() + 30_000_000
                ran, samples = self.run_order(team, Run(arrivals=Arrivals(100, 100, 0.05), starts_at_ns=starts_at_ns))
                self.assertEqual((starts_at_ns, starts_at_ns), (ran.started_ns, samples[0, 0]))

                starts_at_ns = monotonic_ns() + 30_000_000
                ran, samples = self.run_order(team, Run(Stop(requests=10), starts_at_ns=starts_at_ns))
                self.assertGreaterEqual(ran.started_ns, starts_at_ns)
                self.assertGreaterEqual(samples[:, 0].min(), starts_at_ns)

    def test_what_a_slow_server_leaves_unsent_is_told(self):
        """One connection, answers after 0.6 s, 20 requests due in 0.2 s and 0.7 s grace: two are sent."""
        origin = self.enterContext(OriginProcess())
        for library, mode in (("urllib3", "sync"), ("aiohttp", "async")):
            with self.subTest(library):
                before = origin.counts()
                team = self.start(order(library, mode, f"{origin.url}/delay/0.6", concurrency=1))
                ran, samples = self.run_order(team, Run(arrivals=Arrivals(100, 100, 0.2, grace_s=0.7)))

                codes = samples[:, 3].tolist()
                self.assertEqual([200, 200] + [ErrorKind.NOT_SENT.code] * 18, codes)
                self.assertEqual(2, (origin.counts() - before).requests)
                self.assertEqual(19, ran.exhausted)
                cutoff_ns = ran.started_ns + 900_000_000
                self.assertEqual({cutoff_ns}, set(samples[2:, 1].tolist()))

    def test_a_team_shares_the_closed_model_exactly(self):
        """1000 requests in three processes; before them one per connection, and one more in each for the first."""
        team = self.start(order(concurrency=10), processes=3)
        ran, samples = self.run_order(team, Run(Stop(requests=1000), opening=True))

        self.assertEqual(1000, len(samples))
        self.assertEqual(10 + 3, ran.opening_requests)
        self.assertGreater(ran.first_request_s, 0)
        self.assertLessEqual(ran.started_ns, samples[0, 0])
        ran, samples = self.run_order(team, Run(Stop(requests=1000), opening=True))
        self.assertEqual(10, ran.opening_requests)
