"""Ends a server in the background: asks, waits, and kills only where that is wanted."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from nemotron_runtime.background import ports
from nemotron_runtime.background.servers import Server, forget

NOW_S = 5.0
"""What a server gets to end by itself before it is killed."""
_MARGIN_S = 30.0
"""For the engine to end, beyond what requests get."""
_POLL_S = 0.1


def stop(server: Server, *, now: bool = False, tell: Callable[[int], None] = lambda open_now: None) -> bool:
    """Stops a server and removes its run file.

    Args:
        server: One that is dead already is only forgotten.
        now: Kill it, and what it started, if it hasn't ended after ``NOW_S``.
        tell: Hears how many connections are still open, as often as that changes.

    Returns:
        Whether it has ended; requests may take longer than is waited.
    """
    server.process.send(signal.SIGTERM)
    ended = _wait(server, NOW_S if now else server.grace_s + _MARGIN_S, tell)
    if now and not ended:
        server.process.kill_group()
        ended = _wait(server, NOW_S, tell)
    if ended:
        forget(server.port, server.process)
    return ended


def _wait(server: Server, limit_s: float, tell: Callable[[int], None]) -> bool:
    deadline, told = time.monotonic() + limit_s, 0
    while server.process.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)  # idle connections are closed at once, and not worth a word
        if (count := ports.connections(server.port)) != told:
            tell(count)
            told = count
    return True
