"""How much memory the process holds, and the most that it held meanwhile.

Linux tells both (`man 5 proc`). Elsewhere nothing is known, which is None.
"""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path

_STATUS = Path("/proc/self/status")
_REFERENCES = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


def resident() -> int | None:
    """Bytes of memory that the process holds now, without what it could give back."""
    gc.collect()
    # What was freed may still be kept by the C library for the next request.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if _STATUS.exists() else None
    if trim is not None:
        trim(0)
    return _read("VmRSS")


def reset_peak() -> bool:
    """Start to watch for the most memory anew.

    Returns:
        Whether that is possible here.
    """
    try:
        _REFERENCES.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def peak() -> int | None:
    """The most bytes that the process held since `reset_peak`."""
    return _read("VmHWM")


def _read(key: str) -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith(f"{key}:")]
    return int(sizes[0]) * 1024 if sizes else None
