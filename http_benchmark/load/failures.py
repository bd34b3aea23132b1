"""Failed requests as data: an adapter's exceptions become codes, and the first message of each kind is kept."""

from http_benchmark.clients.base import ErrorTable, classify
from http_benchmark.errors import ErrorKind

_MESSAGE_LENGTH = 300


class Failures:
    """Translates what a client raises.

    Args:
        table: The adapter's `ERRORS`.

    Attributes:
        classes: What the load loop catches; anything else is a fault in our own code and ends the run.
        messages: The first raw message of each kind, with the exception's class.
    """

    def __init__(self, table: ErrorTable) -> None:
        self._table = table
        self.classes = tuple(exception_class for exception_class, _ in table)
        self.messages: dict[str, str] = {}

    def note(self, error: BaseException, kind: ErrorKind | None = None) -> int:
        """Return the code that a sample stores for `error`; its kind is looked up in the table, unless it is given."""
        kind = kind or classify(error, self._table)
        if kind not in self.messages:
            name = f"{type(error).__module__}.{type(error).__qualname__}"
            self.messages[kind] = f"{name}: {error}"[:_MESSAGE_LENGTH]
        return kind.code
