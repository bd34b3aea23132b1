"""What is printed of exceptions that nobody caught."""

import subprocess
import sys
import textwrap
import unittest

CANARY = "canary-4711"


class TracebackTest(unittest.TestCase):
    def printed(self, program: str) -> str:
        setting = (
            "from http_benchmark.redaction import know\nfrom http_benchmark.utils.tracebacks import clear_tracebacks\n"
        )
        setting += "know('canary-' + str(4711))\nclear_tracebacks()\nsecret = 'canary-' + str(4711)\n"
        answer = subprocess.run(
            [sys.executable, "-c", setting + textwrap.dedent(program)], capture_output=True, text=True, check=False
        )
        self.assertNotIn(CANARY, answer.stderr + answer.stdout)
        return answer.stderr

    def test_exceptions_are_cleared_wherever_they_end(self) -> None:
        """In the main thread, with their causes; in another thread; in a destructor."""
        for program in (
            "try:\n    raise LookupError(secret)\nexcept LookupError as e:\n    raise ValueError(secret) from e",
            "raise ExceptionGroup(secret, [ValueError(secret)])",
            "import threading\nthread = threading.Thread(target=int, args=(secret,))\nthread.start()\nthread.join()",
            "class Bad:\n    def __del__(self):\n        raise ValueError(secret)\nBad()",
        ):
            with self.subTest(program):
                printed = self.printed(program)

                self.assertIn("Traceback", printed)
                self.assertIn("***", printed)

    def test_a_thread_may_exit(self) -> None:
        """Quietly, as ever."""
        program = "import sys, threading\nthread = threading.Thread(target=sys.exit)\nthread.start()\nthread.join()"

        self.assertEqual("", self.printed(program))
