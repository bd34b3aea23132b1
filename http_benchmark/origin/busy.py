"""Answers that cost CPU time, and a dial that changes the cost while requests go on: for proving what a run notices."""

import time

_MOST_DIALS = 1024  # a client that names ever new ones must not fill memory

_dials: dict[str, float] = {}


def burn(cpu_s: float) -> None:
    """Use this much CPU time; nothing else is answered meanwhile."""
    end_ns = time.thread_time_ns() + round(cpu_s * 1e9)
    while time.thread_time_ns() < end_ns:
        pass


def dial(name: str, cpu_s: float) -> None:
    """Have every later request that names this dial cost so much more."""
    if name not in _dials and len(_dials) >= _MOST_DIALS:
        del _dials[next(iter(_dials))]
    _dials[name] = cpu_s


def dialled(name: str) -> float:
    """What the dial adds, in seconds of CPU time; 0 for one that was never set."""
    return _dials.get(name, 0.0)
