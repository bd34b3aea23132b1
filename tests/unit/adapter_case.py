"""What the unit test of every adapter checks: its literal fits its classes, its error table is complete."""

import inspect
import tempfile
import unittest
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from http_benchmark.clients import known_clients
from http_benchmark.clients.base import AsyncClient, Client, classify
from http_benchmark.errors import ErrorKind

BASES = {"sync": Client, "async": AsyncClient}


class AdapterCase:
    """Mixed into one test case per adapter.

    Attributes:
        adapter: The adapter's module.
        exceptions: Where the library keeps its public exceptions.
        not_raised: Public exceptions that a request cannot end with → why.
    """

    adapter: ClassVar[ModuleType]
    exceptions: ClassVar[tuple[ModuleType, ...]]
    not_raised: ClassVar[dict[str, str]] = {}

    def test_the_capabilities_that_are_read_are_those_of_the_module(self):
        """What the controller reads from the source is what the worker imports."""
        name = self.adapter.__name__.rpartition(".")[2].removesuffix("_adapter")
        capabilities = known_clients()[name]

        self.assertEqual(self.adapter.__name__, capabilities.module)
        self.assertEqual(self.adapter.CAPABILITIES["modes"], dict(capabilities.modes))
        for mode, class_name in capabilities.modes.items():
            self.assertTrue(issubclass(getattr(self.adapter, class_name), BASES[mode]))

    def test_every_public_exception_has_a_kind(self):
        """No exception of the library's public names falls through the table."""
        found = public_exceptions(*self.exceptions)

        self.assertTrue(found)
        for exception_class in found:
            if exception_class.__name__ not in self.not_raised:
                with self.subTest(exception_class.__name__):
                    error = exception_class.__new__(exception_class)
                    self.assertNotEqual(ErrorKind.OTHER, classify(error, self.adapter.ERRORS))

    def test_no_row_hides_behind_an_earlier_one(self):
        """The most specific exception stands first: a class never comes after one of its bases."""
        classes = [exception_class for exception_class, _ in self.adapter.ERRORS]
        for index, exception_class in enumerate(classes):
            with self.subTest(exception_class.__name__):
                self.assertFalse([base for base in classes[:index] if issubclass(exception_class, base)])


def public_exceptions(*modules: ModuleType) -> list[type[BaseException]]:
    """The exception classes under public names of these modules, without warnings."""
    found = {
        value
        for module in modules
        for name, value in vars(module).items()
        if not name.startswith("_")
        and inspect.isclass(value)
        and issubclass(value, BaseException)
        and not issubclass(value, Warning)
    }
    return sorted(found, key=lambda exception_class: exception_class.__name__)


class FolderCase(unittest.TestCase):
    """A test case with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
