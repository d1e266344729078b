"""Leaves the terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def detach(log: Path) -> int:
    """As ``os.fork``. The child has a session of its own, no input, and the log as its output.

    Args:
        log: Must exist.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if pid := os.fork():
        return pid
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    # Appending, so that a log that is cut by others goes on at its new end.
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for handle, standard in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(handle, standard)
    os.close(nothing)
    os.close(output)
    return 0
