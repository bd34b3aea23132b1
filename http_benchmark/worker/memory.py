"""The worker's own memory, read from /proc; None on systems without it. Standard library only."""

from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # proc(5): reset the peak of resident memory


def resident_bytes() -> int | None:
    """Resident memory now, without shared pages (the recorder's)."""
    return _without_shared("VmRSS")


def peak_resident_bytes() -> int | None:
    """Peak of resident memory since `reset_peak`, without shared pages (the recorder's)."""
    return _without_shared("VmHWM")


def reset_peak() -> None:
    """Start the peak anew, since a process inherits its parent's peak."""
    try:
        _CLEAR_REFS.write_text(_RESET_PEAK)
    except OSError:
        return  # not this system, or not allowed: the peak then includes start-up


def _without_shared(name: str) -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    kibibytes = {key: value.split()[0] for key, _, value in (line.partition(":") for line in lines) if value.strip()}
    if name not in kibibytes:
        return None
    return 1024 * (int(kibibytes[name]) - int(kibibytes.get("RssShmem", "0")))
