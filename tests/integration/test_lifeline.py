"""What a child process does first, seen from outside."""

import subprocess
import sys
import unittest


@unittest.skipUnless(sys.platform == "linux", "timer slack is Linux's")
class TimerSlackTest(unittest.TestCase):
    def test_threads_wake_in_time(self):
        """A thread that is started afterwards has the least slack there is, 1 ns."""
        program = (
            "import ctypes, threading\n"
            "from http_benchmark.lifeline import wake_in_time\n"
            "wake_in_time()\n"
            "prctl, PR_GET_TIMERSLACK = ctypes.CDLL(None).prctl, 30\n"
            "thread = threading.Thread(target=lambda: print(prctl(PR_GET_TIMERSLACK)))\n"
            "thread.start(); thread.join()\n"
        )
        answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

        self.assertEqual("1\n", answer.stdout)
