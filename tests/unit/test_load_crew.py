"""Threads that are kept from run to run."""

import threading
import unittest

from http_benchmark.load.crew import Crew


class CrewTest(unittest.TestCase):
    def setUp(self):
        self.crew = self.enterContext(Crew())
        self.before = threading.active_count()

    def idents(self, number: int) -> list[int]:
        """Which thread did which job."""
        idents = [0] * number

        def job_of(position: int):
            def job() -> None:
                idents[position] = threading.get_ident()

            return job

        self.crew.work([job_of(position) for position in range(number)], lambda: None)
        return idents

    def test_a_job_meets_the_same_thread_every_time(self):
        """The first job the calling one, however many there are, more than wake at once among them."""
        many = self.idents(200)

        self.assertEqual(200, len(set(many)))
        self.assertEqual(threading.get_ident(), many[0])
        for number in (1, 70, 200):
            self.assertEqual(many[:number], self.idents(number))

    def test_threads_come_when_they_are_needed_and_go_when_it_is_closed(self):
        """Only the calling thread is left then."""
        for number, others in ((1, 0), (3, 2), (2, 2), (5, 4)):
            self.idents(number)
            self.assertEqual(self.before + others, threading.active_count())
        self.crew.close()
        self.assertEqual(self.before, threading.active_count())

    def test_a_fault_ends_no_thread(self):
        """It is raised when the others are done, and the next jobs find all threads."""
        done: list[int] = []
        for faulty in (0, 1):
            jobs = [lambda: done.append(1)] * 3
            jobs[faulty] = lambda: 1 // 0
            with self.assertRaises(ZeroDivisionError):
                self.crew.work(jobs, lambda: None)
        self.assertEqual(4, len(done))
        self.assertEqual(3, len(set(self.idents(3))))

    def test_where_the_beginning_fails_nobody_works(self):
        """Neither then nor late."""
        done: list[int] = []
        with self.assertRaises(ZeroDivisionError):
            self.crew.work([lambda: done.append(1)] * 3, lambda: 1 // 0)

        self.assertEqual(3, len(set(self.idents(3))))
        self.assertEqual([], done)


if __name__ == "__main__":
    unittest.main()
