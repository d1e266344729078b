"""How far a long step is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """A step, and its bytes: done, and in all; 0 in all where nobody knows."""

    step: str
    done: int = 0
    total: int = 0


Tell = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Tells nobody."""
