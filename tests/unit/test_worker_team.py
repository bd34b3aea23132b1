"""Several processes act as one contender: shares that add up, one common start, figures that are added."""

import unittest
from dataclasses import replace

from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.clock import monotonic_ns
from http_benchmark.errors import ConfigurationError, WorkerError
from http_benchmark.load.schedule import Arrivals, Stop
from http_benchmark.worker.protocol import Finished, Open, Opened, Ran, Reconnect, Reconnected, Run
from http_benchmark.worker.team import Team

RAN = Ran(
    started_ns=1000,
    ended_ns=2000,
    user_ns=10,
    system_ns=20,
    opening_requests=0,
    retries=1,
    memory_bytes=100,
    exhausted=2,
    voluntary_switches=3,
    involuntary_switches=4,
    threads=5,
    gc=((1, 10, 10), (0, 0, 0), (2, 50, 40)),
    idle_ns=60,
    idle_cpu_ns=6,
)


class FakeWorker:
    """Has the interface of a `WorkerProcess`, and answers what it was given."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.pid = 100 + number
        self.orders: list[Run] = []
        self.options: ClientOptions | None = None
        self.connect_rps = 0.0
        self.stopped = self.relieved = 0
        self.answers = [RAN]
        self.busy = 0
        self.opening = Opened(import_s=0.1, construction_s=0.2, base_memory_bytes=1000)
        self.finishing = Finished(peak_memory_bytes=5000, close_s=0.3)

    def open(self, order):
        self.options = order.options
        self.connect_rps = order.connect_rps

    def opened(self):
        return self.opening

    def start(self, order):
        self.orders.append(order)

    def answers_within(self, timeout_s):
        self.busy -= 1
        return self.busy < 0

    def relieve(self, take):
        self.relieved += 1

    def ran(self, patience_s, take):
        take(f"samples of {self.name}")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def reconnect(self, order, patience_s):
        return Reconnected(durations_s=(0.1,) * order.requests, sent=order.requests)

    def finish(self):
        return self.finishing

    def stop(self):
        self.stopped += 1


class TeamTest(unittest.TestCase):
    def team(self, processes: int, concurrency: int = 10) -> Team:
        self.workers: list[FakeWorker] = []

        def start(name, cpus):
            self.workers.append(FakeWorker(name, len(self.workers)))
            return self.workers[-1]

        team = self.enterContext(Team("null:sync", processes=processes, worker=start))
        options, request = ClientOptions(concurrency=concurrency), Request("GET", "http://x/")
        team.open(Open("m", "C", options, request, connect_rps=600.0))
        return team

    def run_order(self, team: Team, order: Run) -> tuple[Ran, list[str]]:
        taken: list[str] = []
        return team.run(order, 30.0, taken.append), taken

    def test_one_process_gets_its_orders_as_they_are(self):
        """A team of one adds nothing: not a message, not a change."""
        team, order = self.team(1), Run(Stop(requests=7), opening=True)
        ran, taken = self.run_order(team, order)

        self.assertIs(RAN, ran)
        self.assertEqual([order], self.workers[0].orders)
        self.assertEqual(["samples of null:sync"], taken)
        self.assertEqual(10, self.workers[0].options.concurrency)

    def test_concurrency_is_shared(self):
        """Ten in flight over three processes, which together connect as fast as one; each is named in messages."""
        self.team(3)

        self.assertEqual([4, 3, 3], [worker.options.concurrency for worker in self.workers])
        self.assertEqual([200.0] * 3, [worker.connect_rps for worker in self.workers])
        self.assertEqual("null:sync (process 3)", self.workers[2].name)

    def test_more_processes_than_requests_in_flight_are_refused(self):
        """One of them would have nothing to send with."""
        with self.assertRaisesRegex(ConfigurationError, r"at most the concurrency \(3\), got 4"):
            self.team(4, concurrency=3)

    def test_requests_are_shared_exactly(self):
        """100 requests, or 50 at least, over three processes."""
        for stop, shares in (
            (Stop(requests=100), [Stop(requests=34), Stop(requests=33), Stop(requests=33)]),
            (
                Stop(duration_s=1.0, least_requests=50, most_s=9.0),
                [Stop(duration_s=1.0, least_requests=least, most_s=9.0) for least in (17, 17, 16)],
            ),
        ):
            with self.subTest(stop):
                team = self.team(3)
                self.run_order(team, Run(stop))

                self.assertEqual(shares, [worker.orders[-1].stop for worker in self.workers])

    def test_arrivals_are_striped(self):
        """Every process knows the whole schedule and takes its stripe."""
        team, arrivals = self.team(3), Arrivals(100, 100, 1.0, poisson=True, seed=9)
        self.run_order(team, Run(arrivals=arrivals))

        self.assertEqual(
            [replace(arrivals, stripe=stripe, stripes=3) for stripe in range(3)],
            [worker.orders[-1].arrivals for worker in self.workers],
        )

    def test_all_get_ready_before_a_common_start(self):
        """Connections are opened in a run of its own; then all start at the same moment, which is still to come."""
        team, before_ns = self.team(3), monotonic_ns()
        self.run_order(team, Run(Stop(requests=100), opening=True, measured=False))

        for worker in self.workers:
            ready, measured = worker.orders
            self.assertEqual(Run(Stop(requests=0), opening=True, measured=False), ready)
            self.assertFalse(measured.opening)
            self.assertFalse(measured.measured)
            self.assertGreater(measured.starts_at_ns, before_ns)
        self.assertEqual(1, len({worker.orders[-1].starts_at_ns for worker in self.workers}))

    def test_figures_are_added(self):
        """First start to last end; sums of what was used; the longest pause; what was sent to get ready counts."""
        team = self.team(2)
        ready = replace(RAN, opening_requests=6, opening_errors={"tls": 2}, retries=0, user_ns=99, first_request_s=0.5,
            opening_by_place=((0, 4), (1, 2)),
            messages={"tls": "old"})  # fmt: skip
        late = replace(
            RAN, started_ns=1100, ended_ns=2500, gc=((3, 90, 70), (0, 0, 0), (0, 0, 0)), messages={"tls": "new"}
        )
        self.workers[0].answers = [ready, RAN]
        self.workers[1].answers = [
            replace(
                ready,
                opening_requests=5,
                opening_errors={"tls": 1, "timeout": 3},
                first_request_s=0.4,
                opening_by_place=((1, 5),),
            ),
            late,
        ]
        ran, taken = self.run_order(team, Run(Stop(requests=100), opening=True))

        self.assertEqual(
            Ran(
                started_ns=1000,
                ended_ns=2500,
                user_ns=20,
                system_ns=40,
                opening_requests=11,
                opening_errors={"tls": 3, "timeout": 3},
                opening_by_place=((0, 4), (1, 2), (1, 5)),
                retries=2,
                memory_bytes=200,
                messages={"tls": "old"},
                exhausted=4,
                voluntary_switches=6,
                involuntary_switches=8,
                threads=10,
                gc=((4, 100, 70), (0, 0, 0), (2, 50, 40)),
                idle_ns=240,
                idle_cpu_ns=24,
                first_request_s=0.5,
            ),
            ran,
        )
        self.assertEqual(4, len(taken))

    def test_what_one_cannot_tell_is_unknown_for_all(self):
        """A sum with a hole in it is no sum."""
        team = self.team(2)
        self.workers[1].answers = [replace(RAN, memory_bytes=None, threads=None)]
        ran, _ = self.run_order(team, Run(Stop(requests=1)))

        self.assertEqual((None, None), (ran.memory_bytes, ran.threads))

    def test_the_longest_times_and_all_memory(self):
        """Of opening and closing."""
        team = self.team(2)
        self.workers[0].opening = Opened(import_s=0.4, construction_s=0.1, base_memory_bytes=500)
        self.workers[1].finishing = Finished(peak_memory_bytes=7000, close_s=0.1)

        self.assertEqual(Opened(import_s=0.4, construction_s=0.2, base_memory_bytes=1500), team.opened())
        self.assertEqual(Finished(peak_memory_bytes=12_000, close_s=0.3), team.finish())
        self.assertEqual((100, 101), team.pids)

    def test_one_reconnects_for_all(self):
        """A life-cycle cost is one process's."""
        self.assertEqual(Reconnected(durations_s=(0.1,) * 4, sent=4), self.team(3).reconnect(Reconnect(4), 10.0))

    def test_while_one_is_waited_for_the_others_are_relieved(self):
        """Samples of all are taken while they run, whoever ends first."""
        team = self.team(2)
        self.workers[0].busy = 3
        self.run_order(team, Run(Stop(requests=1)))

        self.assertEqual([3, 3], [worker.relieved for worker in self.workers])

    def test_a_process_that_hangs_is_told_by_name(self):
        """After the patience, not for ever."""
        team = self.team(2)
        self.workers[1].busy = 10**9

        with self.assertRaisesRegex(WorkerError, "null:sync gave no answer within 0.0 s"):
            team.run(Run(Stop(requests=1)), 0.0, [].append)

    def test_a_start_that_fails_ends_the_others(self):
        """No process is left behind."""
        started: list[FakeWorker] = []

        def start(name, cpus):
            if len(started) == 2:
                raise OSError("no more processes")
            started.append(FakeWorker(name, 0))
            return started[-1]

        with self.assertRaises(OSError):
            Team("null:sync", processes=3, worker=start)
        self.assertEqual([1, 1], [worker.stopped for worker in started])
