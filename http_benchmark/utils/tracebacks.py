"""What is printed of exceptions that nobody caught: without the secrets that are known."""

import sys
import threading
import traceback
from types import TracebackType

from http_benchmark.redaction import cleared


def clear_tracebacks() -> None:
    """Have the interpreter print exceptions cleared, those of threads and of destructors too."""
    sys.excepthook = _print
    threading.excepthook = lambda arguments: _print(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
    sys.unraisablehook = lambda fault: _print(fault.exc_type, fault.exc_value, fault.exc_traceback)


def _print(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if sys.stderr and not issubclass(kind, SystemExit):  # a thread may end with that, quietly
        sys.stderr.write(cleared("".join(traceback.format_exception(kind, error, trace))))
