"""Where secrets are looked up, and what is said when they are not there."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from loguru import logger

from http_benchmark.errors import ConfigurationError
from http_benchmark.secret import Reference, parse_body, parse_header
from http_benchmark.secret_url import parse_url
from http_benchmark.utils.vault import resolve, warn_of_plain, warn_once

PATIENCE_S = 30.0


class VaultTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.warnings: list[str] = []
        logger.remove()
        warn_once.cache_clear()
        sink = logger.add(lambda message: self.warnings.append(message.record["message"]), level="WARNING")
        self.addCleanup(logger.remove, sink)

    def file(self, content: bytes, mode: int = 0o600) -> Reference:
        path = self.folder / f"{len(list(self.folder.iterdir()))}"
        path.write_bytes(content)
        path.chmod(mode)
        return Reference("file", str(path))

    def faults(self, *references: Reference, environ: dict[str, str] | None = None) -> tuple[str, ...]:
        with self.assertRaises(ConfigurationError) as raised:
            resolve(references, environ or {})
        return tuple(raised.exception.faults)

    def test_environment_and_files(self) -> None:
        """One newline at a file's end is not part of it."""
        variable = Reference("env", "TOKEN")
        for content, expected in ((b"hunter2\n", "hunter2"), (b"hunter2\r\n", "hunter2"), ("ä\n\n".encode(), "ä\n")):
            file = self.file(content)
            self.assertEqual(
                {file: expected, variable: "value-1"}, dict(resolve([file, variable], {"TOKEN": "value-1"}))
            )

    def test_all_that_is_missing_is_said_at_once(self) -> None:
        """With the names and places alone."""
        found = self.faults(
            Reference("env", "NOWHERE"),
            Reference("env", "EMPTY"),
            Reference("file", "/nowhere/x"),
            Reference("file", str(self.folder)),
            self.file(b""),
            self.file(b"hunter2\xff"),
            self.file(b"hunter2\0"),
            self.file(b"x" * 65537),
            environ={"EMPTY": ""},
        )

        self.assertEqual(8, len(found))
        self.assertIn("${env:NOWHERE}: the variable NOWHERE is not set; set it", found)
        self.assertIn("${file:/nowhere/x} cannot be read (No such file or directory); name a readable file", found)
        self.assertNotIn("hunter2", " ".join(found))

    def test_a_file_that_others_can_read_and_a_short_value_are_warned_of(self) -> None:
        """They are taken all the same."""
        resolve([self.file(b"hunter2", 0o644), self.file(b"abc")])

        self.assertRegex(self.warnings[0], "can be read by other users; chmod 600")
        self.assertRegex(self.warnings[1], "is shorter than 6 characters")
        self.assertEqual(2, len(self.warnings))

    def test_plain_values_are_warned_of_once(self) -> None:
        """Short ones, words and numbers, however often they are looked up; what is found in texts is not warned of."""
        for value, warned in (("abc", 1), ("hunter", 1), ("12345678901", 1), ("hunter2", 0), ("correcthorse", 0)):
            with self.subTest(value):
                self.warnings.clear()
                file = self.file(value.encode())
                resolve([file])
                resolve([file])
                self.assertEqual(warned, len(self.warnings))
                self.assertNotIn(value, "".join(self.warnings).replace(str(file), ""))

    def test_plain_values_that_were_typed_are_warned_of(self) -> None:
        """Where a password or a token is expected; not the user of a URL, other headers, or a body."""
        for name, text, warned in (
            ("url", parse_url("http://me:letmein@h/"), True),
            ("url", parse_url("http://h/?token=letmein"), True),
            ("proxy", parse_url("http://me:1234567@h:1"), True),
            ("header X-Api-Key", parse_header("X-Api-Key", "letmein"), True),
            ("url", parse_url("http://me:letmein-7@h/?page=2&lang=english"), False),
            ("header X-Page", parse_header("X-Page", "2"), False),
            ("body", parse_body("letmein"), False),
            ("url", parse_url("http://me:${env:A}@h/"), False),
        ):
            with self.subTest(str(text)):
                self.warnings.clear()
                warn_once.cache_clear()
                warn_of_plain({name: text})
                self.assertEqual(warned, bool(self.warnings))
                self.assertNotIn("letmein", "".join(self.warnings))

    def test_secrets_show_their_places(self) -> None:
        """And not what was found there."""
        self.assertEqual("Secrets(${env:A})", repr(resolve([Reference("env", "A")], {"A": "hunter2"})))


class KeyringTest(unittest.TestCase):
    """Over a keyring that is in memory."""

    def resolve(self, get_password: Any, module: str = "keyring.backends.SecretService") -> str:
        errors = SimpleNamespace(KeyringError=LookupError, NoKeyringError=type("NoKeyringError", (LookupError,), {}))
        backend = type("Keyring", (), {"__module__": module})
        fake = SimpleNamespace(get_password=get_password, get_keyring=backend, errors=errors)
        self.errors = errors
        with mock.patch.dict(sys.modules, {"keyring": fake}):
            return resolve([Reference("keyring", "shop/eu/me")])[Reference("keyring", "shop/eu/me")]

    def test_service_and_user(self) -> None:
        """The user follows the last slash."""
        self.assertEqual("shop/eu of me", self.resolve(lambda service, user: f"{service} of {user}"))

    def test_faults(self) -> None:
        """Nothing there, no keyring, a keyring that is locked, no library."""

        def none_here(*_: str) -> str:
            raise self.errors.NoKeyringError

        def locked(*_: str) -> str:
            raise self.errors.KeyringError("hunter2")

        self.resolve(lambda *_: "something")
        for get_password, expected in (
            (lambda *_: None, "the keyring has no password of 'me' for 'shop/eu'"),
            (none_here, "there is no system keyring here; use"),
            (locked, "the keyring refuses"),
        ):
            with self.subTest(expected), self.assertRaisesRegex(ConfigurationError, expected) as raised:
                self.resolve(get_password)
            self.assertNotIn("hunter2", str(raised.exception))
        with (
            mock.patch.dict(sys.modules, {"keyring": None}),
            self.assertRaisesRegex(ConfigurationError, r"http-benchmark\[keyring\]"),
        ):
            resolve([Reference("keyring", "shop/me")])

    def test_a_keyring_that_is_a_plain_file_is_warned_of(self) -> None:
        """As keyrings.alt brings one with it."""
        warnings: list[str] = []
        sink = logger.add(lambda message: warnings.append(message.record["message"]), level="WARNING")
        self.addCleanup(logger.remove, sink)

        self.resolve(lambda *_: "hunter2", "keyrings.alt.file")

        self.assertIn("is a file that is not encrypted", warnings[0])

    def test_a_dialogue_that_nobody_answers_does_not_keep_the_process(self) -> None:
        """It ends with the fault."""
        program = (
            "import sys, threading, types\n"
            "from http_benchmark.utils import vault\n"
            "from http_benchmark.secret import Reference\n"
            "errors = types.SimpleNamespace(KeyringError=LookupError, NoKeyringError=LookupError)\n"
            "sys.modules['keyring'] = types.SimpleNamespace(\n"
            "    get_keyring=object, errors=errors, get_password=lambda *_: threading.Event().wait())\n"
            "vault._KEYRING_PATIENCE_S = 0.01\n"
            "vault.resolve([Reference('keyring', 'shop/me')])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

        self.assertIn("the keyring gave no answer within 0 s; unlock it", done.stderr)
        self.assertEqual(1, done.returncode)

    @unittest.skipIf(os.environ.get("DBUS_SESSION_BUS_ADDRESS"), "a desktop has a keyring")
    def test_the_real_library_without_a_keyring(self) -> None:
        """On a machine without one it says so at once."""
        with self.assertRaisesRegex(ConfigurationError, "there is no system keyring here"):
            resolve([Reference("keyring", "http-benchmark-test/me")])
