"""A timer that wakes an event loop at an exact moment: timerfd on Linux, a sleeping thread elsewhere.

An event loop's own timers are up to a millisecond off, since they wait in whole milliseconds; a file descriptor that
becomes readable wakes any loop at once. Standard library only, so that workers and the origin can both use it.
"""

import asyncio
import contextlib
import ctypes
import os
import threading
from collections.abc import Callable
from typing import Protocol

from http_benchmark.clock import monotonic_ns

_CLOCK_MONOTONIC = 1
_TFD_TIMER_ABSTIME = 1
_EXPIRATIONS_BYTES = 8
_SECOND_NS = 1_000_000_000


class Timer(Protocol):
    """Expires once at a moment of the monotonic clock; its file descriptor is then readable until `read`."""

    def arm(self, at_ns: int) -> None:
        """Expire at this moment instead of the one set before; at once if it has passed."""

    def disarm(self) -> None:
        """Do not expire."""

    def read(self) -> int:
        """Take note of expirations since the last `read`; return how many, 0 for none. Never waits."""

    def fileno(self) -> int:
        """The file descriptor, for an event loop."""

    def close(self) -> None:
        """Give the file descriptor back. Harmless when repeated."""


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class KernelTimer:
    """A timer of the kernel's: timerfd(2), Linux only. Arming costs about a microsecond.

    Raises:
        OSError: There is no timerfd, or no file descriptor left.
    """

    def __init__(self) -> None:
        try:
            library = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock: these calls never wait
            create, self._settime = library.timerfd_create, library.timerfd_settime
        except AttributeError as error:
            raise OSError("this system has no timerfd") from error
        self._settime.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self._descriptor: int = create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _Itimerspec()
        self._setting_address = ctypes.addressof(self._setting)

    def arm(self, at_ns: int) -> None:
        self._set(max(at_ns, 1))  # 0 would disarm

    def disarm(self) -> None:
        self._set(0)

    def _set(self, at_ns: int) -> None:
        value = self._setting.value
        value.seconds, value.nanoseconds = divmod(at_ns, _SECOND_NS)
        if self._settime(self._descriptor, _TFD_TIMER_ABSTIME, self._setting_address, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def read(self) -> int:
        try:
            return int.from_bytes(os.read(self._descriptor, _EXPIRATIONS_BYTES), "little")
        except BlockingIOError:
            return 0

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class ThreadTimer:
    """A timer for systems without timerfd: a thread that sleeps, and a pipe that it writes to."""

    def __init__(self) -> None:
        self._readable, self._writable = os.pipe()
        os.set_blocking(self._readable, False)
        os.set_blocking(self._writable, False)
        self._changed = threading.Condition()
        self._at_ns: int | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._sleep, daemon=True)
        self._thread.start()

    def arm(self, at_ns: int) -> None:
        self._set(at_ns)

    def disarm(self) -> None:
        self._set(None)

    def _set(self, at_ns: int | None) -> None:
        with self._changed:
            self._at_ns = at_ns
            self._changed.notify()

    def _sleep(self) -> None:
        with self._changed:
            while not self._closed:
                left_ns = None if self._at_ns is None else self._at_ns - monotonic_ns()
                if left_ns is None or left_ns > 0:
                    self._changed.wait(None if left_ns is None else left_ns / _SECOND_NS)
                else:
                    self._at_ns = None
                    with contextlib.suppress(BlockingIOError):  # a full pipe wakes the loop as well
                        os.write(self._writable, b"!")

    def read(self) -> int:
        try:
            return len(os.read(self._readable, 4096))
        except BlockingIOError:
            return 0

    def fileno(self) -> int:
        return self._readable

    def close(self) -> None:
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        self._thread.join()
        os.close(self._readable)
        os.close(self._writable)


def open_timer() -> Timer:
    """The best timer that this system has; the caller closes it."""
    try:
        return KernelTimer()
    except OSError:
        return ThreadTimer()


def attach(loop: asyncio.AbstractEventLoop, timer: Timer, callback: Callable[[], None]) -> None:
    """Have the loop call `callback` whenever the timer has expired; `detach` before the timer is closed."""

    def on_readable() -> None:
        if timer.read():
            callback()

    loop.add_reader(timer.fileno(), on_readable)


def detach(loop: asyncio.AbstractEventLoop, timer: Timer) -> None:
    """Undo `attach`."""
    loop.remove_reader(timer.fileno())
