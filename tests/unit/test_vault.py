"""Where secrets are looked up, and what is said when they are not there."""

import os
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from loguru import logger

from http_benchmark.errors import ConfigurationError
from http_benchmark.secret import Reference
from http_benchmark.utils.vault import resolve


class VaultTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.warnings: list[str] = []
        logger.remove()
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

    @unittest.skipIf(os.environ.get("DBUS_SESSION_BUS_ADDRESS"), "a desktop has a keyring")
    def test_the_real_library_without_a_keyring(self) -> None:
        """On a machine without one it says so at once."""
        with self.assertRaisesRegex(ConfigurationError, "there is no system keyring here"):
            resolve([Reference("keyring", "http-benchmark-test/me")])
