"""How far a transfer is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """A state of the work.

    Attributes:
        phase: ``wait`` for another pull, ``download`` or ``check``.
        done_bytes: Of ``total_bytes``; what was there before counts as soon as it is checked.
        note: What just happened, where that is worth a line.
    """

    phase: str
    done_bytes: int
    total_bytes: int
    note: str = ""


OnProgress = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Tells nobody."""


class Cancelled(Exception):
    """Another file has failed, so this one ends early."""


class Tally:
    """Counts the bytes of several threads, and ends them all by ``cancel``."""

    def __init__(self, phase: str, total_bytes: int, on_progress: OnProgress) -> None:
        self._phase, self._total = phase, total_bytes
        self._on_progress = on_progress
        self._done = 0
        self._lock = threading.Lock()
        self._cancelled = threading.Event()

    def add(self, count: int) -> None:
        """Counts bytes; fewer than none where some have to be fetched again.

        Raises:
            Cancelled: after ``cancel``.
        """
        if self._cancelled.is_set():
            raise Cancelled("the transfer was cancelled")
        self._tell(count)

    def note(self, text: str) -> None:
        """Tells that something happened."""
        self._tell(0, text)

    def pause(self, seconds: float) -> None:
        """Waits, but not beyond ``cancel``."""
        self._cancelled.wait(seconds)
        self.add(0)

    def cancel(self) -> None:
        """Makes every thread raise :class:`Cancelled` at its next step."""
        self._cancelled.set()

    def _tell(self, count: int, note: str = "") -> None:
        with self._lock:
            self._done += count
            self._on_progress(Progress(self._phase, self._done, self._total, note))
