import contextlib
import io
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from loguru import logger

from http_benchmark.errors import ConfigurationError
from http_benchmark.utils import logging


class ConfigureTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.stderr = self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        self.addCleanup(logger.remove)

    def log_one_of_each(self) -> None:
        for level in ("debug", "info", "warning", "error"):
            getattr(logger, level)(f"a {level} line")

    def levels_shown(self, text: str) -> list[str]:
        return [level for level in ("debug", "info", "warning", "error") if f"a {level} line" in text]

    def test_quiet_by_default(self) -> None:
        """Standard error shows warnings and errors; -v adds information, -vv everything."""
        cases = {0: 2, 1: 3, 2: 4, 5: 4}
        for verbosity, count in cases.items():
            with self.subTest(verbosity):
                self.stderr.truncate(0)
                logging.configure(verbosity)
                self.log_one_of_each()
                self.assertEqual(
                    ["debug", "info", "warning", "error"][-count:], self.levels_shown(self.stderr.getvalue())
                )

    def test_log_file(self) -> None:
        """A log file gets information, is appended to, and leaves standard error quiet."""
        path = self.folder / "run.log"
        path.write_text("before\n")

        logging.configure(0, path)
        self.log_one_of_each()

        text = path.read_text()
        self.assertEqual(["info", "warning", "error"], self.levels_shown(text))
        self.assertTrue(text.startswith("before\n"))
        self.assertEqual(["warning", "error"], self.levels_shown(self.stderr.getvalue()))
        self.assertRegex(text, r"\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO ")

    def test_configuring_again_replaces(self) -> None:
        """Lines appear once, and the former file is closed."""
        path = self.folder / "run.log"
        logging.configure(0, path)
        logging.configure()

        logger.warning("once")

        self.assertEqual(1, self.stderr.getvalue().count("once"))
        self.assertEqual("", path.read_text())

    def test_unwritable_log_file(self) -> None:
        """A log file that cannot be written is the user's fault, told in one line."""
        with self.assertRaisesRegex(
            ConfigurationError, r"log file '.*' cannot be written \(No such file or directory\)"
        ):
            logging.configure(0, self.folder / "missing" / "run.log")

    def test_passwords_are_taken_out_of_everything(self) -> None:
        """Neither the message nor a traceback shows the user and password of a URL, nor a variable's value."""
        path = self.folder / "run.log"
        logging.configure(2, path)
        secret_body = "hunter3"

        def fail(_: str) -> None:
            raise ValueError("no answer from http://me:hunter2@host/path")

        try:
            fail(secret_body)
        except ValueError:
            logger.exception("failed: postgresql://me:hunter2@host/db, {} bytes", len(secret_body))

        for text in (self.stderr.getvalue(), path.read_text()):
            self.assertIn("ValueError: no answer from http://***@host/path", text)
            self.assertIn("failed: postgresql://***@host/db, 7 bytes", text)
            self.assertNotIn("hunter", text)

    def test_importing_has_no_side_effect(self) -> None:
        """Whoever imports the module keeps the logging that was configured before."""
        program = (
            "import sys\nfrom loguru import logger\nlogger.remove()\nlogger.add(sys.stdout, format='{message}')\n"
            "import http_benchmark.utils.logging\nlogger.info('still here')"
        )
        output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

        self.assertEqual(("still here\n", ""), (output.stdout, output.stderr))
