"""The wall clock, as the kernel judges it."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

from nemotron_runtime.doctor.facts import Clock

_ROOM = 512
"""More bytes than ``struct timex`` has; all zero asks and sets nothing."""
_UNSYNCHRONISED = 5
"""``TIME_ERROR`` of adjtimex(2)."""


def clock(installed: Path = Path(__file__)) -> Clock:
    """Compares it to the time at which a file of this program was written."""
    return Clock(max(0.0, installed.stat().st_mtime - time.time()), _is_synchronised())


def _is_synchronised() -> bool | None:
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_ROOM))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED
